"""Numbers in quarantine: they are wrong, so no fax is sent to them."""

import hmac

from flask import Blueprint, current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from console.access import you
from console.acting import act, checked_reason
from console.desk import desk
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.text.privacy import scrub

pages = Blueprint("numbers", __name__, url_prefix="/numbers")

SHOWN = 200


@pages.get("/")
def page() -> str:
    """List them, and say whether a given number is among them."""
    here = desk()
    asked, until, e164 = request.args.get("number", "").strip(), None, None
    if asked:
        try:
            e164 = here.client.suppressions.number(asked)
            until = here.suspects.until(e164)
        except BadInput as error:
            flash(scrub(str(error)), "bad")
    found = here.suspects.all(limit=SHOWN + 1)
    return render_template(
        "numbers.html",
        found=[(one, _mark(one.number)) for one in found[:SHOWN]],
        more=len(found) > SHOWN,
        asked=asked,
        e164=e164,
        until=until,
    )


@pages.post("/lift")
def lift() -> Response:
    """Let a number be called again."""

    def do() -> str:
        number = _meant(request.form.get("mark", ""))
        lifted = desk().suspects.lift(number, reason=checked_reason(), operator=you().name)
        return "It is called again. Faxes that were refused meanwhile have ended." if lifted else "It was free already."

    return act("lift", "a number in quarantine", do, back=url_for(".page"))


def _mark(number: str) -> str:
    """Return a mark that stands for a number on a page that does not show it."""
    return hmac.new(str(current_app.secret_key).encode(), number.encode(), "sha256").hexdigest()[:32]


def _meant(mark: str) -> str:
    """Return the number in quarantine with a mark. Raises `NotKnown` if there is none."""
    found = next((one.number for one in desk().suspects.all(limit=100_000) if _mark(one.number) == mark), None)
    if found is None:
        raise NotKnown("this number is no longer in quarantine")
    return found
