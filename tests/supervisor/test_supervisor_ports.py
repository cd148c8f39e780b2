"""A free port stays free for the process that it is meant for."""

import socket
import sys

import pytest

from faxdispatch.errors import Misconfigured
from faxdispatch.settings import Settings
from faxdispatch.supervisor.machine import run
from faxdispatch.supervisor.roles import free_port, in_use


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


def test_a_port_is_in_use_only_while_another_program_listens_on_it():
    port = free_port()
    assert not in_use(port)
    with socket.create_server(("127.0.0.1", port)):
        assert in_use(port)


@pytest.mark.parametrize("setting", ["port", "fax_admin_port", "fax_console_port"])
def test_up_does_not_start_where_another_program_would_answer_for_it(tmp_path, setting):
    ports = {"port": 0, "fax_admin_port": 0, "fax_console_port": 0, "fax_data_dir": tmp_path / "data"}
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        settings = Settings(**ports | {setting: taken})
        with pytest.raises(Misconfigured, match=rf"^{setting.upper()}: another program listens on port {taken}"):
            run(settings, workers=1, simulate=True, say=print)
    assert not (tmp_path / "data").exists()
