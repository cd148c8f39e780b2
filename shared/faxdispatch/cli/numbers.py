"""Show numbers in quarantine, which no fax calls; release one.

A number gets there if it turned out to be wrong.
"""

from faxdispatch.calling.written import parse_number
from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Full, Limit, Number, Operator, Reason
from faxdispatch.cli.output import Answer, Rows
from faxdispatch.ledger import Scripts, Suspect, Suspects
from faxdispatch.settings import Settings
from faxdispatch.text.wording import clock

app = Group(__doc__)


@app.command("list")
def list_(limit: Limit = 50, full: Full = False) -> Rows[Suspect]:
    """List the numbers in quarantine; those released first come first."""
    return Rows(
        Suspects(Scripts.from_settings(Settings.load())).all(limit=limit + 1),
        line=lambda suspect: (suspect.number, clock(suspect.until)),
        widths={"number": 16, "until": 20},
        full=full,
        limit=limit,
        none="no number is in quarantine",
    )


@app.command("show")
def show_(number: Number, full: Full = False) -> Answer:
    """Show whether a number is in quarantine, and until when.

    Exit code 1 if it is not.
    """
    suspects, e164 = _suspects(number)
    until = suspects.until(e164)
    return Answer(
        {"number": e164, "quarantined": until is not None, "until": until},
        f"{e164}: {f'in quarantine until {clock(until)}' if until else 'not in quarantine'}",
        full=full,
        ok=until is not None,
    )


@app.command()
def lift(number: Number, reason: Reason, operator: Operator = None) -> Answer:
    """Let a number be called again before its time.

    An event reports this. Faxes to it that were refused have ended; send them again. Exit code 1 if it was not in
    quarantine.
    """
    suspects, e164 = _suspects(number)
    lifted = suspects.lift(e164, reason=reason, operator=operator)
    return Answer(
        {"outcome": "lifted" if lifted else "free", "number": e164},
        f"{e164} {'can be called again' if lifted else 'was not in quarantine'}",
        full=False,
        ok=lifted,
    )


def _suspects(number: str) -> tuple[Suspects, str]:
    settings = Settings.load()
    e164 = parse_number(number, "number", region=settings.fax_default_region)
    return Suspects(Scripts.from_settings(settings)), e164
