"""A simulated Telnyx for tests of what calls it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from faxdispatch.subprocesses.parent_death import ending_with_parent


@contextmanager
def simulated_telnyx(*options: str) -> Iterator[dict[str, Any]]:
    """Run a simulator; return what its first line says: addresses, keys and the connection."""
    command = ending_with_parent([sys.executable, "-m", "simulator", "--port", "0", *options])
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
