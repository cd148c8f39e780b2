"""`faxdispatch apps` against a simulated Telnyx, whose state is checked through its API."""

import json
import os
import subprocess
import sys

import httpx
import pytest

from faxdispatch.telnyx import ApplicationParams, TelnyxClient
from simulator.paging import DEFAULT_SIZE as PAGE

FIELDS = {
    "application_name": "every field",
    "webhook_event_url": "https://a.example.com/hook?token=secret",
    "webhook_event_failover_url": "https://b.example.com/hook",
    "webhook_timeout_secs": 25,
    "active": False,
    "anchorsite_override": "Frankfurt, Germany",
    "tags": ["a, b", "c"],
    "inbound": {
        "channel_limit": 10,
        "sip_subdomain": "example",
        "sip_subdomain_receive_settings": "only_my_connections",
    },
    "outbound": {"channel_limit": 11, "outbound_voice_profile_id": "1293384261075731499"},
}
OTHERS = {
    "application_name": "every field otherwise",
    "webhook_event_url": "https://c.example.com/hook",
    "webhook_event_failover_url": None,
    "webhook_timeout_secs": None,
    "active": True,
    "anchorsite_override": "Sydney, Australia",
    "tags": [],
    "inbound": {"channel_limit": None, "sip_subdomain": None, "sip_subdomain_receive_settings": "from_anyone"},
    "outbound": {"channel_limit": None, "outbound_voice_profile_id": "1293384261075731500"},
}
URL = "https://fax.example.com/webhooks/telnyx"


def words(fields, prefix=""):
    """Return `FIELD=VALUE` words for an object such as Telnyx takes."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from words(value, f"{name}.")
        else:
            yield f"{prefix}{name}={value if isinstance(value, str) else json.dumps(value)}"


def settable(application):
    return {name: value for name, value in application.items() if name in FIELDS}


class Other:
    """Access to the simulated Telnyx apart from the tested one."""

    def __init__(self, simulator):
        headers = {"Authorization": f"Bearer {simulator['api_key']}"}
        self._api = httpx.Client(base_url=simulator["base_url"], headers=headers, verify=False)
        self._control = httpx.Client(base_url=simulator["control_url"], verify=False)
        self.ours = simulator["connection_id"]

    def close(self):
        self.faults()
        for each in self.all():
            if each["id"] != self.ours:
                self._api.delete(f"/fax_applications/{each['id']}")
        self._api.close()
        self._control.close()

    def faults(self, **switches):
        self._control.delete("/faults")
        assert self._control.put("/faults", json=switches).status_code == 200

    def make(self, name, **fields):
        given = {"application_name": name, "webhook_event_url": URL, **fields}
        answer = self._api.post("/fax_applications", json=given)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]["id"]

    def get(self, identity):
        answer = self._api.get(f"/fax_applications/{identity}")
        return answer.json()["data"] if answer.status_code == 200 else None

    def all(self):
        return self._api.get("/fax_applications", params={"page[size]": "250"}).json()["data"]

    def named(self, name):
        return [each for each in self.all() if each["application_name"] == name]


@pytest.fixture
def other(telnyx):
    way = Other(telnyx)
    yield way
    way.close()


def ids(result):
    return [json.loads(line)["id"] for line in result.out.splitlines()]


# create, show, update


def test_every_field_goes_through_create_and_comes_back_from_show(cli, other):
    made = cli("apps", "create", *words(FIELDS), "--json")

    assert (made.code, made.err) == (0, "")
    assert settable(other.get(made.json["id"])) == FIELDS
    shown = cli("apps", "show", made.json["id"], "--json").json
    assert shown == made.json
    assert settable(shown) == FIELDS


def test_every_field_goes_through_update_and_comes_back_from_show(cli, other):
    identity = cli("apps", "create", *words(FIELDS), "--json").json["id"]

    changed = cli("apps", "update", identity, *words(OTHERS), "fax_email_recipient=a@example.com", "--json")

    assert (changed.code, changed.err) == (0, "")
    assert settable(other.get(identity)) == OTHERS
    assert settable(cli("apps", "show", identity, "--json").json) == OTHERS


def test_the_output_of_show_is_accepted_and_an_argument_wins_over_it(cli, other, tmp_path):
    first = other.make("first", tags=["x"], inbound={"channel_limit": 3})
    second = other.make("second", outbound={"outbound_voice_profile_id": "9"})
    file = tmp_path / "application.json"
    file.write_text(cli("apps", "show", first, "--json").out)

    result = cli("apps", "update", second, "--input", str(file), "application_name=second", "inbound.channel_limit=4")

    assert (result.code, result.out, result.err) == (0, f"updated {second} (second)\n", "")
    found = other.get(second)
    assert (found["id"], found["tags"], found["inbound"]["channel_limit"]) == (second, ["x"], 4)
    assert found["outbound"]["outbound_voice_profile_id"] == "9"


def test_fields_come_from_standard_input_too(telnyx, other, tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "faxdispatch.cli", "apps", "create", "--input", "-", "--json"],
        input=json.dumps(FIELDS), capture_output=True, text=True, check=True, cwd=tmp_path, env=os.environ,
    )  # fmt: skip
    assert settable(other.get(json.loads(result.stdout)["id"])) == FIELDS


def test_an_update_leaves_alone_what_is_not_given(cli, other):
    identity = other.make("kept", **{name: FIELDS[name] for name in ("tags", "inbound", "outbound")})

    assert cli("apps", "update", identity, "outbound.channel_limit=2", "active=false").code == 0

    found = other.get(identity)
    assert (found["application_name"], found["webhook_event_url"]) == ("kept", URL)
    assert found["outbound"] == FIELDS["outbound"] | {"channel_limit": 2}
    assert (found["tags"], found["inbound"], found["active"]) == (FIELDS["tags"], FIELDS["inbound"], False)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["create"], "nothing is given"),
        (["create", "application_name=x"], "webhook_event_url"),
        (["create", "application_name=x", "webhook_event_url=example.com"], "webhook_event_url: must begin with http"),
        (["create", "colour=red"], "colour: no field"),
        (["create", "--input", "missing.json"], "missing.json"),
        (["update", "OURS"], "nothing is given"),
        (["update", "active=true"], "ID: 'active=true' is a field"),
        (["update", "OURS", "webhook_timeout_secs=31"], "webhook_timeout_secs"),
        (["update", "OURS", "active=null"], "active: cannot be null"),
        (["list", "--name-contains", "ab"], "name_contains"),
        (["delete", "OURS"], "--yes"),
        (["setup", "--name", "new"], "name: FAX_CONNECTION_ID is"),
    ],
)
def test_a_mistake_is_reported_in_one_line_and_nothing_is_done(cli, other, arguments, named):
    before = other.all()

    result = cli("apps", *(other.ours if word == "OURS" else word for word in arguments))

    assert (result.code, result.out) == (2, "")
    assert named in result.err.splitlines()[-1]
    assert other.all() == before


@pytest.mark.parametrize("command", [["show"], ["update", "active=true"], ["delete", "--yes"]])
def test_an_id_that_telnyx_does_not_know_is_named(cli, other, command):
    result = cli("apps", command[0], "77", *command[1:])
    assert (result.code, result.out) == (1, "")
    assert "fax application 77: Telnyx has none of this id; faxdispatch apps list" in result.err


def test_show_takes_the_connection_of_the_environment(cli, other):
    assert cli("apps", "show", "--json").json["id"] == other.ours
    result = cli("apps", "show", FAX_CONNECTION_ID="")
    assert (result.code, "FAX_CONNECTION_ID" in result.err) == (2, True)


def test_people_see_every_field_but_no_secret_of_an_address(cli, other):
    identity = other.make("shown", **{name: FIELDS[name] for name in ("tags", "inbound")})
    cli("apps", "update", identity, f"webhook_event_url={FIELDS['webhook_event_url']}")

    lines = dict(line.split(None, 1) for line in cli("apps", "show", identity).out.splitlines())

    assert lines["inbound.channel_limit"] == "10"
    assert lines["tags"] == "a, b, c"
    assert lines["webhook_event_url"] == "https://a.example.com/hook?…"
    assert {"id", "created_at", "outbound.channel_limit"} <= set(lines)


def test_a_creation_with_unknown_outcome_says_how_to_check(cli, other):
    other.faults(application_500_after=True)

    result = cli("apps", "create", "application_name=un known", f"webhook_event_url={URL}")

    assert (result.code, result.out) == (1, "")
    assert "`faxdispatch apps list --name-contains 'un known'`" in result.err
    assert len(other.named("un known")) == 1


@pytest.mark.parametrize("command", ["create", "update"])
def test_the_help_lists_every_field(cli, command):
    lines = [line.strip() for line in cli("apps", command, "--help").out.splitlines()]
    for word in words(FIELDS):
        name = word.partition("=")[0]
        assert name in lines or f"{name} (needed)" in lines
    assert ("fax_email_recipient" in lines) == (command == "update")


# list


def test_the_list_goes_through_all_pages_and_marks_our_own(cli, other):
    made = [other.make(f"paged {number}") for number in range(PAGE + 1)]

    result = cli("apps", "list")

    rows = {line[2:].split()[0]: line for line in result.out.splitlines()[1:]}
    assert set(rows) == {other.ours, *made}
    assert [identity for identity, line in rows.items() if line.startswith("*")] == [other.ours]
    assert set(ids(cli("apps", "list", "--json"))) == set(rows)


def test_every_filter_reaches_telnyx(cli, other):
    alpha = other.make("Alpha one", outbound={"outbound_voice_profile_id": "55"})
    beta = other.make("beta one")

    assert ids(cli("apps", "list", "--name-contains", "ALPHA", "--json")) == [alpha]
    assert ids(cli("apps", "list", "--outbound-voice-profile-id", "55", "--json")) == [alpha]
    assert ids(cli("apps", "list", "--name-contains", " one", "--sort", "application_name", "--json")) == [alpha, beta]
    assert ids(cli("apps", "list", "--name-contains", " one", "--sort", "-application_name", "--json")) == [beta, alpha]


def test_a_limit_ends_the_list_and_says_that_there_are_more(cli, other):
    for number in range(3):
        other.make(f"limited {number}")

    short = cli("apps", "list", "--name-contains", "limited", "--limit", "2")
    assert len(short.out.splitlines()) == 3
    assert "there are more" in short.err
    assert cli("apps", "list", "--name-contains", "limited", "--limit", "3").err == ""
    assert len(ids(cli("apps", "list", "--name-contains", "limited", "--limit", "2", "--json"))) == 2


def test_an_empty_list_says_so(cli, other):
    assert cli("apps", "list", "--name-contains", "nowhere").out == "no fax application\n"
    assert cli("apps", "list", "--name-contains", "nowhere", "--json").out == ""


def test_a_name_cannot_break_the_table(cli, other):
    other.make("broken\n\x1b[31mname")
    result = cli("apps", "list", "--name-contains", "broken")
    assert len(result.out.splitlines()) == 2
    assert "\x1b" not in result.out


# delete


def test_deleting_asks_for_the_name_unless_confirmed_beforehand(cli, other):
    identity = other.make("to go")

    asked = cli("apps", "delete", identity)
    assert asked.code == 2
    assert f"the fax application 'to go' ({identity})" in asked.err
    assert other.get(identity)

    gone = cli("apps", "delete", identity, "--yes")
    assert (gone.code, gone.out, gone.err) == (0, f"deleted {identity} (to go)\n", "")
    assert other.get(identity) is None


@pytest.mark.parametrize(("others", "words"), [("", "without it none can be"), ("77,", "sent with it fail")])
def test_deleting_what_this_environment_sends_with_warns(cli, other, others, words):
    identity = other.make("in use")

    result = cli("apps", "delete", identity, "--yes", "--json", FAX_CONNECTION_ID=others + identity)

    assert result.json["id"] == identity
    assert "WARNING" in result.err
    assert "FAX_CONNECTION_ID" in result.err
    assert words in result.err


# setup


@pytest.fixture
def fresh(surroundings, other):
    """An environment that knows no application yet."""
    surroundings.delenv("FAX_CONNECTION_ID")
    return other


def test_setup_creates_one_prints_the_settings_and_changes_nothing_when_run_again(cli, fresh):
    options = ("--webhook-url", URL, "--failover-url", "https://b.example.com", "--timeout", "9", "--profile", "7")

    first = cli("apps", "setup", *options)
    (made,) = fresh.named("faxdispatch")
    second = cli("apps", "setup", *options)

    assert (first.code, second.code) == (0, 0)
    assert first.out == second.out == f"export FAX_CONNECTION_ID={made['id']}\nexport FAX_WEBHOOK_URL={URL}\n"
    assert (made["webhook_event_url"], made["webhook_event_failover_url"]) == (URL, "https://b.example.com")
    assert (made["webhook_timeout_secs"], made["outbound"]["outbound_voice_profile_id"]) == (9, "7")
    assert "nothing was changed" in second.err
    assert fresh.named("faxdispatch") == [made]


def test_what_setup_prints_a_shell_takes_as_it_is(cli, fresh):
    address = f"{URL}?a=1&b=$HOME;'x'"

    printed = cli("apps", "setup", "--webhook-url", address).out

    script = f'{printed}printf "%s\\n" "$FAX_CONNECTION_ID" "$FAX_WEBHOOK_URL"'
    shell = subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout.splitlines() == [fresh.named("faxdispatch")[0]["id"], address]


def test_setup_uses_an_application_whose_creation_was_never_answered(cli, fresh):
    fresh.faults(application_500_after=True)

    result = cli("apps", "setup", "--name", "unheard", "--webhook-url", URL)

    (made,) = fresh.named("unheard")
    assert result.code == 0
    assert f"export FAX_CONNECTION_ID={made['id']}\n" in result.out
    assert "looking whether it was created" in result.err


def test_setup_changes_only_what_differs(cli, fresh):
    identity = fresh.make("faxdispatch", **{name: FIELDS[name] for name in ("tags", "inbound", "outbound")})

    result = cli("apps", "setup", "--profile", "8", "--json", FAX_WEBHOOK_URL=URL)

    assert result.json["outcome"] == "updated"
    profile = FIELDS["outbound"]["outbound_voice_profile_id"]
    assert result.json["changed"] == {"outbound.outbound_voice_profile_id": {"old": profile, "new": "8"}}
    assert result.json["settings"] == {"FAX_CONNECTION_ID": identity, "FAX_WEBHOOK_URL": URL}
    found = fresh.get(identity)
    assert found["outbound"] == FIELDS["outbound"] | {"outbound_voice_profile_id": "8"}
    assert (found["tags"], found["inbound"]) == (FIELDS["tags"], FIELDS["inbound"])
    assert cli("apps", "setup", "--profile", "8", "--json").json["outcome"] == "unchanged"


def test_setup_keeps_further_applications_and_addresses(cli, fresh):
    identity = fresh.make("faxdispatch")
    ours = {"FAX_CONNECTION_ID": f"{identity},77", "FAX_WEBHOOK_URL": f"{URL},https://spare.example.com/hook"}

    assert cli("apps", "setup", "--json", **ours).json["settings"] == ours


@pytest.mark.parametrize("there", [True, False])
def test_a_dry_run_changes_nothing_and_prints_nothing_to_export(cli, fresh, there):
    if there:
        fresh.make("faxdispatch")
    before = fresh.all()

    result = cli("apps", "setup", "--webhook-url", "https://new.example.com", "--dry-run")

    assert (result.code, result.out) == (0, "")
    assert ("would update" if there else "would create") in result.err
    assert fresh.all() == before
    data = cli("apps", "setup", "--webhook-url", "https://new.example.com", "--dry-run", "--json").json
    assert (data["outcome"], data["settings"]) == ("would_update" if there else "would_create", {})


def test_a_dry_run_of_a_creation_shows_the_fields_and_the_missing_profile(cli, fresh):
    bare = cli("apps", "setup", "--webhook-url", URL, "--dry-run")
    assert f"webhook_event_url: {URL}" in bare.err
    assert "no_outbound_profile" in bare.err

    whole = cli("apps", "setup", "--webhook-url", URL, "--profile", "7", "--dry-run")
    assert "outbound.outbound_voice_profile_id: 7" in whole.err
    assert "no_outbound_profile" not in whole.err
    assert fresh.named("faxdispatch") == []


def test_setup_uses_the_connection_of_the_environment_and_reports_what_is_missing(cli, other):
    identity = other.make("mine", active=False)

    result = cli("apps", "setup", FAX_CONNECTION_ID=identity, TELNYX_PUBLIC_KEY="")

    assert f"export FAX_CONNECTION_ID={identity}\n" in result.out
    for missing in ("not active", "no_outbound_profile", "TELNYX_PUBLIC_KEY"):
        assert missing in result.err
    assert other.named("faxdispatch") == []


def test_setup_by_id_can_rename_an_application(cli, other):
    identity = other.make("old name")
    assert cli("apps", "setup", "--id", identity, "--name", "new name").code == 0
    assert other.get(identity)["application_name"] == "new name"


def test_a_failover_address_is_taken_away_by_an_empty_one(cli, fresh):
    identity = fresh.make("faxdispatch", webhook_event_failover_url="https://b.example.com")
    assert cli("apps", "setup", "--failover-url", "").code == 0
    assert not fresh.get(identity)["webhook_event_failover_url"]


def test_doctor_names_the_commands_that_fix_an_application(cli, other):
    with TelnyxClient.from_env() as client:
        params = ApplicationParams.build(application_name="ill", webhook_event_url=URL, active=False)
        identity = client.create_application(params).id

    result = cli("doctor", "--json", FAX_CONNECTION_ID=identity)

    remedies = {finding["name"]: finding["remedy"] for finding in result.json["findings"]}
    for name, field in (("connection", "active=true"), ("connection outbound", "outbound.outbound_voice_profile_id=")):
        assert f"faxdispatch apps update {identity} {field}" in remedies[name]
    missing = cli("doctor", "--json", FAX_CONNECTION_ID="77").json["findings"]
    assert any("faxdispatch apps setup" in (finding["remedy"] or "") for finding in missing)
