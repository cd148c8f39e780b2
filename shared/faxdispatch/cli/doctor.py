"""`faxdispatch doctor`."""

from collections.abc import Callable, Iterable, Iterator

import typer

from faxdispatch.checks.broker import check_broker
from faxdispatch.checks.charges import check_charges
from faxdispatch.checks.environment import check_environment
from faxdispatch.checks.finding import Finding, Level, fail
from faxdispatch.checks.hook import check_hook
from faxdispatch.checks.inbound import check_inbound
from faxdispatch.checks.notices import check_notices
from faxdispatch.checks.redis import check_redis
from faxdispatch.checks.telnyx import check_telnyx
from faxdispatch.checks.webhook import check_webhook
from faxdispatch.cli.output import Answer, Json
from faxdispatch.errors import Misconfigured
from faxdispatch.settings import Settings
from faxdispatch.text.plain import plain
from faxdispatch.text.privacy import scrub

CHECKS: tuple[Callable[[Settings], Iterable[Finding]], ...] = (
    check_environment,
    check_redis,
    check_broker,
    check_telnyx,
    check_webhook,
    check_inbound,
    check_hook,
    check_charges,
    check_notices,
)
"""All checks, in the order of what rests on what."""

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


def doctor(as_json: Json = False) -> Answer:
    """Look at settings, Redis, broker, workers, Telnyx, webhook, storage and policy hook; say what to fix.

    Exit code 1 if something fails. Nothing is changed and no fax is sent.
    """
    found: list[Finding] = []
    for finding in examine():
        found.append(finding)
        if not as_json:
            _show(finding)
    healthy = all(finding.level is not Level.FAIL for finding in found)
    return Answer({"healthy": healthy, "findings": [finding.as_json() for finding in found]}, ok=healthy)


def examine() -> Iterator[Finding]:
    """Run all checks on the settings of the environment; a setting that cannot be read is the only finding."""
    try:
        settings = Settings.load()
    except Misconfigured as error:
        yield fail("settings", str(error), "fix them; nothing else was looked at")
        return
    for check in CHECKS:
        yield from check(settings)


def _show(finding: Finding) -> None:
    word = typer.style(f"{finding.level:<5}", fg=_COLOURS[finding.level], bold=True)
    typer.echo(f"{word} {finding.name:<20} {plain(scrub(finding.detail))}")
    if finding.remedy:
        typer.echo(f"{'':<26} → {plain(scrub(finding.remedy))}")
