"""A fax with a cover is sent as one document, which is made before the claim; a failure to make it leaves nothing
behind."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from faxdispatch import State
from faxdispatch.campaign.giving_up import give_up
from faxdispatch.documents.local import document_of
from faxdispatch.errors import BadInput, NoSuchResource, NotSent, Refused, Unavailable, Unreachable
from faxdispatch.fetching.trouble import LinkFailed
from faxdispatch.ledger.rules import PROBE_PAUSES
from faxdispatch.recent import Recent
from faxdispatch.telnyx.models import MediaResource
from tests.conftest import eventually
from tests.documents.preflight.made import letter, locked
from tests.ledger.campaign_desk import NAME, CampaignDesk, number_of
from tests.ledger.campaign_desk import job as job_of
from tests.worker.doubles import Telnyx, create
from worker.sending import covering, linked
from worker.sending.attempt import Outcome, run_attempt, run_attempts
from worker.sending.preparation import prepare


class Storage(Telnyx):
    """Telnyx with a media storage."""

    def __init__(self):
        super().__init__()
        self.stored = {"letter": letter("The letter")}
        self.uploads = []
        self.trouble = None

    def get_media(self, name):
        if name not in self.stored:
            raise NoSuchResource("404", status=404)
        return MediaResource(media_name=name)

    def download_media(self, name, to, *, max_bytes):
        self.get_media(name)
        to.write_bytes(self.stored[name])

    def upload_media(self, source, *, media_name, ttl_seconds):
        if self.trouble:
            raise self.trouble
        self.uploads.append(media_name)
        self.stored[media_name] = source.read_bytes()
        return self.get_media(media_name)


@pytest.fixture
def telnyx(monkeypatch):
    monkeypatch.setattr(covering, "_bodies", Recent(covering._KEPT))
    return Storage()


def test_the_combined_document_is_sent_in_place_of_the_faxs_own(w, telnyx):
    create(w, cover="Dear {name}, {pages} pages", cover_fields={"name": "Dr Öz"})

    assert run_attempt("job", w) is Outcome.ACCEPTED
    [request] = telnyx.asked
    assert [request.media_name] == telnyx.uploads
    pages = [page.extract_text() for page in PdfReader(BytesIO(telnyx.stored[request.media_name])).pages]
    assert pages == ["Dear Dr Öz, 2 pages", "The letter"]
    submitted = next(e for e in w.ledger.job("job", history=True).history if e.type == "job.submitted")
    assert submitted.data["letter"] == request.media_name


def test_a_combined_document_that_is_stored_is_not_stored_again(w, telnyx):
    create(w, cover="Dear Dr Smith")
    telnyx.answer = Unreachable("no network")
    run_attempt("job", w)
    run_attempt("job", w)

    assert len(telnyx.uploads) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda telnyx: telnyx.stored.clear(), "no longer stored at Telnyx"),
        (lambda telnyx: telnyx.stored.update(letter=locked(letter(), "secret")), "needs a password"),
        (lambda telnyx: setattr(telnyx, "trouble", Refused("no", status=422)), "no"),
    ],
)
def test_a_cover_that_cannot_be_made_ends_its_fax_with_a_message(w, telnyx, change, message):
    change(telnyx)
    create(w, cover="Dear Dr Smith")

    assert run_attempt("job", w) is Outcome.REFUSED
    job = w.ledger.job("job", history=True)
    assert (job.state, job.cause) == (State.FAILED, "letter_not_made")
    assert message in job.history[-1].data["problem"]
    assert telnyx.asked == []


def test_while_telnyx_does_not_answer_the_fax_waits_and_is_sent_later(w, telnyx, monkeypatch):
    monkeypatch.setattr(covering, "AGAIN", -60.0)
    create(w, cover="Dear Dr Smith")
    telnyx.trouble = Unreachable("no network")

    assert run_attempt("job", w) is Outcome.PARKED
    assert (w.ledger.job("job").state, telnyx.asked) == (State.HELD, [])

    telnyx.trouble = None
    assert run_attempt("job", w) is Outcome.ACCEPTED


def test_a_cover_that_fails_in_an_unforeseen_way_holds_up_no_other_fax(w, telnyx, monkeypatch):
    create(w, cover="Dear Dr Smith")
    create(w, "other", to="+13125550201")
    monkeypatch.setattr(covering, "compose", lambda *_: 1 / 0)

    assert run_attempts(["job", "other"], w) == {"job": Outcome.PARKED, "other": Outcome.ACCEPTED}
    assert telnyx.called == ["+13125550201"]


LINK = "https://docs.example/letter.pdf"


def linked_fax(w, **options):
    """Record a fax with a cover before the document of a link."""
    return create(w, **{"media_name": None, "media_url": LINK, "cover": "Dear Dr Smith"} | options)


@pytest.fixture
def link(monkeypatch):
    """The answer of the link: content, or an error."""
    found = [letter("The letter")]

    def fetched(url, unchecked_origins):
        if isinstance(found[0], Exception):
            raise found[0]
        return document_of(found[0])

    monkeypatch.setattr(linked, "fetched_now", fetched)
    monkeypatch.setattr(covering, "_servers", linked.Servers())
    return found


def test_the_document_of_a_link_is_fetched_and_every_attempt_sends_the_same(w, telnyx, link):
    linked_fax(w, cover="Dear {name}", cover_fields={"name": "Dr Öz"})
    telnyx.answer = Unreachable("no network")
    run_attempt("job", w)
    link[0] = LinkFailed("timed out")
    again = covering.covered(prepare(w.ledger.job("job"), w), w).request

    [first] = telnyx.asked
    assert [(sent.media_name, sent.media_url) for sent in (first, again)] == 2 * [(telnyx.uploads[0], None)]
    pages = [page.extract_text() for page in PdfReader(BytesIO(telnyx.stored[telnyx.uploads[0]])).pages]
    assert pages == ["Dear Dr Öz", "The letter"]


def test_a_link_to_an_unreachable_server_is_retried_until_it_answers(w, telnyx, link, monkeypatch):
    monkeypatch.setattr(covering, "LINK_AGAIN", (300.0, -60.0))
    linked_fax(w)
    link[0] = LinkFailed("answered 503")

    assert run_attempt("job", w) is Outcome.PARKED
    assert w.ledger.job("job").due_at - w.now() > timedelta(seconds=290)
    assert run_attempt("job", w) is Outcome.PARKED
    assert w.ledger.job("job").unfetched == 1, "it is not asked again before its time"
    w.ledger.redis.hset("fax:job:job", "due", "0")
    assert [run_attempt("job", w) for _ in range(2)] == [Outcome.PARKED] * 2
    job = w.ledger.job("job", history=True)
    assert (job.state, job.hold_reason, job.unfetched, job.attempt) == (State.HELD, "no_document", 3, 0)
    assert [event.data.get("detail") for event in job.history] == [None, *["answered 503"] * 3]
    for _ in range(12):
        run_attempt("job", w)
    job = w.ledger.job("job", history=True)
    # The first ten are reported; more would fill the history as long as the server is away.
    assert (job.unfetched, len(job.history)) == (15, 11)

    link[0] = letter("The letter")
    assert run_attempt("job", w) is Outcome.ACCEPTED
    assert w.ledger.job("job").unfetched == 0


def test_a_fetch_that_fails_and_a_call_that_fails_have_counts_of_their_own(w, telnyx, link, monkeypatch):
    monkeypatch.setattr(covering, "LINK_AGAIN", (-60.0, 300.0))
    linked_fax(w)
    link[0] = LinkFailed("answered 503")
    run_attempt("job", w)
    link[0] = letter("The letter")
    telnyx.answer = NotSent("no network")
    run_attempt("job", w)

    job = w.ledger.job("job")
    assert (job.hold_reason, job.holds, job.unfetched) == ("not_sent", 1, 0)
    assert job.due_at - w.now() <= timedelta(seconds=PROBE_PAUSES[0])


def test_a_fax_whose_link_fails_ends_at_its_deadline(w, telnyx, link, monkeypatch):
    monkeypatch.setattr(covering, "LINK_AGAIN", (300.0,))
    deadline = w.now() + timedelta(seconds=60)
    linked_fax(w, send_by=deadline)
    link[0] = LinkFailed("answered 503")

    run_attempt("job", w)
    assert abs(w.ledger.job("job").due_at - deadline) < timedelta(seconds=1)


def test_a_document_is_fetched_once_though_its_fax_waits_for_a_channel_after_that(w, telnyx, link):
    w.limits.change({"channels": 1}, reason="a test")
    linked_fax(w)
    create(w, "flying", to="+13125550201")
    assert run_attempt("flying", w) is Outcome.ACCEPTED
    assert run_attempt("job", w) is Outcome.PARKED
    link[0] = LinkFailed("answered 503")
    job = w.ledger.job("job")
    assert (job.hold_reason, job.composed) == ("no_channel", telnyx.uploads[0])

    w.ledger.end("flying", event="job.exhausted", cause="operator", states=(State.ACCEPTED,))
    assert [picked.job_id for picked in w.agenda.pick()] == ["job"]
    assert run_attempt("job", w) is Outcome.ACCEPTED
    assert [request.media_name for request in telnyx.asked] == ["letter", telnyx.uploads[0]]


def test_a_document_that_was_made_while_the_fax_waited_for_a_thread_is_not_fetched_again(w, telnyx, link, monkeypatch):
    linked_fax(w)
    waits = prepare(w.ledger.job("job"), w)
    assert run_attempt("job", w) is Outcome.ACCEPTED
    monkeypatch.setattr(linked, "fetched_now", lambda *_: pytest.fail("it was fetched again"))

    assert covering.covered(waits, w).composed == telnyx.uploads[0]


@pytest.fixture
def twice(w, telnyx, link, monkeypatch):
    """Let two workers fetch a link at the same time: the first to finish records its document, and waits for a channel.

    The other one gets what is in the list, once the channel is free.
    """
    w.limits.change({"channels": 1}, reason="a test")
    linked_fax(w)
    create(w, "flying", to="+13125550201")
    assert run_attempt("flying", w) is Outcome.ACCEPTED
    later = []

    def fetched(*_):
        monkeypatch.setattr(linked, "fetched_now", lambda *_: document_of(link[0]))
        assert run_attempt("job", w) is Outcome.PARKED
        assert w.ledger.job("job").composed == telnyx.uploads[0]
        w.ledger.end("flying", event="job.exhausted", cause="operator", states=(State.ACCEPTED,))
        if isinstance(later[0], Exception):
            raise later[0]
        return document_of(later[0])

    monkeypatch.setattr(linked, "fetched_now", fetched)
    return later


def test_of_two_documents_that_a_link_led_to_the_first_is_sent(w, telnyx, twice):
    twice.append(letter("Another letter"))

    assert run_attempt("job", w) is Outcome.ACCEPTED
    first, second = telnyx.uploads
    assert first != second
    assert [telnyx.asked[-1].media_name, w.ledger.job("job").composed] == [first, first]
    submitted = next(e for e in w.ledger.job("job", history=True).history if e.type == "job.submitted")
    assert submitted.data["letter"] == first


@pytest.mark.parametrize("trouble", [BadInput("answered 403"), LinkFailed("timed out")])
def test_a_link_that_can_be_fetched_only_once_ends_no_fax_that_has_its_document(w, telnyx, twice, trouble):
    twice.append(trouble)

    assert run_attempt("job", w) is Outcome.PARKED
    job = w.ledger.job("job")
    assert (job.state, job.hold_reason, job.unfetched) == (State.HELD, "no_channel", 0)
    assert [picked.job_id for picked in w.agenda.pick()] == ["job"]
    assert run_attempt("job", w) is Outcome.ACCEPTED


def test_a_document_that_comes_when_the_fax_was_sent_already_does_not_replace_the_one_that_was_sent(
    w,
    telnyx,
    link,
    monkeypatch,
):
    linked_fax(w)

    def fetched(*_):
        monkeypatch.setattr(linked, "fetched_now", lambda *_: document_of(link[0]))
        assert run_attempt("job", w) is Outcome.ACCEPTED
        return document_of(letter("Another letter"))

    monkeypatch.setattr(linked, "fetched_now", fetched)
    assert run_attempt("job", w) is Outcome.DROPPED
    [request] = telnyx.asked
    assert w.ledger.job("job").composed == request.media_name


def test_a_document_that_telnyx_has_deleted_is_made_again_and_recorded(w, telnyx, link):
    linked_fax(w)
    telnyx.answer = Unreachable("no network")
    run_attempt("job", w)
    telnyx.stored.clear()
    link[0] = letter("Another letter")
    job = w.ledger.job("job")
    ready = covering.covered(prepare(job, w), w)
    assert (ready.composed, job.composed) == (telnyx.uploads[1], telnyx.uploads[0])


def test_an_attempt_of_a_version_that_recorded_no_document_is_repeated_with_the_same_one(w, telnyx, link):
    linked_fax(w)
    telnyx.answer = Unreachable("no network")
    run_attempt("job", w)
    w.ledger.redis.hdel("fax:job:job", "letter")
    link[0] = letter("Another letter")

    again = covering.covered(prepare(w.ledger.job("job"), w), w)
    assert (again.request.media_name, again.composed) == (telnyx.uploads[0], telnyx.uploads[0])


@pytest.fixture
def rows(w, redis_url):
    """Rows of a running campaign that were given a channel, with a cover before the document of a link."""
    desk = CampaignDesk.by_redis_clock(redis_url)
    desk.run(1, 2)
    fed = []
    for row in desk.pending():
        request = json.loads(row["request"]) | {"media_name": None, "media_url": LINK, "cover": "Dear Dr Smith"}
        known = {name: value for name, value in request.items() if value is not None}
        fed.append(row | {"connection": "c1", "request": json.dumps(known)})
    assert desk.feed(rows=fed) == ("fed", 2)
    assert sorted(picked.job_id for picked in w.agenda.pick()) == [job_of(1), job_of(2)]
    return desk


def test_a_channel_is_free_for_others_while_a_document_is_fetched(w, telnyx, link, rows, monkeypatch):
    holders = []

    def fetched(*_):
        holders.append((rows.redis.smembers("fax:calls"), list(rows.redis.scan_iter("fax:line:*"))))
        return document_of(link[0])

    monkeypatch.setattr(linked, "fetched_now", fetched)
    assert run_attempts([job_of(1)], w) == {job_of(1): Outcome.ACCEPTED}
    assert holders == [({job_of(2)}, [f"fax:line:{number_of(2)}"])]
    assert rows.faults() == ()


def test_the_fax_that_tries_whether_telnyx_answers_again_keeps_its_channel_while_its_document_is_fetched(
    w,
    telnyx,
    link,
    rows,
    monkeypatch,
):
    paused = {"reason": "unreachable", "until": "0", "tries": "1", "probe": job_of(1)}
    rows.redis.hset("fax:paused:c1", mapping=paused)
    holders = []

    def fetched(*_):
        holders.append(rows.redis.smembers("fax:calls"))
        return document_of(link[0])

    monkeypatch.setattr(linked, "fetched_now", fetched)
    assert run_attempts([job_of(1)], w) == {job_of(1): Outcome.ACCEPTED}
    assert holders == [{job_of(1), job_of(2)}]
    assert rows.faults() == ()


def test_a_worker_that_dies_while_it_fetches_leaves_its_row_with_an_appointment(w, telnyx, link, rows, monkeypatch):
    def died(*_):
        raise Unavailable("it died here")

    monkeypatch.setattr(linked, "fetched_now", died)
    with pytest.raises(Unavailable):
        run_attempts([job_of(1)], w)
    assert rows.faults() == ()
    appointed = rows.redis.zscore("fax:agenda", job_of(1)) / 1000 - w.now().timestamp()
    assert 0 < appointed <= w.settings.hint_after


class Killed(BaseException):
    """The worker ends here."""


@pytest.mark.parametrize("point", ["prepared", "admitted", "paced", "claimed", "durable"])
def test_a_worker_that_is_killed_at_any_point_costs_no_row_its_place_and_no_second_fetch(
    w,
    telnyx,
    link,
    rows,
    point,
):
    def reached(here):
        if here == point:
            raise Killed

    with pytest.raises(Killed):
        run_attempts([job_of(1)], replace(w, reached=reached))
    assert rows.faults() == ()
    assert rows.redis.zscore("fax:agenda", job_of(1))
    if point != "prepared":
        link[0] = BadInput("answered 403")

    outcome = run_attempts([job_of(1)], w)[job_of(1)]
    claimed = point in {"claimed", "durable"}
    assert outcome is (Outcome.DROPPED if claimed else Outcome.ACCEPTED)
    assert [request.media_name for request in telnyx.asked] == ([] if claimed else telnyx.uploads)
    assert len(telnyx.uploads) == 1
    assert rows.faults() == ()


@pytest.mark.parametrize("document", [{}, {"media_name": "letter", "media_url": None}])
def test_no_document_is_made_for_a_row_whose_campaign_is_paused(w, telnyx, link, rows, monkeypatch, document):
    monkeypatch.setattr(covering, "compose", lambda *_: pytest.fail("it was made"))
    for row in (1, 2):
        key = f"fax:job:{job_of(row)}"
        asked = json.loads(rows.redis.hget(key, "request")) | document
        rows.redis.hset(key, "request", json.dumps({name: value for name, value in asked.items() if value}))
    rows.pause()

    assert run_attempts([job_of(1), job_of(2)], w) == {job_of(1): Outcome.PARKED, job_of(2): Outcome.PARKED}
    assert [w.ledger.job(job_of(row)).hold_reason for row in (1, 2)] == ["campaign_paused"] * 2
    assert rows.faults() == ()


def test_a_row_that_waits_for_its_document_can_be_given_up_though_its_campaign_is_paused(w, telnyx, link, rows):
    link[0] = LinkFailed("answered 503")
    run_attempts([job_of(1), job_of(2)], w)
    rows.redis.hset(f"fax:job:{job_of(2)}", "due", "0")
    rows.pause()
    run_attempts([job_of(2)], w)
    assert [w.ledger.job(job_of(row)).hold_reason for row in (1, 2)] == ["no_document", "campaign_paused"]

    assert give_up(rows.campaigns.get(NAME), rows.scripts, why=None, operator="jane") == 2
    assert {w.ledger.job(job_of(row)).cause for row in (1, 2)} == {"no_document"}
    assert rows.faults() == ()


def test_a_row_that_is_cancelled_while_its_document_is_fetched_is_not_sent(w, telnyx, link, rows, monkeypatch):
    def fetched(*_):
        rows.cancel()
        w.ledger.cancel(job_of(1), source="scheduler")
        return document_of(link[0])

    monkeypatch.setattr(linked, "fetched_now", fetched)
    assert run_attempts([job_of(1)], w) == {job_of(1): Outcome.DROPPED}
    assert telnyx.asked == []
    assert rows.faults() == ()


def test_a_dead_link_ends_its_fax(w, telnyx, link):
    linked_fax(w)
    link[0] = BadInput("document: the link cannot be fetched: answered 403")

    assert run_attempt("job", w) is Outcome.REFUSED
    assert w.ledger.job("job").cause == "letter_not_made"


def test_a_link_that_takes_until_the_deadline_sends_nothing(w, telnyx, link, monkeypatch):
    linked_fax(w, send_by=w.now() + timedelta(hours=1))
    later = w.now() + timedelta(hours=2)

    def fetched(*_):
        monkeypatch.setattr(w.clock, "now", lambda: later)
        return document_of(link[0])

    monkeypatch.setattr(linked, "fetched_now", fetched)
    assert run_attempt("job", w) is Outcome.EXPIRED
    assert telnyx.asked == []


def test_the_others_of_a_message_do_not_wait_for_a_slow_link(w, telnyx, link, monkeypatch):
    linked_fax(w)
    others = {"plain": {}, "covered": {"cover": "Dear Dr Jones"}}
    for number, (name, options) in enumerate(others.items(), start=1):
        create(w, name, to=f"+1312555020{number}", **options)

    def slow(*_):
        eventually(lambda: telnyx.called == ["+13125550201", "+13125550202"])
        raise LinkFailed("timed out")

    monkeypatch.setattr(linked, "fetched_now", slow)
    outcomes = run_attempts(["job", *others], w)
    assert outcomes == {"job": Outcome.PARKED, "plain": Outcome.ACCEPTED, "covered": Outcome.ACCEPTED}


def test_after_any_answer_of_a_server_its_other_faxes_wait_no_longer(monkeypatch):
    now, answers = [0.0], [LinkFailed("timed out"), BadInput("answered 404"), BadInput("answered 404")]

    def fetched(url, origins):
        now[0] += 20
        raise answers.pop(0)

    monkeypatch.setattr(linked, "fetched_now", fetched)
    monkeypatch.setattr(linked.time, "monotonic", lambda: now[0])
    servers = linked.Servers()
    with pytest.raises(LinkFailed):
        servers.fetch(LINK)
    now[0] += linked.AGAIN
    for _ in range(2):
        with pytest.raises(BadInput, match="404"):
            servers.fetch(LINK)


def test_an_unreachable_server_holds_up_each_fax_only_once(monkeypatch):
    asked, now = [], [0.0]

    def fetched(url, origins):
        asked.append(url)
        if len(asked) < 3:
            now[0] += 20
            raise LinkFailed("timed out")
        return document_of(letter())

    monkeypatch.setattr(linked, "fetched_now", fetched)
    monkeypatch.setattr(linked.time, "monotonic", lambda: now[0])
    servers = linked.Servers()
    for _ in range(2):
        for url in (LINK, f"{LINK}?other"):
            with pytest.raises(LinkFailed):
                servers.fetch(url)
        now[0] += linked.AGAIN
    servers.fetch(LINK)
    servers.fetch(f"{LINK}?other")
    assert asked == [LINK, LINK, LINK, f"{LINK}?other"]
