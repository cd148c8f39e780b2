"""The health check of this host's workers."""

import socket

import pytest

from faxdispatch.ledger import Presence, Scripts, connect
from worker import alive


@pytest.fixture
def scripts(redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Scripts:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", redis_url)
    return Scripts(connect(redis_url))


@pytest.mark.parametrize(
    ("name", "silent", "code"),
    [(socket.gethostname(), 0, 0), (socket.gethostname(), alive.SILENCE + 5, 1), ("another-host", 0, 1)],
)
def test_only_a_recently_seen_worker_of_this_host_counts(scripts: Scripts, capsys, name, silent, code):
    Presence(scripts).show_up(f"{name}:4711", None)
    scripts.redis.zincrby("fax:workers", -1000 * silent, f"{name}:4711")
    assert alive.main() == code
    assert bool(capsys.readouterr().err) is bool(code)


def test_without_redis_no_worker_counts_as_alive(monkeypatch: pytest.MonkeyPatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert alive.main() == 1
    assert capsys.readouterr().err.startswith("worker: ")
