"""`faxdispatch faxes list`."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated

import typer

from faxdispatch.calling.numbers import is_sip, normalise
from faxdispatch.cli.account import account
from faxdispatch.cli.faxes.words import Full
from faxdispatch.cli.moments import parse_moment
from faxdispatch.cli.output import note, show
from faxdispatch.cli.resources import masked, plain, tell, unbroken
from faxdispatch.errors import BadInput
from faxdispatch.settings import Settings
from faxdispatch.telnyx.fax_calls import FaxFilters
from faxdispatch.telnyx.models import Fax
from faxdispatch.wording import clock

LIMIT = 50
"""How many are listed unless more are asked for."""


class Direction(StrEnum):
    """Which way a fax goes."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


_WIDTHS = {
    "id": 36,
    "created": 20,
    "direction": 9,
    "status": 16,
    "from": 16,
    "to": 16,
    "pages": 5,
    "failure reason": 0,
}

Moment = str | None


def list_(
    created_gte: Annotated[
        Moment, typer.Option(help="Created then or later, like 2026-05-01T08:00:00-05:00.", show_default=False)
    ] = None,
    created_gt: Annotated[Moment, typer.Option(help="Created later.", show_default=False)] = None,
    created_lte: Annotated[Moment, typer.Option(help="Created then or earlier.", show_default=False)] = None,
    created_lt: Annotated[Moment, typer.Option(help="Created earlier.", show_default=False)] = None,
    direction: Annotated[Direction | None, typer.Option(help="Only those.", show_default=False)] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Sender: a number, without + one of FAX_DEFAULT_REGION, or a SIP URI."),
    ] = None,
    to: Annotated[str | None, typer.Option(help="Recipient, written the same way.", show_default=False)] = None,
    page_size: Annotated[
        int | None, typer.Option(min=1, help="Faxes a call; Telnyx's default if not given.", show_default=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help=f"How many; {LIMIT} if not given.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them, through all pages.")] = False,
    full: Full = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all fields as JSON, one fax a line.")] = False,
) -> None:
    """List the faxes that Telnyx knows, in Telnyx's order, as they come; Telnyx can narrow by these options only.

    Exit code 1 where the list broke off, and is not complete.
    """
    if every and limit is not None:
        raise BadInput("give --limit or --all, not both")
    settings = Settings.load()
    filters = FaxFilters(
        created_at_gte=_moment(created_gte, "created-gte"),
        created_at_gt=_moment(created_gt, "created-gt"),
        created_at_lte=_moment(created_lte, "created-lte"),
        created_at_lt=_moment(created_lt, "created-lt"),
        direction=direction.value if direction else None,
        from_=_number(from_, "from", settings),
        to=_number(to, "to", settings),
        page_size=page_size,
    )
    with account(settings) as telnyx:
        found = unbroken(telnyx.list_faxes(**filters), "faxes")
        shown = _show(found if every else islice(found, limit or LIMIT), full=full, as_json=as_json)
        # Only the one after them tells whether there are more.
        if not every and shown and next(found, None) is not None:
            note(f"there are more than these {shown}; --limit or --all shows them")


def _show(faxes: Iterator[Fax], *, full: bool, as_json: bool) -> int:
    """Print each fax as soon as it is known; give how many there were."""
    count = 0
    for count, fax in enumerate(faxes, 1):
        if as_json:
            tell(fax.as_data(), full=full)
            continue
        if count == 1:
            show(_line(dict(zip(_WIDTHS, _WIDTHS, strict=True))))
        show(_line(_cells(fax, full=full)))
    if not count and not as_json:
        show("Telnyx knows no such fax")
    return count


def _cells(fax: Fax, *, full: bool) -> dict[str, str]:
    data = fax.as_data()
    data = data if full else masked(data)
    return {
        "id": str(fax.id),
        "created": clock(fax.created_at),
        "direction": fax.direction or "-",
        "status": fax.status or "-",
        "from": data.get("from") or "-",
        "to": data.get("to") or "-",
        "pages": "-" if fax.page_count is None else str(fax.page_count),
        "failure reason": fax.failure_reason or "",
    }


def _line(cells: dict[str, str]) -> str:
    return "  ".join(f"{plain(cells[name]):<{width}}" for name, width in _WIDTHS.items()).rstrip()


def _moment(text: str | None, option: str) -> datetime | None:
    return parse_moment(text, option) if text is not None else None


def _number(text: str | None, option: str, settings: Settings) -> str | None:
    if text is None:
        return None
    if is_sip(text):
        return text.strip()
    try:
        return normalise(text, region=settings.fax_default_region)
    except ValueError as problem:
        raise BadInput(f"{option}: {problem}") from None
