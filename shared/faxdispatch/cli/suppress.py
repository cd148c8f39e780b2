"""Keep numbers out of campaigns, including running ones.

Single faxes still go to them.
"""

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

from faxdispatch.campaign import Suppression, SuppressionList
from faxdispatch.cli.groups import Group
from faxdispatch.cli.lists import Columns, progress
from faxdispatch.cli.options import Full, Limit, Number, Operator, Reason, argument, moment, option
from faxdispatch.cli.output import Answer, Json, Rows, note, write_csv
from faxdispatch.client import FaxClient
from faxdispatch.lists.badrows import create
from faxdispatch.lists.given import at_hand
from faxdispatch.text.wording import clock, counted_are

Until = Annotated[datetime | None, moment("Only until then.")]

_COLUMNS = ("number", "reason", "source", "until", "at", "operator")

app = Group(__doc__)


@app.command()
def add(
    number: Number,
    reason: Annotated[str, option("Why it gets no campaigns, for later readers.")],
    source: Annotated[str, option("Where this is known from, such as a letter of 1 May.")] = "operator",
    until: Until = None,
    operator: Operator = None,
) -> Answer:
    """Let no campaign send to a number.

    A fax that Telnyx already has continues; single faxes are not affected. Example: `faxdispatch suppress add
    +13125550123 --reason "asked by fax"`.
    """
    known = _list()
    outcome = known.add(number, reason=reason, source=source, until=until, operator=operator)
    words = {
        "added": "gets no campaigns",
        "changed": "was on the list; it has a new reason, source or end now",
        "same": "was on the list already, with the same reason, source and end",
    }
    return _answer(outcome, known.number(number), words[outcome])


@app.command()
def remove(number: Number, reason: Reason, operator: Operator = None) -> Answer:
    """Let campaigns send to a number again.

    Exit code 1 if it was not on the list.
    """
    known = _list()
    removed = known.remove(number, reason=reason, operator=operator)
    words = "gets campaigns again" if removed else "was not on the list"
    return _answer("removed" if removed else "none", known.number(number), words)


@app.command("import")
def import_(
    file: Annotated[Path, argument("A list that `campaign check` reads, or an export; - is standard input.")],
    columns: Columns,
    reason: Annotated[str | None, option("Why they get no campaigns; the file's column `reason` if not given.")] = None,
    source: Annotated[str | None, option("Where this is known from; the file's name if not given.")] = None,
    until: Until = None,
    operator: Operator = None,
    as_json: Json = False,
) -> Answer:
    """Put the numbers of a file on the list.

    The same file again changes nothing. Exit code 1 if some rows cannot be read; all others are then on the list.
    """
    known = _list()
    with at_hand(file) as path, progress(path.name) as on_progress:
        found = known.import_file(
            path,
            **asdict(columns),
            reason=reason,
            source=source,
            until=until,
            operator=operator,
            on_bad=None if as_json else lambda bad: note(f"line {bad.line}: {bad.sentence}"),
            on_progress=on_progress,
        )
    rest = ("duplicate", "no_number", "expired", "invalid")
    counts = {"rows": found.rows} | asdict(found.changed) | {name: getattr(found, name) for name in rest}
    return Answer(
        counts | {"bad": [{"line": bad.line, "reason": bad.reason} for bad in found.bad]},
        [f"{name.replace('_', ' '):<10} {count:>11,}" for name, count in counts.items()],
        full=False,
        ok=not found.invalid,
    )


@app.command()
def export(file: Annotated[Path | None, argument("A new CSV file; standard output if not given.")] = None) -> None:
    """Write all numbers, in full, as CSV that `import` reads.

    The other columns are reason, source and end.
    """
    known = _list()
    if file is None:
        write_csv(sys.stdout, known.all(), columns=_COLUMNS)
        return
    with create(file) as opened:
        count = write_csv(opened, known.all(), columns=_COLUMNS)
    note(f"{counted_are(count, 'number')} in {file}")


@app.command()
def check(number: Number, full: Full = False) -> Answer:
    """Show whether campaigns send to a number, and why not.

    Exit code 1 if it is not on the list.
    """
    known = _list()
    found, e164 = known.get(number), known.number(number)
    return Answer(
        {"number": e164, "suppressed": found is not None} | (asdict(found) if found else {}),
        [_line(found) if found else f"{e164}: not on the list"],
        full=full,
        ok=found is not None,
    )


@app.command("list")
def list_(limit: Limit = 50, full: Full = False) -> Rows[Suppression]:
    """List numbers that no campaign sends to, in no order.

    `suppress export` writes all of them.
    """
    known = _list()
    return Rows(
        known.all(),
        line=lambda one: (
            one.number,
            clock(one.until) if one.until else "forever",
            clock(one.at),
            one.source,
            one.reason,
        ),
        widths={"number": 16, "until": 20, "since": 20, "source": 12, "reason": 0},
        full=full,
        limit=limit,
        total=known.count,
        none="no number is on the list",
        columns=_COLUMNS,
    )


def _list() -> SuppressionList:
    return FaxClient.from_env().suppressions


def _answer(outcome: str, number: str, words: str) -> Answer:
    data = {"outcome": outcome, "number": number}
    return Answer(data, f"{number} {words}", full=False, ok=outcome != "none")


def _line(found: Suppression) -> list[str]:
    end = f"until {clock(found.until)}" if found.until else "forever"
    return [found.number, end, f"since {clock(found.at)}", f"{found.source}: {found.reason}"]
