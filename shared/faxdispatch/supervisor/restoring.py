"""Makes the private Valkey of one machine from a copy of the ledger."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis

from faxdispatch.errors import BadInput, FaxError
from faxdispatch.ledger import Epoch, Scripts, connect
from faxdispatch.redis.namespace import with_namespace
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack, StackError
from faxdispatch.supervisor.valkey import APPEND_ONLY, valkey_command, valkey_url

_FILE = "restored.rdb"
_PATIENCE = 600.0


def restore_copy(file: Path, folder: Path, namespace: str | None) -> str:
    """Make the files of a private Valkey in `folder` from a copy. Return the time of the copy.

    The previous files are moved aside.

    The copy is loaded elsewhere; the folder is changed only after that.

    Raises:
        BadInput: Valkey cannot read the copy, or it contains no ledger.
        FaxError: the files could not be written.
    """
    fresh = folder / f"restoring-{time.time_ns()}"
    fresh.mkdir(mode=0o700)
    try:
        shutil.copyfile(file, fresh / _FILE)
        found = _load(fresh, namespace)
        old = folder / APPEND_ONLY
        if old.exists():
            old.rename(folder / f"{APPEND_ONLY}.before-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
        (fresh / APPEND_ONLY).rename(old)
    finally:
        shutil.rmtree(fresh)
    return found


def _load(folder: Path, namespace: str | None) -> str:
    """Let a Valkey read the copy, write its append-only file from it, and record that it went back in time."""
    command = [*valkey_command(folder), "--appendonly", "no", "--dbfilename", _FILE]
    with (
        Stack(lambda *_: None) as stack,
        connect(with_namespace(valkey_url(folder), namespace)) as redis,
    ):
        try:
            stack.start(processes.server(command, folder, valkey_url(folder)), within=_PATIENCE)
        except StackError as error:
            # Valkey's explanation follows its number signs.
            said = [line.partition("# ")[2] for line in str(error).split("; ") if " # " in line]
            raise BadInput(f"FILE: Valkey cannot read it ({'; '.join(said) or error}); give another copy") from error
        if not redis.exists("fax:ledger"):
            raise BadInput("FILE: it has no ledger of faxdispatch; give one that `faxdispatch backup` wrote")
        epoch = Epoch(Scripts(redis))
        epoch.stop()
        redis.config_set("appendonly", "yes")
        _wait_for_rewrite(redis)
        behind = epoch.behind()
        stack["valkey"].stop()
    return f"{behind.found_at:%Y-%m-%dT%H:%M:%SZ}" if behind and behind.found_at else "an unknown time"


def _wait_for_rewrite(redis: Redis) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        facts: Any = redis.info("persistence")
        if not facts["aof_rewrite_in_progress"] and not facts["aof_rewrite_scheduled"]:
            if facts["aof_last_bgrewrite_status"] == "ok":
                return
            break
        time.sleep(0.05)
    raise FaxError("Valkey could not write the copy's append-only file; is the disk full?")
