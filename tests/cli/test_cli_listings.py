"""What all listings have in common: an empty one says so, a cut one says that there is more, and numbers are hidden."""

import re

import pytest

from faxdispatch import FaxClient
from faxdispatch.ledger import Observation, Observations
from faxdispatch.states import HoldReason, State

NUMBER = "+14152000000"
EMPTY = {
    "deadletters list": "there is no dead letter",
    "deadletters list --reason Nothing": "there is no dead letter for Nothing",
    "holds --reason window": "nothing is held for window",
    "inbound list": "no inbound fax is known",
    "inbound list --place stored": "no inbound fax is stored",
    "numbers list": "no number is in quarantine",
    "status --state accepted": "no job is accepted",
    "suppress list": "no number is on the list",
}
MORE = {
    "deadletters list": "3 in all; --limit shows more",
    "find": "these are the newest 2; --limit shows more",
    "holds --reason retry": "3 in all; --limit shows more",
    "inbound list": "there are more; --limit shows them",
    "numbers list": "there are more; --limit shows them",
    "suppress list": "3 in all; --limit shows more",
}
HIDDEN = [
    "find", "holds --reason retry", "inbound list", "inbound show fax-0", "numbers list", f"numbers show {NUMBER}",
    "suppress list", f"suppress check {NUMBER}",
]  # fmt: skip


@pytest.fixture
def fill(ledger, redis_url, surroundings):
    """Record something that each listing shows, about so many numbers."""
    client, observations = FaxClient(redis_url, ledger=ledger), Observations(ledger.scripts)

    def record(count):
        for n in range(count):
            number = f"{NUMBER[:-1]}{n}"
            held, *blamed = (client.send(to=number, media_name="letter").job_id for _ in range(3))
            ledger.hold(held, reason=HoldReason.RETRY, due=4_000_000_000)
            for job in blamed:
                ledger.end(job, event="job.exhausted", cause="test", states=[State.QUEUED], blames_number=True)
            ledger.dead_letters.add(f"m-{n}", letter={}, facts={"reason": "InvalidJob"}, source="worker")
            client.suppressions.add(number, reason="asked")
            link = "https://documents.example.com/a.pdf?key=secret"
            received = Observation(f"e-{n}", "d", "fax.received", "webhook", f"fax-{n}", status="received",
                                   outbound=False, sender=number, media_url=link)  # fmt: skip
            observations.record(received)

    return record


@pytest.mark.parametrize(("words", "message"), EMPTY.items(), ids=EMPTY)
def test_an_empty_listing_says_so(cli, words, message):
    assert cli(*words.split()).out == f"{message}\n"
    assert cli(*words.split(), "--json").out == ""


@pytest.mark.parametrize(("words", "message"), MORE.items(), ids=MORE)
def test_a_listing_that_is_cut_says_that_there_is_more(cli, fill, words, message):
    fill(3)

    result = cli(*words.split(), "--limit", "2")

    head, *lines = result.out.splitlines()
    columns = [found.start() for found in re.finditer(r"(?<=  )\S", head)]
    assert len(lines) == 2
    assert columns
    assert {line[at - 2 : at] for line in lines for at in columns} <= {"  ", ""}
    assert result.err == f"faxdispatch: {message}\n"
    assert cli(*words.split(), "--limit", "9").err == ""


@pytest.mark.parametrize("words", HIDDEN)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_numbers_and_links_are_hidden_unless_they_are_asked_for(cli, fill, words, form):
    fill(1)

    hidden, full = (cli(*words.split(), *form, *more).out for more in ([], ["--full"]))

    assert NUMBER[-4:] in hidden
    assert NUMBER not in hidden
    assert "secret" not in hidden
    assert NUMBER in full
