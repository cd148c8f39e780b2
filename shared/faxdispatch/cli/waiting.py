"""Following one job to its end, for people: one live line on a terminal, a line for each event elsewhere."""

from contextlib import nullcontext

from rich.console import Console
from rich.markup import escape

from faxdispatch.cli.lines import event_line, state_line
from faxdispatch.cli.output import is_terminal, note, show, watching
from faxdispatch.client import FaxClient
from faxdispatch.client.following import views
from faxdispatch.errors import Unavailable
from faxdispatch.ledger import JobView
from faxdispatch.text.plain import plain


def wait_for(client: FaxClient, job_id: str, *, quiet: bool = False) -> JobView:
    """Show a job's events until it has ended, and return its final state. Interrupting it only stops the view.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer for five minutes.
    """

    def away(error: Unavailable) -> None:
        note(f"Redis cannot be reached; the fax continues, and you see more when Redis is back ({error})")

    live = Console().status("…") if is_terminal() and not quiet else nullcontext()
    shown = 0
    with watching(f"the fax continues: faxdispatch status {job_id}"), live as line:
        for view in views(client, job_id, on_away=away):
            if line:
                line.update(escape(plain(f"job {view.job_id}: {state_line(view)}")))
            elif not quiet:
                for event in view.history[shown:]:
                    show(event_line(event))
                shown = len(view.history)
    return view
