"""`faxdispatch evidence` and `faxdispatch campaign evidence`: packs that prove what was sent, and the check of them."""

from pathlib import Path
from typing import Annotated

from faxdispatch.cli.campaigns.status import Id
from faxdispatch.cli.options import argument, option
from faxdispatch.cli.output import Answer
from faxdispatch.client import FaxClient
from faxdispatch.evidence import Packed, verify
from faxdispatch.text.wording import clock, counted


def evidence(file: Annotated[Path, argument("An evidence pack.")]) -> Answer:
    """Check whether an evidence pack is unchanged since its signing.

    It needs no Redis. Compare the public key with the one that the operator of the ledger names. Exit code 2 if the
    check fails.
    """
    found = verify(file)
    return Answer(
        {"ledger": found.ledger, "made_at": found.made_at, "public_key": found.key},
        [
            f"{file}: {counted(found.files, 'file')}, unchanged since the signing",
            f"written {clock(found.made_at)} by ledger {found.ledger}",
            f"public key {found.key}",
        ],
    )


def of_campaign(
    campaign: Id,
    to: Annotated[Path | None, option("File to write; ID-evidence.zip if not given.", metavar="FILE")] = None,
) -> Answer:
    """Write a ZIP file that proves what a campaign sent.

    It says why each fax was allowed, its attempts and its result. It has the rows that were left out, the events
    that the stream still has, and a signed manifest of hashes. It names the recipients: store it as carefully as
    the list.
    """
    path = to or Path(f"{campaign}-evidence.zip")
    return packed(FaxClient.from_env().evidence(path, campaign_id=campaign))


def packed(pack: Packed) -> Answer:
    """Report a pack that was written."""
    return Answer(
        {"file": str(pack.path), "faxes": pack.faxes, "events": pack.events, "public_key": pack.key},
        [f"{pack.path}: {counted(pack.faxes, 'fax')}, {counted(pack.events, 'event')}", f"public key {pack.key}"],
    )
