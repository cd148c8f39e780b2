"""Services that send faxes while faults are injected, and repeat failed requests with the same key."""

import heapq
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from faxdispatch import FaxClient, Unavailable
from faxdispatch.broker.connection import broker_app
from faxdispatch.errors import FaxError, NotKnown
from faxdispatch.ledger import Ledger, Rules, Scripts, connect
from tests.chaos.orders import Order
from tests.chaos.restoring import Gone
from tests.flow.harness import TOKEN

_HINT_AFTER = 2.0
_THREADS = 3


class Producers:
    """Some threads that place orders, each at once when `allowed` says so, and one that takes some back."""

    def __init__(self, redis_url: str, orders: list[Order], allowed: Callable[[], int]) -> None:
        self._url = redis_url
        self._orders = orders
        self._allowed = allowed
        self._lock = threading.Lock()
        self._next = 0
        self._cancels: list[tuple[float, str, Order]] = []
        self._anew: deque[Order] = deque()
        self._taken = self._dealt = self._asked_anew = 0
        self._threads = [threading.Thread(target=self._produce, daemon=True) for _ in range(_THREADS)]
        self.placed = 0
        self.stopped = False

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    @property
    def done(self) -> bool:
        """Return whether every order was placed and every one to be taken back was."""
        with self._lock:
            return self._taken == self._dealt == len(self._orders) + self._asked_anew and not self._cancels

    def ask_anew(self, gone: Gone) -> None:
        """Place half of the orders once more that were answered in a time that the ledger has forgotten."""
        with self._lock:
            some = [each for each in self._orders if each.given and gone.has(each.given) and _asks_anew(each)]
            self._anew += some
            self._asked_anew += len(some)

    def _produce(self) -> None:
        client = FaxClient(self._url, ledger=Ledger(Scripts(connect(self._url), Rules(hint_after=_HINT_AFTER))))
        app = broker_app("chaos-producer", self._url)
        while not self.stopped:
            self._take_back(client)
            order = self._take()
            if order:
                self._place(order, client, app)
            else:
                time.sleep(0.02)

    def _take(self) -> Order | None:
        with self._lock:
            if self._anew:
                self._taken += 1
                return self._anew.popleft()
            if self._next >= min(len(self._orders), self._allowed()):
                return None
            self._taken += 1
            self._next += 1
            return self._orders[self._next - 1]

    def _place(self, order: Order, client: FaxClient, app: Celery) -> None:
        try:
            self._click(order, client, app)
        except FaxError as error:
            order.refused = str(error)
        with self._lock:
            self._dealt += 1
            self.placed = self._next
            if order.cancel_after is not None:
                heapq.heappush(self._cancels, (time.monotonic() + order.cancel_after, order.key, order))

    def _click(self, order: Order, client: FaxClient, app: Celery) -> None:
        for click in range(order.clicks):
            order.job_ids.add(self._insist(lambda: self._message(order, app) if order.plain else _ask(order, client)))
            if click == 0:
                order.given = time.time()

    def _take_back(self, client: FaxClient) -> None:
        with self._lock:
            if not self._cancels or self._cancels[0][0] > time.monotonic():
                return
            _, _, order = heapq.heappop(self._cancels)
        order.cancelled = True
        for job_id in order.job_ids:
            # A ledger that was set back may not know it any more.
            with suppress(NotKnown):
                self._insist(partial(client.cancel, job_id=job_id))

    def _message(self, order: Order, app: Celery) -> str:
        payload = {"to": order.to, "media_name": TOKEN, "idempotency_key": order.key}
        app.send_task("fax.send.v1", kwargs=payload, queue="fax.send", task_id=order.key)
        return order.key

    def _insist(self, act: Callable[[], str]) -> str:
        while True:
            try:
                return act()
            except (Unavailable, KombuError, RedisError, OSError):
                if self.stopped:
                    raise
                time.sleep(0.2)


def _ask(order: Order, client: FaxClient) -> str:
    return client.send(to=order.to, media_name=TOKEN, idempotency_key=order.key).job_id


def _asks_anew(order: Order) -> bool:
    return random.Random(f"anew {order.key}").random() < 0.5
