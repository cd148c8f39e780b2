"""The promises of the ledger that must hold after each step of a walk of single faxes."""

import json
from collections import defaultdict

from faxdispatch.ledger import JobView
from faxdispatch.ledger.index import BLOCK, Index, Looked
from faxdispatch.states import OPEN, TERMINAL, State
from tests.ledger.desk import Desk
from tests.ledger.snapshot import Snapshot

CONNECTIONS = ("c1", "c2")
CAMPAIGN, CAMPAIGN_CAP = "spring", 30


def number_of(job: str) -> str:
    """Return one of three numbers, so that jobs meet on the line."""
    return f"+1415555010{int(job[1:]) % 3}"


class Promises:
    """Checks of the jobs that were recorded; `jobs` grows with them."""

    def __init__(self, desk: Desk, jobs: set[str]) -> None:
        self.desk, self.jobs = desk, jobs
        self.states: dict[str, State] = {}
        """Each job's state at the last look."""

    def check(self) -> None:
        self.look_at_all_rows()
        self.terminal_states_absorb()
        self.every_open_job_has_exactly_one_place()
        self.channels_and_lines_belong_to_jobs_in_flight()
        self.the_account_has_the_channels_of_its_connections()
        self.who_was_granted_a_channel_has_all_it_needs()
        self.who_waits_for_a_number_waits_for_somebody()
        self.the_index_of_states_agrees_with_the_rows()
        self.the_books_balance_and_no_cap_is_broken()

    def check_what_stays_wrong(self) -> None:
        """Check for faults that no later step would repair, so that occasional checks are enough."""
        self.counts_add_up()
        self.the_index_of_held_jobs_agrees_with_the_rows()
        self.the_index_for_searches_agrees_with_the_rows()
        self.histories_have_no_gaps_and_agree_with_the_stream()

    def look_at_all_rows(self) -> None:
        self.seen = Snapshot(self.desk.redis)
        self.raw = {job: self.seen.fields(f"fax:job:{job}") for job in sorted(self.jobs)}
        self.rows = {job: JobView.from_hash(job, row) for job, row in self.raw.items()}

    def now_in(self, *states: State) -> list[str]:
        return [job for job, row in self.rows.items() if row.state in states]

    def terminal_states_absorb(self) -> None:
        for job, row in self.rows.items():
            before = self.states.get(job, State.QUEUED)
            if before in TERMINAL:
                assert row.state is before
            self.states[job] = row.state

    def histories_have_no_gaps_and_agree_with_the_stream(self) -> None:
        streamed: dict[str, list[tuple[int, str]]] = {}
        for _, entry in self.desk.redis.xrange("fax:events"):
            streamed.setdefault(entry["job_id"], []).append((int(entry["seq"]), entry["id"]))
        for job in self.jobs:
            history = [json.loads(line) for line in self.desk.redis.lrange(f"fax:history:{job}", 0, -1)]
            assert [int(e["seq"]) for e in history] == list(range(1, len(history) + 1))
            assert [(int(e["seq"]), e["id"]) for e in history] == streamed[job]

    def every_open_job_has_exactly_one_place(self) -> None:
        found = [self.seen.scores(key) for key in ("fax:agenda", *self.seen.keys("fax:*waiting*"))]
        for job, row in self.rows.items():
            places = sum(job in place for place in found)
            assert places == (0 if row.finished else 1), (job, row.state, places)

    def channels_and_lines_belong_to_jobs_in_flight(self) -> None:
        flying = {job: name for name in CONNECTIONS for job in self.seen.members(f"fax:calls:{name}")}
        for job, connection in flying.items():
            row, granted = self.rows[job], self.raw[job].get("granted") == "1"
            assert row.connection_id == connection
            assert row.state in {State.SUBMITTING, State.ACCEPTED} or (
                granted and row.state in {State.QUEUED, State.HELD}
            ), (job, row.state)
        freed = {job for job, raw in self.raw.items() if raw.get("freed") == "1"}
        assert set(self.now_in(State.SUBMITTING, State.ACCEPTED)) - freed <= flying.keys()
        up: defaultdict[str, list[str]] = defaultdict(list)
        for job in set(self.now_in(State.SUBMITTING, State.UNKNOWN, State.ACCEPTED)) - freed:
            up[number_of(job)].append(job)
        for number, jobs in up.items():
            assert len(jobs) == 1, "two faxes to one number"
            assert self.seen.text(f"fax:line:{number}") == jobs[0]

    def the_account_has_the_channels_of_its_connections(self) -> None:
        on_each = [self.seen.members(f"fax:calls:{connection}") for connection in CONNECTIONS]
        assert not set.intersection(*on_each)
        assert self.seen.members("fax:calls") == set.union(*on_each)
        # Evidence of an unexpected call takes its channel even beyond the limit.
        if self.desk.scripts.rules.account_channels == 3:
            sent = [job for job in set.union(*on_each) if self.rows[job].state is not State.ACCEPTED]
            assert len(sent) <= 3

    def who_was_granted_a_channel_has_all_it_needs(self) -> None:
        for job in self.now_in(State.QUEUED, State.HELD):
            if self.raw[job].get("granted") == "1":
                assert job in self.seen.members(f"fax:calls:{self.rows[job].connection_id}")
                assert self.seen.text(f"fax:line:{number_of(job)}") == job
                assert self.seen.scores("fax:agenda").get(job)
        for connection in CONNECTIONS:
            for job in self.seen.scores(f"fax:granted:{connection}"):
                assert self.raw[job].get("granted") == "1", "promised to one that has left"
                assert self.seen.text(f"fax:line:{number_of(job)}") == job

    def who_waits_for_a_number_waits_for_somebody(self) -> None:
        lined = {job for name in CONNECTIONS for job in self.seen.scores(f"fax:waiting:{name}")}
        for number in {number_of(job) for job in self.jobs}:
            waiting = self.seen.scores(f"fax:line:{number}:waiting")
            holder = self.seen.text(f"fax:line:{number}")
            assert not holder or not self.rows[holder].finished
            assert not waiting or holder or any(number_of(job) == number for job in lined), number

    def counts_add_up(self) -> None:
        counts = self.desk.ledger.counts()
        for state in State:
            assert counts[state] == len(self.now_in(state)), state

    def the_index_of_states_agrees_with_the_rows(self) -> None:
        for state in State:
            since = self.seen.scores(f"fax:since:{state}")
            here = set(self.now_in(state)) if state in OPEN else set()
            assert since.keys() == here, (state, since, here)
            assert all(0 < moment <= (self.desk.scripts.now or 0) for moment in since.values())

    def the_index_of_held_jobs_agrees_with_the_rows(self) -> None:
        held: defaultdict[str, set[str]] = defaultdict(set)
        for job in self.now_in(State.HELD):
            held[str(self.rows[job].hold_reason)].add(job)
        counted = {sum_.reason: sum_.count for sum_ in self.desk.ledger.holds()}
        assert counted == {reason: len(jobs) for reason, jobs in held.items()}
        for reason, jobs in held.items():
            index = self.seen.scores(f"fax:held:{reason}")
            assert index.keys() == jobs, reason
            for job in jobs:
                due = self.raw[job].get("due")
                assert index[job] == float(due) if due else index[job] <= (self.desk.scripts.now or 0)

    def the_index_for_searches_agrees_with_the_rows(self) -> None:
        index = Index(self.desk.scripts)
        span = index.span()
        contents = index.contents(range((span.stop + BLOCK - 1) // BLOCK))
        read = [index.block(block, content, Looked(), span) for several in contents for block, content in several]
        entries = [entry for found in read for entry in found]
        codes = {job: row.state[0] if row.finished else "o" for job, row in self.rows.items()}
        assert {entry.job_id: entry.code for entry in entries} == codes
        assert len(entries) == len(codes)

    def the_books_balance_and_no_cap_is_broken(self) -> None:
        costs = {job: int(raw.get("spent") or 0) + int(raw.get("cost") or 0) for job, raw in self.raw.items()}
        days = [int(self.seen.text(key) or 0) for key in self.seen.keys("fax:spend:[0-9]*")]
        assert sum(days) == sum(costs.values())
        campaign = int(self.seen.text(f"fax:spend:campaign:{CAMPAIGN}") or 0)
        assert campaign == sum(cost for job, cost in costs.items() if self.raw[job].get("campaign"))
        assert campaign <= CAMPAIGN_CAP
        cap = self.desk.scripts.rules.day_cap
        assert not cap or all(day <= round(cap * 1_000_000) for day in days)
        for job in self.now_in(*TERMINAL):
            assert not self.raw[job].get("cost"), "what has ended is settled"
