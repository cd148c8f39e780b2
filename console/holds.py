"""The faxes that wait, by reason, with what ends the wait, and the pauses of connections."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from console.access import you
from console.acting import act, checked_reason
from console.desk import desk
from console.holding import ending, meaning
from faxdispatch.calling.written import parse_span
from faxdispatch.ledger import read_overview
from faxdispatch.reasons.pauses import pause_words
from faxdispatch.states import HoldReason

pages = Blueprint("holds", __name__, url_prefix="/holds")

SHOWN = 50


@pages.get("/")
def page() -> str:
    """Show the counts, or list the faxes that are held for one reason."""
    here = desk()
    wanted = request.args.get("reason")
    chosen = HoldReason(wanted) if wanted in set(HoldReason) else None
    found = read_overview(here.scripts)
    return render_template(
        "holds.html",
        found=found,
        chosen=chosen,
        views=here.ledger.held(chosen, limit=SHOWN) if chosen else [],
        meaning=meaning,
        ending=ending,
        pause_words=pause_words,
    )


@pages.post("/connections/<connection>/pause")
def pause(connection: str) -> Response:
    """Send nothing on a connection for a while."""

    def do() -> str:
        seconds = parse_span(request.form.get("lasts", ""), "how long")
        until = desk().limits.pause(connection, why=checked_reason(), delay=seconds, operator=you().name)
        return f"Connection {connection} is paused until {until:%Y-%m-%d %H:%M:%S} UTC."

    return act("pause", connection, do, back=url_for(".page"))


@pages.post("/connections/<connection>/resume")
def resume(connection: str) -> Response:
    """End the pause of a connection before its time."""

    def do() -> str:
        resumed = desk().limits.resume(connection, reason=checked_reason(), operator=you().name)
        return f"Connection {connection} {'continues' if resumed else 'was not paused'}."

    return act("resume", connection, do, back=url_for(".page"))
