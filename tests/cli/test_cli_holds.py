"""`faxdispatch holds` says why faxes wait, since or until when, and what ends the wait."""

import json
import re
from pathlib import Path

import pytest

from faxdispatch import FaxClient
from faxdispatch.ledger import Limits, Scripts
from faxdispatch.reasons.holds import MEANINGS
from faxdispatch.states import WAIVABLE, HoldReason
from tests.ledger.steps import pause

NUMBER = "+13125550123"
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
UNTIL = 4_000_000_000  # 2096-10-02 07:06:40Z


@pytest.fixture
def hold(redis_url, ledger):
    """Let a new job be held."""
    client = FaxClient(redis_url)

    def one(reason, due=UNTIL, to=NUMBER):
        job_id = client.send(to=to, media_name="letter").job_id
        ledger.hold(job_id, reason=reason, due=due)
        return job_id

    return one


def test_it_says_if_nothing_is_held(cli):
    result = cli("holds")

    assert result.code == 0
    assert result.out.splitlines() == ["nothing is held", "spent today (estimated, UTC): 0.00, no cap"]


def test_held_faxes_are_summed_by_reason_the_most_frequent_first(cli, hold):
    hold(HoldReason.WINDOW)
    hold(HoldReason.RETRY)
    hold(HoldReason.RETRY, due=UNTIL + 60)

    lines = cli("holds").out.splitlines()

    assert lines[0] == (
        "      2  retry                 the first until 2096-10-02 07:06:40Z, the last until 2096-10-02 07:07:40Z"
    )
    assert lines[3] == "      1  window                until 2096-10-02 07:06:40Z"
    assert "Its window of days and hours is closed." in lines[4]
    assert "faxdispatch release JOB" in lines[5]


def test_a_hold_without_an_end_is_shown_with_its_beginning(cli, hold, ledger):
    ledger._scripts.now = 1_790_000_000_000
    hold(HoldReason.TOO_LATE, due=None)

    assert cli("holds").out.splitlines()[0] == "      1  too_late              since 2026-09-21 14:13:20Z"


@pytest.mark.parametrize("reason", HoldReason)
def test_every_reason_is_summed_in_words(cli, hold, reason):
    hold(reason)

    result = cli("holds")

    assert result.code == 0
    assert MEANINGS[reason].text in result.out
    assert MEANINGS[reason].ends in result.out


def test_what_holds_up_all_faxes_is_shown_below(cli, redis):
    limits = Limits(Scripts(redis))
    pause(Scripts(redis), "17", "no_funds", delay=3600)
    limits.back_off(600)

    out = cli("holds", FAX_SPEND_DAY="5").out

    assert "nothing is held" in out
    assert "connection 17: paused (no_funds) until 2" in out
    assert "; faxdispatch resume 17 ends it sooner" in out
    assert "Telnyx wants no calls until 2" in out
    assert "spent today (estimated, UTC): 0.00 of 5.00" in out


def test_json_shows_the_same(cli, hold, redis):
    hold(HoldReason.WINDOW)
    pause(Scripts(redis), "17", "no_funds", delay=3600)

    found = cli("holds", "--json", FAX_SPEND_DAY="5").json

    (held,) = found["held"]
    assert (held["reason"], held["count"]) == ("window", 1)
    assert held["first"] == held["last"] == "2096-10-02T07:06:40+00:00"
    (paused,) = found["paused"]
    assert (paused["connection_id"], paused["reason"]) == ("17", "no_funds")
    assert (found["spent_today"], found["spend_cap"], found["shut_until"]) == (0, 5, None)


def test_the_jobs_of_one_reason_are_listed(cli, hold):
    later, sooner = hold(HoldReason.RETRY, due=UNTIL + 60), hold(HoldReason.RETRY)
    hold(HoldReason.WINDOW)

    _, *lines = cli("holds", "--reason", "retry").out.splitlines()

    assert [line.split()[0] for line in lines] == [sooner, later]
    assert "held (retry) until 2096-10-02 07:06:40Z" in lines[0]
    found = [json.loads(line) for line in cli("holds", "--reason", "retry", "--json").out.splitlines()]
    assert [job["job_id"] for job in found] == [sooner, later]


def test_the_manual_explains_holds_in_the_words_of_the_commands():
    section = OPERATIONS.read_text().split("## Why is a fax waiting?")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", section, re.MULTILINE)

    documented = {reason: (text.replace("`", ""), ends.replace("`", "")) for reason, text, ends in rows}
    assert documented == {reason.value: (meaning.text, meaning.ends) for reason, meaning in MEANINGS.items()}
    waivable = re.findall(r"`(\w+)`", section.split("waives only holds that concern one fax:")[1].split(". ")[0])
    assert set(waivable) == WAIVABLE
