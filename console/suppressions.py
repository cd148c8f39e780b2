"""Numbers that no campaign sends to: show, add, remove, import a file."""

import itertools
import tempfile
from pathlib import Path

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from console.access import you
from console.acting import act, acted, checked_reason
from console.desk import desk
from console.uploads import kept
from faxdispatch.calling.written import parse_moment
from faxdispatch.errors import BadInput
from faxdispatch.text.privacy import scrub
from faxdispatch.text.wording import counted

pages = Blueprint("suppressions", __name__, url_prefix="/suppressions")

SHOWN = 100


@pages.get("/")
def page() -> str:
    """List some, and say whether a given number is among them."""
    known = desk().client.suppressions
    asked, found, e164 = request.args.get("number", "").strip(), None, None
    if asked:
        try:
            e164 = known.number(asked)
            found = known.get(asked)
        except BadInput as error:
            flash(scrub(str(error)), "bad")
    return render_template(
        "suppressions.html",
        asked=asked,
        e164=e164,
        one=found,
        count=known.count(),
        some=list(itertools.islice(known.all(), SHOWN)),
    )


@pages.post("/add")
def add() -> Response:
    """Put a number on the list."""

    def do() -> str:
        until = request.form.get("until", "").strip()
        outcome = desk().client.suppressions.add(
            request.form.get("number", ""),
            reason=checked_reason(),
            source=request.form.get("source", "").strip() or "console",
            until=parse_moment(until, "until") if until else None,
            operator=you().name,
        )
        return {
            "added": "The number gets no more campaigns, including those that run now.",
            "changed": "The number was on the list; it has a new reason, source or end.",
            "same": "The number was already on the list in this form.",
        }[outcome]

    return act("suppression", "a number", do, back=url_for(".page"))


@pages.post("/remove")
def remove() -> Response:
    """Take a number off the list."""

    def do() -> str:
        number = request.form.get("number", "")
        removed = desk().client.suppressions.remove(number, reason=checked_reason(), operator=you().name)
        return "The number gets campaigns again." if removed else "The number was not on the list."

    return act("the removal from the suppression list", "a number", do, back=url_for(".page"))


@pages.post("/import")
def read_in() -> Response:
    """Put the numbers of a file on the list."""

    def do() -> str:
        with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
            why, path = checked_reason(), kept(request.files.get("file"), Path(folder))
            found = desk().client.suppressions.import_file(path, reason=why, operator=you().name)
        added, changed = found.changed.added, found.changed.changed
        # The ledger reports only an import that changes something.
        if not added and not changed:
            acted("numbers.imported", "suppressions", reason=why, rows=found.rows, added=0, changed=0)
        words = f"{counted(found.rows, 'row')}: {counted(added, 'number')} added, {changed:,} changed"
        if found.invalid:
            first = found.bad[0]
            words += f"; {counted(found.invalid, 'row')} passed over, the first in line {first.line}: {first.reason}"
        return f"{words}."

    return act("the import of suppressions", "a file", do, back=url_for(".page"))
