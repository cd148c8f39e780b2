"""Campaigns that run while faults are injected."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from faxdispatch import Unavailable
from faxdispatch.errors import NotKnown
from faxdispatch.ledger import CampaignRow, Campaigns, Scripts, connect, job_of_row
from faxdispatch.states import CampaignState
from tests.chaos.orders import AREAS
from tests.flow.harness import start_campaign

ROWS = 40
_BUSY_ONCE, _BUSY, _WRONG, _WRONG_NUMBER = 0.1, 2, 0.05, 32
"""Shares of the rows, and the scenarios of the simulator's magic numbers."""


@dataclass
class List:
    """One campaign with rows 1 to `ROWS`, and the answer to its producer."""

    id: str
    numbers: list[str]
    given: float | None = None
    """When its start was answered, in seconds of the clock that all share."""

    def rows(self) -> list[CampaignRow]:
        """Return its rows."""
        return [CampaignRow(row, to, {}, [to]) for row, to in enumerate(self.numbers, start=1)]

    def jobs(self) -> dict[str, str]:
        """Return the code that each row is to end with, by its job."""
        wrong = f"55501{_WRONG_NUMBER}"
        return {
            job_of_row(self.id, row): "f" if to.endswith(wrong) else "d" for row, to in enumerate(self.numbers, start=1)
        }


def lists(count: int, seed: int) -> list[List]:
    """Return the campaigns of a run."""
    dice = random.Random(f"lists {seed}")
    return [
        List(f"chaos-list-{number}", [_number(number * ROWS + row, dice) for row in range(ROWS)])
        for number in range(count)
    ]


def _number(place: int, dice: random.Random) -> str:
    area, drawn = AREAS[place % len(AREAS)], dice.random()
    if drawn < _BUSY_ONCE + _WRONG:
        return f"+1{area}55501{_BUSY if drawn < _BUSY_ONCE else _WRONG_NUMBER:02}"
    return f"+1{area}8{place:06}"


class Campaigner(threading.Thread):
    """Makes and starts campaigns, each at once when `allowed` says so."""

    def __init__(self, redis_url: str, planned: list[List], allowed: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self._campaigns = Campaigns(Scripts(connect(redis_url)))
        self._planned, self._allowed = planned, allowed
        self.stopped = False

    def calm(self) -> bool:
        """Start stopped campaigns again, as a person would; return whether every row of every campaign has ended."""
        try:
            campaigns = [self._campaigns.get(name) for name in self._campaigns.ids()]
            for campaign in campaigns:
                if campaign.state in {CampaignState.CHECKED, CampaignState.PAUSED}:
                    self._go(campaign.id, CampaignState.RUNNING)
        except Unavailable:
            return False
        return all(each.state in {CampaignState.FINISHED, CampaignState.DRAFT} for each in campaigns)

    def run(self) -> None:
        """Make them."""
        for place, planned in enumerate(self._planned, start=1):
            while not self.stopped and place > self._allowed():
                time.sleep(0.02)
            while not self.stopped and planned.given is None:
                try:
                    start_campaign(self._campaigns, planned.id, planned.rows())
                    planned.given = time.time()
                except (Unavailable, NotKnown):
                    # Not known: the ledger was set back meanwhile.
                    time.sleep(0.2)

    def _go(self, name: str, state: CampaignState) -> None:
        self._campaigns.move(name, state, event=f"campaign.{state}")


@dataclass(frozen=True)
class Ended:
    """The ledger's view of a campaign: codes by job, and the faults of its audit."""

    codes: Mapping[str, str]
    faults: tuple[str, ...]


def ended(redis_url: str) -> dict[str, Ended]:
    """Ask the ledger."""
    campaigns = Campaigns(Scripts(connect(redis_url)))
    return {
        name: Ended(
            {job_of_row(name, result.row): result.code for result in campaigns.results(name)},
            campaigns.audit(name).faults,
        )
        for name in campaigns.ids()
    }


def judge_lists(
    planned: Iterable[List],
    found: Mapping[str, Ended],
    made: Mapping[str, str],
    delivered: Counter[str],
    excused: Callable[[float | None], bool],
) -> list[str]:
    """Return all faults: rows that have not ended as expected, or not as at Telnyx.

    `made` are the codes of jobs that are no rows, `delivered` the deliveries at Telnyx, by job. A list that was created
    at a time for which `excused` is true may be lost, except for the rows that Telnyx has.
    """
    problems = [f"{name}: {fault}" for name, each in found.items() for fault in each.faults]
    for each in planned:
        codes = found[each.id].codes if each.id in found else {}
        for job, end in each.jobs().items():
            code = codes.get(job, "-") if codes.get(job, "-") in "dfcs" else made.get(job, "-")
            if (code == "d") != (delivered[job] > 0):
                problems.append(f"{job}: {code!r} here, arrived {delivered[job]} times")
            elif code != end and not excused(each.given):
                problems.append(f"{job}: {code!r}, should be {end!r}")
    return problems
