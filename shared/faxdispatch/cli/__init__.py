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
    # Loading modules makes many objects and no garbage, so collections would take an eighth of the start. The largest
    # commands load 150,000 of them.
    gc.set_threshold(200_000)
    # Only our user may read reports, documents and copies of the ledger.
    os.umask(UMASK)
    # A character that the terminal does not have is shown by its number.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        from faxdispatch.cli.app import run  # noqa: PLC0415 - a producer has the package without the extra `app`
    except KeyboardInterrupt:
        # Modules were still being loaded, so no work has begun.
        sys.exit(130)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("faxdispatch"):
            raise
        sys.stderr.write(f"faxdispatch: {error.name} is not installed; install faxdispatch with its extra [app]\n")
        sys.exit(2)
    code = run()
    # The process ends now. A last garbage collection would take a sixth of the time of a short command.
    gc.freeze()
    sys.exit(code)
