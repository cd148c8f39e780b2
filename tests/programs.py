"""Runs programs to their ends, each in a process forked from one that has loaded the libraries.

Loading these takes most of a program's start. No module that reads a setting is loaded before the fork.
"""

import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from faxdispatch.supervisor.roles import environment

LIBRARIES = (
    "celery.worker", "faxdispatch.client", "faxdispatch.documents.preflight", "faxdispatch.serving",
    "faxdispatch.telnyx.client", "flask", "flask_limiter", "flask_wtf", "kombu.transport.redis", "nacl.signing",
    "prometheus_client", "pypdf", "typer.rich_utils",
)  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it printed."""

    code: int
    out: str
    err: str


class Programs:
    """Runs programs to their ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.programs"],
            env=environment({}, inherit=False),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, settings: Mapping[str, str], folder: Path | None = None) -> Ended:
        """Run `-m MODULE WORDS…` or `-c CODE`, as Python's own words are, with these environment variables alone."""
        out, err = self._folder / "out", self._folder / "err"
        asked = {
            "words": words, "settings": dict(settings), "folder": str(folder or self._folder), "out": str(out),
            "err": str(err),
        }  # fmt: skip
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return Ended(int(self._process.stdout.readline()), out.read_text(), err.read_text())

    def close(self) -> None:
        """End the process; none of its children runs between two calls."""
        with self._process:
            self._process.kill()


def main() -> None:
    """Run the programs that standard input asks for, one after the other, and print the exit code of each."""
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        if not os.fork():
            os._exit(become(**json.loads(line)))
        print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)


def become(words: list[str], settings: dict[str, str], folder: str, out: str, err: str) -> int:
    """Run the program in this process, and return its exit code.

    The caller then ends the process at once: Python's own end would take half a second. So `atexit` is not tested.
    """
    for number, path, mode in ((0, os.devnull, os.O_RDONLY), (1, out, os.O_WRONLY), (2, err, os.O_WRONLY)):
        os.dup2(os.open(path, mode | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(settings)
    os.chdir(folder)
    kind, program, *sys.argv[1:] = words
    try:
        if kind == "-m":
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            exec(program, {"__name__": "__main__"})
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - as at the end of any program
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    main()
