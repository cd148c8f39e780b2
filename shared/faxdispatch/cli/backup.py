"""`faxdispatch backup` and `faxdispatch restore`: the ledger as a file, and a private Valkey made from one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from faxdispatch.cli.options import Yes, argument
from faxdispatch.cli.output import confirm, show
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Scripts
from faxdispatch.ledger.copying import copy_ledger, is_copy
from faxdispatch.settings import Settings
from faxdispatch.supervisor.data_dir import data_dir
from faxdispatch.supervisor.restoring import restore_copy


def backup(file: Annotated[Path, argument("File to write; an existing one is replaced.")]) -> None:
    """Write a copy of the whole ledger to a file.

    The copy is of one moment, and everything continues to run meanwhile. It is in Redis' own RDB format, for
    `faxdispatch restore` or a Redis that is started with it. It contains numbers and links. The user of REDIS_URL
    must have the right to SYNC; managed services that refuse it have snapshots of their own.
    """
    settings = Settings.load()
    settings.require("redis_url")
    size = copy_ledger(Scripts.from_settings(settings), file)
    show(f"{file}: {size:,} bytes, as of {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")


def restore(
    file: Annotated[Path, argument("A copy that `faxdispatch backup` wrote.", exists=True, dir_okay=False)],
    yes: Yes = False,
) -> None:
    """Make the private Valkey of `faxdispatch up` from a copy.

    Its previous data is moved aside. Nothing is sent before `faxdispatch recover`.
    """
    if not is_copy(file):
        raise BadInput(f"FILE: {file} is not a copy of a ledger; give one that `faxdispatch backup` wrote")
    settings = Settings.load()
    with data_dir(settings.fax_data_dir) as folder:
        confirm(f"Replace the data in {folder} with {file}? The present data is moved aside.", yes=yes)
        found = restore_copy(file, folder, settings.fax_namespace)
    show(f"{folder}: the ledger as of {found}; now `faxdispatch up`, and `faxdispatch recover` beside it")
