"""A command on an open connection runs in the calling thread; connecting runs in another."""

import threading

import pytest
from redis import Redis

from faxdispatch.errors import Unavailable
from faxdispatch.ledger.connection import Patience, connect
from faxdispatch.ledger.scripts import redis_trouble
from tests.conftest import Valkey
from webhook.breaker import Breaker
from webhook.connections import Connections


def connections(url: str, *, pause: float = 30, patience: Patience = Patience.READER) -> Connections:
    """Connections of a server that gives a busy machine time."""
    return Connections(connect(url, patience), Breaker(deadline=60, pause=pause, threads=4))


def ask(client: Redis) -> tuple[int, int]:
    """The connection that was used, and the thread that used it."""
    with redis_trouble():
        return client.client_id(), threading.get_ident()


def close_all(url: str) -> None:
    with Redis.from_url(url) as other:
        other.client_kill_filter(_type="normal", skipme=True)


def test_a_connection_is_opened_by_another_thread_and_then_used_by_those_who_ask(redis_url: str):
    it, here = connections(redis_url), threading.get_ident()

    (first, opener), (again, asker) = it.call(ask), it.call(ask)

    assert first == again
    assert (opener == here, asker == here) == (False, True)


def test_work_at_the_same_time_has_a_connection_each(redis_url: str):
    it = connections(redis_url)

    def within(client: Redis) -> tuple[int, int]:
        return ask(client)[0], it.call(ask)[0]

    outer, inner = it.call(within)

    assert outer != inner


def test_connections_closed_meanwhile_are_replaced_without_a_failure(redis_url: str):
    it = connections(redis_url)
    before = {it.call(lambda client: (ask(client), it.call(ask)))[0][0]}
    close_all(redis_url)

    after, thread = it.call(ask)

    assert after not in before
    assert thread != threading.get_ident()
    assert it.call(ask) == (after, threading.get_ident())


def test_a_hanging_server_is_given_up_and_reached_later_over_a_new_connection(valkey: Valkey):
    it = connections(valkey.url, pause=0, patience=Patience.WEBHOOK)
    it.call(lambda client: (ask(client), it.call(ask)))
    valkey.hang()
    it._breaker._deadline = 0.8
    with pytest.raises(Unavailable):
        it.call(ask)
    valkey.go_on()
    it._breaker._deadline = 60

    assert it.call(ask)[1] != threading.get_ident(), "none of the old connections is trusted"


def test_after_a_failure_no_connection_is_tried_for_a_while(redis_url: str):
    it = connections(redis_url)
    it.call(ask)

    def refused(_: Redis) -> None:
        raise Unavailable("read only")

    with pytest.raises(Unavailable, match="read only"):
        it.call(refused)
    with pytest.raises(Unavailable, match="a moment ago"):
        it.call(ask)


def test_a_command_that_the_server_refuses_is_not_repeated(redis_url: str):
    it, asked = connections(redis_url), []
    it.call(ask)

    def refused(client: Redis) -> None:
        asked.append(client)
        raise Unavailable("read only")

    with pytest.raises(Unavailable):
        it.call(refused)
    assert len(asked) == 1
