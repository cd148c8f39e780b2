"""`faxdispatch evidence` and `faxdispatch campaign evidence`: packs that prove what was sent, and the check of them."""

from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.cli.campaigns.words import Id, Json
from faxdispatch.cli.output import show, show_json
from faxdispatch.client import FaxClient
from faxdispatch.evidence import Packed, verify
from faxdispatch.wording import clock, counted


def evidence(file: Annotated[Path, typer.Argument(help="An evidence pack.")], as_json: Json = False) -> None:
    """Check an evidence pack: that its files are those that were signed, unchanged.

    Needs no Redis. Compare the key with the one that the operator of the ledger names. Exit code 2 where it does not
    hold.
    """
    found = verify(file)
    if as_json:
        show_json({"ledger": found.ledger, "made_at": found.made_at.isoformat(), "public_key": found.key})
        return
    show(f"{file}: {found.files} files, as they were signed")
    show(f"written {clock(found.made_at)} by ledger {found.ledger}")
    show(f"public key {found.key}")


def of_campaign(
    campaign: Id,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it goes; ID-evidence.zip if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a ZIP file that proves what a campaign sent: why each fax was allowed, its attempts, and what came of it.

    It has the rows that were left out, the events that the stream still has, and a signed manifest of hashes. It names
    the recipients: keep it where the list is kept.
    """
    path = to or Path(f"{campaign}-evidence.zip")
    tell(FaxClient.from_env().evidence(path, campaign_id=campaign), as_json=as_json)


def tell(packed: Packed, *, as_json: bool) -> None:
    """Tell of a pack that was written."""
    if as_json:
        told = {"file": str(packed.path), "faxes": packed.faxes, "events": packed.events, "public_key": packed.key}
        show_json(told)
        return
    show(f"{packed.path}: {counted(packed.faxes, 'fax')}, {counted(packed.events, 'event')}")
    show(f"public key {packed.key}")
