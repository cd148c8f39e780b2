"""Webhooks that come shortly after one another share a write."""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, cast

from faxdispatch.ledger import Observation, Observations
from webhook import recorder
from webhook.connections import Connections
from webhook.recorder import Recorder, Reply


class Recorded:
    """Notes when each write began."""

    def __init__(self) -> None:
        self.began: list[float] = []

    def record_many(self, said: Sequence[tuple[Observation, str]], *, on: Any) -> list[Reply]:
        self.began.append(time.monotonic())
        return [{"body": body} for _, body in said]


class OneConnection:
    def call(self, work: Callable[[Any], list[Reply]]) -> list[Reply]:
        return work(None)


def test_writes_of_webhooks_begin_at_least_ten_milliseconds_apart():
    recorded = Recorded()
    desk = Recorder(cast("Observations", recorded), cast("Connections", OneConnection()))
    seen = cast("Observation", None)

    assert [desk.record(seen, body) for body in "abcde"] == [{"body": body} for body in "abcde"]
    assert recorder._APART == 0.010
    # No write begins early on a busy machine, either.
    assert min(later - earlier for earlier, later in pairwise(recorded.began)) >= recorder._APART
