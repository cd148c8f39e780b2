"""What each command does with a campaign, and when it may."""

from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import BadInput, Conflict, FaxClient, Misconfigured, NotKnown
from faxdispatch.campaign import CampaignState
from faxdispatch.states import HoldReason
from tests.campaign.conftest import TESTERS, rows
from tests.ledger.campaign_desk import number_of

SOON = timedelta(hours=1)


def test_start_pause_resume_and_cancel_are_published_with_operator_and_reason(service, events):
    service.create(rows(2), campaign_id="spring", media_name="letter", operator="ada")
    assert service.start("spring", operator="ada").state == "running"
    paused = service.pause("spring", reason="wrong page", operator="bob")
    assert (paused.state, paused.reason) == ("paused", "wrong page")
    assert service.resume("spring", reason="it was right", operator="ada").state == "running"
    assert service.cancel("spring", reason="not needed", operator="bob").state == "cancelled"

    assert events("campaign.created") == [{"campaign_id": "spring", "name": "spring", "operator": "ada"}]
    published = {
        kind: events(f"campaign.{kind}")[0] for kind in ("checked", "started", "paused", "resumed", "cancelled")
    }
    assert [(one["operator"], one.get("reason"), one["was"]) for one in published.values()] == [
        ("ada", None, "draft"), ("ada", None, "checked"), ("bob", "wrong page", "running"),
        ("ada", "it was right", "paused"), ("bob", "not needed", "running"),
    ]  # fmt: skip


def test_commands_that_do_not_fit_the_state_name_it_and_change_nothing(service, finished):
    for name in ("waits", "rests", "stopped"):
        service.create(rows(1), campaign_id=name, media_name="letter")
    service.start("rests")
    service.pause("rests", reason="x")
    service.cancel("stopped")
    finished(None, name="over")
    commands = [
        (service.pause, "waits", {"reason": "x"}, "cannot be paused: it has not been started"),
        (service.resume, "waits", {}, "cannot be resumed: it has not been started"),
        (service.retry, "waits", {"causes": ["busy"]}, "cannot be tried again: it has not been started"),
        (service.start, "rests", {}, r"cannot be started: it is paused; .* campaign resume rests continues it"),
        (service.resume, "stopped", {}, "cannot be resumed: it is cancelled"),
        (service.pause, "stopped", {"reason": "x"}, "cannot be paused: it is cancelled"),
        (service.start, "stopped", {}, "cannot be started: it is cancelled"),
        (service.start, "over", {}, "cannot be started: it is finished"),
        (service.cancel, "over", {}, "cannot be cancelled: it is finished"),
        (service.set_cap, "over", {"cap": 3}, "cannot be given a cap: it is finished"),
    ]
    for command, name, options, message in commands:
        before = service.get(name)
        with pytest.raises(Conflict, match=f"campaign {name}: {message}"):
            command(name, **options)
        assert service.get(name) == before


def test_the_same_command_again_is_no_error(service, events):
    service.create(rows(1), campaign_id="spring", media_name="letter")
    for _ in range(2):
        assert service.start("spring").state == "running"
    for _ in range(2):
        assert service.pause("spring", reason="x").state == "paused"
    for _ in range(2):
        assert service.cancel("spring").state == "cancelled"

    assert [len(events(f"campaign.{kind}")) for kind in ("started", "paused", "cancelled")] == [1, 1, 1]


def test_a_start_is_planned_moved_and_withdrawn(service, events):
    service.create(rows(1), campaign_id="spring", media_name="letter")
    first, second = datetime.now(UTC) + SOON, datetime.now(UTC) + 2 * SOON
    service.start("spring", at=first, operator="ada")
    planned = service.start("spring", at=second, operator="ada")

    assert (planned.state, abs(planned.start_at - second) < timedelta(milliseconds=1)) == ("checked", True)
    assert [planned["operator"] for planned in events("campaign.planned")] == ["ada", "ada"]

    paused = service.pause("spring", reason="not yet")
    assert (paused.state, paused.start_at, service.ledger.starting()) == ("paused", None, [])
    assert service.resume("spring").state == "running"


@pytest.mark.parametrize(
    ("at", "message"),
    [(datetime.now(UTC) - SOON, "at: has already passed"), (datetime(2030, 1, 1), "at: has no time zone")],  # noqa: DTZ001
)
def test_a_start_in_the_past_is_refused(service, at, message):
    service.create(rows(1), campaign_id="spring", media_name="letter")

    with pytest.raises(BadInput, match=message):
        service.start("spring", at=at)

    assert service.get("spring").start_at is None


def test_a_cancel_ends_pending_rows_at_once_and_may_later_cancel_faxes_in_flight(service, desk):
    service.create(rows(3), campaign_id="spring", media_name="letter")
    service.start("spring")
    desk.feed(rows=desk.pending("spring")[:1], name="spring")
    desk.picked()
    desk.send("spring-1")

    first = service.cancel("spring")
    assert (first.pending, first.cancelled, first.opened, first.also_in_flight) == (0, 2, 1, False)
    second = service.cancel("spring", also_in_flight=True)

    assert (second.state, second.also_in_flight, service.ledger.ending()) == ("cancelled", True, ["spring"])
    assert service.audit("spring").faults == ()


def test_a_campaign_that_has_spent_its_cap_is_resumed_once_the_cap_is_higher(service, desk, events):
    service.create(rows(2), campaign_id="spring", media_name="letter", cap=1.0)
    service.start("spring")
    desk.redis.set("fax:spend:campaign:spring", 1_000_000)
    desk.campaigns.move("spring", CampaignState.PAUSED, event="campaign.paused", reason="spend_cap")

    with pytest.raises(Conflict, match=r"has spent 1.00 of 1.00; faxdispatch campaign cap spring AMOUNT"):
        service.resume("spring")
    assert service.set_cap("spring", 2.5, operator="ada").cap == 2.5
    assert service.resume("spring").state == "running"

    assert events("campaign.capped") == [{"campaign_id": "spring", "cap": 2.5, "was": 1, "operator": "ada"}]
    assert service.set_cap("spring", None).cap is None


# Tests, and the end -------------------------------------------------------------------------------------------------


def test_a_test_sends_the_fax_of_a_row_to_the_test_numbers_only(service, client, desk):
    listed = [{"fax": number_of(1), "media": "https://example.com/1.pdf"}, {"fax": number_of(2), "media": "doc-2"}]
    window = {"start": "08:00", "end": "08:01"}
    service.create(listed, campaign_id="spring", window=window, quality="high", tags=("may",))

    sent = service.test("spring") + service.test("spring", numbers=["(415) 555-9002"], row=2)

    assert [(one.row, one.to) for one in sent] == [(1, TESTERS[0]), (1, TESTERS[1]), (2, TESTERS[1])]
    jobs = [client.status(one.job_id).request for one in sent]
    assert [job.media_url or job.media_name for job in jobs] == ["https://example.com/1.pdf"] * 2 + ["doc-2"]
    assert {(job.quality, job.tags, job.window, job.priority) for job in jobs} == {
        ("high", ("may", "test"), None, "normal")
    }
    assert {key.removeprefix("fax:job:") for key in desk.redis.keys("fax:job:*")} == {one.job_id for one in sent}
    assert service.get("spring").pending == 2


def test_a_test_goes_to_no_number_that_is_not_allowed(service, redis_url, desk):
    service.create(rows(1), campaign_id="spring", media_name="letter")

    with pytest.raises(BadInput, match=r"number: \+1\*{6}0001 is not among FAX_TEST_NUMBERS"):
        service.test("spring", numbers=[number_of(1)])
    with pytest.raises(Misconfigured, match="FAX_TEST_NUMBERS: not set"):
        FaxClient(redis_url, ledger=desk.ledger).campaigns.test("spring")
    with pytest.raises(NotKnown, match="has no row 7"):
        service.test("spring", row=7)

    assert desk.redis.keys("fax:job:*") == []


def test_a_purged_campaign_leaves_only_what_keeps_its_id_from_being_given_again(service, finished, desk, events):
    finished("user_busy", None, name="over")

    service.purge("over", operator="ada")

    left = {key for key in desk.redis.keys("fax:*") if "campaign" in key}
    assert left == {"fax:campaigns:purged", "fax:other:campaign-over"}
    assert events("campaign.purged") == [{"campaign_id": "over", "operator": "ada", "was": "finished"}]
    with pytest.raises(NotKnown):
        service.get("over")
    with pytest.raises(Conflict, match="one with this id ran and was purged; use another id"):
        service.create(rows(1), campaign_id="over", media_name="letter")
    service.purge("over")


def test_a_campaign_that_never_ran_is_purged_together_with_its_id(service):
    service.create(rows(1), campaign_id="spring", media_name="letter")
    service.purge("spring")

    assert service.create(rows(2), campaign_id="spring", media_name="letter").outcome == "created"


def test_a_campaign_that_runs_or_has_faxes_in_flight_is_not_purged(service, desk):
    service.create(rows(2), campaign_id="spring", media_name="letter")
    service.start("spring")
    with pytest.raises(Conflict, match="cannot be purged: it is running"):
        service.purge("spring")
    desk.feed(name="spring")
    desk.picked()
    desk.send("spring-1")
    service.cancel("spring")
    with pytest.raises(Conflict, match="cannot be purged: it is cancelled"):
        service.purge("spring")

    assert service.audit("spring").faults == ()


def test_held_rows_are_counted_by_reason_in_every_generation(service, desk, finished):
    service.create(rows(3), campaign_id="first", media_name="letter")
    name = finished("user_busy")
    service.retry(name, ["busy"])
    for campaign in ("first", name):
        service.start(campaign)
        desk.feed(name=campaign)
        service.pause(campaign, reason="x")
    desk.picked()

    assert service.holds("first") == {"campaign_paused": 3}
    assert service.holds(name) == {"campaign_paused": 1}


def test_campaigns_are_listed_the_newest_first_with_what_they_have_cost(service, desk):
    for name in ("a", "b"):
        service.create(rows(1), campaign_id=name, media_name="letter")
    desk.redis.set("fax:spend:campaign:a", 2_500_000)

    every = service.list()
    assert [(campaign.id, campaign.spent) for campaign in every] == [("b", 0), ("a", 2.5)]
    assert (service.ledger.some(0, 9), service.ledger.some(1, 1)) == ((every, 2), (every[1:], 2))
    for command in (service.get, service.audit, service.start, service.cancel, service.purge, service.results):
        with pytest.raises(NotKnown, match="campaign c: not known here"):
            command("c")


# Rows that Telnyx never took -----------------------------------------------------------------------------------------


@pytest.fixture
def untaken(desk, service):
    """A running campaign of three rows: one that Telnyx never accepted, one that is in flight, one that waits
    untried."""
    service.create(rows(3), campaign_id="spring", media_name="letter")
    service.start("spring")
    desk.feed(name="spring")
    desk.picked()
    for _ in range(desk.scripts.rules.most_untaken):
        assert (desk.admit("spring-1"), desk.claim("spring-1")) == ("go", "claimed")
        attempt = desk.ledger.job("spring-1").attempt
        desk.ledger.doubt("spring-1", attempt, cause="500", look_after=15, facts={})
        for look in "abc":
            desk.ledger.not_listed("spring-1", attempt, look=f"{attempt}{look}", settle=0, enough=3)
    desk.send("spring-2")
    return "spring"


def test_rows_that_telnyx_never_accepted_are_given_up_by_a_person_and_the_campaign_ends(desk, service, untaken, events):
    assert service.holds(untaken)[HoldReason.NEVER_ACCEPTED] == 1

    assert service.finish(untaken, reason="down for days", operator="ada")[1] == 1

    assert {"untaken": 3, "why": "down for days", "operator": "ada"}.items() <= events("job.exhausted")[0].items()
    assert service.finish(untaken)[1] == 0, "the others go on"
    desk.report("spring-2", "delivered")
    desk.send("spring-3")
    desk.report("spring-3", "delivered")
    assert desk.feed(name=untaken)[0] == "finished"
    assert service.retry(untaken, ["never_accepted"]).rows == 1


def test_rows_that_missed_their_time_are_given_up_unless_a_person_released_them(desk, service):
    service.create(rows(2), campaign_id="spring", media_name="letter")
    service.start("spring")
    desk.feed(name="spring")
    for job in ("spring-1", "spring-2"):
        desk.ledger.hold(job, reason=HoldReason.TOO_LATE, due=None)
    desk.ledger.release("spring-2", why="still wanted", operator="ada")

    assert service.finish("spring")[1] == 1

    assert desk.ledger.job("spring-1").cause == "too_late"
    desk.send("spring-2")
    desk.report("spring-2", "delivered")
    assert desk.feed(name="spring")[0] == "finished"
    assert service.retry("spring", ["too_late"]).rows == 1


def test_a_campaign_with_rows_that_telnyx_never_took_can_be_cancelled(desk, service, untaken):
    service.cancel(untaken)

    with pytest.raises(Conflict):
        service.finish(untaken)
