"""Measures how fast a list of recipients is checked, and in how much memory.

    .venv/bin/python -m bench.check [--rows 1000000]

Makes a list of five columns in a temporary folder, as a CRM would: numbers in several forms, some missing, wrong or
duplicated. Checks it in a separate process, and a part of it in the same run the plain way: `csv.DictReader`, with one
call of `faxdispatch.calling.numbers` for each number.
"""

import argparse
import csv
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import machine
from faxdispatch.calling.numbers import NumberPolicy, destined
from faxdispatch.lists.checking import check

AREAS = (201, 202, 212, 213, 216, 303, 305, 312, 313, 404, 408, 412, 415, 503, 512, 602, 617, 702, 713, 773, 801, 804)
FORMS = ("{0}{1}{2}", "({0}) {1}-{2}", "{0}-{1}-{2}", "{0}.{1}.{2}", "+1{0}{1}{2}", "1-{0}-{1}-{2}", "+1 {0} {1} {2}")
ODD = ("", "", "", "N/A", "none", "0", "555-0100", "312-555-0100 x12", "1.31256E+10", "Fax: 312-555-0100", "=cmd|x!A1")


def write(path: Path, rows: int) -> None:
    """Write a list with this many rows."""
    chance = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["ID", "Practice Name", "Fax #", "City", "State"])
        for row in range(1, rows + 1):
            number = (chance.choice(AREAS), chance.randint(220, 989), f"{chance.randint(1, 9999):04}")
            cell = chance.choice(ODD) if chance.random() < 0.05 else chance.choice(FORMS).format(*number)
            name = f"Praxis Müller, {row}" if chance.random() < 0.2 else f"Clinic {row}"
            out.writerow([row, name, cell, "Chicago", "IL"])


def measure(path: Path) -> dict[str, float]:
    """Check a list in this process."""
    begun, used = time.perf_counter(), time.process_time()
    with check(path, policy=NumberPolicy(region="US"), own_numbers=("+13125550199",)) as checking:
        for _ in checking:
            pass
        found = checking.summary
    return {
        "seconds": time.perf_counter() - begun,
        "cpu": time.process_time() - used,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        **{name: getattr(found, name) for name in ("rows", "valid", "invalid", "no_number", "duplicate")},
    }


def measure_plain(path: Path, rows: int) -> dict[str, float]:
    """Judge the numbers of this many rows by the same rules, each cell by itself."""
    policy = NumberPolicy(region="US")
    begun, done = time.perf_counter(), 0
    with path.open(newline="", encoding="utf-8") as file:
        for row in itertools.islice(csv.DictReader(file), rows):
            done += 1
            try:
                policy.check(destined(row["Fax #"], region="US"))
            except ValueError:
                continue
    return {"seconds": time.perf_counter() - begun, "rows": done}


def main() -> int:
    """Make the list, check it in a child, print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000, help="rows of the list")
    options.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.measure:
        print(json.dumps({"checked": measure(given.measure), "plain": measure_plain(given.measure, given.rows)}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        write(path, given.rows)
        size = path.stat().st_size / 1e6
        command = [sys.executable, "-m", "bench.check", "--measure", str(path), "--rows", str(min(given.rows, 50_000))]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    checked, plain = found["checked"], found["plain"]
    rate, plain_rate = checked["rows"] / checked["seconds"], plain["rows"] / plain["seconds"]
    print(f"{checked['rows']:,.0f} rows of 5 columns, {size:.0f} MB")
    print(
        f"checked in {checked['seconds']:.1f} s ({checked['cpu']:.1f} s of processor time): {rate:,.0f} rows a second"
    )
    print(f"the plain way: {plain_rate:,.0f} rows a second; faxdispatch is {rate / plain_rate:.1f} times as fast")
    print(f"memory at most: {checked['megabytes']:.0f} MB")
    print(
        ", ".join(
            f"{name.replace('_', ' ')} {checked[name]:,.0f}" for name in ("valid", "invalid", "no_number", "duplicate")
        )
    )
    print(machine())
    return 0


if __name__ == "__main__":
    sys.exit(main())
