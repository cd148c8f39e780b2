"""Campaigns through real processes: each row is sent once, even if processes are stopped, killed or restarted."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import CampaignRow, Campaigns, Rules, Scripts, connect
from faxdispatch.states import CampaignState, State
from faxdispatch.telnyx.client_state import decode_client_state
from tests.flow.harness import Flow, installation, start_campaign

pytestmark = pytest.mark.xdist_group("campaign")

ROWS = 200
"""More than are fed ahead, so that some have no job yet when the campaign is stopped."""
AREAS = [area for area in range(200, 999) if area % 100 != 11]
SETTINGS = {"FAX_CHANNELS": "20", "FAX_RATE": "40", "FAX_READ_TIMEOUT": "1.5"}


class Course:
    """A running campaign, the results of its audits, and the simulator's view of it."""

    _numbers = count(1)

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.number = next(self._numbers)
        self.name = f"recall-{self.number}"
        self.campaigns = Campaigns(Scripts(connect(flow.redis_url), Rules()))
        self.faults: list[tuple[str, ...]] = []

    def start(self) -> None:
        rows = [CampaignRow(row, self.number_of(row), {}, [str(row)]) for row in range(1, ROWS + 1)]
        start_campaign(self.campaigns, self.name, rows)

    def number_of(self, row: int) -> str:
        """Return the row's number; some are busy once, or lose their last webhook."""
        scenario = 2 if row % 25 == 0 else 8 if row % 60 == 1 else None
        if scenario is None:
            return f"+1415{2_000_000 + self.number * 1000 + row}"
        return f"+1{AREAS[self.number * 30 + row // 10]}55501{scenario:02}"

    def go(self, to: CampaignState, **options: Any) -> datetime:
        """Give a command. Return the moment at which it came back."""
        assert self.campaigns.move(self.name, to, event=f"campaign.{to}", **options)[0] == "moved"
        return datetime.now(UTC)

    def until(self, reached: Callable[[Any], bool]) -> Any:
        """Wait until the condition holds and check the counts meanwhile; a mistake seen twice in a row is a fault."""
        before: set[str] = set()

        def look() -> Any:
            nonlocal before
            try:
                audit = self.campaigns.audit(self.name)
            except Unavailable:
                return None
            found = set(audit.faults)
            if found & before:
                self.faults.append(audit.faults)
            before = found
            return audit.campaign if reached(audit.campaign) else None

        return self.flow.until(look)

    def ended(self, count: int) -> Any:
        return self.until(lambda campaign: campaign.ended >= count)

    def over(self, state: CampaignState = CampaignState.FINISHED) -> Any:
        return self.until(lambda campaign: campaign.state is state and campaign.ended == campaign.rows)

    def row_of(self, client_state: str) -> int:
        """Return the row for which a fax was posted; 0 if it is not one of this campaign."""
        job_id, *_ = decode_client_state(client_state) or ("", 0)
        return int(job_id.removeprefix(f"{self.name}-")) if job_id.startswith(f"{self.name}-") else 0

    def faxes(self) -> dict[int, list[dict[str, Any]]]:
        """All faxes of each row at Telnyx."""
        found: dict[int, list[dict[str, Any]]] = {row: [] for row in range(ROWS + 1)}
        for fax in self.flow.sim.control.get("/faxes").raise_for_status().json()["data"]:
            found[self.row_of(fax["client_state"])].append(fax)
        del found[0]
        return found

    def claimed_after(self, moment: datetime) -> list[str | None]:
        """Rows that were claimed after a moment. On a busy machine, the call that follows may come much later."""
        claims = [event for event in self.flow.events() if event.type == "job.submitted"]
        assert claims
        return [event.job_id for event in claims if event.campaign_id == self.name and event.occurred_at > moment]

    def judge(self) -> Counter[str]:
        """Compare every recipient with Telnyx's faxes. Return how many rows ended in each way."""
        results = list(self.campaigns.results(self.name))
        assert [result.row for result in results] == list(range(1, ROWS + 1))
        faxes = self.faxes()
        for result in results:
            delivered = [fax["id"] for fax in faxes[result.row] if fax["status"] == "delivered"]
            assert delivered == ([result.fax_id] if result.code == "d" else []), result
            assert {fax["to"] for fax in faxes[result.row]} <= {self.number_of(result.row)}
        report = self.flow.sim.report()
        assert {sends["posts"] for sends in report["client_states"].values()} == {1}, "an attempt was posted twice"
        assert report["overlaps"] == 0
        assert self.faults == []
        return Counter(result.code for result in results)


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    with installation(tmp_path_factory.mktemp("campaign"), workers=2, **SETTINGS) as running:
        yield running


@pytest.fixture
def course(flow: Flow) -> Course:
    """A new campaign; all processes run when it begins."""
    for name in ("valkey", "web", "worker", "worker2"):
        flow.until_up(name)
    return Course(flow)


def kill_leader(flow: Flow) -> None:
    def leader() -> str | None:
        pid = (flow.redis.get("fax:leader") or "::").split(":")[1]
        return next((name for name in ("worker", "worker2") if str(flow.processes[name].pid) == pid), None)

    flow.kill(flow.until(leader))


def test_a_pause_takes_effect_within_a_second_and_resuming_repeats_and_skips_nothing(course: Course) -> None:
    course.start()
    course.ended(30)
    paused = course.go(CampaignState.PAUSED)
    quiet = {State.QUEUED, State.HELD}
    course.until(lambda campaign: not set(campaign.open) - quiet and campaign.parked == campaign.opened)
    course.until(lambda _: datetime.now(UTC) > paused + timedelta(seconds=3))
    left = course.campaigns.get(course.name)
    assert left.pending > 0
    assert left.parked > 0
    assert course.claimed_after(paused + timedelta(seconds=1)) == []
    course.go(CampaignState.RUNNING)
    course.over()
    assert course.judge() == {"d": ROWS}


def test_killed_workers_leaders_and_a_killed_valkey_lose_no_row_and_send_none_twice(course: Course) -> None:
    course.start()
    course.ended(20)
    course.flow.kill("worker", signal.SIGKILL)
    course.ended(70)
    kill_leader(course.flow)
    course.ended(120)
    course.flow.kill("valkey", signal.SIGKILL)
    course.ended(170)
    course.flow.kill("web", signal.SIGKILL)
    course.flow.kill("worker2", signal.SIGKILL)
    course.over()
    assert course.judge() == {"d": ROWS}


def test_a_worker_that_is_stopped_records_its_calls_in_progress(course: Course) -> None:
    course.start()
    course.flow.sim.faults(latency_ms=700)
    for name in ("worker", "worker2"):
        course.until(lambda campaign: campaign.open.get(State.SUBMITTING, 0) >= 3)
        course.flow.kill(name, signal.SIGTERM)
        gone(course.flow, name)
    course.flow.sim.no_faults()
    course.over()
    assert course.judge() == {"d": ROWS}
    assert not [e for e in course.flow.events() if e.type == "job.unknown" and (e.job_id or "").startswith(course.name)]


@pytest.mark.parametrize("also_in_flight", [False, True])
def test_a_cancel_ends_every_row_and_sends_no_more(course: Course, also_in_flight: bool) -> None:
    course.start()
    course.ended(40)
    cancelled = course.go(CampaignState.CANCELLED, also_in_flight=also_in_flight)
    course.over(CampaignState.CANCELLED)
    course.flow.until(lambda: not course.campaigns.ending())
    assert course.claimed_after(cancelled + timedelta(seconds=1)) == []
    ends = course.judge()
    assert ends["c"] > 0
    assert ends["d"] + ends["c"] == ROWS


def gone(flow: Flow, name: str) -> None:
    """Wait until a process has ended."""
    flow.until(lambda: flow.processes[name].exit_code is not None)
