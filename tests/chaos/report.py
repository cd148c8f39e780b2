"""The result of a run for people, and of several runs as a table."""

from typing import Any

from tests.chaos.run import Result

_SHOWN = 10


def as_text(result: Result) -> str:
    """Return a run in a few lines."""
    figures, verdict = result.figures, result.verdict
    words = (
        f"SIMULATION, seed {result.plan.seed}: {'all well' if verdict.ok else 'NOT well'}\n"
        f"jobs {figures['jobs']}, attempts {figures['attempts']}, posts {figures['posts']}, "
        f"accepted by the simulator {figures['accepted']}, at most {figures['accepted_per_attempt']} for one attempt\n"
        f"lost {len(verdict.lost)}, doubled {len(verdict.doubled)}, dialled twice {len(verdict.double_dials)}, "
        f"unknown {len(verdict.unknown)}, wrong records {len(verdict.records)}\n"
        f"rows of campaigns {figures['rows']}; the ledger was set back {figures['set_back']} times, "
        f"{figures['forgotten']} orders were forgotten that Telnyx never saw\n"
        f"inbound {figures['inbound']}, stored {figures['documents']}, wrong {len(verdict.inbox)}\n"
        f"injections {len(result.injections)} in {figures['seconds']} s; settled after {figures['settle_seconds']} s; "
        f"{figures['was_unknown']} sends were unknown for a while"
    )
    for name in ("lost", "doubled", "double_dials", "unknown", "records", "inbox"):
        words += "".join(f"\n  {name}: {problem}" for problem in getattr(verdict, name)[:_SHOWN])
    return words


def as_markdown(runs: list[dict[str, Any]]) -> str:
    """Return runs, given as JSON, as a table with a line of sums."""
    columns = ["seed", "faults", "injections", "jobs", "rows", "set back", "forgotten", "attempts", "accepted",
               "unknown for a while", "doubled", "lost",
               "unknown left", "wrong records", "inbound", "stored", "wrong inbound", "seconds",
               "settled after (s)"]  # fmt: skip
    rows = [_row(run) for run in runs]
    sums = ["all", "", *(str(sum(int(row[at]) for row in rows)) for at in range(2, len(columns) - 2)), "", ""]
    lines = [columns, ["---"] * len(columns), *rows, sums]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(run: dict[str, Any]) -> list[str]:
    plan, figures, problems = run["plan"], run["figures"], run["problems"]
    many = len(plan["faults"]) > _SHOWN
    cells = [
        plan["seed"],
        f"all {len(plan['faults'])}" if many else ", ".join(plan["faults"]),
        len(run["injections"]),
        figures["jobs"],
        figures["rows"],
        figures["set_back"],
        figures["forgotten"],
        figures["attempts"],
        figures["accepted"],
        figures["was_unknown"],
        len(problems["doubled"]) + len(problems["double_dials"]),
        len(problems["lost"]),
        len(problems["unknown"]),
        len(problems["records"]),
        figures["inbound"],
        figures["documents"],
        len(problems["inbox"]),
        figures["seconds"],
        figures["settle_seconds"],
    ]
    return [str(cell) for cell in cells]
