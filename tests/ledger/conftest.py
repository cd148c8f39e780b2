"""Ledgers whose clock the test controls."""

import pytest

from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Ledger, Rules, Scripts, connect
from tests.ledger.campaign_desk import CampaignDesk
from tests.ledger.steps import START, admit_one, claim_one

NUMBER = "+14155550200"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each model test the seeds of its walks."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(metafunc.config.getoption("seeds")))


@pytest.fixture
def desk(redis_url: str) -> CampaignDesk:
    return CampaignDesk(redis_url)


@pytest.fixture
def scripts(redis_url: str) -> Scripts:
    scripts = Scripts(connect(redis_url), Rules(rate=1000, channels=2))
    scripts.now = START
    return scripts


@pytest.fixture
def ledger(scripts: Scripts) -> Ledger:
    """A ledger with job `j`, which waits for a worker."""
    ledger = Ledger(scripts)
    ledger.create("j", SendFax(to=NUMBER, media_name="letter"), source="producer")
    return ledger


def claim(ledger: Ledger) -> int:
    """Claim the next attempt of job `j`; return its number."""
    assert admit_one(ledger, "j", connection="c", sender="+14155550299")["outcome"] == "go"
    number: int = claim_one(ledger, "j", owner="w", lease=60, facts={})["attempt"]
    return number


@pytest.fixture
def unknown(ledger: Ledger) -> Ledger:
    """The ledger; the first attempt of job `j` is unknown."""
    claim(ledger)
    ledger.doubt("j", 1, cause="no_answer", look_after=15, facts={})
    return ledger
