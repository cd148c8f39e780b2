"""`faxdispatch doctor`."""

import typer

from faxdispatch.checks.examining import examine
from faxdispatch.checks.finding import Finding, Level
from faxdispatch.cli.output import Answer, Json
from faxdispatch.text.plain import plain
from faxdispatch.text.privacy import scrub

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


def doctor(as_json: Json = False) -> Answer:
    """Check settings and services, and say what to fix.

    That is settings, Redis, broker, workers, Telnyx, webhook, storage and policy hook. Nothing is changed and no
    fax is sent. Exit code 1 if something fails.
    """
    found: list[Finding] = []
    for finding in examine():
        found.append(finding)
        if not as_json:
            _show(finding)
    healthy = all(finding.level is not Level.FAIL for finding in found)
    return Answer({"healthy": healthy, "findings": [finding.as_json() for finding in found]}, ok=healthy)


def _show(finding: Finding) -> None:
    word = typer.style(f"{finding.level:<5}", fg=_COLOURS[finding.level], bold=True)
    typer.echo(f"{word} {finding.name:<20} {plain(scrub(finding.detail))}")
    if finding.remedy:
        typer.echo(f"{'':<26} → {plain(scrub(finding.remedy))}")
