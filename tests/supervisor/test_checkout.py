"""The processes are found in a checkout."""

import pytest
from typer.testing import CliRunner

from faxdispatch.cli.app import app
from faxdispatch.errors import Misconfigured
from faxdispatch.supervisor.checkout import checkout


def test_finds_the_folder_of_the_processes():
    assert (checkout() / "worker" / "__main__.py").is_file()


@pytest.mark.parametrize("command", ["demo", "up", "simulate"])
def test_outside_a_checkout_the_commands_say_so(monkeypatch, tmp_path, command):
    installed = tmp_path / "site-packages" / "faxdispatch" / "supervisor" / "checkout.py"
    monkeypatch.setattr("faxdispatch.supervisor.checkout._HERE", installed)
    done = CliRunner().invoke(app, [command])
    assert isinstance(done.exception, Misconfigured)
    assert "Run the command in a checkout" in str(done.exception)
