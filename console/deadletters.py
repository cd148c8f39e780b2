"""Messages that the workers could not carry out: pages to show, fix, send again and drop them."""

import json
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.wrappers import Response

from console.acting import act, acted, checked_reason
from console.desk import desk
from faxdispatch.errors import BadInput, FaxError
from faxdispatch.operations.deadletters import letter_facts, letter_json
from faxdispatch.text.plain import plain_json

pages = Blueprint("deadletters", __name__, url_prefix="/dead-letters")

SHOWN = 100


@pages.get("/")
def page() -> str:
    """List them, the newest first."""
    letters = desk().client.dead_letters
    return render_template("deadletters/list.html", letters=letters.newest(limit=SHOWN), count=letters.count())


@pages.get("/<letter_id>")
def one(letter_id: str) -> str:
    """Show one dead letter: what it requested, and what is wrong with it."""
    letter = desk().client.dead_letters.get(letter_id)
    facts = letter_facts(letter_json(letter, full=g.full))
    fields: dict[str, Any] = {}
    try:
        fields = letter_json(letter.model_copy(update={"named": letter.payload()}), full=g.full)["kwargs"]
    except (BadInput, KeyError):
        fields = {}
    return render_template(
        "deadletters/one.html",
        letter=letter,
        facts="\n".join(map(plain_json, json.dumps(facts, indent=2, ensure_ascii=False, default=str).split("\n"))),
        fields=[name for name, value in fields.items() if isinstance(value, (str, int, float, bool))],
        problems=letter.problems,
    )


@pages.post("/<letter_id>/redrive")
def redrive(letter_id: str) -> Response:
    """Send a letter again, with the corrections in the form."""

    def do() -> str:
        why, field, value = checked_reason(), request.form.get("field", ""), request.form.get("value", "").strip()
        desk().client.redrive(letter_id, {field: value or None} if field else {})
        acted("deadletter.redriven", letter_id, reason=why, field=field or None)
        return "It was sent again under its own id. If it is invalid again, it comes back here."

    return act("sending again", letter_id, do, back=url_for(".page"))


@pages.post("/<letter_id>/drop")
def drop(letter_id: str) -> Response:
    """Forget a letter."""

    def do() -> str:
        why = checked_reason()
        desk().client.dead_letters.drop(letter_id)
        acted("deadletter.dropped", letter_id, reason=why)
        return "It was dropped; its request is not carried out."

    return act("dropping", letter_id, do, back=url_for(".page"))


@pages.post("/redrive")
def redrive_all() -> Response:
    """Send all letters again."""

    def do() -> str:
        why, client, sent, refused = checked_reason(), desk().client, 0, 0
        for letter in client.dead_letters.newest(limit=None)[::-1]:
            try:
                client.redrive(letter.id)
                sent += 1
            except FaxError:
                refused += 1
        acted("deadletter.redriven", "all", reason=why, count=sent)
        return f"{sent:,} sent again" + (f"; {refused:,} are still wrong and stay." if refused else ".")

    return act("sending again", "all dead letters", do, back=url_for(".page"))
