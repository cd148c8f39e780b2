"""The command `faxdispatch`. One file a group of commands; `app.py` lists them and turns errors into exit codes."""

import gc
import io
import os
import sys

from faxdispatch.subprocesses.umask import UMASK


def main() -> None:
    """Run the command line and end the process with its exit code.

    0: done; 1: it failed; 2: bad usage, which includes missing or wrong settings.
    """
    # Modules are many objects and no garbage: collecting them again and again would take an eighth of the start. The
    # largest commands load 150,000 of them.
    gc.set_threshold(200_000)
    # Only our user may read reports, documents and copies of the ledger.
    os.umask(UMASK)
    # A character that the terminal does not have is shown by its number.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        from faxdispatch.cli.app import run  # noqa: PLC0415 - a producer has the package without the extra `app`
    except KeyboardInterrupt:
        # Modules were still being loaded; nothing has begun.
        sys.exit(130)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("faxdispatch"):
            raise
        sys.stderr.write(f"faxdispatch: {error.name} is not installed; install faxdispatch with its extra [app]\n")
        sys.exit(2)
    code = run()
    # The process ends now; a last search for garbage would take a sixth of a short command.
    gc.freeze()
    sys.exit(code)
