"""`faxdispatch recover`: bring back what a restored ledger has forgotten, from what Telnyx still knows."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from faxdispatch.cli.options import Operator, moment, option, refuse
from faxdispatch.cli.output import Answer, confirm, note
from faxdispatch.ledger import Ledger, Scripts
from faxdispatch.ledger.recovery import Found
from faxdispatch.operations.recovering import TAG, Recovered, Recoverer
from faxdispatch.settings import Settings
from faxdispatch.telnyx.account import shared_rate
from faxdispatch.telnyx.clock import TelnyxClock
from faxdispatch.text.wording import counted

_WORDS = {
    Found.SAME: "known",
    Found.EARLIER: "of an earlier attempt of a job",
    Found.BOUND: "of a job that was to be sent still, and is not sent again",
    Found.ROW: "of a campaign's row that was to be sent still, and is not sent again",
    Found.MADE: f"of a job that was not known, made again with the tag {TAG}",
    Found.ENDED: "of a campaign's row that has ended",
    Found.CONFLICT: "to be looked at by a person, see below",
}


def recover(
    since: Annotated[datetime | None, moment("When the backup was made, or earlier; else when it was noticed.")] = None,
    ledger: Annotated[
        str | None, option("Id of a lost ledger to replace; --dry-run alone shows what Telnyx knows.", metavar="ID")
    ] = None,
    late: Annotated[bool, option("Replace it although faxes have left this one; some may be sent twice.")] = False,
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
        yield f"{count:>8}  of these of ledger {ledger}; only if that is lost for good: --ledger {ledger}"
    for job, fax in result.conflicts:
        yield f"look at job {job}: Telnyx also has fax {fax} of it (faxdispatch faxes show {fax})"
    for job in result.unknown:
        yield f"job {job} is unknown: no listing shows it yet, and workers look on"
    if result.gap:
        yield f"nothing is sent yet: {result.gap}"
    elif dry_run:
        yield "nothing was changed"
    else:
        yield "sending continues"
