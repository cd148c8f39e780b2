"""Erases a person: the page first shows how much there is, and afterwards a receipt without any name."""

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, flash, render_template, request
from werkzeug.datastructures import MultiDict

from console.access import log, operators_only, you
from console.acting import checked_reason
from console.desk import desk
from faxdispatch.errors import BadInput, FaxError
from faxdispatch.search import Wanted
from faxdispatch.states import TERMINAL
from faxdispatch.text.privacy import scrub

pages = Blueprint("erasing", __name__, url_prefix="/erase")

WAYS = {"number": "a telephone number", "job_id": "a job", "tag": "a tag"}
THESE = {"number": "to this number", "job_id": "of this job", "tag": "with this tag"}
RECEIPT = {
    "jobs": "single faxes, with their histories",
    "rows": "recipients of campaigns",
    "left_out": "rows of lists that were not faxed",
    "inbound": "inbound faxes",
    "documents": "stored documents of inbound faxes",
    "dead_letters": "dead letters",
    "events": "events of the stream",
}
_COUNTED = 10_000
"""How many faxes are counted before the person is asked."""
_ENDED = {*(state.value for state in TERMINAL), "suppressed", "pending"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The subject of an erasure: a number, a job, or a tag."""

    by: str
    value: str

    @classmethod
    def read(cls, form: "MultiDict[str, str]") -> "Asked | None":
        """Read it from the form; None if the form is empty."""
        by, value = form.get("by", "number"), form.get("value", "").strip()
        return cls(by if by in WAYS else "number", value[:200]) if value else None

    @property
    def wanted(self) -> Wanted:
        """The faxes to erase. Raises `BadInput` if the value is not valid."""
        return desk().client.wanted(**{self.by: self.value})


@pages.get("/")
@operators_only
def page() -> str:
    """Show the form for the person, and how much there is to erase."""
    asked = Asked.read(request.args)
    counts = None
    if asked:
        try:
            counts = _counts(asked)
        except BadInput as error:
            flash(scrub(str(error)), "bad")
    return render_template("erase.html", asked=asked, counts=counts, ways=WAYS, these=THESE, most=_COUNTED)


@pages.post("/")
def erase() -> str:
    """Erase them, and show the receipt."""
    asked = Asked.read(request.form)
    try:
        if asked is None:
            raise BadInput("give a number, a job or a tag")
        if request.form.get("sure") != "yes":
            raise BadInput("confirm it; what is erased cannot be restored")
        why = checked_reason()
        erased = desk().client.erase(**{asked.by: asked.value}, operator=you().name, reason=why)
    except FaxError as error:
        flash(scrub(str(error)), "bad")
        return render_template("erase.html", asked=asked, counts=None, ways=WAYS, these=THESE, most=_COUNTED)
    log.info("%a: erasing of all of %s", you().name, WAYS[asked.by])
    return render_template(
        "erased.html",
        what=WAYS[asked.by],
        erased=erased,
        lines={words: getattr(erased, name) for name, words in RECEIPT.items()},
        at=datetime.now(UTC),
        reason=why,
    )


def _counts(asked: Asked) -> dict[str, int]:
    """Count the faxes: `single`, `rows`, and those of them that are `open` and therefore left."""
    counts: Counter[str] = Counter()
    for found in itertools.islice(desk().client.search.all(asked.wanted), _COUNTED):
        counts["rows" if found.row else "single"] += 1
        counts["open"] += found.state not in _ENDED
    return dict(counts)
