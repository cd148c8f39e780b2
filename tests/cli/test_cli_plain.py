"""Foreign text moves no cursor and forges no line, in any command and format."""

import json

import pytest

from faxdispatch import SendFax
from faxdispatch.ledger import Observation, Observations, Scripts

ODD = "\x1b[2J\u202eodd\x9b\nforged"
SEEN = r"\x1b[2J\u202eodd\x9b\nforged"


@pytest.fixture
def written(redis, ledger, surroundings):
    """Put the same text into every place that others write to."""
    fax = SendFax(to="+13125550123", media_name="letter.pdf", from_="+13125550199", connection_id="1")
    fax = fax.model_copy(update={"tags": (ODD,), "media_name": ODD})
    ledger.create("job-1", fax, source="producer")
    ledger.publish("fax.received", subject=ODD, fax_id=ODD, facts={"from": ODD}, source="webhook")
    facts = {"task": ODD, "reason": "InvalidJob", "problem": ODD}
    ledger.dead_letters.add(ODD, letter={"args": [ODD], "kwargs": {}, **facts}, facts=facts, source="worker")
    Observations(Scripts(redis)).record(
        Observation("e", "d", "fax.received", "webhook", fax_id=ODD, status="received", outbound=False, sender=ODD)
    )


COMMANDS = {
    "status": ("status", "job-1", "--full"),
    "events": ("events",),
    "dead letters": ("deadletters", "list"),
    "a dead letter": ("deadletters", "show", ODD, "--full"),
    "inbound faxes": ("inbound", "list", "--full"),
    "an inbound fax": ("inbound", "show", ODD, "--full"),
    "find": ("find", "--job", "job-1", "--full"),
}


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_control_characters_in_foreign_text_are_escaped(cli, written, words, as_json):
    result = cli(*words, *(["--json"] if as_json else []))
    assert result.code == 0, result.err
    for shown in (result.out, result.err):
        assert [line for line in shown.split("\n") if line and not line.isprintable()] == []
        assert [line for line in shown.split("\n") if line.startswith("forged")] == []
    if as_json:
        for line in result.out.splitlines():
            json.loads(line)


def test_foreign_text_is_complete_in_both_formats(cli, written):
    assert SEEN in cli("events").out
    assert [event["fax_id"] for event in map(json.loads, cli("events", "--json").out.splitlines())].count(ODD) >= 1


def test_an_error_that_repeats_what_was_given_is_one_line(cli, surroundings):
    result = cli("status", ODD)
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert result.err.rstrip("\n").isprintable()
