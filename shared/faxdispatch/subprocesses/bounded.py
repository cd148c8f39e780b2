"""A child process with limits on its memory and its processor time: for files from strangers.

The code that reads them may be C, and a small file may unpack to a large one. The child limits itself before it reads
anything; its parent continues even if the child fails.
"""

import math
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any


def bound(*, memory: int, seconds: int) -> None:
    """Limit this process to this many bytes of memory and seconds of processor time. It writes no core dump."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow(seconds: float) -> None:
    """Give this process this many more seconds of processor time from now on, within its limit."""
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (min(math.ceil(time.process_time() + seconds), most), most))


def run(program: Path, *arguments: object, content: bytes, seconds: float) -> subprocess.CompletedProcess[bytes]:
    """Run one of our programs to its end, with `content` on its standard input.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    return subprocess.run(  # noqa: S603 - the command is ours
        _command(program, arguments), input=content, capture_output=True, timeout=seconds, check=False
    )


def converse(program: Path, *arguments: object) -> "subprocess.Popen[bytes]":
    """Start one of our programs, with pipes to its standard input and output; its standard error is dropped."""
    return subprocess.Popen(  # noqa: S603 - the command is ours
        _command(program, arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def start(program: Path, *arguments: object, file: IO[bytes], buffer: int) -> "subprocess.Popen[bytes]":
    """Start one of our programs that reads `file`, with pipes to its standard input and output.

    The number of the file is its last argument. `buffer` is how many bytes it may write before they are read.
    """
    options: dict[str, Any] = {"pass_fds": (file.fileno(),), "pipesize": buffer}
    return subprocess.Popen(  # noqa: S603 - the command is ours
        _command(program, (*arguments, file.fileno())), stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options
    )


def _command(program: Path, arguments: tuple[object, ...]) -> list[str]:
    # It is started by its path, so that it loads no more than it needs; -P also excludes the current folder.
    return [sys.executable, "-P", str(program), *map(str, arguments)]
