"""`faxdispatch find`: any fax, by what is known of it, for people and for programs."""

import csv
import io

import pytest

from faxdispatch import FaxClient

NUMBER = "+13125550123"


@pytest.fixture
def client(redis_url):
    return FaxClient(redis_url)


def test_a_fax_is_found_by_its_number_however_it_is_written(cli, client):
    job = client.send(to=NUMBER, media_name="letter", tags=["ward"]).job_id

    for written in (NUMBER, "(312) 555-0123", "1-312-555-0123"):
        result = cli("find", "--number", written, FAX_DEFAULT_REGION="US")
        assert result.code == 0
        assert result.out.startswith(f"{job}  +1******0123  ")
        assert result.out.endswith("  queued  0 attempts\n")
    assert NUMBER in cli("find", "--number", NUMBER, "--full").out


def test_json_is_one_object_a_fax_with_numbers_hidden(cli, client):
    job = client.send(to=NUMBER, media_name="letter").job_id

    assert cli("find", "--json").json["to"] == "+1******0123"
    found = cli("find", "--json", "--full").json
    assert (found["job_id"], found["to"], found["state"]) == (job, NUMBER, "queued")


def test_csv_is_read_back_as_it_was(cli, client):
    jobs = [client.send(to=NUMBER, media_name='=a "b", c', tags=["x", "y"]).job_id for _ in range(60)]

    rows = list(csv.DictReader(io.StringIO(cli("find", "--csv").out)))
    assert [row["job_id"] for row in rows] == jobs[::-1]
    assert (rows[0]["to"], rows[0]["document"], rows[0]["tags"]) == (NUMBER, '\'=a "b", c', "x y")


def test_where_there_are_more_that_is_said(cli, client):
    for _ in range(3):
        client.send(to=NUMBER, media_name="letter")

    result = cli("find", "--limit", "2")
    assert len(result.out.splitlines()) == 2
    assert "these are the newest 2; --limit shows more" in result.err
    assert "--limit" not in cli("find", "--limit", "3").err


def test_nothing_found_is_exit_code_1(cli):
    result = cli("find", "--tag", "x")
    assert (result.code, result.out) == (1, "")
    assert "no fax is known of which all that is true" in result.err
    assert "no fax is known here" in cli("find").err


def test_wrong_words_are_one_line_and_exit_code_2(cli):
    for words in (("--state", "gone"), ("--since", "yesterday"), ("--number", "x"), ("--csv", "--json")):
        result = cli("find", *words)
        assert (result.code, result.out) == (2, "")
        assert len(result.err.splitlines()) == 1
