"""The double of FaxClient behaves as the real one; each promise is checked for both."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import FaxClient, IdempotencyConflict, InvalidJob, NotKnown, Receipt, SendFax, State
from faxdispatch.jobs import FindInbound
from faxdispatch.testing import RecordingClient
from tests.documents.preflight.made import letter

LINK = "https://example.com/a.pdf"
NUMBER = "+13125550123"


@pytest.fixture(params=["real", "double"])
def client(request, redis_url):
    if request.param == "double":
        return RecordingClient(region="US")
    return FaxClient(redis_url, region="US")


def test_a_fax_gets_an_id_and_is_queued(client):
    receipt = client.send(to=NUMBER, media_url=LINK)

    assert receipt.created
    assert client.status(receipt.job_id).state is State.QUEUED
    assert client.status(receipt.job_id).request.media_url == LINK


def test_numbers_without_plus_are_of_the_region(client):
    receipt = client.send(to="(312) 555-0123", media_url=LINK)

    assert client.status(receipt.job_id).request.to == NUMBER


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "12", "media_url": LINK},
        {"to": NUMBER},
        {"to": NUMBER, "media_url": LINK, "media_name": "a"},
        {"to": NUMBER, "media_url": "http://example.com/a.pdf"},
        {"to": NUMBER, "media_url": LINK, "colour": "red"},
    ],
)
def test_a_wrong_fax_is_refused(client, wrong):
    with pytest.raises(InvalidJob):
        client.send(**wrong)


def test_the_same_key_and_content_is_the_same_fax(client):
    first = client.send(to=NUMBER, media_url=LINK, idempotency_key="k")
    again = client.send(to=NUMBER, media_url=LINK, idempotency_key="k")

    assert (again.job_id, again.created) == (first.job_id, False)


def test_the_same_key_with_other_content_is_a_conflict(client):
    first = client.send(to=NUMBER, media_url=LINK, idempotency_key="k")

    with pytest.raises(IdempotencyConflict) as conflict:
        client.send(to=NUMBER, media_url=f"{LINK}?2", idempotency_key="k")

    assert conflict.value.job_id == first.job_id


def test_the_same_job_id_with_other_content_is_a_conflict(client):
    client.send(to=NUMBER, media_url=LINK, job_id="mine")

    assert not client.send(to=NUMBER, media_url=LINK, job_id="mine").created
    with pytest.raises(IdempotencyConflict):
        client.send(to=NUMBER, media_name="other", job_id="mine")


def test_without_a_key_two_faxes_are_two(client):
    assert client.send(to=NUMBER, media_url=LINK) != client.send(to=NUMBER, media_url=LINK)


def test_many_faxes_get_a_result_each_in_their_order(client):
    results = client.send_many([SendFax(to=NUMBER, media_url=LINK), {"to": "(312) 555-0123", "media_url": LINK}])

    assert [(result.error, result.receipt.created) for result in results] == [(None, True)] * 2
    assert [client.status(result.job_id).state for result in results] == [State.QUEUED] * 2
    assert len({result.job_id for result in results}) == 2


def test_a_bad_fax_among_many_is_reported_and_the_others_are_sent(client):
    known = client.send(to=NUMBER, media_url=LINK, idempotency_key="k").job_id
    faxes = [
        {"to": NUMBER, "media_url": LINK, "idempotency_key": "k"},
        {"to": NUMBER},
        {"to": NUMBER, "media_name": "other", "idempotency_key": "k"},
        "no fax",
        {"to": NUMBER, "media_url": LINK},
    ]

    same, incomplete, conflict, nonsense, good = client.send_many(iter(faxes))

    assert (same.job_id, same.receipt) == (known, Receipt(known, created=False))
    assert [type(bad.error) for bad in (incomplete, nonsense)] == [InvalidJob, InvalidJob]
    assert (conflict.job_id, conflict.receipt, conflict.error.job_id) == (None, None, known)
    assert client.status(good.job_id).state is State.QUEUED


def test_the_same_fax_twice_among_many_is_one(client):
    fax = {"to": NUMBER, "media_url": LINK, "idempotency_key": "k"}

    first, again, other = client.send_many([fax, fax, fax | {"quality": "high"}])

    assert (first.receipt.created, again.receipt.created) == (True, False)
    assert again.job_id == first.job_id
    assert isinstance(other.error, IdempotencyConflict)


def test_an_empty_list_of_faxes_sends_nothing(client):
    assert client.send_many([]) == []


def test_a_queued_fax_is_cancelled_at_once_and_has_then_ended(client):
    job = client.send(to=NUMBER, media_url=LINK).job_id

    assert client.cancel(job_id=job) == "cancelled"
    assert client.cancel(job_id=job) == "over"
    assert client.status(job).state is State.CANCELLED


def test_cancelling_by_telnyxs_id_is_recorded_as_a_request(client):
    assert client.cancel(fax_id="some-fax") == "wished"


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.status("nobody"),
        lambda client: client.cancel(job_id="nobody"),
        lambda client: client.sync(job_id="nobody"),
    ],
    ids=["status", "cancel", "sync"],
)
def test_a_job_that_was_never_sent_is_unknown_to_the_client(client, ask: Callable[[FaxClient], object]):
    with pytest.raises(NotKnown):
        ask(client)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.cancel(),
        lambda client: client.cancel(job_id="a", fax_id="b"),
        lambda client: client.sync(),
        lambda client: client.refresh("no good id"),
    ],
    ids=["cancel nothing", "cancel two", "sync nothing", "refresh nothing"],
)
def test_a_wrong_command_is_refused(client, ask: Callable[[FaxClient], object]):
    with pytest.raises(InvalidJob):
        ask(client)


def test_a_fax_is_sent_when_the_transaction_commits_and_not_before(client):
    waiting = []

    job = client.send_on_commit(waiting.append, to=NUMBER, media_url=LINK)

    with pytest.raises(NotKnown):
        client.status(job)
    waiting[0]()
    assert client.status(job).state is State.QUEUED


def test_the_double_keeps_what_was_sent_and_asked():
    client = RecordingClient()
    job = client.send(to=NUMBER, media_url=LINK, tags=("a",)).job_id
    client.sync(job_id=job)
    client.refresh("fax-1")
    client.cancel(fax_id="fax-2")

    assert [(fax.job_id, fax.to, fax.tags) for fax in client.sent] == [(job, NUMBER, ("a",))]
    assert [command.TASK for command in client.asked] == ["fax.sync.v1", "fax.refresh.v1", "fax.cancel.v1"]


@pytest.mark.parametrize(
    ("state", "answer"), [(State.ACCEPTED, "wished"), (State.UNKNOWN, "wished"), (State.DELIVERED, "over")]
)
def test_a_test_can_set_the_state_of_a_job(state, answer):
    client = RecordingClient()
    job = client.send(to=NUMBER, media_url=LINK).job_id

    client.become(job, state)

    assert client.status(job).state is state
    assert client.cancel(job_id=job) == answer


def test_a_request_to_find_inbound_faxes_is_recorded():
    client = RecordingClient()
    client.find_inbound()
    assert [type(job) for job in client.asked] == [FindInbound]


def test_a_send_by_that_has_passed_is_refused(redis_url):
    soon = datetime.now(UTC) + timedelta(hours=1)
    options = {"to": "+13125550123", "media_name": "letter"}
    for client in (FaxClient(redis_url), RecordingClient()):
        with pytest.raises(InvalidJob, match="send_by: has already passed"):
            client.send(**options, send_by=datetime.now(UTC) - timedelta(seconds=1))
        [result] = client.send_many([{**options, "send_by": datetime.now(UTC) - timedelta(seconds=1)}])
        assert isinstance(result.error, InvalidJob)
        assert client.send(**options, send_by=soon).created


def test_a_document_of_bytes_is_named_by_its_content_and_stored_nowhere():
    client = RecordingClient()
    for _ in range(2):
        client.send(to=NUMBER, document=b"{\\rtf1 hello}", idempotency_key="k")

    assert [fax.media_name[:3] for fax in client.sent] == ["fd-"]


def test_a_cover_is_made_and_a_document_examined_as_the_real_client_does():
    client = RecordingClient(region="US")
    document = letter()

    assert client.preflight(document).pages == 1
    client.send(to=NUMBER, document=document, cover="For {name}", cover_fields={"name": "Ann"})

    [fax] = client.sent
    assert fax.pages == 2
