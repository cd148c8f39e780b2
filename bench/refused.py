"""How soon and in how much memory a list that is too large is refused.

    .venv/bin/python -m bench.refused

Makes files that each exceed one limit, and checks each in a separate process. Prints the seconds until the refusal, the
processor time, and the peak memory of the largest process.
"""

import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from bench.figures import machine
from faxdispatch.lists.workbook.bounds import CELL, COLUMNS, FILES, ROWS, STYLES
from tests.lists.workbook.excel import excel

_ONE = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
_BLANK = b" " * 1_000_000


def workbook(
    rows: str = _ONE, texts: tuple[str, ...] = ("<t>Fax</t>",), styles: str = "<cellXfs><xf/></cellXfs>"
) -> bytes:
    """Return a workbook."""
    return excel(rows, texts, styles).getvalue()


def archive(parts: int, megabytes: int, packing: int = zipfile.ZIP_DEFLATED) -> Callable[[Path], None]:
    """Return a function that writes an archive with this many empty files, and this many megabytes of spaces."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", packing) as made:
            for at in range(parts):
                made.writestr(f"{at}.csv", "")
            with made.open("xl/workbook.xml" if path.suffix == ".xlsx" else "list.csv", "w") as part:
                for _ in range(megabytes):
                    part.write(_BLANK)

    return write


def _bytes(content: Callable[[], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content())

    return write


def _good(row: int) -> str:
    value = f'<c r="A{row}"><v>{4152000000 + row}</v></c>' if row > 1 else '<c r="A1" t="s"><v>0</v></c>'
    return f'<row r="{row}">{value}</row>'


FILES_MADE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "more rows than Excel has": (".xlsx", _bytes(lambda: workbook(f'<row r="{ROWS + 1}"><c><v>1</v></c></row>'))),
    "a million good rows, and then more": (".xlsx", _bytes(lambda: workbook("".join(map(_good, range(1, ROWS + 2)))))),
    "a million good lines, and then one of 2 MB": (
        ".csv",
        _bytes(lambda: b"4152000001,a\n" * 1_000_000 + b"3" * 2_000_000),
    ),
    "more columns": (".xlsx", _bytes(lambda: workbook(f'<row r="1">{"<c><v>1</v></c>" * (COLUMNS + 1)}</row>'))),
    "a cell with more characters": (".xlsx", _bytes(lambda: workbook(texts=(f"<t>{'1' * (CELL + 1)}</t>",)))),
    "more styles": (".xlsx", _bytes(lambda: workbook(styles=f"<cellXfs>{'<xf/>' * (STYLES + 1)}</cellXfs>"))),
    "a part of a thousand times its packed size": (".xlsx", archive(0, 100)),
    "more parts": (".xlsx", archive(FILES + 1, 1)),
    "an archive with more files": (".zip", archive(FILES + 1, 1)),
    "a line of 200 MB": (".csv", _bytes(lambda: b"3" * 200_000_000)),
    "a line of 200 MB in an archive": (".zip", archive(0, 200)),
    "an old workbook (.xls)": (".xls", _bytes(lambda: b"\xd0\xcf\x11\xe0" + bytes(50_000_000))),
}


def main() -> None:
    """Make and check every file."""
    print(machine())
    print(f"{'file':<46} {'MB':>6} {'seconds':>8} {'of the processor':>17} {'memory, MB':>11}  refused with")
    with tempfile.TemporaryDirectory() as folder:
        for name, (suffix, write) in FILES_MADE.items():
            path = Path(folder, f"list{suffix}")
            write(path)
            print(f"{name:<46} {path.stat().st_size / 1e6:>6.1f} {refusal(path)}", flush=True)
            path.unlink()


def refusal(path: Path) -> str:
    """Check a file, and return the cost."""
    run = subprocess.run([sys.executable, "-m", "bench.refused", str(path)], capture_output=True, text=True, check=True)
    return run.stdout.rstrip()


def measure(path: Path) -> None:
    """Check a file in a child process, and print the cost."""
    begun = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "faxdispatch.cli", "campaign", "check", str(path), "--region", "US"],
        capture_output=True, text=True, check=False, env={"PATH": ""},
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    why = " ".join(run.stderr.split()).partition(f"{path.name}: ")[2]
    print(
        f"{seconds:>8.1f} {used.ru_utime + used.ru_stime:>17.1f} {used.ru_maxrss * 1024 / 1e6:>11.0f}  "
        f"{run.returncode}: {why[:100]}"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
    else:
        main()
