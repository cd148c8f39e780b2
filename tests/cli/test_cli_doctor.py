"""`faxdispatch doctor` finds what is wrong, says how to fix it, and always gives an answer."""

import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from redis import Redis

from faxdispatch.calling.zonedata import ZoneData
from faxdispatch.ledger import connect
from faxdispatch.operations.checks.broker import check_broker
from faxdispatch.operations.checks.environment import judge_zone_data
from faxdispatch.operations.checks.finding import Level, skew
from faxdispatch.operations.checks.redis import _replicas, check_redis
from faxdispatch.settings import Settings
from faxdispatch.telnyx import ApplicationParams, ApplicationUpdate, TelnyxClient
from tests.conftest import Valkey, free_port


@pytest.fixture
def doctor(cli):
    """Run it; return exit code and findings by name."""

    def examine(**variables):
        result = cli("doctor", "--json", **variables)
        assert result.err == ""
        found = result.json
        assert found["healthy"] == (result.code == 0)
        return result.code, {finding["name"]: finding for finding in found["findings"]}

    return examine


@pytest.fixture
def web():
    """A web server that answers as a test wants; return its address."""
    servers = []

    def serve(status, body=b"", headers=()):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(200, b"")

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(status, body)

            def _answer(self, code, content):
                self.send_response(code)
                for name, value in (("Content-Length", str(len(content))), *headers):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *words):
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/webhooks/telnyx"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def application(telnyx):
    """Make fax applications at the simulated Telnyx; return the id."""
    with TelnyxClient(telnyx["base_url"], telnyx["api_key"]) as client:
        made = []

        def make(**options):
            given = {"application_name": f"doctor-{len(made)}", "webhook_event_url": "https://example.com/h", **options}
            made.append(client.create_application(ApplicationParams.build(**given)).id)
            return made[-1]

        yield make
        for identity in made:
            client.delete_application(identity)


@pytest.fixture(scope="module")
def other_valkey(tmp_path_factory):
    """A separate server whose settings a test may change."""
    with Valkey(tmp_path_factory.mktemp("other")) as server:
        yield server.url


def test_an_empty_environment_gives_findings(doctor, surroundings):
    surroundings.delenv("REDIS_URL")

    code, found = doctor()

    assert code == 1
    missing = {"REDIS_URL", "TELNYX_API_KEY", "TELNYX_PUBLIC_KEY", "FAX_CONNECTION_ID"}
    assert {name for name, finding in found.items() if finding["level"] == "fail"} == missing
    assert all(found[name]["remedy"] for name in missing)


def test_settings_that_cannot_be_read_are_the_only_finding(doctor):
    code, found = doctor(FAX_RATE="secret")

    assert code == 1
    assert list(found) == ["settings"]
    assert "FAX_RATE" in found["settings"]["detail"]
    assert "secret" not in str(found)


def test_a_sound_installation_has_no_findings(doctor, telnyx, web, redis):
    url = web(401)
    with TelnyxClient(telnyx["base_url"], telnyx["api_key"]) as client:
        change = ApplicationUpdate.build(application_name="ours", webhook_event_url=url)
        client.update_application(telnyx["connection_id"], change)
    seconds, _ = redis.time()
    redis.zadd("fax:workers", {"host:1": seconds * 1000})

    code, found = doctor(FAX_WEBHOOK_URL=url)

    assert code == 0
    assert {name for name, finding in found.items() if finding["level"] != "ok"} == {"TELNYX_BASE_URL"}


def test_neighbours_that_are_down_give_findings_without_secrets(doctor):
    port = free_port()

    code, found = doctor(
        REDIS_URL=f"redis://:secret@127.0.0.1:{port}/0",
        CELERY_BROKER_URL=f"amqp://user:secret@127.0.0.1:{port}//",
        TELNYX_API_KEY="KEY0000000000000secret",
        TELNYX_BASE_URL=f"http://127.0.0.1:{port}/v2",
        FAX_WEBHOOK_URL=f"http://127.0.0.1:{port}/webhooks/telnyx",
    )

    assert code == 1
    assert {"redis", "telnyx", "webhook"} <= {name for name, finding in found.items() if finding["level"] == "fail"}
    assert "secret" not in str(found)


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:{port}/0", "amqp://127.0.0.1:{port}//", "nonsense://x"])
def test_a_broker_that_is_down_is_found(doctor, broker):
    _, found = doctor(CELERY_BROKER_URL=broker.format(port=free_port()))

    assert found["broker"]["level"] == "fail"
    assert found["redis"]["level"] == "ok"


@pytest.mark.parametrize(
    ("setting", "value", "name", "level"),
    [
        ("appendonly", "no", "redis persistence", "fail"),
        ("appendfsync", "everysec", "redis persistence", "fail"),
        ("appendfsync", "no", "redis persistence", "fail"),
        ("maxmemory-policy", "allkeys-lru", "redis memory", "fail"),
        ("maxmemory-policy", "volatile-ttl", "redis memory", "fail"),
        ("maxmemory", "1100000", "redis memory", "warn"),
    ],
)
def test_a_redis_without_durability_is_found(doctor, other_valkey, setting, value, name, level):
    with connect(other_valkey) as redis:
        good = redis.config_get(setting)
        redis.config_set(setting, value)
        try:
            _, found = doctor(REDIS_URL=other_valkey)
        finally:
            redis.config_set(setting, good[setting])

    assert found[name]["level"] == level
    assert found[name]["remedy"]


@pytest.mark.parametrize(
    ("rights", "persistence", "unknown"),
    [
        ("-config", "how it syncs", set()),
        ("-@dangerous", "how it syncs", {"redis memory", "redis replicas"}),
        ("-@dangerous +config|get", "every write is on disk", {"redis replicas"}),
    ],
)
def test_what_redis_does_not_reveal_is_reported_as_unknown_and_stops_nothing(
    doctor, redis, redis_url, rights, persistence, unknown
):
    redis.execute_command(
        "ACL", "SETUSER", "app", "reset", "on", ">pw", "resetchannels", "~*", "+@all", *rights.split()
    )
    try:
        _, found = doctor(REDIS_URL=redis_url.replace("//", "//app:pw@"))
    finally:
        redis.acl_deluser("app")

    assert persistence in found["redis persistence"]["detail"]
    assert {name for name, finding in found.items() if "does not say" in finding["detail"]} - {
        "redis persistence"
    } == unknown
    assert {found[name]["level"] for name in ("redis", "ledger", "broker", "redis clock")} == {"ok"}


def test_missing_replicas_are_found(doctor):
    _, found = doctor(FAX_REPLICAS="2")

    assert found["redis replicas"]["level"] == "fail"


@pytest.mark.parametrize(("present", "level"), [(1, "ok"), (2, "warn")])
def test_a_replica_that_is_not_waited_for_is_found(present, level):
    found = _replicas(None, {"connected_slaves": present}, Settings(fax_replicas=1))  # type: ignore[arg-type]
    assert found.level == level


def test_a_redis_that_is_too_old_is_found(redis_url, monkeypatch):
    monkeypatch.setattr("redis.Redis.info", lambda *_: {"redis_version": "6.2.14"})

    found = {finding.name: finding for finding in check_redis(Settings.load(redis_url=redis_url))}

    assert found["redis"].level is Level.FAIL


def test_workers_are_found_by_their_signs_of_life(doctor, redis):
    seconds, _ = redis.time()
    redis.zadd("fax:workers", {"dead:1": (seconds - 120) * 1000})
    _, found = doctor()
    assert found["workers"]["level"] == "warn"

    redis.zadd("fax:workers", {"alive:1": seconds * 1000})
    _, found = doctor()
    assert found["workers"]["detail"].startswith("1 at work")


def test_a_wrong_key_is_found(doctor, telnyx):
    code, found = doctor(TELNYX_API_KEY="KEY0000000000000WRONG")

    assert code == 1
    assert found["telnyx key"]["level"] == "fail"


def test_an_invalid_connection_is_found(doctor, telnyx):
    _, found = doctor(FAX_CONNECTION_ID="17")

    assert found["telnyx key"]["level"] == "ok"
    assert found["connection"]["level"] == "fail"


def test_a_connection_that_cannot_send_is_found(doctor, application):
    _, found = doctor(FAX_CONNECTION_ID=application(active=False))

    assert found["connection"]["level"] == "fail"
    assert found["connection outbound"]["level"] == "fail"


def test_a_connection_that_reports_elsewhere_is_found(doctor, application):
    _, found = doctor(FAX_CONNECTION_ID=application(), FAX_WEBHOOK_URL="https://other.example.com/h")

    assert found["connection webhook"]["level"] == "warn"


@pytest.mark.parametrize("key", ["", "abc", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_an_invalid_public_key_is_found(doctor, key):
    _, found = doctor(TELNYX_PUBLIC_KEY=key)

    assert found["TELNYX_PUBLIC_KEY"]["level"] == "fail"


def test_an_invalid_sender_is_found(doctor):
    _, found = doctor(FAX_FROM="12")

    assert found["FAX_FROM"]["level"] == "fail"


@pytest.mark.parametrize(
    ("module", "level", "message"),
    [
        ("def check(job, history, now): return None", "ok", "rules:check can be imported"),
        ("print('loading')\ndef check(job, history, now): return None", "ok", "rules:check can be imported"),
        ("check = 1", "fail", "cannot be called"),
        ("import nothing_of_that_name", "fail", "No module named 'nothing_of_that_name'"),
        ("", "fail", "has no attribute 'check'"),
        ("import os\nos._exit(3)", "fail", "exit code 3"),
    ],
    ids=["a hook", "a hook that prints", "no callable", "a missing module", "a missing name", "a crash"],
)
def test_a_policy_hook_that_cannot_be_used_is_found(doctor, surroundings, tmp_path, module, level, message):
    (tmp_path / "rules.py").write_text(module)
    surroundings.setenv("PYTHONPATH", str(tmp_path))

    _, found = doctor(FAX_POLICY_HOOK="rules:check")

    assert found["policy hook"]["level"] == level
    assert message in found["policy hook"]["detail"]


def test_without_a_policy_hook_none_is_looked_for(doctor):
    _, found = doctor()

    assert "policy hook" not in found


@pytest.mark.parametrize(
    ("status", "body", "headers", "message"),
    [
        (200, b"", (), "unsigned request"),
        (401, b"<html>", (), "without a body"),
        (404, b"", (), "answers 404"),
        (503, b"", (), "answers 503"),
        (308, b"", (("Location", "https://example.com/"),), "redirects"),
    ],
)
def test_an_address_that_is_not_our_webhook_is_found(doctor, telnyx, web, status, body, headers, message):
    code, found = doctor(FAX_WEBHOOK_URL=web(status, body, headers))

    assert code == 1
    assert found["webhook"]["level"] == "fail"
    assert message in found["webhook"]["detail"]


@pytest.mark.parametrize(
    ("url", "level"),
    [("http://localhost:8080/h", "fail"), ("http://fax.invalid/h", "warn"), ("https://fax.invalid/h", "ok")],
)
def test_an_address_that_telnyx_cannot_or_should_not_use_is_found(doctor, monkeypatch, url, level):
    monkeypatch.setattr(httpx.Client, "get", lambda *_, **__: httpx.Response(200))
    monkeypatch.setattr(httpx.Client, "post", lambda *_, **__: httpx.Response(401))

    _, found = doctor(FAX_WEBHOOK_URL=url)

    assert found["webhook address"]["level"] == level
    assert found["webhook"]["level"] == "ok"


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (-1.9, "ok"), (3, "warn"), (-59, "warn"), (61, "fail"), (-3600, "fail")]
)
def test_a_clock_that_is_off_is_found(seconds, level):
    assert skew("clock", seconds, bearable=60).level == level


def test_people_get_a_line_and_a_remedy_for_each_finding(cli):
    result = cli("doctor")

    assert result.code == 1
    assert "fail     TELNYX_API_KEY       not set\n" in result.out
    assert "→ set it in the environment" in result.out


@pytest.mark.parametrize(
    ("version", "today", "level"),
    [
        ("2025b", date(2026, 3, 22), "ok"),
        ("2025b", date(2026, 3, 23), "warn"),
        ("2019c", date(2026, 3, 22), "warn"),
        ("2026z", date(2027, 7, 8), "ok"),  # later than the last known one
        ("", date(2026, 3, 22), "warn"),
    ],
)
def test_time_zone_data_older_than_a_year_is_found(version, today, level):
    found = judge_zone_data(ZoneData(version, packaged=False), today)

    assert (found.level, version in found.detail) == (level, True)


def test_a_message_is_posted_and_taken_on_a_queue_of_its_own(redis_url):
    found = {finding.name: finding for finding in check_broker(Settings.load(redis_url=redis_url))}
    assert (found["broker"].level, found["broker"].detail) == ("ok", "a test message was sent and received")
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert not redis.keys("*doctor*"), "nothing of it stays"


def test_a_broker_that_takes_no_messages_is_found(redis_url):
    with Redis.from_url(redis_url) as redis:
        redis.acl_setuser("looker", enabled=True, nopass=True, keys="*", channels="*", categories=["+@all", "-@write"])
        try:
            url = redis_url.replace("://", "://looker:any@")
            found = {finding.name: finding for finding in check_broker(Settings.load(redis_url=url))}
        finally:
            redis.acl_deluser("looker")
    assert found["broker"].level == "fail"
    assert "permission" in found["broker"].detail
