"""`faxdispatch doctor` and `faxdispatch canary`: checks of an installation, without a fax and with one."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.text import Text

from faxdispatch.canary.course import Canary, number_of
from faxdispatch.canary.links import INBOUND, Mark, Verdict
from faxdispatch.cli.options import Yes, argument, option
from faxdispatch.cli.output import Answer, Json, confirm, is_terminal, note, watching
from faxdispatch.operations.checks.examining import examine
from faxdispatch.operations.checks.finding import Finding, Level
from faxdispatch.settings import Settings
from faxdispatch.text.plain import plain
from faxdispatch.text.privacy import hidden, mask_number, scrub

_COLOURS = {Level.OK: "green", Level.FAIL: "red", Mark.OK: "green", Mark.BROKEN: "red"}


def doctor(as_json: Json = False) -> Answer:
    """Check settings and services, and say what to fix.

    Checked are settings, Redis, broker, workers, Telnyx, webhook, storage and policy hook. Nothing is changed and no
    fax is sent. Exit code 1 if something fails.
    """
    found: list[Finding] = []
    for finding in examine():
        found.append(finding)
        if not as_json:
            for line in _verdict(finding.level, f"{finding.name:<20} {plain(scrub(finding.detail))}", finding.remedy):
                typer.echo(line)
    healthy = all(finding.level is not Level.FAIL for finding in found)
    return Answer({"healthy": healthy, "findings": [finding.as_json() for finding in found]}, ok=healthy)


def _verdict(mark: Level | Mark, about: str, remedy: str) -> Iterator[str]:
    """Write a finding: a word in colour, the text, and a second line with the remedy."""
    yield f"{typer.style(f'{mark:<8}', fg=_COLOURS.get(mark, 'yellow'), bold=True)} {about}".rstrip()
    if remedy:
        yield f"{'':<29} → {plain(scrub(remedy))}"


def canary(
    to: Annotated[str | None, argument("Your own number; else the first of FAX_TEST_NUMBERS.", metavar="TO")] = None,
    timeout: Annotated[float, option("Seconds that everything together may take.", min=10, max=3600)] = 300,
    expect_inbound: Annotated[bool, option("The number is one of this account: the fax must come in again.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> Answer:
    """Send one real page through the whole chain; check each link.

    This is the first fax of a new installation, and the check after each change of it. It is dialled once and costs
    what a page costs. Exit code 1 if a link does not work. Interrupting the command does not stop the fax.
    """
    settings = Settings.load()
    number = number_of(to, settings)
    if number not in settings.test_numbers:
        why = "It is not among FAX_TEST_NUMBERS. This real fax calls it and costs money."
        confirm(f"Send a fax to {mask_number(number)}? {why}", yes=yes)
    live = Console().status("…") if is_terminal() and not as_json else nullcontext()
    with live as line:
        teller = Teller(quiet=as_json, live=line)
        course = Canary(settings, number, timeout=timeout, expect_inbound=expect_inbound, tell=teller, note=note)
        with watching(f"the fax may continue: faxdispatch status {course.job_id}"):
            course.run()
        course.tidy()
        teller.rest(course.verdicts)
    notes = []
    if course.view and not course.view.finished:
        job = course.job_id
        notes.append(f"the fax continues: faxdispatch status {job} follows it, faxdispatch cancel {job} ends it")
    words = f"every link works; job {course.job_id}, {course.seconds:.1f} s in all"
    return Answer(hidden(course.as_data()), words if course.ok else (), notes, ok=course.ok)


class Teller:
    """Called with all verdicts repeatedly; reports each one once."""

    def __init__(self, *, quiet: bool, live: Status | None) -> None:
        self._quiet = quiet
        self._live = live
        self._shown: set[str] = set()

    def __call__(self, verdicts: tuple[Verdict, ...]) -> None:
        """Report what is new."""
        if self._quiet:
            return
        for verdict in verdicts:
            if verdict.mark is Mark.OK:
                self._line(verdict)
            elif verdict.mark is Mark.WAITING and verdict.remedy:
                self._hint(verdict)
        waiting = next((verdict for verdict in verdicts if verdict.mark is Mark.WAITING), None)
        if self._live:
            self._live.update(escape(plain(scrub(f"{waiting.link}: {waiting.detail}"))) if waiting else "…")

    def rest(self, verdicts: tuple[Verdict, ...]) -> None:
        """Report the remaining verdicts at the end."""
        for verdict in () if self._quiet else verdicts:
            if verdict.mark is not Mark.UNTRIED or verdict.link not in INBOUND or verdict.detail:
                self._line(verdict)

    def _line(self, verdict: Verdict) -> None:
        if verdict.link in self._shown:
            return
        self._shown.add(verdict.link)
        took = f"{verdict.seconds:6.1f} s" if verdict.seconds is not None else " " * 8
        about = f"{verdict.link:<10} {took}  {plain(scrub(verdict.detail))}"
        for line in _verdict(verdict.mark, about, verdict.remedy):
            if self._live:
                # A line that is not written by way of the live view would come after it.
                self._live.console.print(Text.from_ansi(line), soft_wrap=True)
            else:
                typer.echo(line)

    def _hint(self, verdict: Verdict) -> None:
        key = f"{verdict.link} {verdict.detail}"
        if key not in self._shown:
            self._shown.add(key)
            note(f"{verdict.link}: {scrub(verdict.detail)}; if this continues: {scrub(verdict.remedy)}")
