"""Following one job to its end, for people: one live line on a terminal, a line for each event elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from faxdispatch.cli.lines import event_line, state_line
from faxdispatch.cli.output import is_terminal, note, show, watching
from faxdispatch.client import FaxClient
from faxdispatch.client.following import views
from faxdispatch.errors import Unavailable
from faxdispatch.ledger import JobView
from faxdispatch.text.plain import plain

Look = Callable[[JobView], object]


def wait_for(client: FaxClient, job_id: str, *, quiet: bool = False) -> JobView:
    """Show a job's events until it has ended, and return its final state. Interrupting it only stops the view.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer for five minutes.
    """

    def away(error: Unavailable) -> None:
        note(f"Redis is away; the fax continues, and so does the watching once it is back ({error})")

    with watching(f"the fax continues: faxdispatch status {job_id}"), _shown(quiet) as look:
        for view in views(client, job_id, on_away=away):
            look(view)
    return view


@contextmanager
def _shown(quiet: bool) -> Iterator[Look]:
    if quiet:
        yield lambda _: None
    elif is_terminal():
        with Console().status("…") as live:
            yield lambda view: live.update(escape(plain(f"job {view.job_id}: {state_line(view)}")))
    else:
        yield _Lines()


class _Lines:
    """Prints each event of a job's history once."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, view: JobView) -> None:
        for event in view.history[self._told :]:
            show(event_line(event))
        self._told = len(view.history)
