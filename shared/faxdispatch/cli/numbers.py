"""`faxdispatch numbers`: recipients' numbers that are not called any more; look, or let one be called again."""

from typing import Annotated

import typer

from faxdispatch.calling.numbers import is_sip, normalise
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.cli.user import Operator, user
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Scripts, Suspects
from faxdispatch.privacy import hidden
from faxdispatch.reasons.verdicts import check_reason
from faxdispatch.settings import Settings
from faxdispatch.wording import clock

Number = Annotated[str, typer.Argument(help="The number; without + it is one of FAX_DEFAULT_REGION.")]
Full = Annotated[bool, typer.Option("--full", help="Show numbers in full.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer(
    help="Look at numbers in quarantine, which no fax calls since they are wrong; let one be called again.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50, full: Full = False, as_json: Json = False
) -> None:
    """List the numbers in quarantine, the one that comes free first first; with --json one object a line."""
    # One more than is shown tells whether there are more.
    found = _suspects(Settings.load()).all(limit=limit + 1)
    for suspect in found[:limit]:
        if as_json:
            show_json({"number": suspect.number, "until": suspect.until.isoformat()}, full=full)
        else:
            show(f"{suspect.number if full else hidden(suspect.number)}  until {clock(suspect.until)}")
    if as_json:
        return
    if not found:
        show("no number is in quarantine")
    elif len(found) > limit:
        note("there are more; --limit shows them")


@app.command("show")
def show_(number: Number, full: Full = False, as_json: Json = False) -> None:
    """Tell whether a number is in quarantine, and until when. Exit code 1 where it is not."""
    settings = Settings.load()
    e164 = _number(number, settings)
    until = _suspects(settings).until(e164)
    if as_json:
        show_json({"number": e164, "quarantined": until is not None, "until": until and until.isoformat()}, full=full)
    else:
        where = f"in quarantine until {clock(until)}" if until else "not in quarantine"
        show(f"{e164 if full else hidden(e164)}: {where}")
    if until is None:
        raise typer.Exit(1)


@app.command()
def lift(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, for those who read the events.", show_default=False)],
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Let a number be called again before its time, told by an event. Exit code 1 where it was not in quarantine.

    Faxes to it that were refused have ended; send them again.
    """
    check_reason(reason)
    settings = Settings.load()
    e164 = _number(number, settings)
    lifted = _suspects(settings).lift(e164, reason=reason, operator=operator or user())
    if as_json:
        show_json({"outcome": "lifted" if lifted else "free", "number": e164}, full=False)
    else:
        show(f"{hidden(e164)} {'is called again' if lifted else 'was not in quarantine'}")
    if not lifted:
        raise typer.Exit(1)


def _suspects(settings: Settings) -> Suspects:
    return Suspects(Scripts.from_settings(settings))


def _number(text: str, settings: Settings) -> str:
    if is_sip(text):
        return text.strip()
    try:
        return normalise(text, region=settings.fax_default_region)
    except ValueError as problem:
        raise BadInput(f"number: {problem}") from None
