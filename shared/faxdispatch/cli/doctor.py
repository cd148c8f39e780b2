"""`faxdispatch doctor`."""

import typer

from faxdispatch.cli.output import Answer, Json, verdict
from faxdispatch.operations.checks.examining import examine
from faxdispatch.operations.checks.finding import Finding, Level
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
    about = f"{finding.name:<20} {plain(scrub(finding.detail))}"
    for line in verdict(finding.level, _COLOURS[finding.level], about, finding.remedy):
        typer.echo(line)
