"""Dead letters are kept, found, sent again and dropped; none is lost on the way."""

import json

import pytest

from faxdispatch.errors import BadInput, InvalidJob, NotKnown
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import DeadLetter, DeadLetters, Ledger, Scripts
from tests.ledger.steps import START

DAY = 86_400_000
FAX = {"to": "+14155550200", "media_name": "letter"}


@pytest.fixture
def letters(ledger: Ledger) -> DeadLetters:
    return ledger.dead_letters


def dead_letter(ledger: Ledger, name: str, reason: str = "InvalidJob", **letter: object) -> str:
    facts = {"task": "fax.send.v1", "reason": reason, "problem": "to: is missing"}
    content = {"args": [], "kwargs": {}, **facts, **letter}
    return str(ledger.dead_letters.add(name, letter=content, facts=facts, source="worker")["outcome"])


def published(scripts: Scripts) -> list[str]:
    return [fields["id"] for _, fields in scripts.redis.xrange("fax:events") if fields["type"] == "job.invalid"]


def test_a_redelivered_message_becomes_one_dead_letter_with_one_event(ledger, scripts, letters):
    assert [dead_letter(ledger, "m"), dead_letter(ledger, "m")] == ["recorded", "known"]
    assert letters.count() == 1
    assert published(scripts) == ["m-1"]


@pytest.mark.parametrize("content", [{"body": "x"}, {"sha1": "x"}, {"args": ["x"]}, {"kwargs": {"to": "x"}}], ids=str)
def test_another_message_under_the_same_id_is_another_dead_letter(ledger, letters, content):
    assert [dead_letter(ledger, "m"), dead_letter(ledger, "m", **content)] == ["recorded", "recorded"]
    assert letters.count() == 2


def test_what_is_wrong_with_a_dead_letter_is_kept_in_a_short_text(ledger, letters):
    facts = {"task": "x" * 600, "reason": "UnknownTask", "problem": "y" * 600}
    ledger.dead_letters.add("m", letter={"body": "z" * 600}, facts=facts, source="worker")

    letter = letters.get("m")
    assert [len(text or "") for text in (letter.task, letter.problem, letter.body)] == [501, 501, 600]


def test_dead_letters_are_listed_newest_first_with_what_is_wrong_and_since_when(ledger, scripts, letters):
    for number in range(3):
        scripts.now = START + number
        dead_letter(ledger, f"m{number}", reason="InvalidJob" if number else "NotKnown")

    assert [letter.id for letter in letters.newest()] == ["m2", "m1", "m0"]
    assert [letter.id for letter in letters.newest(limit=1)] == ["m2"]
    (oldest,) = letters.newest(reason="NotKnown")
    assert (oldest.problem, oldest.since.timestamp() * 1000) == ("to: is missing", START)


def test_dead_letters_are_kept_as_long_as_finished_jobs(ledger, scripts, letters):
    dead_letter(ledger, "m")
    assert 29 * DAY < scripts.redis.pttl("fax:deadletter:m") <= 30 * DAY

    scripts.now = START + 30 * DAY + 1

    assert (letters.count(), letters.newest()) == (0, [])
    assert scripts.redis.zcard("fax:deadletters") == 0


def test_a_new_dead_letter_forgets_those_whose_time_is_over(ledger, scripts):
    dead_letter(ledger, "old")
    scripts.now = START + 30 * DAY + 1
    dead_letter(ledger, "new")

    assert scripts.redis.zrange("fax:deadletters", 0, -1) == ["new"]


def test_a_dead_letter_that_was_sent_again_is_gone(ledger, letters):
    dead_letter(ledger, "m")

    letters.sent("m", letters.take_out("m"))

    with pytest.raises(NotKnown):
        letters.get("m")
    assert letters.count() == 0


def test_a_dead_letter_stays_until_the_broker_has_it(ledger, letters):
    dead_letter(ledger, "m")
    letters.take_out("m")

    assert letters.get("m").id == "m"


def test_a_dead_letter_that_comes_back_before_it_was_forgotten_stays(ledger, scripts, letters):
    dead_letter(ledger, "m")
    token = letters.take_out("m")
    scripts.now = START + 1
    assert dead_letter(ledger, "m", problem="worse") == "recorded"

    letters.sent("m", token)

    assert letters.get("m").problem == "worse"
    assert letters.newest()[0].since.timestamp() * 1000 == START + 1
    assert published(scripts) == ["m-1", "m-2"]


def test_a_dead_letter_that_comes_back_after_it_was_forgotten_gets_a_new_event(ledger, scripts, letters):
    dead_letter(ledger, "m")
    letters.sent("m", letters.take_out("m"))

    assert dead_letter(ledger, "m") == "recorded"
    assert published(scripts) == ["m-1", "m-2"]


def test_one_operator_does_not_delete_what_another_resends(ledger, letters):
    dead_letter(ledger, "m")
    first, second = letters.take_out("m"), letters.take_out("m")

    letters.sent("m", first)
    assert letters.get("m")
    letters.sent("m", second)
    assert letters.count() == 0


def test_a_dead_letter_is_dropped(ledger, letters):
    dead_letter(ledger, "m")
    letters.drop("m")

    assert letters.count() == 0
    for act in (letters.drop, letters.get, letters.take_out):
        with pytest.raises(NotKnown, match="dead letter m"):
            act("m")


@pytest.mark.parametrize(
    "content",
    [
        {"kwargs": FAX},
        {"args": [FAX]},
        {"args": [json.dumps(FAX)]},
        {"args": [], "kwargs": {}, "body": json.dumps([[], FAX, {"callbacks": None}])},
        {"body": json.dumps([[FAX], {}, {}])},
    ],
    ids=["keywords", "one mapping", "one JSON text", "raw keywords", "raw mapping"],
)
def test_the_request_is_found_in_every_form_of_message(ledger, letters, content):
    dead_letter(ledger, "m", **content)

    assert letters.get("m").payload() == FAX
    assert letters.get("m").kind is SendFax


@pytest.mark.parametrize(
    "content",
    [
        {"args": ["a", "b"]}, {"args": [FAX], "kwargs": FAX}, {"args": ["{"]}, {"body": "\\xff"}, {"body": "[]"},
        {"body": '[["a"], 3, {}]'},
    ],
    ids=str,
)  # fmt: skip
def test_resending_an_unreadable_message_fails_and_says_so(ledger, letters, content):
    dead_letter(ledger, "m", **content)

    with pytest.raises(BadInput, match="dead letter m: cannot be sent again"):
        letters.get("m").payload()


@pytest.mark.parametrize("task", [None, "fax.send.v9", "os.system"])
def test_only_messages_for_our_tasks_can_be_sent_again(ledger, letters, task):
    dead_letter(ledger, "m", task=task)

    with pytest.raises(BadInput, match="cannot be sent again"):
        _ = letters.get("m").kind


def letter(**kwargs: object) -> DeadLetter:
    return DeadLetter.from_hash("m", {"at": "0", "letter": json.dumps({"task": "fax.send.v1", "kwargs": kwargs})})


def test_fields_are_corrected_and_removed():
    fixed = letter(to="12", media_name="letter", colour="red").corrected({"to": "+14155550200", "colour": None})

    assert fixed == FAX


def test_a_dead_letter_that_is_still_wrong_after_its_changes_is_not_corrected():
    with pytest.raises(InvalidJob, match="media_name"):
        letter(to="12").corrected({"to": "+14155550200"})


def test_a_dead_letter_without_changes_stays_as_it_was():
    assert letter(to="12").corrected({}) == {"to": "12"}
