"""The ledger that commands work on, and a simulated Telnyx."""

from collections.abc import Iterator
from typing import Any

import pytest

from faxdispatch.ledger import Ledger, Scripts, connect
from tests.simulator.running import simulated_telnyx

SENDER = "+13125550199"


@pytest.fixture
def redis(redis_url):
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def ledger(redis) -> Ledger:
    return Ledger(Scripts(redis))


@pytest.fixture(scope="session")
def simulator() -> Iterator[dict[str, Any]]:
    """A simulated Telnyx."""
    with simulated_telnyx("--webhook-url", "http://127.0.0.1:9/webhooks/telnyx") as simulator:
        yield simulator


@pytest.fixture
def telnyx(simulator, surroundings) -> dict[str, Any]:
    """The settings that lead to the simulated Telnyx are in the environment."""
    surroundings.setenv("TELNYX_BASE_URL", simulator["base_url"])
    surroundings.setenv("TELNYX_API_KEY", simulator["api_key"])
    surroundings.setenv("TELNYX_PUBLIC_KEY", simulator["public_key"])
    surroundings.setenv("FAX_CONNECTION_ID", simulator["connection_id"])
    surroundings.setenv("FAX_FROM", SENDER)
    return simulator
