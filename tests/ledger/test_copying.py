"""A copy of the ledger while it is written to; a server started from it knows that it is a copy."""

import threading
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from faxdispatch.cli.recover import restore
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Epoch, Identity, Scripts, Witness, connect
from faxdispatch.ledger.copying import CopyError, copy_ledger
from tests.conftest import Valkey, eventually


def test_a_copy_is_consistent_and_marked_as_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    with Valkey(tmp_path / "live") as live:
        scripts = Scripts(connect(live.url))
        ledger = Identity(scripts).id
        writer = threading.Thread(target=_write, args=(live.url, stop))
        writer.start()
        try:
            eventually(lambda: int(live.client.get("b") or 0) > 100)
            size = copy_ledger(scripts, tmp_path / "copy.rdb")
        finally:
            stop.set()
            writer.join()
        assert size == (tmp_path / "copy.rdb").stat().st_size
        assert (tmp_path / "copy.rdb").stat().st_mode & 0o077 == 0
        # The ledger itself goes on.
        assert Witness(scripts, Identity(scripts)).look()["epoch"] == 1
        live.client.flushall()

    monkeypatch.setenv("FAX_DATA_DIR", str(tmp_path / "data"))
    restore(tmp_path / "copy.rdb", yes=True)
    with Valkey(tmp_path / "data") as restored:
        # Each step of the writer is there as a whole.
        assert 0 <= int(restored.client.get("a")) - int(restored.client.get("b")) <= 0
        scripts = Scripts(connect(restored.url))
        assert Identity(scripts).id == ledger
        behind = Epoch(scripts).behind()
        assert behind is not None
        assert behind.found_at is not None


def test_a_server_started_from_a_copy_sends_nothing(tmp_path: Path) -> None:
    with Valkey(tmp_path / "live", "--repl-diskless-sync", "no") as live:
        scripts = Scripts(connect(live.url))
        assert Identity(scripts).id
        copy_ledger(scripts, tmp_path / "copy.rdb")
    (tmp_path / "other").mkdir()
    (tmp_path / "copy.rdb").rename(tmp_path / "other" / "dump.rdb")
    with Valkey(tmp_path / "other", "--appendonly", "no") as other:
        scripts = Scripts(connect(other.url))
        assert Witness(scripts, Identity(scripts)).look()["epoch"] == 0
        assert Epoch(scripts).behind()


def test_a_missing_right_to_sync_is_reported(tmp_path: Path, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.acl_setuser(
            "weak", enabled=True, passwords=["+secret"], commands=["+@all", "-sync", "-psync"], keys=["*"]
        )
    try:
        with pytest.raises(CopyError, match="no copy of itself"):
            copy_ledger(Scripts(connect(redis_url.replace("//", "//weak:secret@"))), tmp_path / "copy.rdb")
    finally:
        with Redis.from_url(redis_url) as redis:
            redis.acl_deluser("weak")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_a_ledgers_copy_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAX_DATA_DIR", str(tmp_path / "data"))
    with Valkey(tmp_path / "live") as live:
        live.client.set("other", "things")
        live.client.save()
    with pytest.raises(BadInput, match="no ledger"):
        restore(tmp_path / "live" / "dump.rdb", yes=True)
    assert not (tmp_path / "data" / "appendonlydir").exists()


def _write(url: str, stop: threading.Event) -> None:
    with Redis.from_url(url) as redis:
        step: Any = redis.register_script("redis.call('INCR', 'a'); redis.call('INCR', 'b')")
        while not stop.is_set():
            step()
