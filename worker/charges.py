"""Reads the real cost of the last days' faxes from Telnyx, in place of the estimate."""

import logging
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from faxdispatch.errors import TelnyxError
from faxdispatch.ledger.charges import DRIFT, Charges
from worker.context import Collaborators

log = logging.getLogger(__name__)

DAYS = 3
"""How many past days are read each time: Telnyx does not say how late the last records of a day come."""


def read_charges(w: Collaborators) -> None:
    """Settle the last days with Telnyx's charges for outbound faxes.

    Raises:
        Unavailable: Redis did not answer; days that were already settled stay settled.
    """
    for back in range(1, DAYS + 1):
        day = w.charges.today() - timedelta(days=back)
        try:
            _settle(day, w.charges, w)
        except TelnyxError as error:
            log.warning("the charges of %s could not be read: %s", day, error)
            return


def _settle(day: date, charges: Charges, w: Collaborators) -> None:
    costs: Counter[str] = Counter()
    total = Decimal(0)
    with w.telnyx.borrow() as telnyx:
        for charge in telnyx.list_charges(day):
            if charge.cost is not None and charge.direction != "inbound":
                total += charge.cost
                costs[charge.currency or ""] += 1
    if len(costs) != 1:
        # None may mean that the records are not there yet; and amounts in two currencies have no sum.
        if costs:
            log.warning("the charges of %s are in several currencies, so they are not added up", day)
        return
    [(currency, faxes)] = costs.items()
    charges.settle(day, charged=float(total), faxes=faxes, currency=currency)
    settled = next((one for one in charges.days(DAYS) if one.day == day), None)
    if settled and settled.drift is not None and abs(settled.drift) > DRIFT:
        log.warning(
            "Telnyx charged %.2f %s for %s, %+.0f %% against the estimate: compare the prices in the settings",
            settled.charged,
            currency,
            day,
            settled.drift * 100,
        )
