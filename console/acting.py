"""Carries out an operator's action once, and reports its result in words."""

from collections.abc import Callable

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from console.access import log, you
from console.desk import desk
from faxdispatch.errors import FaxError
from faxdispatch.reasons.verdicts import check_reason
from faxdispatch.text.privacy import scrub


def act(name: str, subject: str, do: Callable[[], str], *, back: str) -> Response:
    """Carry out an action, and go back to a page that reports the result.

    `do` returns the result in words. A refusal is shown in its own words; then nothing was done.
    """
    try:
        words = do()
    except FaxError as error:
        log.info("%a asked for %s of %a and was refused: %s", you().name, name, subject, scrub(str(error)))
        flash(scrub(str(error)), "bad")
    else:
        log.info("%a: %s of %a", you().name, name, subject)
        flash(words, "good")
    return redirect(back, 303)


def acted(action: str, subject: str, *, reason: str | None = None, **facts: object) -> None:
    """Publish an event for an action that makes no other event."""
    event_facts = {"action": action, "subject": subject, "operator": you().name, "reason": reason} | facts
    desk().ledger.publish(
        "operator.acted",
        subject=subject,
        facts={name: value for name, value in event_facts.items() if value is not None},
        source="operator",
    )


def reason() -> str:
    """Return the reason in the form; the ledger refuses an empty one."""
    return request.form.get("reason", "").strip()


def checked_reason() -> str:
    """Return the reason in the form.

    Raises:
        BadInput: it is missing, or too long.
    """
    given = reason()
    check_reason(given)
    return given
