"""`faxdispatch backup`, `restore` and `recover`: the ledger as a file, and back from it and from Telnyx."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from faxdispatch.cli.options import Operator, Yes, argument, moment, option, refuse
from faxdispatch.cli.output import Answer, confirm, note, show
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Ledger, Scripts
from faxdispatch.ledger.copying import copy_ledger, is_copy
from faxdispatch.ledger.recovery import Found
from faxdispatch.operations.recovering import TAG, Recovered, Recoverer
from faxdispatch.settings import Settings
from faxdispatch.supervisor.data_dir import data_dir
from faxdispatch.supervisor.restoring import restore_copy
from faxdispatch.telnyx.account import shared_rate
from faxdispatch.telnyx.clock import TelnyxClock
from faxdispatch.text.wording import counted


def backup(file: Annotated[Path, argument("File to write; an existing one is replaced.")]) -> None:
    """Write a copy of the whole ledger to a file.

    The copy is of one moment; the processes continue to run meanwhile. It is in Redis' own RDB format, for
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


_WORDS = {
    Found.SAME: "known",
    Found.EARLIER: "of an earlier attempt of a job",
    Found.BOUND: "of a job that the ledger had as not yet sent; it is not sent again",
    Found.ROW: "of a campaign's row that the ledger had as not yet sent; it is not sent again",
    Found.MADE: f"of a job that was not known, made again with the tag {TAG}",
    Found.ENDED: "of a campaign's row that has ended",
    Found.CONFLICT: "to be looked at by a person, see below",
}


def recover(
    since: Annotated[datetime | None, moment("When the backup was made, or earlier; else when it was noticed.")] = None,
    ledger: Annotated[
        str | None, option("Id of a lost ledger to replace; --dry-run alone shows what Telnyx knows.", metavar="ID")
    ] = None,
    late: Annotated[
        bool, option("Replace it although this ledger has already sent faxes; some may be sent twice.")
    ] = False,
    dry_run: Annotated[bool, option("Say what would be done, and change nothing.")] = False,
    operator: Operator = None,
    yes: Annotated[bool, option("Do not ask whether --ledger is lost.", "--yes", "-y")] = False,
) -> Answer:
    """Bring back from Telnyx what a restored ledger has forgotten.

    Use it for a ledger that was restored or has lost its last part, or, with --ledger, all of it; before anything
    is sent. It stops sending, brings back from Telnyx's listing what was sent after the backup, and lets sending
    continue. This takes three times FAX_READ_TIMEOUT and FAX_SETTLE from the stop on, since Telnyx may list late.
    It may be interrupted and repeated. Exit code 1 if sending does not continue.
    """
    if ledger is None:
        refuse("only with --ledger", {"late": late})
    settings = Settings.load()
    settings.require("redis_url", "telnyx_api_key")
    if ledger and not dry_run:
        confirm(f"Replace ledger {ledger}? Its faxes will belong to this one; it must no longer be in use.", yes=yes)
    scripts, clock = Scripts.from_settings(settings), TelnyxClock()
    with shared_rate.account(settings, note, clock) as telnyx:
        recoverer = Recoverer(settings, Ledger(scripts), telnyx, clock, note=note)
        result = recoverer.recover(since, ledger=ledger, late=late, dry_run=dry_run, operator=operator)
    return Answer(asdict(result), _lines(result, dry_run=dry_run), ok=result.lifted or dry_run)


def _lines(result: Recovered, *, dry_run: bool) -> Iterator[str]:
    listed = counted(sum(result.found.values()), "fax")
    yield f"Telnyx lists {listed} of this ledger since {result.since:%Y-%m-%d %H:%M:%SZ}"
    for found, count in result.found.items():
        if count:
            yield f"{count:>8}  {_WORDS[found]}"
    if result.foreign:
        yield f"{result.foreign:>8}  of others, left alone"
    for ledger, count in result.others.items():
        yield f"{count:>8}  of these of ledger {ledger}; use --ledger {ledger} only if that ledger is lost for good"
    for job, fax in result.conflicts:
        yield f"look at job {job}: Telnyx also has fax {fax} of it (faxdispatch faxes show {fax})"
    for job in result.unknown:
        yield f"job {job} is unknown: no listing shows it yet, and the workers continue to search"
    if result.gap:
        yield f"nothing is sent yet: {result.gap}"
    elif dry_run:
        yield "nothing was changed"
    else:
        yield "sending continues"
