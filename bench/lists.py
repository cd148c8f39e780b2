"""Measures the cost of checking a list and making it a campaign, compared with the fastest plain ways to read the file.

    .venv/bin/python -m bench.lists [--rows 1000000] [--workbook 200000] [--abroad 200000]

A CSV file of `--rows` rows, one of `--abroad` rows with numbers of six countries outside North America, and a workbook
of `--workbook` rows in the form in which Excel writes it. Each is checked and made a campaign on a Valkey of its own.
The plain ways are `csv.reader` with each number asked of `phonenumbers`, and python-calamine's plain reading of the
workbook, which ignores formats, hidden rows and what is struck through. Each way runs in its own process, one after the
other. The figures are microseconds a row, by the clock and of the processor (all processes of ours together, and the
busiest of them) once the programs are loaded, and the most memory of the process that asks; the one that reads the
workbook for it has less.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from xml.sax.saxutils import escape

import phonenumbers
from python_calamine import CalamineWorkbook

from bench.check import write
from bench.figures import machine
from bench.million import _valkey
from faxdispatch import FaxClient
from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.campaign import Reading
from faxdispatch.lists.checking import check
from tests.lists.workbook.excel import excel


def checked(path: Path, _url: str) -> int:
    """Check a list."""
    with check(path, policy=NumberPolicy(region="US")) as checking:
        return sum(1 for _ in checking)


def created(path: Path, url: str) -> int:
    """Make a campaign from a list."""
    made = FaxClient(url).campaigns.create(
        path, campaign_id=f"{path.stem}-{path.suffix[1:]}", reading=Reading(region="US"), media_name="m"
    )
    return made.summary.rows if made.summary else 0


def read_plainly(path: Path, _url: str) -> int:
    """Read a CSV file, and check for each number whether it is valid."""
    count = 0
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            count += 1
            try:
                phonenumbers.is_valid_number(phonenumbers.parse(row[2], "US"))
            except phonenumbers.NumberParseException:
                continue
    return count


def read_bare(path: Path, _url: str) -> int:
    """Read the values of a workbook."""
    return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()) - 1


WAYS: dict[str, Callable[[Path, str], int]] = {
    "checked": checked, "made a campaign": created, "csv and phonenumbers": read_plainly, "python-calamine": read_bare,
}  # fmt: skip
OF_CSV = ("csv and phonenumbers", "checked", "made a campaign")
OF_WORKBOOK = ("python-calamine", "checked", "made a campaign")


PLACES = {
    "49": ("30 {8}", "89 {7}", "221 {7}", "3641 {6}"),
    "44": ("20 7{7}", "121 4{6}", "1223 3{5}"),
    "33": ("1 4{7}", "4 7{7}", "5 5{7}"),
    "39": ("06 5{7}", "011 5{6}", "081 7{6}"),
    "81": ("3 5{7}", "6 6{7}", "52 2{6}"),
    "55": ("11 3{7}", "21 2{7}", "71 3{7}"),
}
"""Country codes of Germany, Britain, France, Italy, Japan and Brazil: how lines of some places are numbered."""


def write_abroad(path: Path, rows: int) -> None:
    """Write a list with this many rows, with numbers in several forms."""
    chance = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["ID", "Practice Name", "Fax #", "City", "State"])
        for row in range(1, rows + 1):
            code = chance.choice(list(PLACES))
            begin, _, rest = chance.choice(PLACES[code]).partition("{")
            line = "".join(chance.choices("123456789", k=int(rest[0])))
            number = f"{begin}{line}".replace(" ", chance.choice((" ", "", "-", "/")))
            out.writerow([row, f"Clinic {row}", f"+{code}{chance.choice((' ', ''))}{number}", "Ulm", ""])


def write_workbook(path: Path, rows: Iterable[list[str]]) -> None:
    """Write rows as Excel does: whole numbers as such, texts in a separate table."""
    places: dict[str, int] = {}
    row_elements = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{chr(65 + at)}{number}", text, places) for at, text in enumerate(row) if text)
        row_elements.append(f'<row r="{number}" spans="1:{len(row)}" >{cells}</row>')
    texts = (f"<t>{escape(text)}</t>" for text in places)
    path.write_bytes(excel("".join(row_elements), texts).getvalue())


def _cell(name: str, text: str, places: dict[str, int]) -> str:
    if text.isdigit():
        return f'<c r="{name}"><v>{text}</v></c>'
    return f'<c r="{name}" t="s"><v>{places.setdefault(text, len(places))}</v></c>'


def measure(way: str, path: Path, url: str) -> dict[str, float]:
    """Run one way in this process, and print its cost."""
    begun, loaded = time.perf_counter(), time.process_time()
    rows = WAYS[way](path, url)
    seconds = time.perf_counter() - begun
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (time.process_time() - loaded, children.ru_utime + children.ru_stime)
    return {
        "rows": rows,
        "clock": 1e6 * seconds / rows,
        "processor": 1e6 * sum(used) / rows,
        "busiest": 1e6 * max(used) / rows,
        "megabytes": most_memory() / 1e6,
    }


def most_memory() -> int:
    """Return the peak memory of this process in bytes; `getrusage` would include that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def compare(path: Path, ways: Iterable[str], url: str) -> None:
    """Run every way and print them; the others are compared with the first."""
    first: dict[str, float] = {}
    name = path.stem if path.suffix == ".csv" else path.suffix[1:]
    for way in ways:
        command = [sys.executable, "-m", "bench.lists", "--measure", way, str(path), url]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        first = first or found
        ratios = " ".join(f"{found[of] / first[of]:5.2f}" for of in ("clock", "processor", "busiest"))
        print(
            f"{name:6} {way:22} {found['rows']:>9,.0f} {found['clock']:7.1f} {found['processor']:7.1f} "
            f"{found['busiest']:7.1f}   {ratios} {found['megabytes']:6.0f}"
        )


def main() -> int:
    """Make the lists, run every way, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000, help="rows of the CSV file")
    options.add_argument("--workbook", type=int, default=200_000, help="rows of the workbook")
    options.add_argument("--abroad", type=int, default=200_000, help="rows with numbers of other countries")
    options.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.measure:
        way, path, url = given.measure
        print(json.dumps(measure(way, Path(path), url)))
        return 0
    with tempfile.TemporaryDirectory() as name, _valkey(Path(name)) as url:
        path = Path(name, "list.csv")
        print(f"{'':6} {'':22} {'rows':>9} {'clock':>7} {'proc.':>7} {'busiest':>7}   {'… of the first':17} {'MB':>6}")
        write(path, given.rows)
        compare(path, OF_CSV, url)
        write_abroad(path.with_name("abroad.csv"), given.abroad)
        compare(path.with_name("abroad.csv"), OF_CSV, url)
        write(path, given.workbook)
        with path.open(newline="", encoding="utf-8") as file:
            write_workbook(path.with_suffix(".xlsx"), csv.reader(file))
        compare(path.with_suffix(".xlsx"), OF_WORKBOOK, url)
    print(f"µs a row; {machine()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
