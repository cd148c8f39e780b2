"""`faxdispatch faxes` shows Telnyx's data unchanged, and cancels or deletes no fax without its job."""

import csv
import io
import json
import random
import uuid
from datetime import datetime, timedelta

import httpx
import pytest

from faxdispatch import FaxClient
from faxdispatch.ledger import Inbox, Observation, Observations, Scripts
from faxdispatch.states import Verdict
from faxdispatch.telnyx.client_state import encode_client_state
from simulator.paging import DEFAULT_SIZE as PAGE
from tests.conftest import eventually, free_port
from tests.ledger.steps import admit_one, claim_one

NUMBER = "+13125550100"
OTHER = "+14155550170"
SENDER = "+13125550199"
LINK = "https://example.com/a.pdf?signature=secret"
NEVER_ENDS = "+13125550109"


class Account:
    """The simulated account, steered from outside the command."""

    def __init__(self, simulator):
        headers = {"Authorization": f"Bearer {simulator['api_key']}"}
        self._api = httpx.Client(base_url=simulator["base_url"], headers=headers, verify=False)
        self._control = httpx.Client(base_url=simulator["control_url"], verify=False)
        self._connection = simulator["connection_id"]

    def close(self):
        self._api.close()
        self._control.close()

    def faults(self, **switches):
        self._control.put("/faults", json=switches).raise_for_status()

    def clear(self):
        self._control.delete("/faults").raise_for_status()
        self._control.post("/reset").raise_for_status()

    def send(self, to=NUMBER, **more):
        body = {"connection_id": self._connection, "from": SENDER, "to": to, "media_url": LINK, **more}
        answer = self._api.post("/faxes", json=body)
        answer.raise_for_status()
        return answer.json()["data"]["id"]

    def receive(self, **more):
        answer = self._control.post("/inbound", json={"from": OTHER, "to": SENDER, **more})
        answer.raise_for_status()
        return answer.json()["data"]["id"]

    def status(self, fax_id):
        answer = self._api.get(f"/faxes/{fax_id}")
        return answer.json()["data"]["status"] if answer.is_success else None

    def reaches(self, fax_id, status):
        eventually(lambda: self.status(fax_id) == status)


@pytest.fixture
def fax(telnyx):
    """An account without faxes. Its new faxes proceed only if `quickly` is set."""
    account = Account(telnyx)
    account.clear()
    account.faults(speed=0.001)
    yield account
    account.clear()
    account.close()


@pytest.fixture
def quickly(fax):
    fax.faults(speed=1000)


@pytest.fixture
def no_redis(surroundings):
    surroundings.delenv("REDIS_URL")


@pytest.fixture
def submitted(redis_url, ledger, fax):
    """Return a job whose first attempt is at Telnyx, with its fax; `accepted` says whether the ledger knows the fax."""

    def make(*, accepted, to=NUMBER):
        job = FaxClient(redis_url).send(to=to, media_url=LINK).job_id
        admit_one(ledger, job, connection="17", sender=SENDER)
        claim_one(ledger, job, owner="w", lease=60, facts={})
        fax_id = fax.send(to, client_state=encode_client_state(job, 1))
        if accepted:
            ledger.accept(job, 1, fax_id, source="worker")
        return job, fax_id

    return make


def ids(result):
    return [json.loads(line)["id"] for line in result.out.splitlines()]


# list


def test_all_pages_come_each_fax_once_and_without_redis(cli, fax, no_redis):
    sent = {fax.send() for _ in range(PAGE + 5)}

    result = cli("faxes", "list", "--all", "--json")

    assert (result.code, result.err) == (0, "")
    assert sorted(ids(result)) == sorted(sent)


def test_people_get_a_table_with_numbers_hidden(cli, fax):
    fax_id = fax.send()

    head, row = cli("faxes", "list").out.splitlines()

    assert head.split() == ["id", "created", "direction", "status", "from", "to", "pages", "failure", "reason"]
    assert row.startswith(fax_id)
    assert "+1******0100" in row
    assert NUMBER in cli("faxes", "list", "--full").out


def test_json_hides_numbers_and_signed_links_unless_they_are_asked_for(cli, fax):
    fax.send()

    hidden = cli("faxes", "list", "--json")

    assert "secret" not in hidden.out
    assert NUMBER not in hidden.out
    full = cli("faxes", "list", "--json", "--full").json
    assert (full["to"], full["media_url"], full["record_type"]) == (NUMBER, LINK, "fax")


def test_no_more_than_the_limit_are_listed_and_it_says_if_there_are_more(cli, fax):
    for _ in range(3):
        fax.send()

    fewer = cli("faxes", "list", "--limit", "2", "--json")
    all_of_them = cli("faxes", "list", "--limit", "3", "--json")

    assert len(ids(fewer)) == 2
    assert "there are more" in fewer.err
    assert (len(ids(all_of_them)), all_of_them.err) == (3, "")


def test_fifty_are_listed_by_default(cli, fax):
    for _ in range(51):
        fax.send()

    result = cli("faxes", "list", "--json")

    assert len(ids(result)) == 50
    assert "there are more" in result.err


def test_an_empty_list_of_faxes_says_so(cli, fax):
    assert cli("faxes", "list").out == "Telnyx knows no such fax\n"
    assert cli("faxes", "list", "--json").out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["--direction", "inbound"],
        ["--from", OTHER],
        ["--from", "(415) 555-0170"],
        ["--to", SENDER],
    ],
    ids=" ".join,
)
def test_a_filter_leaves_out_what_does_not_fit(cli, fax, words):
    fax.send()
    received = fax.receive()

    assert ids(cli("faxes", "list", *words, "--json", FAX_DEFAULT_REGION="US")) == [received]


def test_a_sip_address_is_a_filter_as_it_is(cli, fax):
    fax.send()
    wanted = fax.send("sip:fax@example.com")

    assert ids(cli("faxes", "list", "--to", "sip:fax@example.com", "--json")) == [wanted]


def test_each_bound_of_time_leaves_out_what_it_says(cli, fax):
    first, middle, last = (fax.send() for _ in range(3))
    moment = datetime.fromisoformat(cli("faxes", "show", middle, "--json").json["created_at"]).isoformat()

    def listed(option):
        return set(ids(cli("faxes", "list", option, moment, "--json")))

    assert listed("--created-gte") == {middle, last}
    assert listed("--created-lte") == {first, middle}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--created-gte", "2026-05-01"], "created-gte: "),
        (["--created-lte", "yesterday"], "created-lte: "),
        (["--from", "12"], "from: "),
        (["--to", "312-555-0123"], "FAX_DEFAULT_REGION"),
        (["--direction", "sideways"], "--direction"),
        (["--limit", "2", "--all"], "not both"),
        (["--limit", "0"], "--limit"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_invalid_filter_is_bad_usage_and_lists_nothing(cli, fax, words, message):
    fax.send()

    result = cli("faxes", "list", *words)

    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_an_interrupted_list_shows_what_came_and_says_that_it_is_incomplete(cli, fax, monkeypatch):
    for _ in range(PAGE + 2):
        fax.send()
    odds = 0.8
    rolls = random.Random(0)
    # One page comes, and no try of the next one does.
    assert [rolls.random() < odds for _ in range(4)] == [False, True, True, True]
    fax.faults(seed=0, list_error=odds)

    result = cli("faxes", "list", "--all", "--json")

    assert (result.code, len(ids(result))) == (1, PAGE)
    assert f"not complete: the list broke off after {PAGE} faxes" in result.err


def test_a_list_that_does_not_begin_says_why(cli, fax):
    fax.faults(unauthorized=1)

    result = cli("faxes", "list")

    assert (result.code, result.out) == (1, "")
    assert "TELNYX_API_KEY" in result.err


def test_a_redis_that_is_down_stops_no_list(cli, fax):
    fax_id = fax.send()

    result = cli("faxes", "list", "--json", REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert (result.code, ids(result)) == (0, [fax_id])
    assert "Redis cannot be reached" in result.err


# show


def test_a_fax_is_shown_with_its_numbers_hidden(cli, fax, no_redis):
    fax_id = fax.send()

    result = cli("faxes", "show", fax_id)

    assert result.code == 0
    assert "+1******0100" in result.out
    assert "secret" not in result.out
    assert "job_id" not in result.out
    assert LINK in cli("faxes", "show", fax_id, "--full").out


@pytest.mark.parametrize("accepted", [True, False], ids=["known to the ledger", "known by its mark"])
def test_a_fax_of_a_job_says_which_job(cli, submitted, accepted):
    job, fax_id = submitted(accepted=accepted)

    found = cli("faxes", "show", fax_id, "--json").json

    assert (found["job_id"], found["job_attempt"]) == (job, 1)
    assert found["job_state"] == ("accepted" if accepted else "submitting")


def test_a_fax_without_a_job_says_so_and_its_time_is_shown_as_telnyx_sent_it(cli, fax):
    found = cli("faxes", "show", fax.send(), "--json").json

    assert found["job_id"] is None
    created = datetime.fromisoformat(found["created_at"])
    assert created.utcoffset() == timedelta(0)
    assert created.microsecond


def test_a_fax_is_shown_without_its_job_where_redis_is_down(cli, fax):
    result = cli("faxes", "show", fax.send(), "--json", REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert (result.code, "job_id" in result.json) == (0, False)
    assert "its job cannot be found" in result.err


@pytest.mark.parametrize("words", ["faxes show", "cancel --fax-id", "refresh", "faxes delete --yes"])
def test_a_fax_that_is_not_there_is_reported_in_one_line(cli, fax, words):
    fax_id = str(uuid.uuid4())

    result = cli(*words.split(), fax_id)

    assert (result.code, result.out) == (1, "")
    assert fax_id in result.err
    assert "Telnyx knows no fax of this id" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("words", ["faxes show", "cancel --fax-id", "refresh", "faxes delete --yes"])
def test_an_id_that_would_lead_elsewhere_is_refused(cli, fax, words):
    fax.send()

    result = cli(*words.split(), "..")

    assert (result.code, result.out) == (2, "")
    assert "fax_id: " in result.err


# cancel


def test_a_fax_without_a_job_is_cancelled_at_telnyx_which_only_accepts_the_request(cli, fax, quickly, no_redis):
    fax_id = fax.send(NEVER_ENDS)

    result = cli("cancel", "--fax-id", fax_id)

    assert result.code == 0
    assert "accepted the request" in result.out
    fax.reaches(fax_id, "failed")


def test_a_fax_of_a_job_is_cancelled_through_its_job(cli, ledger, redis, fax, submitted):
    job, fax_id = submitted(accepted=True, to=NEVER_ENDS)

    result = cli("cancel", "--fax-id", fax_id, "--json")

    assert (result.code, result.json) == (
        0,
        {"outcome": "wished", "through": "job", "fax_id": fax_id, "job_id": job},
    )
    assert ledger.job(job).cancel_requested
    (message,) = redis.lrange("fax.control", 0, -1)
    assert "fax.cancel.v1" in message


def test_a_fax_that_its_job_does_not_know_yet_is_cancelled_at_both(cli, ledger, fax, quickly, submitted):
    job, fax_id = submitted(accepted=False, to=NEVER_ENDS)

    result = cli("cancel", "--fax-id", fax_id, "--json")

    assert (result.code, result.json["outcome"], result.json["job_id"]) == (0, "accepted", job)
    assert ledger.job(job).cancel_requested
    fax.reaches(fax_id, "failed")


def test_an_earlier_attempt_in_progress_is_cancelled_alone(cli, ledger, fax, quickly, submitted):
    job, _ = submitted(accepted=True)
    surplus = fax.send(NEVER_ENDS, client_state=encode_client_state(job, 7))

    result = cli("cancel", "--fax-id", surplus, "--json")

    assert (result.code, result.json["through"], "job_id" in result.json) == (0, "telnyx", False)
    assert not ledger.job(job).cancel_requested
    fax.reaches(surplus, "failed")


def test_a_fax_whose_job_has_ended_is_cancelled_at_telnyx(cli, fax, quickly, submitted):
    job, fax_id = submitted(accepted=True, to=NEVER_ENDS)
    FaxClient.from_env().resolve(job, Verdict.FAILED, reason="a test")

    assert cli("cancel", "--fax-id", fax_id, "--json").json["through"] == "telnyx"
    fax.reaches(fax_id, "failed")


def test_without_redis_the_job_that_could_not_be_updated_is_named(cli, fax, no_redis):
    result = cli("cancel", "--fax-id", fax.send(NEVER_ENDS, client_state=encode_client_state("job-1", 1)))

    assert result.code == 0
    assert "it belongs to job job-1, which may send it again" in result.err


@pytest.mark.parametrize("direction", ["outbound", "inbound"])
def test_a_fax_that_cannot_be_cancelled_shows_its_status(cli, fax, quickly, direction):
    fax_id = fax.send() if direction == "outbound" else fax.receive()
    ended = "delivered" if direction == "outbound" else "received"
    fax.reaches(fax_id, ended)

    result = cli("cancel", "--fax-id", fax_id)

    assert (result.code, result.out) == (1, "")
    assert "not cancelled" in result.err
    assert ended in result.err


# refresh


def test_a_refreshed_fax_gives_its_new_link_in_full(cli, fax, quickly, no_redis):
    fax_id = fax.receive()
    fax.reaches(fax_id, "received")
    before = cli("faxes", "show", fax_id, "--json", "--full").json["media_url"]

    result = cli("refresh", fax_id)
    link = result.out.strip()

    assert result.code == 0
    assert link != before
    assert httpx.get(link).content.startswith(b"%PDF")
    again = cli("refresh", fax_id, "--json").json
    assert again["fax_id"] == fax_id
    assert httpx.get(again["media_url"]).is_success


def test_an_outbound_fax_has_no_link_to_renew(cli, fax):
    result = cli("refresh", fax.send())

    assert (result.code, result.out) == (1, "")
    assert "this one is outbound" in result.err


# delete


def test_faxes_are_deleted_and_those_that_are_not_there_are_reported(cli, fax, no_redis):
    one, other, missing = fax.send(), fax.send(), str(uuid.uuid4())

    result = cli("faxes", "delete", one, missing, other, one, "--yes", "--json")

    assert result.code == 1
    outcomes = {(line["fax_id"], line["outcome"]) for line in map(json.loads, result.out.splitlines())}
    assert outcomes == {(one, "deleted"), (other, "deleted"), (missing, "missing")}
    assert (fax.status(one), fax.status(other)) == (None, None)


def test_an_unconfirmed_delete_deletes_nothing(cli, fax):
    fax_id = fax.send()

    result = cli("faxes", "delete", fax_id)

    assert (result.code, result.out) == (2, "")
    assert f"{fax_id} (outbound, " in result.err
    assert fax.status(fax_id)


@pytest.mark.parametrize("accepted", [True, False], ids=["known to the ledger", "known by its mark"])
def test_the_evidence_of_an_open_job_is_not_deleted_and_other_faxes_are(cli, fax, submitted, accepted):
    job, fax_id = submitted(accepted=accepted)
    other = fax.send()

    result = cli("faxes", "delete", fax_id, other, "--yes")

    assert (result.code, result.out) == (1, f"{other}: deleted\n")
    assert f"its job {job} is" in result.err
    assert fax.status(fax_id)


def test_the_fax_of_a_job_that_has_ended_is_deleted(cli, fax, submitted):
    job, fax_id = submitted(accepted=True)
    FaxClient.from_env().resolve(job, Verdict.FAILED, reason="a test")

    assert cli("faxes", "delete", fax_id, "--yes").code == 0
    assert fax.status(fax_id) is None


def test_the_fax_of_a_job_is_not_deleted_where_no_ledger_can_be_asked(cli, fax, no_redis):
    fax_id = fax.send(client_state=encode_client_state("job-1", 1))

    result = cli("faxes", "delete", fax_id, "--yes")

    assert (result.code, result.out) == (1, "")
    assert "set REDIS_URL" in result.err
    assert fax.status(fax_id)


@pytest.mark.parametrize(("stored", "code"), [(False, 1), (True, 0)])
def test_an_inbound_fax_goes_only_once_its_document_is_stored_here(cli, redis, fax, quickly, tmp_path, stored, code):
    fax_id = fax.receive()
    fax.reaches(fax_id, "received")
    seen = Observation("e-1", "d", "fax.received", "webhook", fax_id, status="received", outbound=False, media_url=LINK)
    Observations(Scripts(redis)).record(seen)
    if stored:
        Inbox(Scripts(redis)).stored(fax_id, file="a.pdf", name="a.pdf", sha256="aa", size=9, data="{}")

    result = cli("faxes", "delete", fax_id, "--yes", FAX_INBOUND_DIR=str(tmp_path))

    assert result.code == code
    assert ("not stored here yet" in result.err) != stored
    assert (fax.status(fax_id) is None) == stored


def test_an_inbound_fax_whose_document_was_given_up_is_not_deleted(cli, redis, fax, quickly, tmp_path):
    fax_id = fax.receive()
    inbox = Inbox(Scripts(redis))
    seen = Observation("e-1", "d", "fax.received", "webhook", fax_id, status="received", outbound=False, media_url=LINK)
    Observations(Scripts(redis)).record(seen)
    for _ in range(3):
        inbox.failed(fax_id, kind="LinkRefused", problem="private", refused=True, give_up=60)

    result = cli("faxes", "delete", fax_id, "--yes", FAX_INBOUND_DIR=str(tmp_path))

    assert result.code == 1
    assert "could not be stored here" in result.err


@pytest.mark.parametrize("words", ["cancel --fax-id", "faxes delete --yes"])
def test_nothing_is_cancelled_or_deleted_while_the_ledger_cannot_be_asked(cli, fax, words):
    fax_id = fax.send(NEVER_ENDS)

    result = cli(*words.split(), fax_id, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert (result.code, result.out) == (1, "")
    assert "Redis" in result.err
    assert fax.status(fax_id) not in (None, "failed")


def test_the_csv_of_faxes_in_and_out_has_the_same_columns(cli, fax):
    out, received = fax.send(), fax.receive()

    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(cli("faxes", "list", "--csv", "--full").out))}

    assert (rows[out]["direction"], rows[out]["to"]) == ("outbound", NUMBER)
    assert (rows[received]["direction"], rows[received]["from"]) == ("inbound", OTHER)
