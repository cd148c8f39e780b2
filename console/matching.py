"""Actions on all faxes that a search finds: an evidence pack, and sending them again."""

import io
import itertools
import tempfile
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Response, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from console.access import looked, operators_only
from console.acting import act, acted, checked_reason
from console.desk import desk
from console.finding import Asked, meant
from faxdispatch.errors import BadInput, FaxError, Unavailable
from faxdispatch.search import Found, Wanted
from faxdispatch.states import TERMINAL
from faxdispatch.text.wording import counted, counted_are

pages = Blueprint("matching", __name__, url_prefix="/faxes/all")

MOST_PROVED = 10_000
"""The most faxes in one evidence pack for a browser; the command has no limit."""
MOST_SENT = 1000
"""The most faxes that are sent again at once."""
_ENDED = {state.value for state in TERMINAL}


@pages.get("/evidence.zip")
@operators_only
def evidence() -> Response:
    """Return the evidence pack of all faxes that match."""
    faxes = list(itertools.islice(desk().client.search.all(_wanted()), MOST_PROVED + 1))
    if not faxes:
        raise BadInput("no fax was found, so there is nothing to prove")
    if len(faxes) > MOST_PROVED:
        raise BadInput(f"more than {MOST_PROVED:,} faxes are found; narrow it down, or use faxdispatch find --evidence")
    looked(f"the evidence of {counted(len(faxes), 'fax')}")
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        packed = desk().client.evidence(Path(folder) / "evidence.zip", faxes)
        content = io.BytesIO(packed.path.read_bytes())
    return send_file(content, "application/zip", as_attachment=True, download_name="faxes-evidence.zip")


@pages.get("/again")
@operators_only
def again() -> str:
    """Show how many would be sent again, before anything is sent."""
    chosen, left = _chosen()
    return render_template("faxes/again.html", asked=Asked.read(request.args), chosen=chosen, left=left)


@pages.post("/again")
def send_again() -> AnyResponse:
    """Send them again, if the search still finds as many as the page showed."""

    def do() -> str:
        why, (chosen, _) = checked_reason(), _chosen()
        if request.form.get("count", type=int) != len(chosen):
            raise BadInput(f"meanwhile {counted_are(len(chosen), 'fax')} found; look again, then try again")
        made, refused = _send(chosen)
        acted("jobs.resent", counted(len(chosen), "fax"), reason=why, count=made, refused=len(refused))
        words = f"{counted_are(made, 'fax')} sent again."
        already = len(chosen) - made - len(refused)
        words += f" {already:,} had been sent again before." if already else ""
        return words + (f" {len(refused):,} could not be: {refused[0]}" if refused else "")

    return act(
        "sending again",
        "all that were found",
        do,
        back=url_for("faxes.page", **cast("dict[str, Any]", request.args.to_dict())),
    )


def _send(chosen: list[Found]) -> tuple[int, list[str]]:
    """Send each again. Return how many had not been sent again before, and the errors of the others."""
    made, refused = 0, list[str]()
    for fax in chosen:
        try:
            made += desk().client.resend(fax.job_id).created
        except Unavailable:
            raise
        except FaxError as error:
            refused.append(str(error))
    return made, refused


def _wanted() -> Wanted:
    """Read the search. Raises `BadInput` if it matches everything, or is wrong."""
    asked = Asked.read(request.args)
    if asked.problem:
        raise BadInput(asked.problem)
    if not asked.query and not asked.filters:
        raise BadInput("say which faxes are meant; all faxes at once are not allowed")
    return meant(desk().client, asked)[0]


def _chosen() -> tuple[list[Found], int]:
    """Return the single faxes that have ended, and the number of those that have not, which are not sent again."""
    page = desk().client.search.page(_wanted(), limit=MOST_SENT + 1, rows=False)
    if len(page.faxes) > MOST_SENT:
        raise BadInput(f"more than {MOST_SENT:,} faxes are found; narrow it down, or use faxdispatch resend")
    chosen = [fax for fax in page.faxes if fax.state in _ENDED and fax.row is None]
    return chosen, len(page.faxes) - len(chosen)
