"""Metrics and health."""

import json
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Figures, Ledger, Limits, Question, Questions, Scripts, Watch, connect
from faxdispatch.settings import Settings
from faxdispatch.states import OPEN
from faxdispatch.testing import telnyx_event
from tests.ledger.campaign_desk import CampaignDesk
from tests.ledger.steps import admit_one, claim_one, pause
from tests.webhook.harness import PATH, SIGNER
from webhook import metrics
from webhook.app import create_apps
from webhook.endpoint import Refusal
from webhook.intake import Outcome

FAX = {"from_": "+17733372107", "connection_id": "234423", "media_name": "doc"}


def figures(admin: FlaskClient) -> dict[tuple[str, ...], float]:
    """The samples by name and labels' values."""
    text = admin.get("/metrics").text
    families = text_string_to_metric_families(text)
    samples = (sample for family in families for sample in family.samples)
    return {(s.name, *s.labels.values()): s.value for s in samples if not s.name.endswith("_created")}


@pytest.fixture
def away() -> FlaskClient:
    """A receiver whose Redis is not there."""
    settings = Settings(redis_url="redis://127.0.0.1:1/0", telnyx_public_key=(SIGNER.public_key,))
    return create_apps(settings).admin.test_client()


def test_the_ledgers_figures_are_metrics(admin: FlaskClient, redis_url: str):
    scripts = Scripts(connect(redis_url))
    ledger = Ledger(scripts)
    for number in (1, 2, 3):
        ledger.create(f"job-{number}", SendFax.decode(FAX | {"to": f"+1510788262{number}"}), source="producer")
    admit_one(ledger, "job-1", connection="234423", sender="+17733372107")
    pause(scripts, "999", "no funds", delay=60)
    found = figures(admin)
    assert found["faxdispatch_ledger_up",] == 1
    assert found["faxdispatch_jobs", "queued"] == 3
    assert found["faxdispatch_jobs", "delivered"] == 0
    assert found["faxdispatch_calls_in_flight", "234423"] == 1
    assert found["faxdispatch_connection_paused", "999"] == 1
    assert ("faxdispatch_connection_paused", "234423") not in found
    assert found["faxdispatch_overdue_seconds",] == 0


def test_the_oldest_overdue_appointment_is_a_metric(admin: FlaskClient, redis_url: str):
    with Redis.from_url(redis_url) as redis:
        seconds, _ = redis.time()
        redis.zadd("fax:agenda", {"late": (seconds - 100) * 1000, "later": (seconds + 100) * 1000})
    assert 99 <= figures(admin)["faxdispatch_overdue_seconds",] < 160


def test_what_an_operator_watches_is_zero_while_all_is_well(admin: FlaskClient):
    found = figures(admin)
    names = ("dead_letters", "strays", "quarantined", "workers", "scheduler_leads")
    assert [found[f"faxdispatch_{name}",] for name in names] == [0] * 5
    assert {state for name, *rest in found if name == "faxdispatch_oldest_seconds" for state in rest} == OPEN
    assert all(found["faxdispatch_oldest_seconds", state] == 0 for state in OPEN)


def test_what_needs_an_operators_attention_is_counted(admin: FlaskClient, redis_url: str):
    scripts = Scripts(connect(redis_url))
    redis, now = scripts.redis, scripts.clock()
    Ledger(scripts).dead_letters.add("m-1", letter={}, facts={}, source="worker")
    redis.zadd("fax:strays", {"fax-1": now, "fax-2": now})
    redis.xadd("fax:quarantine", {"reason": "unreadable"})
    redis.zadd("fax:workers", {"host:1": now - 5_000, "host:2": now, "gone:3": now - 61_000})
    redis.set("fax:leader", "host:1")
    Questions(scripts).put(Question("fax.sync.v1", {"fax_id": "fax-1"}, "m-2"))
    found = figures(admin)
    assert found["faxdispatch_questions",] == 1
    counts = {name: found[f"faxdispatch_{name}",] for name in ("dead_letters", "strays", "quarantined", "workers")}
    assert counts == {"dead_letters": 1, "strays": 2, "quarantined": 1, "workers": 2}
    assert found["faxdispatch_scheduler_leads",] == 1


def test_the_age_of_the_oldest_job_in_each_state_is_a_metric(admin: FlaskClient, redis_url: str):
    scripts = Scripts(connect(redis_url))
    ledger, began = Ledger(scripts), scripts.clock() - 100_000
    for number, age in enumerate((0, 40_000, 70_000)):
        scripts.now = began + age
        ledger.create(f"job-{number}", SendFax.decode(FAX | {"to": f"+1510788262{number}"}), source="producer")
    admit_one(ledger, "job-0", connection="234423", sender="+17733372107")
    claim_one(ledger, "job-0", owner="w", lease=60, facts={})
    ledger.doubt("job-0", 1, cause="no_answer", look_after=15, facts={})
    found = figures(admin)
    assert 60 <= found["faxdispatch_oldest_seconds", "queued"] < 120
    assert 30 <= found["faxdispatch_oldest_seconds", "unknown"] < 60


@pytest.mark.parametrize("name", [field.name for field in fields(Figures)])
def test_every_figure_of_the_ledger_has_a_metric(settings: Settings, redis_url: str, monkeypatch, name: str):
    found = Watch(Scripts(connect(redis_url))).figures()
    seen = []
    for each in (found, replace(found, **{name: changed(getattr(found, name))})):
        monkeypatch.setattr(Watch, "figures", lambda _, each=each: each)
        seen.append(figures(create_apps(settings).admin.test_client()))
    assert seen[0] != seen[1], f"no metric shows {name}: add it in webhook/metrics.py"


def changed(value: object) -> object:
    """Return another value of a figure's kind."""
    if isinstance(value, dict):
        return dict.fromkeys(value or ["place"], 7)
    return not value if isinstance(value, bool) else (value or 0) + 7


def test_every_figure_is_explained_to_operators(admin: FlaskClient):
    explained = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    names = {family.name for family in text_string_to_metric_families(admin.get("/metrics").text)}
    assert [name for name in names if f"`{name.removesuffix('_created')}" not in explained] == []


def test_frequent_scrapes_query_redis_once(admin: FlaskClient, redis_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    before = figures(admin)
    Ledger(Scripts(connect(redis_url))).create("job-1", SendFax.decode(FAX | {"to": "+15107882622"}), source="producer")
    with Redis.from_url(redis_url) as redis:
        asked = redis.info("stats")["total_commands_processed"]
        assert [figures(admin)["faxdispatch_jobs", "queued"] for _ in range(20)] == [
            before["faxdispatch_jobs", "queued"]
        ] * 20
        assert redis.info("stats")["total_commands_processed"] - asked < 20


def test_metrics_are_served_while_redis_is_unreachable(away: FlaskClient):
    found = figures(away)
    assert found["faxdispatch_ledger_up",] == 0
    assert ("faxdispatch_jobs", "queued") not in found


def test_the_process_is_live_whatever_happens_to_redis(admin: FlaskClient, away: FlaskClient):
    assert admin.get("/healthz").status_code == away.get("/healthz").status_code == 200


def test_a_receiver_that_can_record_is_ready(admin: FlaskClient):
    answer = admin.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"ready": True, "problems": []})


def test_a_receiver_without_redis_is_not_ready_and_names_no_address(away: FlaskClient):
    answer = away.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "problems": ["Redis does not answer"]}


def test_a_user_who_may_not_ask_for_memory_is_ready_as_long_as_he_may_write(redis_url: str):
    with Redis.from_url(redis_url) as redis:
        redis.execute_command("ACL", "SETUSER", "app", "reset", "on", ">pw", "~*", "+@all", "-@dangerous")
        try:
            url = redis_url.replace("//", "//app:pw@")
            client = create_apps(Settings(redis_url=url, telnyx_public_key=(SIGNER.public_key,))).admin.test_client()
            may_write = client.get("/readyz")
            redis.execute_command("ACL", "SETUSER", "app", "-set")
            may_not = client.get("/readyz")
        finally:
            redis.acl_deluser("app")
    assert (may_write.status_code, may_not.status_code) == (200, 503)


def test_a_redis_that_may_evict_is_not_ready(admin: FlaskClient, redis_url: str):
    with Redis.from_url(redis_url) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            answer = admin.get("/readyz")
        finally:
            redis.config_set("maxmemory-policy", "noeviction")
    assert answer.status_code == 503
    assert "noeviction" in json.dumps(answer.json)


def test_a_full_redis_is_not_ready(admin: FlaskClient, redis_url: str):
    with Redis.from_url(redis_url) as redis:
        redis.config_set("maxmemory", 1)
        try:
            answer = admin.get("/readyz")
        finally:
            redis.config_set("maxmemory", 0)
    assert answer.status_code == 503
    assert "refuses to write" in json.dumps(answer.json)


def test_two_receivers_in_one_process_count_apart(settings: Settings):
    one, two = (create_apps(settings) for _ in range(2))
    one.public.test_client().post("/webhooks/telnyx")
    assert figures(one.admin.test_client())["faxdispatch_webhook_requests_total", "forged"] == 1
    assert figures(two.admin.test_client())["faxdispatch_webhook_requests_total", "forged"] == 0


def test_every_outcome_has_a_series_from_the_start(admin: FlaskClient):
    series = {labels[0]: value for (name, *labels), value in figures(admin).items() if name.endswith("requests_total")}
    assert series == dict.fromkeys([*Outcome, *Refusal], 0)


def test_failures_are_counted_by_their_two_reasons(client: FlaskClient, admin: FlaskClient):
    for number, internal in enumerate(["fs_fax_call_dropped", "fs_fax_call_dropped", None]):
        request = SIGNER.request(
            telnyx_event(
                "fax.failed",
                event_id=f"e{number}",
                failure_reason="receiver_call_dropped",
                internal_failure_reason=internal,
            )
        )
        assert client.post(PATH, data=request.body, headers=request.headers).status_code == 200
    found = figures(admin)
    name = "faxdispatch_fax_failures_total"
    assert found[name, "fs_fax_call_dropped", "receiver_call_dropped"] == 2
    assert found[name, "", "receiver_call_dropped"] == 1


def test_invented_labels_create_a_bounded_number_of_series(settings: Settings, redis_url: str):
    limits = Limits(Scripts(connect(redis_url)))
    for number in range(300):
        limits.pause(f"invented-{number}", delay=3600)
    limits.pause("ours", delay=3600)
    apps = create_apps(settings.model_copy(update={"fax_connection_id": ("ours",)}))
    client = apps.public.test_client()
    for number in range(30):
        event = telnyx_event("fax.failed", failure_reason=f"word-{number}", connection_id="ours")
        request = SIGNER.request(event)
        assert client.post(PATH, data=request.body, headers=request.headers).status_code == 200
    found = figures(apps.admin.test_client())

    paused = {rest[0]: value for (name, *rest), value in found.items() if name == "faxdispatch_connection_paused"}
    assert paused == {"ours": 1, "other": 300}
    failures = {rest[1]: v for (name, *rest), v in found.items() if name == "faxdispatch_fax_failures_total"}
    assert (len(failures), failures["other"]) == (21, 10)

    unconfigured = figures(create_apps(settings).admin.test_client())
    paused = {
        rest[0]: value for (name, *rest), value in unconfigured.items() if name == "faxdispatch_connection_paused"
    }
    assert (len(paused), sum(paused.values()), paused["other"]) == (21, 301, 281)


def test_ends_are_counted_by_cause_and_by_the_time_they_took(admin: FlaskClient, redis_url: str):
    desk = CampaignDesk(redis_url)
    desk.scripts.now = None
    desk.run(1, 2, 3)
    desk.scripts.redis.hset(
        "fax:ended",
        mapping={"delivered:30": 2, "delivered:60": 1, "delivered:more": 1, "failed:user_busy": 3, "cancelled": 1},
    )
    desk.scripts.redis.zadd("fax:held:no_channel", {"job-1": desk.scripts.clock() - 90_000})
    desk.pause()
    found = figures(admin)
    assert found["faxdispatch_ended_total", "user_busy", "failed"] == 3
    assert found["faxdispatch_ended_total", "", "delivered"] == 4
    within = [found["faxdispatch_delivery_seconds_bucket", at] for at in ("30.0", "60.0", "86400.0", "+Inf")]
    assert within == [2, 3, 3, 4]
    assert 90 <= found["faxdispatch_limiter_wait_seconds", "no_channel"] < 150
    assert found["faxdispatch_campaign_rows", "spring", "pending"] == 3
    assert found["faxdispatch_campaign_paused", "spring"] == 1
