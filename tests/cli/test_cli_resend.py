"""`faxdispatch resend`: ended faxes are sent again, never one that may still arrive, and none by mistake."""

import pytest

from faxdispatch import FaxClient
from faxdispatch.errors import Conflict, InvalidJob, NotKnown
from faxdispatch.states import State
from tests.ledger.campaign_desk import job

NUMBER, OTHER = "+13125550123", "+13125550124"


@pytest.fixture
def client(redis_url):
    return FaxClient(redis_url, region="US")


@pytest.fixture
def ended(client, ledger):
    """A cancelled fax."""
    sent = client.send(to=NUMBER, media_name="letter", tags=["ward"], idempotency_key="k", quality="high").job_id
    ledger.cancel(sent, source="producer")
    return sent


def test_the_new_job_has_the_same_request_and_names_the_old_one(client, ended, cli):
    receipt = client.resend(ended)

    new = client.status(receipt.job_id)
    assert (new.request.to, new.request.tags, new.request.quality) == (NUMBER, ("ward",), "high")
    assert (new.request.resend_of, new.state) == (ended, State.QUEUED)
    assert f"sends again   {ended}\n" in cli("status", receipt.job_id).out
    again = client.resend(ended)
    assert (again.job_id, again.created) == (receipt.job_id, False)


def test_another_number_is_taken_in_any_spelling_and_is_another_fax(client, ended):
    assert client.status(client.resend(ended, "(312) 555-0124").job_id).request.to == OTHER
    assert client.status(client.resend(ended).job_id).request.to == NUMBER
    with pytest.raises(InvalidJob, match="to:"):
        client.resend(ended, "911")


def test_what_may_still_arrive_is_not_sent_again(client, desk, cli):
    desk.create("queued", "unknown", "flying")
    desk.admit("unknown")
    desk.claim("unknown")
    desk.ledger.doubt("unknown", 1, cause="no_answer", look_after=15, facts={})
    desk.send("flying")

    for name in ("queued", "unknown", "flying"):
        with pytest.raises(Conflict, match="may still arrive"):
            client.resend(name)
    result = cli("resend", "unknown")
    assert result.code == 1
    assert "faxdispatch resolve decides" in result.err
    with pytest.raises(NotKnown):
        client.resend("nobody")


def test_a_row_is_sent_again_by_its_campaign(client, desk):
    desk.run(1, 2)
    desk.feed(1)
    for row in (1, 2):
        with pytest.raises(Conflict, match=f"campaign retry spring --row {row} "):
            client.resend(job(row))


def test_resending_by_filter_shows_the_count_first_and_skips_open_faxes(cli, client, ended, desk):
    still_open = client.send(to=OTHER, media_name="letter", tags=["ward"]).job_id

    asked = cli("resend", "--tag", "ward")
    assert asked.code == 2
    assert "Send 1 fax again? 1 more is open or of a campaign, and not sent again." in asked.err
    assert len(list(client.find())) == 2

    done = cli("resend", "--tag", "ward", "--yes")
    assert done.code == 0
    assert done.out.endswith(f"  sends {ended} again\n")
    assert len(list(client.find())) == 3
    assert client.status(still_open).state is State.QUEUED


@pytest.mark.parametrize(
    "words", [(), ("JOB", "--tag", "x"), ("--tag", "none-such", "--yes"), ("A", "B", "--to", OTHER)]
)
def test_resending_requires_confirmation_and_a_filter(cli, words, ended, client):
    result = cli("resend", *words)
    assert (result.code, result.out) == (2, "")
    assert len(list(client.find())) == 1
