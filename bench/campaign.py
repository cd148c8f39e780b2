"""A large campaign against the stub of Telnyx, with pauses, kills, restarts and a cancel: each row must be sent once.

    .venv/bin/python -m bench.campaign [--rows 100000] [--rate 400] [--cancel 0.97] [--quiet]

Real processes: two workers, web, Valkey. While the campaign runs, it is paused and resumed, workers, the leading
worker, web and Valkey are killed, and at the end the rest is cancelled; `--quiet` leaves all that out. The campaign is
audited all the time. At the end, each row is compared with what the stub has received for its number. Exit code 1 if a
row is missing or was sent twice, if an audit found a fault, or if a call left more than a second after a pause.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.figures import machine
from bench.installation import DOCUMENT, Installation, installation, number
from faxdispatch.errors import Unavailable
from faxdispatch.ledger import CHUNK, Campaign, CampaignRow, Campaigns, Patience, Scripts, connect
from faxdispatch.states import CampaignState

NAME = "bench"
EVENTS = 10_000
"""Events that are kept; they do not count as the campaign's memory."""
WORKERS = 2
PAUSE = 4.0
GRACE = 1.0
"""Seconds after which a pause must have taken effect."""
_LOOK = 0.2
_SETTLED = 180.0
"""Seconds without any progress after which the measurement gives up."""


@dataclass
class Course:
    """The commands to a running campaign, and its observed progress."""

    running: Installation
    campaigns: Campaigns
    rows: int
    audits: int = 0
    faults: list[str] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    begun: float = 0.0
    cancelled_at: float | None = None
    table: list[str] = field(default_factory=list)

    def go(self, to: CampaignState) -> float:
        """Give a command, again until Redis accepts it. Return the time at which Redis accepted it."""
        while True:
            try:
                self.campaigns.move(NAME, to, event=f"campaign.{to}")
            except Unavailable:
                self.running.restart_dead()
                time.sleep(_LOOK)
            else:
                return time.perf_counter()

    def pause(self) -> None:
        """Pause for some seconds."""
        begin = self.go(CampaignState.PAUSED)
        while time.perf_counter() < begin + PAUSE:
            self.look()
        self.pauses.append((begin + GRACE, time.perf_counter()))
        self.go(CampaignState.RUNNING)

    def cancel(self) -> None:
        """Cancel what has not been sent."""
        self.cancelled_at = self.go(CampaignState.CANCELLED)

    def look(self) -> Campaign | None:
        """Audit once. Return None if Redis cannot be reached."""
        self.running.restart_dead()
        time.sleep(_LOOK)
        try:
            audit = self.campaigns.audit(NAME)
        except Unavailable:
            return None
        self.audits += 1
        self.faults += audit.faults
        return audit.campaign

    def note(self, campaign: Campaign) -> None:
        """Write down the progress and the memory in use."""
        seconds = time.perf_counter() - self.begun
        try:
            valkey = self.running.redis.info("memory")["used_memory"] / 1e6
            worker = self.running.usage().megabytes
        except (OSError, ValueError):
            return
        line = f"{seconds:7.0f} s {campaign.ended:8} ended {campaign.opened:6} open"
        self.table.append(f"{line} {worker:7.0f} MB worker {valkey:7.0f} MB Valkey  {campaign.state}")
        print(self.table[-1], flush=True)


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    settings = {
        "FAX_RATE": str(options.rate),
        "FAX_CHANNELS": "2000",
        "FAX_WORKER_CONCURRENCY": "16",
        "FAX_EVENTS_MAXLEN": str(EVENTS),
        "FAX_READ_TIMEOUT": "4",
        "FAX_SETTLE": "5",
    }
    with installation(workers=WORKERS, **settings) as running:
        running.stub.change(call_seconds=0.5)
        campaigns = Campaigns(Scripts(connect(running.redis_url, Patience.WORKER)))
        course = Course(running, campaigns, options.rows)
        _read_in(campaigns, options.rows)
        before = running.redis.info("memory")["used_memory"]
        _run(course, [] if options.quiet else _plan(course, options.cancel))
        seconds = time.perf_counter() - course.begun
        wrong = _judge(course)
        print(f"{options.rows} rows in {seconds:.0f} s, {options.rows / seconds:.0f} a second; {machine()}")
        _memory(course, before)
    return int(wrong)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=400)
    parser.add_argument("--cancel", type=float, default=0.97, help="part of the rows after which the rest is cancelled")
    parser.add_argument("--quiet", action="store_true", help="no pauses, no kills, no cancel")
    return parser.parse_args()


def _read_in(campaigns: Campaigns, rows: int) -> None:
    begin = time.perf_counter()
    campaigns.open(NAME, name=NAME, options={"media_name": DOCUMENT}, fingerprint=NAME)
    for first in range(1, rows + 1, CHUNK):
        part = range(first, min(first + CHUNK, rows + 1))
        chunk_rows = [CampaignRow(row, number(row), {}, [f"Clinic {row}", number(row), "Chicago"]) for row in part]
        campaigns.add_chunk(NAME, (first - 1) // CHUNK, chunk_rows)
    campaigns.move(NAME, CampaignState.CHECKED, event="campaign.checked")
    print(f"{rows} rows read in within {time.perf_counter() - begin:.1f} s")


def _plan(course: Course, cancel: float) -> list[tuple[float, str, Callable[[], None]]]:
    """Return the planned actions, each with the share of the rows that must have ended by then."""
    kill = course.running.kill
    return [
        (0.05, "pause", course.pause),
        (0.15, "kill -9 worker", lambda: kill("worker")),
        (0.25, "pause", course.pause),
        (0.35, "kill -9 the leader", course.running.kill_leader),
        (0.45, "kill -9 valkey", lambda: kill("valkey")),
        (0.55, "pause", course.pause),
        (0.60, "kill -9 web", lambda: kill("web")),
        (0.70, "kill -9 both workers", lambda: (kill("worker"), kill("worker2"), None)[2]),
        (0.80, "kill -9 valkey", lambda: kill("valkey")),
        (0.85, "pause", course.pause),
        (0.90, "kill -9 the leader", course.running.kill_leader),
        (cancel, "cancel", course.cancel),
    ]


def _run(course: Course, plan: list[tuple[float, str, Callable[[], None]]]) -> None:
    """Let it run to its end, with the planned actions on the way."""
    course.begun = noted = moved = time.perf_counter()
    course.go(CampaignState.RUNNING)
    last = -1
    while True:
        campaign = course.look()
        if campaign is None:
            continue
        now = time.perf_counter()
        if campaign.ended != last:
            last, moved = campaign.ended, now
        if now > moved + _SETTLED:
            raise TimeoutError(f"nothing has ended for {_SETTLED:g} s: {campaign}")
        if now > noted + 10:
            course.note(campaign)
            noted = now
        if campaign.ended == campaign.rows and campaign.state in {CampaignState.FINISHED, CampaignState.CANCELLED}:
            course.note(campaign)
            return
        if plan and campaign.ended >= plan[0][0] * course.rows:
            _, what, act = plan.pop(0)
            print(f"{now - course.begun:7.0f} s {campaign.ended:8} ended: {what}", flush=True)
            act()


def _judge(course: Course) -> bool:
    """Compare row by row with what the stub has received; print it, and return whether anything is wrong."""
    taken: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for fax in course.running.stub.faxes():
        taken[fax["to"]].append(fax)
    codes: Counter[str] = Counter()
    missing, doubled, contrary = [], [], []
    for result in course.campaigns.results(NAME):
        codes[result.code] += 1
        faxes = taken.pop(number(result.row), [])
        if len(faxes) > 1:
            doubled.append(result.row)
        if result.code == "d" and not faxes:
            contrary.append(result.row)
        if result.code != "d" and (faxes or course.cancelled_at is None):
            missing.append(result.row)
    late = [*_late(course)]
    stalls = [length for at, length in course.running.stub.stalls() if any(at < by < at + 5 for by, _ in late)]
    seen = sum(codes.values())
    print(f"rows {seen} of {course.rows}: {dict(codes)}")
    print(f"sent twice {len(doubled)}, not delivered though sent or never sent {len(missing)}, ", end="")
    print(f"delivered and never sent {len(contrary)}, to others {len(taken)}")
    print(f"audits {course.audits}, with faults {len(course.faults)} {sorted(set(course.faults))[:3]}")
    print(f"calls more than {GRACE:g} s after a pause or the cancel: {len(late)}, by ", end="")
    print(f"{max((by for _, by in late), default=0):.2f} s at most; the stub's own longest stall before one: ", end="")
    print(f"{max(stalls, default=0):.2f} s")
    return bool(doubled or missing or contrary or taken or course.faults or late or seen != course.rows)


def _late(course: Course) -> Iterator[tuple[float, float]]:
    """Yield the time of calls that left during a pause or after the cancel, and how many seconds late they were."""
    spans = [*course.pauses]
    if course.cancelled_at is not None:
        spans.append((course.cancelled_at + GRACE, float("inf")))
    for call in course.running.stub.calls():
        for begin, end in spans:
            if call["operation"] == "send" and begin < call["at"] < end:
                yield call["at"], call["at"] - begin


def _memory(course: Course, before: int) -> None:
    """Print how much memory the campaign takes for good, and its jobs for a while."""
    redis = course.running.redis
    own = [*redis.scan_iter(f"fax:campaign:{NAME}*", count=1000)]
    total = sum(redis.memory_usage(key, samples=0) or 0 for key in own)
    jobs = redis.keys(f"fax:job:{NAME}-*")
    some = [key for job in jobs[:50] for key in (job, job.replace("fax:job:", "fax:history:"))]
    each = sum(redis.memory_usage(key, samples=0) or 0 for key in some) / max(1, len(some) / 2)
    print(
        f"Redis had {before / 1e6:.0f} MB before the start; the campaign itself {total / course.rows:.0f} bytes a row"
    )
    print(f"jobs that are kept for five minutes after their end: {len(jobs)}, {each:.0f} bytes each")


if __name__ == "__main__":
    sys.exit(main())
