"""`faxdispatch backup` and `faxdispatch restore`: a copy of the ledger in a file, and a private Valkey made of one."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from redis import Redis

from faxdispatch.cli.confirm import confirm
from faxdispatch.cli.output import show
from faxdispatch.errors import BadInput, FaxError
from faxdispatch.ledger import Epoch, Scripts, connect
from faxdispatch.ledger.copying import copy_ledger, is_copy
from faxdispatch.redis.namespace import with_namespace
from faxdispatch.settings import Settings
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.data_dir import data_dir
from faxdispatch.supervisor.stack import Stack, StackError
from faxdispatch.supervisor.valkey import APPEND_ONLY, valkey_command, valkey_url

_FILE = "restored.rdb"
_PATIENCE = 600.0


def backup(file: Annotated[Path, typer.Argument(help="Where to write it; replaced where it is there.")]) -> None:
    """Write a copy of the whole ledger to FILE, as of one moment, while everything runs.

    In Redis' own RDB format, for `faxdispatch restore` or a Redis that is started with it. It holds numbers and links.
    The user of REDIS_URL must have the right to SYNC; managed services that refuse it have snapshots of their own.
    """
    settings = Settings.load()
    settings.require("redis_url")
    size = copy_ledger(Scripts.from_settings(settings), file)
    show(f"{file}: {size:,} bytes, as of {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")


def restore(
    file: Annotated[Path, typer.Argument(help="A copy that `faxdispatch backup` wrote.", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make the private Valkey of `faxdispatch up` of a copy; what it had is moved aside.

    Nothing is sent before `faxdispatch recover`.
    """
    if not is_copy(file):
        raise BadInput(f"FILE: {file} is no copy of a ledger; give one that `faxdispatch backup` wrote")
    folder = Settings.load().fax_data_dir
    with data_dir(folder) as ours:
        confirm(f"Put {file} in the place of what is in {ours}? What is there now is moved aside.", yes=yes)
        found = _restore(file, ours)
    show(f"{ours}: the ledger as of {found}; now `faxdispatch up`, and `faxdispatch recover` beside it")


def _restore(file: Path, folder: Path) -> str:
    """Load the copy apart, and only then change the folder."""
    fresh = folder / f"restoring-{time.time_ns()}"
    fresh.mkdir(mode=0o700)
    try:
        shutil.copyfile(file, fresh / _FILE)
        found = _load(fresh)
        old = folder / APPEND_ONLY
        if old.exists():
            old.rename(folder / f"{APPEND_ONLY}.before-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
        (fresh / APPEND_ONLY).rename(old)
    finally:
        shutil.rmtree(fresh)
    return found


def _load(folder: Path) -> str:
    """Let a Valkey read the copy, write its append-only file of it, and note that it went back in time."""
    command = [*valkey_command(folder), "--appendonly", "no", "--dbfilename", _FILE]
    with (
        Stack(lambda *_: None) as stack,
        connect(with_namespace(valkey_url(folder), Settings.load().fax_namespace)) as redis,
    ):
        try:
            stack.start(processes.server(command, folder, valkey_url(folder)), within=_PATIENCE)
        except StackError as error:
            # What it means with it stands behind its number signs.
            said = [line.partition("# ")[2] for line in str(error).split("; ") if " # " in line]
            raise BadInput(f"FILE: Valkey cannot read it ({'; '.join(said) or error}); give another copy") from error
        if not redis.exists("fax:ledger"):
            raise BadInput("FILE: it holds no ledger of ours; give one that `faxdispatch backup` wrote")
        epoch = Epoch(Scripts(redis))
        epoch.stop()
        redis.config_set("appendonly", "yes")
        _wait_for_rewrite(redis)
        behind = epoch.behind()
        stack["valkey"].stop()
    return f"{behind.found_at:%Y-%m-%dT%H:%M:%SZ}" if behind and behind.found_at else "a moment that it does not tell"


def _wait_for_rewrite(redis: Redis) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        facts: Any = redis.info("persistence")
        if not facts["aof_rewrite_in_progress"] and not facts["aof_rewrite_scheduled"]:
            if facts["aof_last_bgrewrite_status"] == "ok":
                return
            break
        time.sleep(0.05)
    raise FaxError("Valkey could not write its append-only file of the copy; is the disk full?")
