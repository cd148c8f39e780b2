"""How a canary speaks: a line for each link as soon as it holds, the others at the end, and hints while it waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.text import Text

from faxdispatch.canary.course import Canary
from faxdispatch.canary.links import INBOUND, Mark, Verdict
from faxdispatch.cli.output import is_terminal, note
from faxdispatch.text.plain import plain
from faxdispatch.text.privacy import hidden, scrub

_COLOURS = {Mark.OK: "green", Mark.BROKEN: "red"}


class Teller:
    """Is given all verdicts again and again, and says each thing once."""

    def __init__(self, *, quiet: bool, live: Status | None = None) -> None:
        self._quiet = quiet
        self._live = live
        self._told: set[str] = set()

    def __call__(self, verdicts: tuple[Verdict, ...]) -> None:
        """Say what is new."""
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
        """Say what has not been said yet, when nothing is waited for any more."""
        for verdict in () if self._quiet else verdicts:
            if verdict.mark is not Mark.UNTRIED or verdict.link not in INBOUND or verdict.detail:
                self._line(verdict)

    def _line(self, verdict: Verdict) -> None:
        if verdict.link in self._told:
            return
        self._told.add(verdict.link)
        word = typer.style(f"{verdict.mark:<8}", fg=_COLOURS.get(verdict.mark, "yellow"), bold=True)
        took = f"{verdict.seconds:6.1f} s" if verdict.seconds is not None else " " * 8
        self._say(f"{word} {verdict.link:<10} {took}  {plain(scrub(verdict.detail))}".rstrip())
        if verdict.remedy:
            self._say(f"{'':<29} → {plain(scrub(verdict.remedy))}")

    def _say(self, line: str) -> None:
        if self._live:
            # Written past it, the line would stand behind the live one.
            self._live.console.print(Text.from_ansi(line), soft_wrap=True)
        else:
            typer.echo(line)

    def _hint(self, verdict: Verdict) -> None:
        key = f"{verdict.link} {verdict.detail}"
        if key not in self._told:
            self._told.add(key)
            note(f"{verdict.link}: {scrub(verdict.detail)}; if it stays so: {scrub(verdict.remedy)}")


@contextmanager
def telling(*, quiet: bool) -> Iterator[Teller]:
    """Yield what speaks; on a terminal one live line shows what is waited for."""
    if quiet or not is_terminal():
        yield Teller(quiet=quiet)
        return
    with Console().status("…") as live:
        yield Teller(quiet=False, live=live)


def as_data(canary: Canary) -> dict[str, Any]:
    """Return what a canary came to, for `--json`, with numbers hidden."""
    view = canary.view
    found: dict[str, Any] = hidden(
        {
            "ok": canary.ok,
            "to": canary.to,
            "job_id": view.job_id if view else None,
            "fax_id": view.fax_id if view else None,
            "state": view.state if view else None,
            "page_count": view.page_count if view else None,
            "seconds": round(canary.seconds, 3),
            "links": [verdict.as_data() for verdict in canary.verdicts],
        }
    )
    return found
