"""A free port stays free for the process that it is meant for."""

import socket
import sys

import pytest

from faxdispatch.supervisor.roles import free_port


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a server listen on a reserved port")
def test_a_free_port_is_kept_for_the_server_that_asks_for_it():
    port = free_port()
    with socket.socket() as stranger, pytest.raises(OSError, match="Address already in use"):
        stranger.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port), timeout=30):
        pass


def test_nothing_answers_at_a_free_port_until_a_server_listens():
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free_port()), timeout=30)
