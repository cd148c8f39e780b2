"""`faxdispatch charges`: the real cost of faxes, beside the estimate."""

from dataclasses import asdict
from typing import Annotated

from faxdispatch.cli.options import option
from faxdispatch.cli.output import Rows, note
from faxdispatch.ledger import Scripts
from faxdispatch.ledger.charges import DRIFT, KEPT_DAYS, Charges, DayCharges
from faxdispatch.settings import Settings
from faxdispatch.text.wording import counted


def charges(days: Annotated[int, option("How many days back.", min=1, max=KEPT_DAYS)] = 7) -> Rows[DayCharges]:
    """Show the real cost of faxes, beside the estimate.

    Each line is a day (UTC) with Telnyx's charges for its outbound faxes. Workers read the charges of past days if
    FAX_CHARGES is set. Exit code 1 if charges and estimate of a day differ by more than a fifth.
    """
    settings = Settings.load()
    found = Charges(Scripts.from_settings(settings)).days(days)
    apart = any(one.drift is not None and abs(one.drift) > DRIFT for one in found)
    if apart:
        note("estimate and charges differ by more than a fifth: compare FAX_PRICE_PAGE and FAX_PRICE_MINUTE")
    if not found and not settings.fax_charges:
        note("workers read them if FAX_CHARGES=true is set")
    return Rows(found, _line, lambda one: asdict(one) | {"drift": one.drift}, none="no charges are known", ok=not apart)


def _line(one: DayCharges) -> str:
    drift = "" if one.drift is None else f"  {one.drift:+.0%} against the estimate"
    faxes = counted(one.faxes, "fax")
    return f"{one.day}  {one.charged:>10,.3f} {one.currency}  {faxes}  estimated {one.estimate:,.3f}{drift}"
