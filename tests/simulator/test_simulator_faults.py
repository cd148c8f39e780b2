"""The faults that the simulator can inject."""

import concurrent.futures

import httpx
import pytest


@pytest.fixture
def states(sim):
    """Post with a client_state. Return the status or the kind of error, and the judge's counts."""

    def post(state="YQ==", timeout=30):
        try:
            answer = sim.api.post("/faxes", json=sim.request(client_state=state), timeout=timeout)
            outcome = answer.status_code
        except httpx.TransportError as error:
            outcome = type(error).__name__
        seen = sim.report()["client_states"][state]
        return outcome, seen["posts"], seen["accepted"]

    return post


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("error_500_before", (500, 1, 0)),
        ("error_500_after", (500, 1, 1)),
        ("drop_before", ("RemoteProtocolError", 1, 0)),
        ("drop_after", ("RemoteProtocolError", 1, 1)),
        ("html_502", (502, 1, 0)),
        ("html_502_after", (502, 1, 1)),
        ("insufficient_funds", (403, 1, 0)),
        ("forbidden_d1", (403, 1, 0)),
        ("unauthorized", (401, 1, 0)),
        ("rate_429", (429, 1, 0)),
        ("no_id", (202, 1, 1)),
    ],
)
def test_a_send_meets_its_fault(sim, states, fault, seen):
    sim.faults(**{fault: True})
    outcome, posts, accepted = states()
    if isinstance(seen[0], str):
        # A cut connection may show as a protocol error or as a failed read.
        assert outcome in {"RemoteProtocolError", "ReadError"}
    else:
        assert outcome == seen[0]
    assert (posts, accepted) == seen[1:]
    assert sim.report()["faults_injected"] == {fault: 1}


@pytest.mark.parametrize(("fault", "accepted"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_held_answer_keeps_the_client_waiting(sim, states, fault, accepted):
    sim.faults(**{fault: 1})
    assert states(timeout=1) == ("ReadTimeout", 1, accepted)


def test_a_held_answer_comes_in_the_end(sim, states):
    sim.faults(timeout_after=1, hold_seconds=0.05)
    assert states() == (202, 1, 1)


def test_funds_and_channels_have_their_codes(sim):
    sim.faults(insufficient_funds=True)
    assert sim.post().json()["errors"][0]["code"] == "20100"
    sim.faults(insufficient_funds=False, forbidden_d1=True)
    assert "D1" in sim.post().json()["errors"][0]["detail"]


def test_no_id_leaves_only_the_id_out(sim):
    sim.faults(no_id=1)
    shown = sim.post(client_state="YQ==").json()["data"]
    assert "id" not in shown
    assert shown["client_state"] == "YQ=="


def test_html_instead_of_json(sim):
    sim.faults(html_502=1)
    answer = sim.api.get("/faxes")
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")


def test_injected_429_says_when_to_come_back(sim):
    sim.faults(rate_429=1)
    answer = sim.api.get("/faxes")
    assert answer.status_code == 429
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-reset"]) >= 1
    assert sim.report()["violations"][0]["injected"] is True


def test_the_rate_limit_lets_only_so_many_through_in_any_second(sim):
    sim.faults(rate_limit=3)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sim.api.get("/faxes"), range(24)))
    refused = [answer for answer in answers if answer.status_code == 429]
    report = sim.report()
    # How many pass depends on how long they took; all others were refused and recorded.
    assert len(refused) == report["violations_total"]
    assert refused
    assert report["max_calls_per_second"] >= 4
    assert refused[0].json()["errors"][0]["code"] == "10011"
    assert refused[0].headers["x-ratelimit-limit"] == "3, 3;w=1"


def test_scripted_faults_strike_in_turn(sim, states):
    sim.faults(next_posts=["error_500_after", "ok", "error_500_before"])
    assert [states()[0] for _ in range(4)] == [500, 202, 500, 202]


@pytest.mark.parametrize(("fault", "made"), [("application_500_before", 0), ("application_500_after", 1)])
def test_the_creation_of_an_application_meets_its_fault(sim, fault, made):
    given = {"application_name": "unlucky", "webhook_event_url": "https://example.com/hook"}
    sim.faults(**{fault: True})
    assert sim.api.post("/fax_applications", json=given).status_code == 500
    listed = sim.api.get("/fax_applications").json()["data"]
    assert [each["application_name"] for each in listed].count("unlucky") == made
    assert sim.report()["faults_injected"] == {fault: 1}


def test_a_seed_makes_choices_repeatable_whatever_the_order(sim, states):
    names = ["YQ==", "Yg==", "Yw==", "ZA==", "ZQ==", "Zg=="]
    sim.faults(error_500_before=0.5, seed=7)
    first = {name: states(name)[0] for name in names}
    sim.control.post("/reset")
    second = {name: states(name)[0] for name in reversed(names)}
    assert first == second
    assert set(first.values()) == {202, 500}


def listed(sim):
    return sim.list().json()["meta"]["total_results"]


def test_listings_can_be_empty_late_or_broken(sim):
    sim.send()
    sim.faults(list_empty=True)
    assert listed(sim) == 0
    sim.faults(list_empty=False, list_lag_ms=60_000)
    assert listed(sim) == 0
    sim.faults(list_lag_ms=0, list_error=1)
    assert sim.list().status_code == 500
    sim.faults(list_error=0, list_slow_ms=[1, 5], latency_ms=1)
    assert listed(sim) == 1


def test_a_lagging_listing_shows_a_fax_in_the_end(sim, poll):
    sim.faults(list_lag_ms=100)
    sim.send()
    poll(lambda: listed(sim) == 1)


STEPS = ["fax.queued", "fax.media.processed", "fax.sending.started", "fax.delivered"]


def test_lost_webhooks_never_come(sim, inbox):
    sim.faults(webhook_lose=1)
    sim.send()
    sim.idle()
    assert inbox.types == []
    assert sim.report()["webhooks"]["lost"] == 4


def test_an_outage_loses_webhooks_until_it_is_over(sim, inbox):
    sim.faults(webhook_outage=True)
    sim.send()
    sim.idle()
    sim.faults(webhook_outage=False)
    sim.send()
    sim.idle()
    assert inbox.types == STEPS


def test_doubled_webhooks_have_one_id(sim, inbox):
    sim.faults(webhook_double=1)
    sim.send()
    sim.idle()
    assert inbox.types == [step for step in STEPS for _ in range(2)]
    assert len({event["data"]["id"] for event in inbox.events}) == 4
    assert sim.report()["webhooks"]["doubled"] == 4


def test_reordered_webhooks_come_backwards(sim, inbox):
    sim.faults(webhook_reorder=1)
    sim.send()
    sim.idle()
    assert inbox.types == STEPS[::-1]


def test_delayed_webhooks_come_in_order_after_the_fax_is_done(sim, inbox):
    sim.faults(webhook_delay_ms=[300, 300])
    sim.ended(sim.send())
    sim.idle()
    assert inbox.types == STEPS


def test_the_first_webhook_can_come_before_the_answer(sim, inbox):
    sim.faults(webhook_before_answer=1)
    sim.send()
    assert inbox.types[:1] == ["fax.queued"]


def test_a_dropped_send_can_still_cause_webhooks(sim, inbox):
    sim.faults(next_posts=["drop_after"])
    with pytest.raises(httpx.TransportError):
        sim.post(client_state="YQ==")
    sim.idle()
    assert inbox.types == STEPS
    assert inbox.events[0]["data"]["payload"]["client_state"] == "YQ=="


def test_the_flat_envelope_has_no_data_and_a_good_signature(sim, inbox):
    sim.faults(flat_envelope=True)
    sim.send()
    sim.idle()
    assert inbox.events[0].keys() == {"event_type", "id", "occurred_at", "payload"}
    sim.verify(inbox.requests[0])


def test_speed_can_be_changed_while_it_runs(sim):
    assert sim.faults(speed=1000)["speed"] == 1000
    assert sim.ended(sim.send())["status"] == "delivered"


def test_faults_merge_and_reset(sim):
    sim.faults(no_id=0.5)
    assert sim.faults(drop_after=1)["no_id"] == 0.5
    after = sim.control.delete("/faults").json()
    assert (after["no_id"], after["drop_after"], after["speed"]) == (0, 0, 40)


@pytest.mark.parametrize(
    "wrong",
    [
        {"drop_afterr": 1}, {"drop_after": 2}, {"drop_after": -0.1}, {"drop_after": "1"}, {"latency_ms": [5, 1]},
        {"latency_ms": [1]}, {"rate_limit": 1.5}, {"channels": -1}, {"speed": 0}, {"next_posts": ["explode"]},
        {"webhook_url": None}, {"seed": []}, {"hold_seconds": True},
    ],
)  # fmt: skip
def test_a_wrong_switch_changes_nothing(sim, wrong):
    before = sim.control.get("/faults").json()
    assert sim.control.put("/faults", json={"no_id": 1} | wrong).status_code == 400
    assert sim.control.get("/faults").json() == before
