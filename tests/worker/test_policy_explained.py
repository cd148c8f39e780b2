"""The statements of docs/failure-policy.md are true."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faxdispatch.reasons.failures import FINAL, REASONS, UNKNOWN, Counter, Kind
from faxdispatch.settings import Settings
from worker.policy import ACCOUNT_PAUSE, CAPACITY_PAUSES, ONCE_PAUSE, Failure, GiveUp, Retry, decide

TEXT = (Path(__file__).parents[2] / "docs" / "failure-policy.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, cell by cell, without back-ticks."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def verdict_on(kind: Kind) -> Retry | GiveUp:
    reason = next(reason for reason, cause in REASONS.items() if cause.kind is kind)
    return decide(Failure(reason, dials=0, connects=0, tries={}, max_attempts=5), NOW, Settings())


def test_every_reason_is_explained_as_it_is():
    documented = {reason: (kind, counter, climbs) for reason, kind, counter, climbs in table("Reasons")}

    assert documented == {
        reason: (cause.kind.value, cause.counter.value, "yes" if cause.climbs else "no")
        for reason, cause in REASONS.items()
    }


def test_every_reason_that_is_not_known_is_as_the_page_says():
    assert (UNKNOWN.kind, UNKNOWN.counter, UNKNOWN.climbs) == (Kind.ONCE, Counter.DIAL, False)
    assert re.search(r"Any\s+other\s+reason\s+has\s+kind `once`", TEXT)


def test_every_kind_and_every_counter_is_explained():
    assert [row[0] for row in table("Kinds")] == list(Kind)
    assert [row[0] for row in table("Counters")] == list(Counter)


@pytest.mark.parametrize("row", table("Kinds"), ids=lambda row: row[0])
def test_what_follows_each_kind_is_as_the_page_says(row):
    verdict = verdict_on(Kind(row[0]))

    assert isinstance(verdict, GiveUp) == row[2].startswith("the end")
    assert (Kind(row[0]) in FINAL) == row[2].startswith("the end")
    assert getattr(verdict, "blames_number", False) == ("quarantine" in row[2])


OWN = {"once": (ONCE_PAUSE,), "capacity": CAPACITY_PAUSES, "account": (ACCOUNT_PAUSE,)}
"""The pauses that no setting changes."""


@pytest.mark.parametrize("row", [row for row in table("Kinds") if re.search(r"\d", row[3])], ids=lambda row: row[0])
def test_the_pauses_are_those_of_the_settings_and_of_the_policy(row):
    name, _, pauses = row[3].rpartition(": ")
    unit = {"min": 60, "s": 1}[pauses.split()[-1]]
    documented = tuple(int(number) * unit for number in re.findall(r"\d+", pauses))

    assert documented == (getattr(Settings(), name.lower()) if name else OWN[row[0]])
    assert verdict_on(Kind(row[0])).delay == documented[0]


def test_the_bounds_are_those_of_the_settings():
    bounds = {row[0]: row[2] for row in table("Counters")}

    assert f"FAX_MAX_ATTEMPTS ({Settings().fax_max_attempts})" in bounds["dials"]
    assert f"FAX_MAX_CONNECTS ({Settings().fax_max_connects})" in bounds["connects"]


def test_the_ladder_is_that_of_the_settings():
    match = re.search(r"By default the\s+steps\s+are\s+plain\s+audio\s+(.*?)\.\s+A\s+step", TEXT, re.DOTALL)

    assert re.findall(r"`(\w+)=(\w+)`", match[1]) == [
        (name, str(value).lower()) for name, value in Settings().fax_ladder
    ]
