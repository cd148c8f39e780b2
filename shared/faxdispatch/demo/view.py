"""The output of the demonstration: a live line on a terminal, plain lines elsewhere, and a table at the end."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from faxdispatch.demo.recipients import RECIPIENTS
from faxdispatch.demo.run import Run
from faxdispatch.demo.verdict import FaxVerdict, Verdict
from faxdispatch.states import State

LABEL = "SIMULATION: Telnyx is simulated and all recipients are fictional. No fax leaves this machine."


@contextmanager
def progress(console: Console) -> Iterator[Callable[[Run], object]]:
    """Yield the function that shows the progress of a run, as often as it is called."""
    if console.is_terminal:
        with console.status("Uploading documents …") as status:
            yield lambda run: status.update(_standing(run))
    else:
        yield _Lines(console)


class _Lines:
    """Prints the progress of a run when it has changed, at most once a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = ""
        self._next = 0.0

    def __call__(self, run: Run) -> None:
        standing = _counts(run)
        if standing != self._shown and run.seconds >= self._next:
            self._console.print(f"{run.seconds:5.1f} s  {standing}", soft_wrap=True)
            self._shown, self._next = standing, run.seconds + 1


def _standing(run: Run) -> str:
    done = sum(view.finished for view in run.views.values())
    return f"SIMULATION  {_counts(run)}   {done / max(run.seconds, 0.1):.1f} faxes/s, {run.seconds:.0f} s"


def _counts(run: Run) -> str:
    states = Counter(view.state for view in run.views.values())
    known = ", ".join(f"{states[state]} {state}" for state in State if states[state])
    return f"{sum(view.finished for view in run.views.values())} of {len(RECIPIENTS)} ended: {known}"


def show(verdict: Verdict, console: Console) -> None:
    """Print the table of all faxes, and the differences from what was expected."""
    console.print("\nEvery fax and its states, as a downstream consumer read them (SIMULATION):")
    table = Table(box=SIMPLE, show_lines=True, pad_edge=False)
    for heading in ("recipient", "outcome", "calls", "way"):
        table.add_column(heading)
    for fax in verdict.faxes:
        table.add_row(*_row(fax), style="red" if fax.problems else None)
    console.print(table)
    for fax in verdict.faxes:
        for problem in fax.problems:
            console.print(f"WRONG  {fax.recipient}: {problem}", markup=False)
    for problem in verdict.problems:
        console.print(f"WRONG  {problem}", markup=False)
    console.print(_last_line(verdict), markup=False)


def _row(fax: FaxVerdict) -> tuple[str, ...]:
    outcome = fax.actual if fax.actual == fax.expected else f"{fax.actual}\nexpected {fax.expected}"
    recipient = f"{fax.recipient} {fax.number}\n{fax.story}"
    return recipient, outcome, str(fax.accepted_by_telnyx), " → ".join(fax.way)


def _last_line(verdict: Verdict) -> str:
    right = sum(not fax.problems for fax in verdict.faxes)
    return (
        f"{right} of {len(verdict.faxes)} faxes ended as expected in {verdict.seconds:.0f} s. Simulated Telnyx: "
        f"{verdict.simulator['posts_total']} requests to send, {verdict.simulator['accepted_total']} faxes accepted, "
        f"none twice for one attempt. {verdict.events_read} events read."
        if verdict.ok
        else f"{right} of {len(verdict.faxes)} faxes ended as expected; the rest is marked WRONG above."
    )
