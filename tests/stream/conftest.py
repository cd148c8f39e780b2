"""A stream with events in it, and members of a group."""

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from faxdispatch import Consumer
from faxdispatch.ledger import Ledger, Scripts
from faxdispatch.stream.places import open_stream

GROUP = "billing"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with open_stream(redis_url) as client:
        yield client


@pytest.fixture
def tell(redis: Redis) -> Callable[..., list[str]]:
    """Publish facts of these names; return the ids of their entries."""
    ledger = Ledger(Scripts(redis))

    def publish(*names: str) -> list[str]:
        for name in names:
            ledger.publish("fax.delivered", subject=name, fax_id=name, facts={"page_count": 1}, source="webhook")
        return [entry_id for entry_id, _ in redis.xrevrange("fax:events", count=len(names))][::-1]

    return publish


@pytest.fixture
def member(redis_url: str) -> Iterator[Callable[..., Consumer]]:
    """Make members of the group; to make one of the same name again is a restart."""
    made = []

    def build(name: str = "one", **options: object) -> Consumer:
        made.append(Consumer(redis_url, GROUP, name, **{"claim_after": 60.0, **options}))
        return made[-1]

    yield build
    for consumer in made:
        consumer.close()


@pytest.fixture
def names() -> Callable[..., list[str]]:
    """The subjects of deliveries."""
    return lambda deliveries: [delivery.event.fax_id for delivery in deliveries]


@pytest.fixture
def pending(redis: Redis) -> Callable[[], int]:
    """How many entries the group has delivered that were not acknowledged."""
    return lambda: redis.xpending("fax:events", GROUP)["pending"]


@pytest.fixture
def dead(redis: Redis) -> Callable[[], list[dict[str, str]]]:
    """The group's dead letters."""
    return lambda: [fields for _, fields in redis.xrange(f"fax:events:dead:{GROUP}")]
