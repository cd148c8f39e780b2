"""A worker at an empty ledger, whose Telnyx accepts every fax."""

from typing import Any

import pytest

from tests.worker.doubles import Telnyx, at_work
from worker.context import Collaborators


@pytest.fixture
def telnyx() -> Telnyx:
    return Telnyx()


@pytest.fixture
def posted() -> list[tuple[str, dict[str, Any]]]:
    """The messages that were posted to the workers, by task."""
    return []


@pytest.fixture
def w(redis_url: str, telnyx: Telnyx, posted: list[tuple[str, dict[str, Any]]]) -> Collaborators:
    return at_work(redis_url, telnyx=telnyx, post=lambda name, _queue, payload: posted.append((name, payload)))
