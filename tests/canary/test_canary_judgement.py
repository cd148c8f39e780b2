"""The canary judges each link of a test fax correctly."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from pypdf import PdfReader

from faxdispatch.canary.advice import what_to_do
from faxdispatch.canary.judgement import GRACE, INBOUND_GRACE, Seen, Wish, judge, over
from faxdispatch.canary.links import Link, Mark
from faxdispatch.canary.page import canary_page
from faxdispatch.events import Event
from faxdispatch.ledger import JobView, Pause
from faxdispatch.reasons.failures import REASONS
from faxdispatch.states import HoldReason
from faxdispatch.stream.places import Delivery

BEGUN = 1_777_593_600_000
FAX = "fax-1"
INBOUND = "fax-2"
REQUEST = json.dumps({"to": "+13125550123", "media_name": "canary-a.pdf"})


def event(kind, after=1.0, *, fax_id=FAX, source="webhook", note="", job="a", **data):
    """An event that came so many seconds after the job was recorded."""
    fields = {
        "id": f"{kind}-{after}", "type": kind, "job_id": job, "fax_id": fax_id, "attempt": "1", "seq": "1",
        "occurred_at": "0", "source": source, "note": note, "data": json.dumps(data),
    }  # fmt: skip
    return Delivery(f"{BEGUN + round(after * 1000)}-0", Event.from_fields(fields))


def came_in(kind, after=5.0, **data):
    return event(kind, after, fax_id=INBOUND, job="", **data)


SUBMITTED = event("job.submitted", 0.5, fax_id="", source="worker", worker="box 7")
ACCEPTED = event("job.accepted", 0.8, source="worker", evidence="worker")
QUEUED = event("fax.queued", 1.0)
DELIVERED = event("fax.delivered", 4.0, page_count=1)
WHOLE = (SUBMITTED, ACCEPTED, QUEUED, DELIVERED)


def seen(*events, state="accepted", after=5.0, changed=4.0, inbound=(), out_of_time=False, pause=None, **row):
    """The observation `after` this many seconds, of a job that last changed `changed` seconds after it was recorded."""
    given = {
        "state": state,
        "attempt": "1",
        "created": str(BEGUN),
        "updated": str(BEGUN + round(changed * 1000)),
        "request": REQUEST,
        "connection": "c-1",
    }
    job = JobView.from_hash("a", given | row, tuple(delivery.event for delivery in events))
    now = datetime.fromtimestamp(BEGUN / 1000, UTC) + timedelta(seconds=after)
    return Seen(job, tuple(events), tuple(inbound), now, pause=pause, out_of_time=out_of_time)


def verdicts(what, **wish):
    return {verdict.link: verdict for verdict in judge(what, Wish(**wish))}


def marks(what, **wish):
    return {link: verdict.mark for link, verdict in verdicts(what, **wish).items() if verdict.mark is not Mark.UNTRIED}


def test_a_successful_fax_has_every_link_with_its_time():
    found = verdicts(seen(*WHOLE, state="delivered"))

    times = {Link.TAKEN: 0.5, Link.ACCEPTED: 0.8, Link.WEBHOOK: 1.0, Link.DELIVERED: 4.0}
    assert {link: v.seconds for link, v in found.items() if v.mark is Mark.OK} == pytest.approx(times)
    assert found[Link.DELIVERED].detail == "1 page"
    assert over(tuple(found.values()))


def test_a_webhook_that_comes_before_telnyx_answers_shows_that_it_was_accepted():
    found = verdicts(seen(SUBMITTED, QUEUED, state="submitting"))

    assert (found[Link.ACCEPTED].mark, found[Link.ACCEPTED].seconds) == (Mark.OK, pytest.approx(1.0))


def test_an_answer_to_polling_does_not_count_as_a_webhook():
    polled = event("fax.delivered", 4.0, source="poll")
    late = 4 + GRACE.total_seconds() + 1
    waiting = verdicts(seen(SUBMITTED, ACCEPTED, polled, state="delivered", after=5))
    found = verdicts(seen(SUBMITTED, ACCEPTED, polled, state="delivered", after=late), webhook_url="https://we.example")

    assert waiting[Link.WEBHOOK].mark is Mark.WAITING
    assert (found[Link.WEBHOOK].mark, found[Link.DELIVERED].mark) == (Mark.BROKEN, Mark.OK)
    for word in ("https://we.example", "TELNYX_PUBLIC_KEY", "faxdispatch doctor", "apps show c-1"):
        assert word in found[Link.WEBHOOK].remedy


def test_without_a_webhook_url_of_ours_the_application_is_named():
    found = verdicts(seen(SUBMITTED, ACCEPTED, after=31))

    assert "webhook_event_url" in found[Link.WEBHOOK].remedy


def test_a_failed_fax_is_explained_with_what_to_do():
    failed = event("fax.failed", 3.0, failure_reason="no_outbound_profile")
    found = verdicts(seen(SUBMITTED, ACCEPTED, failed, state="failed", cause="no_outbound_profile"))

    assert found[Link.DELIVERED].mark is Mark.BROKEN
    assert "no outbound profile" in found[Link.DELIVERED].detail
    assert "faxdispatch apps update" in found[Link.DELIVERED].remedy


def test_a_delivery_that_contradicts_the_record_does_not_count():
    contradiction = event("fax.delivered", 4.0, note="conflict", page_count=1)

    assert marks(seen(SUBMITTED, ACCEPTED, contradiction, state="failed"))[Link.DELIVERED] is Mark.BROKEN


def test_a_delivery_of_zero_pages_does_not_count():
    empty = event("fax.delivered", 4.0, page_count=0)

    assert marks(seen(SUBMITTED, ACCEPTED, empty, state="delivered"))[Link.DELIVERED] is Mark.BROKEN


def test_a_request_that_telnyx_refuses_is_reported_in_telnyxs_words():
    refused = event("job.rejected", 0.9, fax_id="", source="worker", error="Refused", message="send_fax: 422 bad name")
    found = verdicts(seen(SUBMITTED, refused, state="failed"))

    assert (found[Link.ACCEPTED].mark, found[Link.DELIVERED].mark) == (Mark.BROKEN, Mark.UNTRIED)
    assert found[Link.ACCEPTED].detail == "send_fax: 422 bad name"


def test_a_job_that_was_refused_before_it_was_sent_says_why():
    refused = event("job.rejected", 0.5, fax_id="", source="worker", reason="policy_hook", detail="not on Sundays")
    found = verdicts(seen(refused, state="failed"))

    assert found[Link.TAKEN].mark is Mark.BROKEN
    assert "not on Sundays" in found[Link.TAKEN].detail
    assert "canary" in found[Link.TAKEN].remedy


def test_a_waiting_job_is_explained_only_after_a_while():
    soon = verdicts(seen(state="held", hold="no_channel", after=1))[Link.TAKEN]
    later = verdicts(seen(state="held", hold="no_channel", after=60))[Link.TAKEN]

    assert (soon.mark, later.mark) == (Mark.WAITING, Mark.WAITING)
    assert soon.remedy == ""
    assert "FAX_CHANNELS" in later.remedy
    assert "free channel" in later.detail


@pytest.mark.parametrize("reason", [HoldReason.NO_CONNECTION, HoldReason.NO_SENDER, HoldReason.SPEND_CAP])
def test_what_only_a_person_can_fix_is_not_waited_for(reason):
    found = judge(seen(state="held", hold=reason.value, after=1), Wish())

    assert over(found)
    assert (found[0].mark, bool(found[0].remedy)) == (Mark.BROKEN, True)


def test_a_paused_connection_says_why_and_what_telnyx_said():
    refused = event("job.held", 0.9, fax_id="", source="worker", reason="account_refused", message="402 no funds")
    pause = Pause("20100", datetime.fromtimestamp(BEGUN / 1000 + 300, UTC))
    found = verdicts(seen(SUBMITTED, refused, state="held", hold="connection_paused", pause=pause))

    assert found[Link.ACCEPTED].mark is Mark.BROKEN
    assert "402 no funds" in found[Link.ACCEPTED].detail
    assert "paused (20100) until" in found[Link.ACCEPTED].detail
    assert "faxdispatch resume c-1" in found[Link.ACCEPTED].remedy


def test_a_failed_fax_that_waits_for_a_retry_says_why_it_failed():
    failed = event("fax.failed", 3.0, failure_reason="user_channel_limit_exceeded")
    found = verdicts(seen(*WHOLE[:3], failed, state="held", hold="retry", after=200))

    assert found[Link.DELIVERED].mark is Mark.WAITING
    assert "user_channel_limit_exceeded" in found[Link.DELIVERED].detail


@pytest.mark.parametrize(
    ("what", "broken"),
    [
        (seen(state="queued", out_of_time=True), Link.TAKEN),
        (seen(SUBMITTED, state="unknown", out_of_time=True), Link.ACCEPTED),
        (seen(SUBMITTED, ACCEPTED, out_of_time=True), Link.WEBHOOK),
        (seen(*WHOLE[:3], provider="sending", out_of_time=True), Link.DELIVERED),
    ],
    ids=str,
)
def test_when_time_is_out_the_first_open_link_is_broken_and_says_what_to_do(what, broken):
    found = judge(what, Wish())

    assert over(found)
    first = next(verdict for verdict in found if verdict.mark is not Mark.OK)
    assert (first.link, first.mark, bool(first.remedy)) == (broken, Mark.BROKEN, True)


def test_inbound_is_not_waited_for_unless_expected():
    found = judge(seen(*WHOLE, state="delivered"), Wish(stores=True))

    assert over(found)
    assert [v.mark for v in found[-2:]] == [Mark.UNTRIED, Mark.UNTRIED]


def test_inbound_that_has_begun_is_waited_for_a_while_and_breaks_nothing():
    begun = (came_in("fax.receiving.started"),)
    late = 4 + INBOUND_GRACE.total_seconds() + 1

    assert marks(seen(*WHOLE, state="delivered", inbound=begun))[Link.RECEIVED] is Mark.WAITING
    assert Link.RECEIVED not in marks(seen(*WHOLE, state="delivered", inbound=begun, after=late))


def test_inbound_that_is_asked_for_is_waited_for_and_broken_in_the_end():
    waiting = verdicts(seen(*WHOLE, state="delivered", after=200), inbound=True)
    found = verdicts(seen(*WHOLE, state="delivered", out_of_time=True), inbound=True)

    assert waiting[Link.RECEIVED].mark is Mark.WAITING
    assert found[Link.RECEIVED].mark is Mark.BROKEN
    assert "assigned" in found[Link.RECEIVED].remedy


def test_a_received_and_stored_fax_is_reported():
    inbound = (came_in("fax.received", 6.0), came_in("fax.stored", 7.0))
    found = verdicts(seen(*WHOLE, state="delivered", inbound=inbound), stores=True)

    assert (found[Link.RECEIVED].seconds, found[Link.STORED].seconds) == pytest.approx((6.0, 7.0))


def test_storing_is_demanded_only_where_inbound_is_asked_for_and_documents_are_stored():
    inbound = (came_in("fax.received", 6.0), came_in("fax.store.failed", 7.0))
    what = seen(*WHOLE, state="delivered", inbound=inbound)

    assert marks(what, inbound=True, stores=True)[Link.STORED] is Mark.BROKEN
    assert Link.STORED not in marks(what, stores=True)
    assert [Wish(inbound=True).demands(link) for link in (Link.DELIVERED, Link.RECEIVED, Link.STORED)] == [1, 1, 0]


@pytest.mark.parametrize("reason", [*REASONS, "brand_new", None])
def test_there_is_something_to_do_about_every_failure(reason):
    assert what_to_do(reason)


def test_the_test_page_says_what_it_is_and_who_sent_it():
    document = canary_page(
        job_id="b" * 32, connection_id="12(9)", sender="+13125550199", moment=datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
    )
    pages = PdfReader(io.BytesIO(document), strict=True).pages
    text = pages[0].extract_text()

    assert len(pages) == 1
    for word in ("TEST FAX", "No action is needed", "2026-05-01 08:30:00 UTC", "12(9)", "+13125550199", "b" * 32):
        assert word in text
