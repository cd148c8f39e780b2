"""The command `faxdispatch`. One file a group of commands; `app.py` lists them and turns errors into exit codes."""

import gc
import os
import sys

from faxdispatch.subprocesses.umask import UMASK


def main() -> None:
    """Run the command line and end the process with its exit code.

    0: done; 1: the thing failed; 2: bad usage, which includes settings that are missing or wrong.
    """
    # Modules are many objects and no garbage: looking through them again and again is an eighth of the start.
    gc.set_threshold(50_000)
    # Reports, documents and copies of the ledger are for our user alone.
    os.umask(UMASK)
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
    # What is left goes with the process; to search it for garbage once more takes a sixth of a short command.
    gc.freeze()
    sys.exit(code)
