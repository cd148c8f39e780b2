"""`faxdispatch deadletters`: no message is lost, and numbers are hidden."""

import base64
import csv
import io
import json
import re

import pytest

from faxdispatch import FaxClient
from tests.conftest import free_port

NUMBER = "312-555-0123"
FAX = {"to": NUMBER, "media_url": "https://example.com/a.pdf?signature=secret"}


@pytest.fixture
def dead_letter(ledger):
    def one(name="m-1", reason="InvalidJob", **letter):
        facts = {"task": "fax.send.v1", "reason": reason, "problem": "to: has no country code"}
        ledger.dead_letters.add(
            name, letter={"args": [], "kwargs": FAX, **facts, **letter}, facts=facts, source="worker"
        )

    return one


def sent(redis, queue="fax.send"):
    """The messages in a queue, oldest first: id and keywords."""
    raw = [json.loads(message) for message in reversed(redis.lrange(queue, 0, -1))]
    bodies = [json.loads(base64.b64decode(message["body"])) for message in raw]
    return [(message["headers"]["id"], body[1]) for message, body in zip(raw, bodies, strict=True)]


def test_dead_letters_are_listed_newest_first(cli, dead_letter):
    dead_letter("m-1", reason="NotKnown")
    dead_letter("m-2")

    lines = [json.loads(line) for line in cli("deadletters", "list", "--json").out.splitlines()]

    assert [line["id"] for line in lines][:1] == ["m-2"]
    assert {line["reason"] for line in lines} == {"NotKnown", "InvalidJob"}
    assert "to: has no country code" in cli("deadletters", "list", "--reason", "InvalidJob").out


def test_the_csv_has_the_same_columns_whatever_a_dead_letter_lacks(cli, dead_letter):
    dead_letter("m-1", problems=[["to", "has no country code"]])
    dead_letter("m-2", body="\x1b[2J")

    result = cli("deadletters", "list", "--csv", "--full")

    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [(row["id"], row["body"]) for row in rows] == [("m-2", r"\x1b[2J"), ("m-1", "")]
    assert json.loads(rows[1]["kwargs"]) == FAX
    assert "has no country code" in rows[1]["problems"]


@pytest.mark.parametrize(
    "content",
    [
        {}, {"kwargs": {"to": 3125550123}}, {"args": [FAX], "kwargs": {}}, {"args": [json.dumps(FAX)], "kwargs": {}},
        {"body": json.dumps([[], FAX, {}])},
    ],
    ids=["keywords", "a bare number", "a mapping", "JSON text", "raw"],
)  # fmt: skip
def test_numbers_are_hidden_in_every_form_unless_they_are_asked_for(cli, dead_letter, content):
    dead_letter(**content)

    for words in (["list", "--json"], ["show", "m-1"], ["show", "m-1", "--json"]):
        out = cli("deadletters", *words).out
        assert not any(secret in out for secret in ("555-01", "555012", "secret")), out
    full = cli("deadletters", "show", "m-1", "--full").out
    assert any(number in full for number in ("555-01", "555012")), full


def test_a_dead_letter_says_what_is_wrong_with_it_and_how_old_it_is(cli, dead_letter):
    dead_letter(problems=[["to", "has no country code"]])

    found = cli("deadletters", "show", "m-1", "--json").json

    assert (found["task"], found["reason"]) == ("fax.send.v1", "InvalidJob")
    assert found["problems"] == [["to", "has no country code"]]
    assert 0 <= found["age_seconds"] < 600
    shown = dict(line.split(maxsplit=1) for line in cli("deadletters", "show", "m-1").out.splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ, .+ ago", shown["since"])
    assert not {"buried_at", "kwargs", "problems"} & set(shown)


def test_a_dead_letter_is_sent_again_under_its_own_id_and_is_gone(cli, dead_letter, redis):
    dead_letter()

    result = cli("deadletters", "redrive", "m-1", "--json")

    assert (result.code, result.json) == (0, {"redriven": ["m-1"], "refused": {}})
    assert sent(redis) == [("m-1", FAX)]
    assert cli("deadletters", "list").out == "there is no dead letter\n"


def test_a_field_is_corrected_before_it_is_sent_again(cli, dead_letter, redis):
    dead_letter(kwargs=FAX | {"colour": "red"})
    corrections = (
        "--set",
        "to=+13125550123",
        "--set",
        'tags=["fixed"]',
        "--set",
        "media_url=",
        "--set",
        "media_name=a",
    )

    result = cli("deadletters", "redrive", "m-1", *corrections)
    assert result.code == 2
    assert "colour: unknown option" in result.err
    assert sent(redis) == []

    result = cli("deadletters", "redrive", "m-1", *corrections, "--set", "colour=")
    assert result.code == 0, result.err
    assert sent(redis) == [("m-1", {"to": "+13125550123", "media_name": "a", "tags": ["fixed"]})]


def test_a_dead_letter_that_the_broker_did_not_take_stays(cli, dead_letter):
    dead_letter()

    result = cli("deadletters", "redrive", "m-1", CELERY_BROKER_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert result.code == 1
    assert "broker" in result.err
    assert "m-1" in cli("deadletters", "list").out


def test_of_all_dead_letters_those_that_can_be_are_sent_again_oldest_first(cli, dead_letter, redis, ledger):
    dead_letter("m-1")
    dead_letter("m-2", body="\\xff")
    dead_letter("m-3", task="fax.unheard.v1")
    dead_letter("m-4", task="fax.cancel.v1", kwargs={"job_id": "j"})

    result = cli("deadletters", "redrive", "--all", "--json")

    assert result.code == 1
    assert sorted(result.json["redriven"]) == ["m-1", "m-4"]
    assert sorted(result.json["refused"]) == ["m-2", "m-3"]
    assert "cannot be read" in result.json["refused"]["m-2"]
    assert "not one of ours" in result.json["refused"]["m-3"]
    assert sent(redis) == [("m-1", FAX)]
    assert sent(redis, "fax.control") == [("m-4", {"job_id": "j"})]
    assert sorted(letter.id for letter in ledger.dead_letters.newest()) == ["m-2", "m-3"]


def test_only_dead_letters_of_one_reason_are_sent_again(cli, dead_letter, redis):
    dead_letter("m-1", reason="NotKnown")
    dead_letter("m-2")

    assert cli("deadletters", "redrive", "--all", "--reason", "NotKnown").code == 0
    assert [message_id for message_id, _ in sent(redis)] == ["m-1"]


def test_a_dead_letter_is_dropped(cli, dead_letter, ledger):
    dead_letter()

    assert cli("deadletters", "drop", "m-1", "--yes").out == "1 dead letter deleted\n"
    assert ledger.dead_letters.count() == 0


def test_dropping_requires_confirmation(cli, dead_letter, ledger, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    dead_letter()

    assert cli("deadletters", "drop", "--all").code == 2
    assert ledger.dead_letters.count() == 1


def test_dropping_nothing_needs_no_confirmation(cli):
    assert cli("deadletters", "drop", "--all").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["redrive"], ["drop"], ["redrive", "m-1", "--all"], ["redrive", "m-1", "--reason", "x"],
        ["redrive", "--all", "--set", "to=1"], ["redrive", "m-1", "--set", "to"],
        ["redrive", "m-1", "--set", "colour=red"], ["redrive", "m-1", "--set", "tags=[1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_command_is_bad_usage_and_touches_no_dead_letter(cli, dead_letter, redis, ledger, words):
    dead_letter()

    result = cli("deadletters", *words)

    assert (result.code, result.out) == (2, "")
    assert sent(redis) == []
    assert ledger.dead_letters.count() == 1


def test_the_client_gives_the_same_dead_letters(redis_url, dead_letter):
    dead_letter()

    assert FaxClient(redis_url).dead_letters.get("m-1").payload() == FAX
