"""Follows events with a consumer group: each is delivered at least once, even if processes die."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

from redis import exceptions

from faxdispatch.errors import BadInput, Unavailable
from faxdispatch.events import STREAM
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.settings import Settings
from faxdispatch.stream.membership import Membership
from faxdispatch.stream.places import Delivery, Position, first_id, open_stream, replay

log = logging.getLogger(__name__)

LONGEST_BLOCK = 10.0
"""Seconds that one read may wait on the server; the connection gives up only later."""

Handler = Callable[[Delivery], object]

_GONE = re.compile("NOGROUP|UNBLOCKED|no such key")
_PASSING = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.BusyLoadingError, exceptions.ReadOnlyError)


class Consumer:
    """One member of a consumer group on the event stream.

    Every event reaches the group at least once: it is delivered until it is acknowledged, so handlers must do no harm
    the second time; use `event.id` to recognise it. The members of a group share the events between them. `name`
    identifies the member. Keep it after a restart, so that unacknowledged events come back at once.

        with Consumer("redis://localhost:6379/0", "billing", "billing-1") as consumer:
            for delivery in consumer:
                book(delivery.event)
                consumer.ack(delivery)

    A group that does not exist yet begins at `start`. `batch` new entries are fetched at once. Events that a member has
    not acknowledged `claim_after` seconds after their delivery go to any member that asks: so that must be above twice
    the longest time that handling a whole batch takes. An entry that was delivered `max_deliveries` times and never
    acknowledged, or that is not an event, goes to the stream `fax:events:dead:<group>`. `on_lost` is called with how
    many entries were trimmed from the stream before they were handled.

    Threads must not share it: give each its own, with its own name.

    Raises:
        BadInput: a number is out of its range, or `start` is invalid.
        Misconfigured: Redis does not understand the address.
    """

    def __init__(
        self,
        redis_url: str,
        group: str,
        name: str,
        *,
        stream: str = STREAM,
        start: Position = "0",
        batch: int = 100,
        claim_after: float = 60.0,
        max_deliveries: int = 5,
        on_lost: Callable[[int], object] | None = None,
    ) -> None:
        if not group or not name:
            raise BadInput("group and name: neither may be empty")
        if batch < 1 or max_deliveries < 1 or claim_after <= 0:
            raise BadInput("batch and max_deliveries: at least 1; claim_after: above 0")
        self.group = group
        self.name = name
        self.stream = stream
        self.dead_stream = f"{stream}:dead:{group}"
        self.lost = 0
        """How many entries this consumer knows to have been trimmed before they were handled; there may be more."""
        self._on_lost = on_lost
        self._redis = open_stream(redis_url)
        self._membership = Membership(
            redis=self._redis,
            stream=stream,
            group=group,
            name=name,
            start=first_id(start),
            batch=batch,
            claim_after=claim_after,
            max_deliveries=max_deliveries,
            dead_stream=self.dead_stream,
        )

    @classmethod
    def from_env(cls, group: str, name: str, *, settings: Settings | None = None, **options: Any) -> Self:
        """Build the consumer from the environment, or from settings that have been read.

        Raises:
            Misconfigured: `REDIS_URL` is missing or a setting is wrong.
        """
        return cls((settings or Settings.load()).redis, group, name, **options)

    def __iter__(self) -> Iterator[Delivery]:
        """Yield deliveries forever, waiting for new ones. Raises `Unavailable`; iterate again to continue."""
        while True:
            yield from self.read()

    def read(self, *, block: float = 5.0) -> list[Delivery]:
        """Return the next deliveries; none if nothing came for `block` seconds (0 does not wait; at most 10).

        First come this member's earlier deliveries that it has not acknowledged, one by one; then those that others
        left; then new ones.

        Raises:
            Unavailable: Redis did not answer. What it had delivered comes again.
        """
        if not 0 <= block <= LONGEST_BLOCK:
            raise BadInput(f"block: 0 to {LONGEST_BLOCK:g} seconds")
        try:
            with redis_trouble():
                return self._membership.hand_out(block)
        except Unavailable as error:
            gone = isinstance(error.__cause__, exceptions.ResponseError) and _GONE.search(str(error.__cause__))
            # Redis may have delivered entries in an answer that was lost on the way.
            self._membership.begin_again(joined=not gone)
            if not gone:
                raise
            log.warning("group %s no longer exists on %s and is created again", self.group, self.stream)
            return self.read(block=block)
        finally:
            self._report_lost()

    def ack(self, *deliveries: Delivery | str) -> int:
        """Acknowledge deliveries, or entry ids, in one call. Return how many of them were still pending.

        Raises:
            Unavailable: Redis did not answer; acknowledge again, or they are delivered again.
        """
        ids = [d if isinstance(d, str) else d.entry_id for d in deliveries]
        if not ids:
            return 0
        try:
            with redis_trouble():
                return self._membership.ack(ids)
        except Unavailable:
            self._membership.begin_again(joined=True)
            raise

    def replay(self, start: Position = "0", end: Position | None = None) -> Iterator[Delivery]:
        """Read a stretch of the stream again, without touching the group. See `faxdispatch.stream.places.replay`."""
        return replay(self._redis, start, end, stream=self.stream)

    def rewind(self, to: Position) -> None:
        """Set the whole group so that the next new entry is the first at or after `to`; `$` skips to the end.

        What is pending stays pending.

        Raises:
            BadInput: it is not a position.
            Unavailable: Redis did not answer; the same call can be repeated.
        """
        target = first_id(to)
        with redis_trouble():
            self._membership.set_position(target)

    def leave(self) -> bool:
        """Remove this member's name from the group. Return False, and do nothing, if something is pending with it.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            return self._membership.leave()

    def close(self) -> None:
        """Close the connection. What is not acknowledged stays open."""
        self._redis.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, handler: Handler, *, stop: threading.Event | None = None, patience: float = 15.0) -> None:
        """Pass every delivery to `handler` until `stop` is set, and acknowledge those for which it returned.

        Deliveries that were read together are acknowledged together, after the last one; with `batch=1`, each is
        acknowledged at once. If the handler raises, the event stays open, with a log line, and is delivered again after
        `claim_after`. While Redis cannot be reached, it is tried again after pauses that grow up to `patience` seconds.

        Raises:
            Unavailable: Redis refuses in a way that waiting does not fix, such as a wrong password.
        """
        stop = stop or threading.Event()
        pause = 0.1
        while not stop.is_set():
            try:
                self._turn(handler, stop)
                pause = 0.1
            except Unavailable as error:
                if not _will_pass(error):
                    raise
                log.warning("%s; the next try is in %.1f s", error, pause)
                stop.wait(pause)
                pause = min(2 * pause, patience)

    def _turn(self, handler: Handler, stop: threading.Event) -> None:
        done: list[Delivery] = []
        try:
            for delivery in self.read(block=1.0):
                if stop.is_set():
                    break
                if _handled(handler, delivery):
                    done.append(delivery)
        finally:
            self.ack(*done)

    def _report_lost(self) -> None:
        count, self._membership.trimmed = self._membership.trimmed, 0
        if not count:
            return
        self.lost += count
        log.error("%d entries were trimmed from %s before they were handled", count, self.stream)
        if self._on_lost:
            self._on_lost(count)


def _will_pass(error: Unavailable) -> bool:
    cause = error.__cause__
    return isinstance(cause, _PASSING) and not isinstance(cause, exceptions.AuthenticationError)


def _handled(handler: Handler, delivery: Delivery) -> bool:
    try:
        handler(delivery)
    except Exception:
        what = (delivery.entry_id, delivery.event.type, delivery.deliveries)
        log.exception("handling of entry %s (%s) failed, delivery %d; it will be delivered again", *what)
        return False
    return True
