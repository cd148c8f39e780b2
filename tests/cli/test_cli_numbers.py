"""`faxdispatch numbers`: which numbers are in quarantine, and how a quarantine is lifted."""

import json

import pytest

from faxdispatch import FaxClient, State
from faxdispatch.ledger import Suspects
from tests.ledger.steps import admit_one

NUMBER = "+13125550123"
OTHER = "+13125550124"


@pytest.fixture
def condemn(redis_url, surroundings, ledger):
    """Let faxes to a number fail until it is in quarantine."""

    def until_it_is(number=NUMBER):
        for _ in range(2):
            job = FaxClient(redis_url).send(to=number, media_name="letter").job_id
            ledger.end(job, event="job.exhausted", cause="test", states=[State.QUEUED], blames_number=True)

    return until_it_is


def test_a_number_says_whether_it_is_in_quarantine_and_until_when(cli, condemn, ledger):
    condemn()
    until = Suspects(ledger._scripts).until(NUMBER)

    found = cli("numbers", "show", NUMBER, "--json")
    assert (found.code, found.json["quarantined"], found.json["until"]) == (0, True, until.isoformat())
    other = cli("numbers", "show", OTHER)
    assert (other.code, other.out) == (1, "+1******0124: not in quarantine\n")


def test_a_number_whose_quarantine_is_lifted_is_called_again(cli, condemn, redis, redis_url, ledger):
    condemn()

    result = cli("numbers", "lift", NUMBER, "--reason", "they fixed it", "--json", USER="ada")

    assert (result.code, result.json) == (0, {"outcome": "lifted", "number": "+1******0123"})
    job = FaxClient(redis_url).send(to=NUMBER, media_name="letter").job_id
    assert admit_one(ledger, job, connection="17", sender="+13125550199")["outcome"] == "go"
    (events,) = [fields for _, fields in redis.xrange("fax:events") if fields["type"] == "number.released"]
    assert json.loads(events["data"]) == {"number": NUMBER, "reason": "they fixed it", "operator": "ada"}


def test_lifting_a_number_that_is_not_in_quarantine_fails(cli, redis):
    result = cli("numbers", "lift", NUMBER, "--reason", "they fixed it")

    assert (result.code, result.out) == (1, "+1******0123 was not in quarantine\n")
    assert redis.xlen("fax:events") == 0


def test_a_number_may_be_written_as_in_its_country(cli, condemn):
    condemn()

    assert cli("numbers", "lift", "(312) 555-0123", "--reason", "fixed", FAX_DEFAULT_REGION="US").code == 0


def test_a_sip_address_is_taken_as_it_is(cli, condemn):
    condemn("sip:fax@example.com")

    assert cli("numbers", "lift", "sip:fax@example.com", "--reason", "fixed").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "312-555-0123"], "number: is not in E.164 form"),
        (["lift", "12", "--reason", "x"], "number: "),
        (["lift", NUMBER], "--reason"),
        (["lift", NUMBER, "--reason", " "], "reason: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_is_bad_usage_and_lifts_nothing(cli, condemn, ledger, words, message):
    condemn()

    result = cli("numbers", *words)

    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert Suspects(ledger._scripts).until(NUMBER) is not None


def test_an_event_of_a_number_names_it_without_showing_it(cli, condemn):
    condemn()

    (line,) = cli("events", "--type", "number.quarantined").out.splitlines()

    assert "+1******0123" in line
    assert NUMBER not in line
