"""Each working thread has a client of its own; idle clients are reused."""

import threading

import pytest

from faxdispatch.errors import Misconfigured
from faxdispatch.fetching.authorities import tls_context
from faxdispatch.settings import Settings
from faxdispatch.telnyx import ClientStack, TelnyxClient


class Recorder:
    """Stands for a client: knows whether it was closed."""

    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True


def test_two_at_once_get_two_clients():
    stack = ClientStack(Recorder)
    with stack.borrow() as returned:
        pass
    with stack.borrow() as first, stack.borrow() as second:
        assert first is returned
        assert first is not second


def test_all_calls_of_a_process_have_one_tls_context():
    assert tls_context() is tls_context()


def test_the_client_returned_last_is_reused_first():
    stack = ClientStack(Recorder)
    with stack.borrow() as outer, stack.borrow():
        pass
    with stack.borrow() as again:
        assert again is outer


def test_a_client_is_returned_also_after_an_error():
    stack = ClientStack(Recorder)
    with pytest.raises(ZeroDivisionError), stack.borrow() as first:
        raise ZeroDivisionError
    with stack.borrow() as second:
        assert second is first


def test_no_two_threads_ever_hold_the_same_client():
    stack, held, doubled = ClientStack(Recorder), set(), []
    lock, together = threading.Lock(), threading.Barrier(8)

    def work():
        together.wait()
        for _ in range(200):
            with stack.borrow() as client:
                with lock:
                    doubled.extend([client] if client in held else [])
                    held.add(client)
                with lock:
                    held.discard(client)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert doubled == []


def test_closing_closes_idle_clients_now_and_others_when_they_are_returned():
    stack = ClientStack(Recorder)
    with stack.borrow() as lent:
        with stack.borrow() as idle:
            pass
        stack.close()
        assert (idle.closed, lent.closed) == (True, False)
    assert lent.closed


def test_a_stack_comes_from_the_settings():
    stack = ClientStack.from_settings(Settings(telnyx_api_key="KEY1"))
    with stack.borrow() as client:
        assert isinstance(client, TelnyxClient)
    stack.close()


def test_a_wrong_setting_is_found_before_the_first_fax():
    with pytest.raises(Misconfigured, match="TELNYX_API_KEY"):
        ClientStack.from_settings(Settings(telnyx_api_key=None))
