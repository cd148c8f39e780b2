"""`faxdispatch find` finds any fax by its known facts, for people and for programs."""

import csv
import io

import pytest

from faxdispatch import FaxClient
from faxdispatch.reasons.words import plain
from faxdispatch.states import State
from tests.ledger.campaign_desk import CampaignDesk, job, number_of

NUMBER = "+13125550123"


@pytest.fixture
def client(redis_url):
    return FaxClient(redis_url)


def test_a_fax_is_found_by_its_number_however_it_is_written(cli, client):
    sent = client.send(to=NUMBER, media_name="letter", tags=["ward"]).job_id

    for written in (NUMBER, "(312) 555-0123", "1-312-555-0123"):
        result = cli("find", "--number", written, FAX_DEFAULT_REGION="US")
        assert result.code == 0
        head, line = result.out.splitlines()
        assert line.startswith(f"{sent}  +1******0123  ")
        assert line.endswith("  queued")
        assert line[head.index("attempts") :].split()[0] == "0"
    assert NUMBER in cli("find", "--number", NUMBER, "--full").out


def test_json_is_one_object_a_fax_with_numbers_hidden(cli, client):
    sent = client.send(to=NUMBER, media_name="letter").job_id

    assert cli("find", "--json").json["to"] == "+1******0123"
    found = cli("find", "--json", "--full").json
    assert (found["job_id"], found["to"], found["state"]) == (sent, NUMBER, "queued")


def test_csv_is_read_back_as_it_was(cli, client):
    jobs = [client.send(to=NUMBER, media_name='=a "b", c', tags=["x", "y"]).job_id for _ in range(60)]

    rows = list(csv.DictReader(io.StringIO(cli("find", "--csv").out)))
    assert [row["job_id"] for row in rows] == jobs[::-1]
    assert (rows[0]["to"], rows[0]["document"], rows[0]["tags"]) == (NUMBER, '\'=a "b", c', "x y")


def test_nothing_found_is_exit_code_1(cli):
    result = cli("find", "--tag", "x")
    assert (result.code, result.out) == (1, "")
    assert "no fax fits all that you gave" in result.err
    assert "no fax is known here" in cli("find").err


def test_wrong_arguments_give_one_line_and_exit_code_2(cli):
    for words in (("--state", "gone"), ("--since", "yesterday"), ("--number", "x"), ("--csv", "--json")):
        result = cli("find", *words)
        assert (result.code, result.out) == (2, "")
        assert len(result.err.splitlines()) == 1


def test_status_shows_a_row_as_long_as_its_campaign_is_kept(cli, redis_url):
    desk = CampaignDesk(redis_url)
    desk.scripts.now = None
    desk.run(1, 2)
    desk.feed(1)
    desk.send_row(1)
    desk.deliver(1)
    desk.redis.delete(f"fax:job:{job(1)}")
    for _ in range(1001):
        desk.redis.xadd("fax:events", {"job_id": "other"})

    out = cli("status", job(1)).out
    assert "row           1 of campaign spring\nstate         delivered\n" in out
    assert [line.split()[3] for line in out.splitlines() if " by " in line and "Z  " in line] == [
        "job.queued", "job.submitted", "job.accepted", "fax.delivered",
    ]  # fmt: skip
    assert number_of(1) not in out
    assert number_of(1) in cli("status", job(1), "--full").out
    found = cli("status", job(1), "--json", "--history").json
    assert (found["state"], found["row"], len(found["history"])) == ("delivered", 1, 4)
    assert "state         pending\n" in cli("status", job(2)).out
    missing = cli("status", job(3))
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("faxdispatch: job spring-3: not known here")


def test_a_code_of_telnyx_is_shown_with_its_words_everywhere(cli, redis_url):
    desk = CampaignDesk(redis_url)
    desk.scripts.now = None
    desk.create("refused")
    desk.run(1)
    desk.feed(1)
    for name in ("refused", job(1)):
        assert desk.admit(name) == "go"
        desk.claim(name)
        desk.ledger.end(name, event="job.rejected", cause="10017", states=[State.SUBMITTING], facts={"code": "10017"})
    desk.redis.delete(f"fax:job:{job(1)}")

    words = "10017: The document, or something else that the request names, is not at Telnyx or was deleted there"
    assert [line.count(words) for line in cli("find", "--state", "failed").out.splitlines()] == [0, 1, 1]
    assert [row["cause_in_words"] for row in csv.DictReader(io.StringIO(cli("find", "--csv").out))] == [
        plain("10017"),
        plain("10017"),
    ]
    assert f"state         failed ({words})\n" in cli("status", "refused").out
    assert f"code={words}" in cli("status", "refused", "--history").out
    assert cli("status", "refused", "--json").json["cause_in_words"] == plain("10017")
    assert f"state         failed ({words})\n" in cli("status", job(1)).out
    assert cli("status", job(1), "--json").json["cause_in_words"] == plain("10017")
    assert f"ended for {words}" in cli("campaign", "status", "spring").out
    assert cli("campaign", "status", "spring", "--json").json["causes_in_words"] == {"10017": plain("10017")}
