"""The allowed content of the environment, the reports of mistakes in it, and the agreement of `.env.example`."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.errors import Misconfigured
from faxdispatch.settings import Settings

EXAMPLE = (Path(__file__).parents[1] / ".env.example").read_text(encoding="utf-8")
GIVEN = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
SETTINGS = {name.upper() for name in Settings.model_fields}
ROOT = Path(__file__).parents[1]
SOURCES = "".join(
    file.read_text(encoding="utf-8")
    for folder in ("shared", "worker", "webhook", "console")
    for file in sorted((ROOT / folder).rglob("*.py"))
)
SECRET = "KEY0123456789ABCDEF_secret"


pytestmark = pytest.mark.usefixtures("no_settings")


def load(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


def test_nothing_is_needed_to_read_the_settings():
    assert Settings.load().fax_data_dir == Path(".fax-data")


def test_the_environment_wins_over_the_env_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("FAX_RATE=3\nPORT=9000\n", encoding="utf-8")

    settings = load(monkeypatch, FAX_RATE="7")

    assert (settings.fax_rate, settings.port) == (7, 9000)


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    assert load(monkeypatch, FAX_RATE="", FAX_FROM="").fax_rate == 20


def test_an_empty_variable_of_the_environment_leaves_the_value_of_the_env_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("FAX_RATE=3\nPORT\n", encoding="utf-8")

    settings = load(monkeypatch, FAX_RATE="")

    assert (settings.fax_rate, settings.port) == (3, 8080)


def test_the_case_of_a_name_does_not_count(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("Fax_Rate=3\n", encoding="utf-8")

    settings = load(monkeypatch, port="9000")

    assert (settings.fax_rate, settings.port) == (3, 9000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAX_RATE", "0"),
        ("FAX_RATE", "fast"),
        ("FAX_CHANNELS", "0"),
        ("FAX_CHANNELS", "many"),
        ("FAX_RATE", "inf"),
        ("FAX_RETRY_BUSY", ","),
        ("FAX_RETRY_BUSY", "inf"),
        ("FAX_RETRY_BUSY", "60,-1"),
        ("FAX_RETRY_BUSY", "60;120"),
        ("FAX_DEFAULT_REGION", "usa"),
        ("FAX_COUNTRIES", "US,UK"),
        ("FAX_COUNTRIES", "us"),
        ("FAX_COUNTRIES", "USA"),
        ("FAX_SIP_ALLOWED", "perhaps"),
        ("FAX_LOG_LEVEL", "LOUD"),
        ("FAX_WORKER_CONCURRENCY", "1000"),
        ("FAX_REPLICAS", "-1"),
        ("FAX_RETENTION_DAYS", "0"),
        ("FAX_RETENTION_DAYS", "inf"),
        ("PORT", "70000"),
    ],
)
def test_a_wrong_value_is_reported_by_the_name_of_its_variable(monkeypatch, name, value):
    with pytest.raises(Misconfigured, match=rf"^{name}\b"):
        load(monkeypatch, **{name: value})


def test_a_value_that_is_neither_true_nor_false_is_answered_with_what_to_write(monkeypatch):
    with pytest.raises(Misconfigured, match="FAX_TEST_ONLY: is neither true nor false; write one of these"):
        load(monkeypatch, FAX_TEST_ONLY="maybe")


def test_everything_wrong_is_reported_at_once(monkeypatch):
    with pytest.raises(Misconfigured, match=r"PORT.*FAX_RATE"):
        load(monkeypatch, FAX_RATE="x", PORT="y")


def test_a_wrong_value_is_never_repeated_in_the_message(monkeypatch):
    with pytest.raises(Misconfigured) as refused:
        load(
            monkeypatch, FAX_RATE=SECRET, PORT=SECRET, FAX_RETRY_BUSY=SECRET, FAX_CHANNELS=SECRET, FAX_COUNTRIES=SECRET
        )

    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


def test_secrets_are_not_shown(monkeypatch):
    settings = load(
        monkeypatch,
        TELNYX_API_KEY=SECRET,
        REDIS_URL=f"redis://:{SECRET}@localhost/0",
        CELERY_BROKER_URL=f"amqp://u:{SECRET}@localhost/",
    )

    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        (" a , b ,, ", ("a", "b")),
        (",", ()),
    ],
)
def test_lists_are_separated_by_commas(monkeypatch, written, meant):
    assert load(monkeypatch, TELNYX_PUBLIC_KEY=written).telnyx_public_key == meant


def test_schedules_are_lists_of_seconds(monkeypatch):
    assert load(monkeypatch, FAX_RETRY_LINE="1, 2.5,30").fax_retry_line == (1, 2.5, 30)


@pytest.mark.parametrize(("written", "meant"), [("auto", "auto"), ("1", 1), ("250", 250)])
def test_channels_are_a_number_or_auto(monkeypatch, written, meant):
    assert load(monkeypatch, FAX_CHANNELS=written).fax_channels == meant


@pytest.mark.parametrize("longest", ["1", "20", "90"])
def test_a_lease_outlives_twice_the_call_that_it_protects(monkeypatch, longest):
    settings = load(monkeypatch, FAX_READ_TIMEOUT=longest)

    assert settings.lease > 2 * (settings.connect_timeout + settings.fax_read_timeout)
    assert settings.visibility_timeout > settings.hint_after > settings.connect_timeout + settings.fax_read_timeout


def test_derived_settings_have_the_documented_values(monkeypatch):
    settings = load(monkeypatch)

    assert (settings.connect_timeout, settings.lease, settings.reconcile_every) == (5, 60, 15)
    assert (settings.hint_after, settings.visibility_timeout, settings.poll_after) == (30, 120, 300)
    assert load(monkeypatch, FAX_SETTLE="3600").poll_after == 300


def test_the_sender_is_a_number_whatever_way_it_is_written(monkeypatch):
    assert load(monkeypatch).sender is None
    assert load(monkeypatch, FAX_FROM="(312) 555-0123", FAX_DEFAULT_REGION="US").sender == "+13125550123"


def test_a_wrong_country_is_reported_by_its_place_in_the_list(monkeypatch):
    with pytest.raises(Misconfigured, match=r"^FAX_COUNTRIES: entry 2 is not a country .* like US,CA,GB"):
        load(monkeypatch, FAX_COUNTRIES="US, UK")


def test_where_faxes_may_go_is_one_policy(monkeypatch):
    assert load(monkeypatch).number_policy == NumberPolicy()
    settings = load(monkeypatch, FAX_COUNTRIES="US, CA", FAX_SIP_ALLOWED="true", FAX_DEFAULT_REGION="CA")

    assert settings.number_policy == NumberPolicy("CA", frozenset({"US", "CA"}), sip_allowed=True)


def test_an_invalid_sender_is_reported(monkeypatch):
    with pytest.raises(Misconfigured, match=r"^FAX_FROM: "):
        _ = load(monkeypatch, FAX_FROM="+1312").sender


def test_missing_required_settings_are_named_as_variables(monkeypatch):
    settings = load(monkeypatch, FAX_FROM="+13125550100")

    with pytest.raises(Misconfigured, match=r"^TELNYX_API_KEY, TELNYX_PUBLIC_KEY: not set"):
        settings.require("telnyx_api_key", "fax_from", "telnyx_public_key")


def test_the_address_of_redis_is_asked_for_only_when_it_is_needed():
    settings = Settings.load()

    with pytest.raises(Misconfigured, match=r"^REDIS_URL: not set"):
        _ = settings.redis


def test_the_broker_is_redis_unless_another_is_named(monkeypatch):
    assert load(monkeypatch, REDIS_URL="redis://one/0").broker == "redis://one/0"
    assert load(monkeypatch, CELERY_BROKER_URL="amqp://two/").broker == "amqp://two/"


def test_a_broker_on_the_redis_of_the_ledger_is_the_same_server_whichever_way_it_is_written(monkeypatch):
    assert not load(monkeypatch, REDIS_URL="unix:///run/r?db=1").broker_is_apart
    assert not load(monkeypatch, CELERY_BROKER_URL="redis+socket:///run/r?virtual_host=1").broker_is_apart
    assert load(monkeypatch, CELERY_BROKER_URL="amqp://two/").broker_is_apart


def test_a_slash_at_the_end_of_the_api_address_makes_no_difference(monkeypatch):
    assert load(monkeypatch, TELNYX_BASE_URL="http://localhost:1/v2/").telnyx_base_url == "http://localhost:1/v2"


def test_our_connections_are_the_main_one_and_the_further_ones(monkeypatch):
    assert load(monkeypatch).known_connections == frozenset()
    ours = load(monkeypatch, FAX_CONNECTION_ID="1, 2,3")
    assert (ours.connection_id, ours.known_connections) == ("1", {"1", "2", "3"})


def test_our_webhook_has_one_address_that_telnyx_is_told_and_further_ones(monkeypatch):
    assert (load(monkeypatch).webhook_url, load(monkeypatch).webhook_addresses) == (None, frozenset())
    ours = load(monkeypatch, FAX_WEBHOOK_URL="https://one.test/hook, https://two.test/hook")
    assert ours.webhook_url == "https://one.test/hook"
    assert ours.webhook_addresses == {"https://one.test/hook", "https://two.test/hook"}


def test_settings_cannot_be_changed_once_they_are_read():
    settings = Settings.load()

    with pytest.raises(ValidationError):
        settings.port = 1


def test_unknown_variables_are_ignored(monkeypatch):
    assert load(monkeypatch, FAX_NO_SUCH_THING="1") == Settings.load()


def test_spaces_and_line_ends_around_a_value_do_not_count(monkeypatch):
    variables = {"FAX_CONNECTION_ID": " 1293384261075731499\n", "TELNYX_API_KEY": f"{SECRET}\r\n", "FAX_FROM": "  "}
    settings = load(monkeypatch, **variables)

    assert settings.connection_id == "1293384261075731499"
    assert settings.telnyx_api_key.get_secret_value() == SECRET
    assert settings.fax_from is None


def test_a_line_end_within_a_value_is_reported_without_the_value(monkeypatch):
    with pytest.raises(Misconfigured, match=r"^TELNYX_API_KEY: has a line end") as raised:
        load(monkeypatch, TELNYX_API_KEY=f"{SECRET}\n{SECRET}")

    assert SECRET not in str(raised.value)


def test_a_line_end_within_a_list_is_reported_too(monkeypatch):
    with pytest.raises(Misconfigured, match=r"^FAX_CONNECTION_ID: has a line end"):
        load(monkeypatch, FAX_CONNECTION_ID="1293384261075731499,17\n18")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("FAX_RAET", "FAX_RATE"),
        ("fax_test_onyl", "FAX_TEST_ONLY"),
        ("TELNYX_PUBLIC_KEYS", "TELNYX_PUBLIC_KEY"),
        ("FAX_CONNECTIONS", "FAX_CONNECTION_ID"),
    ],
)
@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_misspelt_name_is_refused_with_the_one_that_is_meant(monkeypatch, tmp_path, name, meant, where):
    if where == "file":
        (tmp_path / ".env").write_text(f"{name}=1\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=rf"^{name.upper()}: .*{meant}\b"):
        load(monkeypatch, **({name: "1"} if where == "environment" else {}))


def test_an_unknown_name_unlike_any_setting_is_logged_once_and_ignored(monkeypatch, caplog):
    for _ in range(2):
        load(monkeypatch, FAX_WEB_SERVICE_HOST="10.0.0.1")

    assert [record.message for record in caplog.records if "FAX_WEB_SERVICE_HOST" in record.message] == [
        "unknown settings, which have no effect: FAX_WEB_SERVICE_HOST (.env.example lists all settings)"
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [("FAX_RATE=3\n".encode("utf-16"), r"^\.env: is not text in UTF-8"), (b"FAX_RATE=\xff\n", r"^\.env: is not text")],
)
def test_an_env_file_that_is_not_utf_8_is_reported(tmp_path, content, problem):
    (tmp_path / ".env").write_bytes(content)

    with pytest.raises(Misconfigured, match=problem):
        Settings.load()


def test_an_env_file_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / ".env").write_bytes("FAX_RATE=3\n".encode("utf-8-sig"))

    assert Settings.load().fax_rate == 3


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_each_setting_is_read_by_something(name):
    assert len(re.findall(rf"\b{name}\b", SOURCES)) > 1


# .env.example


def test_the_example_names_exactly_the_settings_there_are():
    assert set(GIVEN) == SETTINGS


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_the_example_shows_the_default_of_each_setting(monkeypatch, name):
    monkeypatch.setenv(name, GIVEN[name])

    assert getattr(Settings.load(), name.lower()) == Settings.model_fields[name.lower()].default


def test_each_setting_in_the_example_has_one_line_of_comment_above_it():
    bare_ones = re.findall(r"^(?!# [^-]).*\n#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)

    assert bare_ones == []


def test_the_example_as_it_is_changes_nothing(tmp_path):
    defaults = Settings.load()

    (tmp_path / ".env").write_text(EXAMPLE, encoding="utf-8")

    assert Settings.load() == defaults


def test_the_example_with_every_line_in_force_changes_nothing(tmp_path):
    defaults = Settings.load()
    in_force = re.sub(r"^#([A-Z_]+=)", r"\1", EXAMPLE, flags=re.MULTILINE)

    (tmp_path / ".env").write_text(in_force, encoding="utf-8")

    assert Settings.load() == defaults
