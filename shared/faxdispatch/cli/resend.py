"""`faxdispatch resend`: ended faxes once more, by their ids or by what you know about them."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from faxdispatch.cli.find import Known
from faxdispatch.cli.options import Yes, argument, option
from faxdispatch.cli.output import Rows, confirm, note
from faxdispatch.client import FaxClient, Receipt
from faxdispatch.errors import BadInput, FaxError, Unavailable
from faxdispatch.search import Wanted
from faxdispatch.states import TERMINAL
from faxdispatch.text.wording import are, counted

_ENDED = {state.value for state in TERMINAL}


def resend(
    jobs: Annotated[list[str] | None, argument("Ids of jobs.", metavar="JOB")] = None,
    *,
    known: Known,
    to: Annotated[str | None, option("Another number, if one job is sent again.")] = None,
    yes: Yes = False,
) -> Rows[tuple[str, Receipt]]:
    """Send ended faxes again, none of them twice.

    Each becomes a new job that names the old one. Name JOBs, or give options of `faxdispatch find`: then the
    command first says how many faxes match, and leaves out open faxes and rows of campaigns. The same command given
    twice sends one fax: to send once more, name the newer job.
    """
    client = FaxClient.from_env()
    wanted = known.wanted(client)
    if bool(jobs) == (not wanted.empty):
        raise BadInput("give JOBs, or options that say which faxes are meant; not both" if jobs else _NOTHING)
    if to is not None and len(jobs or ()) != 1:
        raise BadInput("to: goes with one JOB")
    chosen = list(dict.fromkeys(jobs)) if jobs else _chosen(client, wanted, yes=yes)
    return Rows(_sent(client, chosen, to), data=_data, line=_line)


def _sent(client: FaxClient, chosen: Sequence[str], to: str | None) -> Iterator[tuple[str, Receipt]]:
    """Send each again, and yield the old job's id with the receipt; exit code 1 if one could not be sent."""
    failed = False
    for job_id in chosen:
        try:
            yield job_id, client.resend(job_id, to)
        except Unavailable:
            raise
        except FaxError as error:
            if len(chosen) == 1:
                raise
            note(str(error))
            failed = True
    if failed:
        raise typer.Exit(1)


_NOTHING = (
    "say which faxes are sent again: give JOBs, or options such as --tag and --state; all of them are never meant"
)


def _chosen(client: FaxClient, wanted: Wanted, *, yes: bool) -> list[str]:
    """Return the matching jobs, once a person has seen how many they are."""
    found = list(client.search.all(wanted))
    chosen = [fax.job_id for fax in found if fax.row is None and fax.state in _ENDED]
    left = len(found) - len(chosen)
    more = f" {left:,} more {are(left)} open or of a campaign and left alone." if left else ""
    if not chosen:
        raise BadInput(f"no ended single fax fits all that you gave.{more}")
    confirm(f"Send {counted(len(chosen), 'fax')} again?{more}", yes=yes)
    return chosen


def _data(sent: tuple[str, Receipt]) -> dict[str, object]:
    job_id, receipt = sent
    return {"job_id": receipt.job_id, "resend_of": job_id, "created": receipt.created}


def _line(sent: tuple[str, Receipt]) -> str:
    job_id, receipt = sent
    return f"{receipt.job_id}  sends {job_id} again{'' if receipt.created else '; it was recorded before'}"
