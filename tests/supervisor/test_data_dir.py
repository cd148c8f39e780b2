"""The data folder: private, used by one process at a time, with a server on a socket."""

import logging
import os
from pathlib import Path

import pytest
from celery import Celery

from faxdispatch.errors import Misconfigured
from faxdispatch.ledger import connect
from faxdispatch.redis.address import same_redis
from faxdispatch.supervisor import roles
from faxdispatch.supervisor.data_dir import InUseError, data_dir, former_port
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import APPEND_ONLY, celery_url, valkey_command, valkey_url


def test_a_folder_is_created_for_this_user_alone(tmp_path):
    with data_dir(tmp_path / "a" / "b") as folder:
        assert folder.stat().st_mode & 0o077 == 0


def test_only_one_process_has_the_folder_at_a_time(tmp_path):
    with data_dir(tmp_path), pytest.raises(InUseError, match="another `faxdispatch up`"), data_dir(tmp_path):
        pass
    with data_dir(tmp_path):
        pass


def test_an_unusable_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="FAX_DATA_DIR"), data_dir(tmp_path / "file" / "below"):
        pass


def test_rights_of_others_in_an_existing_folder_are_removed_and_reported(tmp_path, caplog):
    log = tmp_path / "data" / APPEND_ONLY / "appendonly.aof.1.incr.aof"
    log.parent.mkdir(parents=True, mode=0o755)
    (tmp_path / "data").chmod(0o755)
    log.touch(mode=0o644)
    with caplog.at_level(logging.WARNING), data_dir(tmp_path / "data") as folder:
        assert "other users had access to" in caplog.text
        assert {path.stat().st_mode & 0o077 for path in (folder, log)} == {0}


def test_a_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(Misconfigured, match=r"FAX_DATA_DIR: .* belongs to another user"), data_dir(tmp_path):
        pass


@pytest.mark.parametrize("depth", [1, 120])
def test_the_server_is_reached_by_its_socket_however_long_its_folder_is_and_by_no_port(tmp_path, depth):
    folder = tmp_path / ("x" * depth)
    folder.mkdir()
    os.umask(0o022)
    with Stack(lambda *_: None) as stack:
        stack.start(roles.valkey(folder))
        with connect(valkey_url(folder)) as redis:
            redis.set("k", "v")
            socket = Path(redis.connection_pool.connection_kwargs["path"])
        assert len(os.fsencode(socket)) <= 103
        assert socket.stat().st_mode & 0o077 == 0
        assert socket.parent == folder or socket.parent.stat().st_mode & 0o077 == 0
        assert _listens_nowhere(stack["valkey"].pid)
        files = [path for path in (folder / APPEND_ONLY).iterdir() if path.is_file()]
        assert files
        assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_celery_and_we_read_the_generated_address(tmp_path):
    ours = valkey_url(tmp_path)
    transport = Celery(broker=celery_url(ours)).connection_for_write().transport_cls
    assert (transport, same_redis(ours, celery_url(ours))) == ("redis", True)


def _listens_nowhere(pid):
    """Return whether the process listens on no TCP socket; see proc(5)."""
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            if line.split()[3] == "0A":
                listening.add(f"socket:[{line.split()[9]}]")
    open_ones = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            open_ones.add(str(entry.readlink()))
        except OSError:
            continue
    return not listening & open_ones


def test_a_folder_for_sockets_that_another_user_has_made_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("faxdispatch.supervisor.valkey._SHORT", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    (tmp_path / f"faxdispatch-{os.getuid() + 1}").mkdir()
    with pytest.raises(Misconfigured, match="belongs to another user"):
        valkey_command(tmp_path / ("x" * 120))


@pytest.mark.parametrize(("note", "port"), [("40321\n", "40321"), (None, None)])
def test_the_port_of_an_older_version_is_reported_once(tmp_path, note, port):
    if note:
        (tmp_path / "port").write_text(note)
    assert former_port(tmp_path) == port
    assert former_port(tmp_path) is None
