"""Charges of Telnyx replace the estimate once the day is over."""

from datetime import date, timedelta

import httpx
import pytest

from faxdispatch.ledger import Charges, Limits, Scripts, connect
from faxdispatch.settings import Settings
from tests.worker.doubles import clients, collaborators
from worker.charges import read_charges

DAY = 86_400_000


def charge(number, cost="0.50", **changes):
    return {
        "id": f"c{number}", "record_type": "fax", "direction": "outbound", "cost": cost, "currency": "USD",
    } | changes  # fmt: skip


class Telnyx:
    """Answers with the records of each day, two a page."""

    def __init__(self):
        self.records = {}
        self.asked = []

    def __call__(self, request):
        query = request.url.params
        day = date.fromisoformat(query["filter[created_at][gte]"])
        assert query["filter[created_at][lt]"] == (day + timedelta(days=1)).isoformat()
        assert query["filter[record_type]"] == "fax"
        self.asked.append(day)
        records, page = self.records.get(day, []), int(query["page[number]"])
        if records == "refused":
            return httpx.Response(400, json={"errors": [{"code": "10031", "title": "Invalid filter"}]})
        pages = max(1, -(-len(records) // 2))
        meta = {"page_number": page, "total_pages": pages}
        return httpx.Response(200, json={"data": records[2 * page - 2 : 2 * page], "meta": meta})


@pytest.fixture
def world(redis_url):
    scripts = Scripts(connect(redis_url))
    scripts.now = scripts.clock() // DAY * DAY + DAY // 2  # noon: no day ends during a test
    telnyx = Telnyx()
    w = collaborators(scripts, Settings(), telnyx=clients(telnyx))
    return w, telnyx, w.charges.today() - timedelta(days=1)


def estimated(w, day, millionths):
    w.charges._scripts.redis.set(f"fax:spend:{(day - date(1970, 1, 1)).days}", millionths)


def test_a_day_that_is_over_costs_what_telnyx_charged(world):
    w, telnyx, yesterday = world
    estimated(w, yesterday, 1_000_000)
    telnyx.records[yesterday] = [charge(n) for n in range(5)] + [charge("in", "9.00", direction="inbound")]

    read_charges(w)
    read_charges(w)

    [day] = w.charges.days()
    assert (day.day, day.charged, day.estimate, day.faxes, day.currency) == (yesterday, 2.5, 1.0, 5, "USD")
    assert day.drift == pytest.approx(1.5)
    assert w.charges._scripts.redis.get(f"fax:spend:{(yesterday - date(1970, 1, 1)).days}") == "2500000"


def test_records_that_come_later_count_and_so_do_estimates(world):
    w, telnyx, yesterday = world
    estimated(w, yesterday, 1_000_000)
    telnyx.records[yesterday] = [charge(1)]
    read_charges(w)
    # A fax of yesterday was settled by the ledger meanwhile: 0.25 more.
    estimated(w, yesterday, 750_000)
    telnyx.records[yesterday] = [charge(1), charge(2)]
    read_charges(w)

    [day] = w.charges.days()
    assert (day.charged, day.estimate, day.faxes) == (1.0, 1.25, 2)


def test_the_last_three_days_are_read_and_today_never_is(world):
    w, telnyx, yesterday = world
    read_charges(w)

    assert telnyx.asked == [yesterday - timedelta(days=back) for back in range(3)]
    with pytest.raises(ValueError, match="is not over"):
        w.charges.settle(w.charges.today(), charged=1, faxes=1, currency="USD")


@pytest.mark.parametrize(
    "records",
    [[], [charge(1, currency="USD"), charge(2, currency="EUR")], [charge(1, "much")], [charge(1, "-1")], "refused"],
)
def test_charges_that_cannot_be_added_up_leave_the_estimate(world, records):
    w, telnyx, yesterday = world
    estimated(w, yesterday, 1_000_000)
    telnyx.records[yesterday] = records
    read_charges(w)

    assert w.charges.days() == []
    assert Limits(w.charges._scripts).account().spent == 0


def test_charges_far_from_the_estimate_are_reported(world, caplog):
    w, telnyx, yesterday = world
    estimated(w, yesterday, 1_000_000)
    telnyx.records[yesterday] = [charge(1, "1.10")]
    read_charges(w)
    assert caplog.messages == []
    telnyx.records[yesterday] = [charge(1, "1.30")]
    read_charges(w)

    assert "+30 % against the estimate" in caplog.text


def test_charges_without_an_estimate_have_no_drift(redis_url):
    charges = Charges(Scripts(connect(redis_url)))
    charges.settle(charges.today() - timedelta(days=1), charged=1.5, faxes=1, currency="USD")

    assert [day.drift for day in charges.days()] == [None]
