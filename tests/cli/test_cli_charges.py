"""`faxdispatch charges`, and doctor's finding about them."""

from datetime import timedelta

import pytest

from faxdispatch.ledger import Charges, Scripts
from faxdispatch.operations.checks.charges import check_charges
from faxdispatch.settings import Settings


@pytest.fixture
def settled(redis, redis_url):
    charges = Charges(Scripts(redis))
    yesterday = charges.today() - timedelta(days=1)

    def settle(charged):
        redis.set(f"fax:spend:{(yesterday.toordinal() - 719163)}", 1_000_000)
        charges.settle(yesterday, charged=charged, faxes=1, currency="USD")
        return yesterday.isoformat()

    return settle


def test_days_are_shown_beside_their_estimate(cli, settled):
    day = settled(1.1)
    result = cli("charges")
    answer = cli("charges", "--json").json

    assert result.code == 0
    assert result.out == f"{day}       1.100 USD  1 fax  estimated 1.000  +10% against the estimate\n"
    assert (answer["day"], answer["charged"], answer["faxes"], round(answer["drift"], 6)) == (day, 1.1, 1, 0.1)


def test_a_day_far_from_its_estimate_is_an_alarm(cli, settled, redis_url):
    settled(0.5)
    assert cli("charges").code == 1

    settings = Settings(redis_url=redis_url, fax_charges=True)
    [found] = check_charges(settings)
    assert (found.level, "-50% against the estimate" in found.detail) == ("warn", True)


def test_where_none_are_read_it_says_how(cli, redis_url):
    result = cli("charges")

    assert (result.code, result.out) == (0, "no charges are known\n")
    assert "FAX_CHARGES=true" in result.err
    assert list(check_charges(Settings(redis_url=redis_url))) == []
