"""Inbound faxes in the ledger: which events are published, what is fetched when, and what is deleted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faxdispatch.errors import Conflict, NotKnown
from faxdispatch.events import Event
from faxdispatch.ledger import DocumentPlace, Inbox, Observation, Rules, Scripts, Watch, connect
from tests.ledger.desk import Desk
from tests.ledger.steps import START

DAY = 86_400
BEGIN = datetime.fromtimestamp(START / 1000, UTC)
FAX = "9fbc3f0d-5495-42af-9a4e-c57a235d9182"
LINK = "https://documents.example.com/a.pdf"
KIND = {"receiving": "fax.receiving.started", "received": "fax.received", "failed": "fax.failed"}


class Post(Desk):
    """A ledger that records inbound faxes."""

    def __init__(self, url: str, **rules: Any) -> None:
        super().__init__(url, Rules(rate=1000, channels=1000, **rules))
        self.inbox = Inbox(self.scripts)

    def say(
        self, status: str, fax_id: str = FAX, *, source: str = "webhook", event_id: str | None = None, **facts: Any
    ) -> str:
        seen = Observation(
            event_id=event_id or f"{source}-{fax_id}-{status}",
            digest=status,
            event_type=KIND.get(status),
            source=source,
            fax_id=fax_id,
            status=status,
            outbound=False,
            sender="+14155552222",
            recipient="+13125550000",
            **facts,
        )
        return str(self.observations.record(seen)["outcome"])

    def store(self, fax_id: str = FAX, *, sha256: str = "aa") -> str:
        return self.inbox.stored(
            fax_id, file=f"/in/{fax_id}.pdf", name=f"{fax_id}.pdf", sha256=sha256, size=9, data=json.dumps({"size": 9})
        )  # fmt: skip

    def fail(self, fax_id: str = FAX, *, refused: bool = False, give_up: float = 3 * DAY) -> str:
        return self.inbox.failed(fax_id, kind="LinkFailed", problem="503", refused=refused, give_up=give_up)

    def published(self) -> list[tuple[str, str | None]]:
        events = [Event.from_fields(fields) for _, fields in self.redis.xrange("fax:events")]
        return [(event.type, event.note) for event in events]


@pytest.fixture
def post(redis_url: str) -> Post:
    return Post(redis_url)


def test_a_received_fax_is_kept_with_everything_reported_about_it(post: Post):
    post.say("receiving")
    post.say("received", media_url=LINK, page_count=2, duration=50, partial=True, connection_id="c")

    fax = post.inbox.get(FAX)
    assert (fax.status, fax.place, fax.media_url) == ("received", DocumentPlace.WANTED, LINK)
    assert (fax.sender, fax.recipient, fax.connection_id) == ("+14155552222", "+13125550000", "c")
    assert (fax.page_count, fax.call_duration_secs, fax.partial_content) == (2, 50, True)
    assert post.published() == [("fax.receiving.started", None), ("fax.received", None)]


def test_what_a_listing_shows_is_published_only_where_it_is_news(post: Post):
    post.say("received", media_url=LINK)
    assert post.say("received", source="listing") == "overtaken"
    assert post.say("received", "other", source="listing") == "recorded"
    assert post.published() == [("fax.received", None), ("fax.received", None)]


def test_a_webhook_after_the_listing_is_published_as_overtaken_and_adds_its_own_facts(post: Post):
    post.say("received", source="listing")
    post.say("received", media_url=LINK, partial=True)
    assert post.published() == [("fax.received", None), ("fax.received", "overtaken")]
    assert post.inbox.get(FAX).partial_content is True
    assert post.inbox.get(FAX).media_url == LINK


def test_steps_in_the_wrong_order_revert_nothing(post: Post):
    post.say("received", media_url=LINK)
    post.say("receiving")
    assert post.inbox.get(FAX).place is DocumentPlace.WANTED
    assert post.published() == [("fax.received", None), ("fax.receiving.started", "overtaken")]


def test_a_failed_inbound_fax_needs_no_document_and_is_not_polled(post: Post):
    post.say("receiving")
    post.say("failed", failure_reason="sender_call_dropped")
    fax = post.inbox.get(FAX)
    assert (fax.place, fax.failure_reason) == (DocumentPlace.NONE, "sender_call_dropped")
    post.later(DAY)
    assert (post.inbox.due().asked, post.inbox.due().wanted) == ((), 0)


def test_a_failed_fax_with_a_link_is_still_fetched(post: Post):
    post.say("failed", media_url=LINK)
    assert post.inbox.get(FAX).place is DocumentPlace.WANTED


def test_a_document_after_a_failure_is_fetched_and_published_as_a_conflict(post: Post):
    post.say("failed")
    post.say("received", media_url=LINK)
    assert post.inbox.get(FAX).place is DocumentPlace.WANTED
    assert post.published()[-1] == ("fax.received", "conflict")


def test_a_failure_after_the_document_reverts_nothing(post: Post):
    post.say("received", media_url=LINK)
    assert post.say("failed") == "conflict"
    assert (post.inbox.get(FAX).status, post.inbox.get(FAX).place) == ("received", DocumentPlace.WANTED)


def test_an_unfinished_inbound_fax_is_polled_at_growing_pauses(post: Post):
    post.say("receiving")
    assert post.inbox.due().asked == ()
    asked = []
    for minute in range(120):
        post.later(60)
        asked += [minute + 1 for _ in post.inbox.due().asked]
    assert asked[:4] == [5, 10, 20, 40]


def test_a_document_belongs_to_one_worker_until_its_lease_ends(post: Post):
    post.say("received", media_url=LINK)
    taken = post.inbox.take(lease=600)
    assert taken
    assert taken.fax_id == FAX
    assert post.inbox.take(lease=600) is None
    post.later(601)
    assert post.inbox.take(lease=600)


def test_documents_are_taken_in_the_order_in_which_they_came(post: Post):
    for name in ("a", "b", "c"):
        post.say("received", name)
        post.later(1)
    assert [fax.fax_id for _ in range(3) if (fax := post.inbox.take(lease=600))] == ["a", "b", "c"]


def test_a_stored_document_is_published_once_however_often_it_is_stored(post: Post):
    post.say("received", media_url=LINK)
    assert [post.store(), post.store()] == ["stored", "known"]
    assert post.published() == [("fax.received", None), ("fax.stored", None)]
    fax = post.inbox.get(FAX)
    assert (fax.place, fax.file, fax.size) == (DocumentPlace.STORED, f"/in/{FAX}.pdf", 9)
    assert post.inbox.take(lease=1) is None


def test_stored_documents_are_listed_newest_first(post: Post):
    for name in ("a", "b"):
        post.say("received", name)
        post.store(name)
        post.later(1)
    assert [fax.fax_id for fax in post.inbox.at(DocumentPlace.STORED)] == ["b", "a"]


def test_a_failed_fetch_is_tried_again_at_growing_pauses(post: Post):
    post.say("received", media_url=LINK)
    tried = []
    for second in range(200):
        if post.inbox.take(lease=600):
            tried.append(second)
            assert post.fail() == "again"
        post.later(1)
    assert tried == [0, 10, 30, 70, 150]


def test_a_document_is_given_up_after_too_long_with_an_event_and_a_person_can_request_it_again(post: Post):
    post.say("received", media_url=LINK)
    post.later(30 * DAY - 10)
    post.inbox.take(lease=600)
    assert post.fail() == "again"  # it was not tried before: our own outage is no reason to give up
    post.later(3 * DAY + 1)
    assert post.fail() == "given_up"
    assert post.published()[-1] == ("fax.store.failed", None)
    assert [fax.fax_id for fax in post.inbox.at(DocumentPlace.GIVEN_UP)] == [FAX]
    assert post.inbox.take(lease=600) is None

    post.inbox.again(FAX)
    assert post.inbox.take(lease=600)
    assert post.fail() == "again"


def test_a_refused_document_is_given_up_after_three_attempts(post: Post):
    post.say("received", media_url=LINK)
    assert [post.fail(refused=True) for _ in range(4)] == ["again", "again", "given_up", "no"]


def test_only_faxes_with_a_document_can_be_requested_again(post: Post):
    with pytest.raises(NotKnown):
        post.inbox.again("nobody")
    post.say("receiving")
    with pytest.raises(Conflict, match="still arriving"):
        post.inbox.again(FAX)
    post.say("failed")
    with pytest.raises(Conflict, match="no document"):
        post.inbox.again(FAX)


def test_a_document_that_was_stored_can_be_fetched_again_and_is_published_again(post: Post):
    post.say("received", media_url=LINK)
    post.store()
    post.inbox.again(FAX)
    assert post.inbox.take(lease=1)
    assert post.store() == "stored"
    assert [kind for kind, _ in post.published()] == ["fax.received", "fax.stored", "fax.stored"]


def test_documents_are_kept_for_ever_unless_a_retention_is_set(post: Post):
    post.say("received", media_url=LINK)
    post.store()
    post.later(1000 * DAY)
    assert post.inbox.outlived() == []


def test_expired_documents_are_removed_one_by_one_with_one_event_each(redis_url: str):
    post = Post(redis_url, documents_kept=100 * DAY)
    for name in ("a", "b"):
        post.say("received", name)
        post.store(name)
        post.later(DAY)
    post.later(98 * DAY)
    assert [fax.fax_id for fax in post.inbox.outlived()] == ["a"]
    post.inbox.removed("a")
    post.inbox.removed("a")
    assert post.inbox.outlived() == []
    assert post.inbox.get("a").place is DocumentPlace.REMOVED
    assert post.published()[-1] == ("fax.removed", None)
    assert [kind for kind, _ in post.published()].count("fax.removed") == 1


def test_what_is_known_of_a_document_outlives_it_whatever_is_reported_later(redis_url: str):
    post = Post(redis_url, documents_kept=3650 * DAY)
    post.say("received", media_url=LINK)
    post.store()
    kept = post.redis.pttl(f"fax:inbound:{FAX}")
    assert kept > 3650 * DAY * 1000
    shorter = Post(redis_url)
    shorter.say("received", source="listing")
    assert post.redis.pttl(f"fax:inbound:{FAX}") > 3650 * DAY * 1000


def test_without_a_store_documents_are_forgotten_with_their_faxes(post: Post):
    post.say("received", "old")
    post.later(31 * DAY)
    post.say("received", "new")
    assert [fax.fax_id for fax in post.inbox.at(DocumentPlace.WANTED)] == ["new"]


def test_nothing_is_deleted_at_telnyx_unless_requested(post: Post):
    post.create("j")
    post.send("j")
    post.report("j", "delivered")
    post.later(1000 * DAY)
    assert post.agenda.deletions() == []


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_deleting_an_ended_fax_at_telnyx_is_retried_until_done_and_kept_in_the_jobs_history(
    redis_url: str, status: str
):
    post = Post(redis_url, delete_after=DAY)
    post.create("j")
    post.send("j")
    post.report("j", "sending")
    post.later(2 * DAY)
    assert post.agenda.deletions() == []
    post.report("j", status)
    post.later(DAY - 1)
    assert post.agenda.deletions() == []
    post.later(1)
    assert post.agenda.deletions(again_after=600) == ["j-1"]
    assert post.agenda.deletions() == []
    post.later(600)
    assert post.agenda.deletions() == ["j-1"]
    post.agenda.deleted("j-1")
    post.agenda.deleted("j-1")
    post.later(DAY)
    assert post.agenda.deletions() == []
    history = [event.type for event in post.ledger.job("j", history=True).history]
    assert history.count("fax.deleted") == 1


def test_an_inbound_fax_is_deleted_at_telnyx_only_after_its_document_is_stored(redis_url: str):
    post = Post(redis_url, delete_after=DAY)
    post.say("received", media_url=LINK)
    post.later(20 * DAY)
    assert post.agenda.deletions() == []
    post.store()
    post.later(DAY)
    assert post.agenda.deletions() == [FAX]


def test_a_failed_inbound_fax_is_deleted_at_telnyx_too(redis_url: str):
    post = Post(redis_url, delete_after=DAY)
    post.say("failed")
    post.later(DAY)
    assert post.agenda.deletions() == [FAX]


def test_one_listing_at_a_time(redis_url: str):
    inbox = Inbox(Scripts(connect(redis_url)))
    assert [inbox.may_list(every=60), inbox.may_list(every=60)] == [True, False]


def listings(inbox: Inbox, *seconds: float) -> float | None:
    """Record complete listings that began at these seconds after the start.

    Return where the next one begins, in the same way.
    """
    for second in seconds:
        inbox.listed(BEGIN + timedelta(seconds=second), settle=600, enough=3, skew=120)
    until = inbox.listed_until()
    return None if until is None else (until - BEGIN).total_seconds()


@pytest.mark.parametrize(
    ("seconds", "begins"),
    [
        ([0], None),
        ([0, 700], None),
        ([0, 1, 2], None),
        ([0, 300, 600], -120),
        ([0, 300, 600, 900], 180),
        ([0, 10, 20, 30, 620], -100),
        ([0, 300, 600, 40 * DAY], 180),
        ([0, 300, 600, 40 * DAY, 40 * DAY + 300], 480),
        ([0, 300, 600, 40 * DAY, 40 * DAY + 300, 40 * DAY + 600], 40 * DAY - 120),
        ([600, 900, 0, 300], 180),
        ([0, 0, 0, 600], None),
    ],
)
def test_a_period_is_covered_only_after_three_listings_over_the_settle_time(
    redis_url: str, seconds: list[float], begins: float | None
):
    assert listings(Inbox(Scripts(connect(redis_url))), *seconds) == begins


def test_the_start_of_the_next_listing_never_goes_back(redis_url: str):
    inbox = Inbox(Scripts(connect(redis_url)))
    begins = [listings(inbox, second) for second in (0, 300, 600, 900, 100, 200, 1200, 1, 1500)]
    known = [begin for begin in begins if begin is not None]
    assert known == sorted(known)
    assert known[-1] == 780


def test_a_fax_of_a_foreign_connection_is_not_recorded_as_inbound(redis_url: str):
    post = Post(redis_url)
    post.observations._known = frozenset({"ours"})
    assert post.say("received", connection_id="theirs") == "foreign"
    with pytest.raises(NotKnown):
        post.inbox.get(FAX)


def test_a_fax_that_failed_and_arrived_after_all_stays_at_telnyx_until_its_document_is_stored(redis_url: str):
    post = Post(redis_url, delete_after=DAY)
    post.say("failed")
    post.say("received", media_url=LINK)
    post.later(2 * DAY)
    assert post.agenda.deletions() == []
    assert not post.agenda.is_to_be_deleted(FAX)
    post.store()
    post.later(DAY)
    assert post.agenda.deletions() == [FAX]


def test_a_fax_whose_document_a_person_requested_again_stays_at_telnyx(redis_url: str):
    post = Post(redis_url, delete_after=DAY)
    post.say("received", media_url=LINK)
    post.store()
    post.inbox.again(FAX)
    post.later(2 * DAY)
    assert post.agenda.deletions() == []


def test_a_document_that_was_refused_is_tried_the_last_time_when_an_outage_may_be_over(post: Post):
    post.say("received", media_url=LINK)
    tried = []
    for second in range(0, 1200, 5):
        if post.inbox.take(lease=600):
            tried.append(second)
            post.fail(refused=True)
        post.later(5)
    assert tried == [0, 10, 910]


def test_a_failure_without_a_direction_counts_for_the_known_inbound_fax(post: Post):
    post.say("receiving")
    observed = Observation(
        "e", "d", "fax.failed", "webhook", fax_id=FAX, status="failed", failure_reason="carrier_lost"
    )
    post.observations.record(observed)
    fax = post.inbox.get(FAX)
    assert (fax.status, fax.place, fax.failure_reason) == ("failed", DocumentPlace.NONE, "carrier_lost")
    assert fax.sender == "+14155552222"
    post.say("failed", source="poll")
    assert post.published() == [("fax.receiving.started", None), ("fax.failed", None)]


def test_a_metric_shows_how_far_back_the_next_listing_begins(post: Post):
    watch = Watch(post.scripts)
    assert watch.figures().inbound_behind is None
    for _ in range(3):
        post.inbox.listed(post.inbox.now(), settle=600, enough=3, skew=120)
        post.later(300)
    assert watch.figures().inbound_behind == 900 + 120


def test_a_stored_document_that_could_not_be_fetched_anew_need_not_stay_at_telnyx(redis_url: str):
    post = Post(redis_url, delete_after=DAY)
    post.say("received", media_url=LINK)
    post.store()
    post.inbox.again(FAX)
    assert [post.fail(refused=True) for _ in range(3)] == ["again", "again", "given_up"]
    post.later(DAY)
    assert post.agenda.deletions() == [FAX]
