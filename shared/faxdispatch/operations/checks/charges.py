"""Checks of the real cost of faxes against the estimate."""

from collections.abc import Iterator

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Charges, Scripts
from faxdispatch.ledger.charges import DRIFT
from faxdispatch.operations.checks.finding import Finding, ok, warn
from faxdispatch.settings import Settings


def check_charges(settings: Settings) -> Iterator[Finding]:
    """Compare the last day whose charges are known with its estimate; no finding if charges are not read."""
    if not settings.fax_charges or not settings.redis_url:
        return
    try:
        days = Charges(Scripts.from_settings(settings)).days()
    except Unavailable:
        return  # reported by the checks of Redis
    known = next((day for day in days if day.drift is not None), None)
    if known is None or known.drift is None:
        yield ok("charges", "none are known yet")
    elif abs(known.drift) > DRIFT:
        detail = f"Telnyx charged {known.drift:+.0%} against the estimate of {known.day}"
        yield warn("charges", detail, "compare FAX_PRICE_PAGE and FAX_PRICE_MINUTE with your contract")
    else:
        yield ok("charges", f"{known.drift:+.0%} against the estimate of {known.day}")
