"""Faxes: the search, and one fax with its history, its hold and the possible actions."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask import Response as PlainResponse
from werkzeug.wrappers import Response

from console.access import looked, operators_only, you
from console.acting import act, acted, checked_reason, reason
from console.desk import desk
from console.finding import Asked, look, look_on
from console.holding import ending, meaning, waivable
from console.outbound import document
from console.story import segments, steps, verdict
from faxdispatch.documents.preview.pages import Lines, NotDrawn, draw
from faxdispatch.errors import NotKnown
from faxdispatch.ledger import JobView, Pause
from faxdispatch.reasons.pauses import pause_words
from faxdispatch.search import STATES
from faxdispatch.states import State, Verdict

pages = Blueprint("faxes", __name__, url_prefix="/faxes")


@pages.get("/")
def page() -> str:
    """Find faxes; without search words, those recorded last."""
    asked, client = Asked.read(request.args), desk().client
    found = look(client, asked) if asked.problem is None else None
    return render_template("faxes/list.html", asked=asked, found=found, states=STATES, query=asked.query)


@pages.get("/rows")
def rows() -> str:
    """Continue the search among the recipients of campaigns, of which there may be millions."""
    asked, client = Asked.read(request.args), desk().client
    found = look_on(client, asked) if asked.problem is None else None
    return render_template("faxes/rows.html", asked=asked, found=found, query=asked.query)


@pages.get("/<job_id>")
def one(job_id: str) -> str:
    """Show one fax. If the job of a row is no longer stored, its record is shown."""
    here = desk()
    try:
        view = here.ledger.job(job_id, history=True)
    except NotKnown:
        return _record(job_id)
    place = here.ledger.place(view)
    held = view.hold_reason if view.state is State.HELD else None
    headline, more = verdict(view)
    return render_template(
        "faxes/one.html",
        view=view,
        headline=headline,
        sub=more,
        place=place,
        pause=_pause(view) if held else None,
        pause_words=pause_words,
        why=meaning(held),
        ends=ending(held),
        waivable=waivable(held),
        steps=steps(view),
        segments=segments(view, here.client.inbound.now()),
        settings=here.settings,
        State=State,
        Verdict=Verdict,
    )


def _record(job_id: str) -> str:
    here = desk()
    found = here.client.search.job(job_id)
    view = here.client.search.view(job_id, history=True)
    return render_template("faxes/record.html", one=found, events=steps(view))


@pages.get("/<job_id>/sheets")
@operators_only
def sheets(job_id: str) -> str:
    """Show the pages of its document as a fax machine prints them."""
    view = desk().ledger.job(job_id)
    content = document(desk(), view)
    looked(f"the document of job {job_id}")
    try:
        count, problem = draw(content, 1).pages, None
    except NotDrawn as why:
        count, problem = 0, str(why)
    return render_template("faxes/sheets.html", view=view, count=count, problem=problem)


@pages.get("/<job_id>/pages/<int:number>.png")
@operators_only
def sheet(job_id: str, number: int) -> Response:
    """Return a page of its document as a picture."""
    view = desk().ledger.job(job_id)
    lines = Lines.STANDARD if view.request.quality == "normal" else Lines.FINE
    return PlainResponse(draw(document(desk(), view), number, lines).png, mimetype="image/png")


@pages.post("/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Cancel a fax."""

    def do() -> str:
        outcome = desk().client.cancel(job_id=job_id, reason=reason(), operator=you().name)
        return {
            "cancelled": "Cancelled: nothing had left.",
            "wished": "Telnyx is asked to cancel it; this page shows the result.",
            "over": "Nothing to cancel: it had ended already.",
        }[outcome]

    return act("cancel", job_id, do, back=url_for(".one", job_id=job_id))


@pages.post("/<job_id>/resend")
def resend(job_id: str) -> Response:
    """Send an ended fax again, to another number if one is given."""
    made: list[str] = []

    def do() -> str:
        why, to = checked_reason(), request.form.get("to", "").strip() or None
        receipt = desk().client.resend(job_id, to=to)
        made.append(receipt.job_id)
        acted("job.resent", job_id, reason=why, job=receipt.job_id)
        return "It is sent again: this is the new fax." if receipt.created else "It was sent again before: this is it."

    answer = act("sending again", job_id, do, back=url_for(".one", job_id=job_id))
    return redirect(url_for(".one", job_id=made[0]), 303) if made else answer


@pages.post("/<job_id>/release")
def release(job_id: str) -> Response:
    """Release a held fax."""

    def do() -> str:
        desk().client.release(job_id, reason=reason(), operator=you().name)
        return "It is sent as soon as possible."

    return act("release", job_id, do, back=url_for(".one", job_id=job_id))


@pages.post("/<job_id>/resolve")
def resolve(job_id: str) -> Response:
    """Decide an outcome that cannot be found."""

    def do() -> str:
        desk().client.resolve(
            job_id,
            Verdict(request.form.get("verdict", "")),
            reason=reason(),
            fax_id=request.form.get("fax_id", "").strip() or None,
            operator=you().name,
            attempt=request.form.get("attempt", type=int),
        )
        return "Your decision is recorded."

    return act("resolve", job_id, do, back=url_for(".one", job_id=job_id))


@pages.post("/<job_id>/ask")
def ask(job_id: str) -> Response:
    """Let the workers ask Telnyx for its status."""

    def do() -> str:
        why = checked_reason()
        desk().client.sync(job_id=job_id)
        acted("telnyx.asked", job_id, reason=why)
        return "Telnyx is asked about 1 fax; this page shows the answer."

    return act("question", job_id, do, back=url_for(".one", job_id=job_id))


def _pause(view: JobView) -> Pause | None:
    known = desk().limits.connections()
    return next((traffic.pause for traffic in known if traffic.connection == view.connection_id), None)
