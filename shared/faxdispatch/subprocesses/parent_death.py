"""Becomes another program, which the kernel ends when the process that started it ends for any reason.

Run as a file, with the starter's process id and the command: `python -I -S parent_death.py 4711 valkey-server …`. A
supervisor that is killed with SIGKILL can no longer end its children; on Linux the kernel does it then. The request is
made here and not between fork and exec in the supervisor, because a process with threads may hang there forever.
SIGKILL is used, not SIGTERM: otherwise the database and the processes that need it would all stop at once, and wait for
each other; every process here has to survive a crash anyway.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def ending_with_parent(command: list[str]) -> list[str]:
    """Return the command that starts a process which ends with this one; on Linux only, elsewhere unchanged.

    The kernel ends the child with the *thread* that started it, so that thread must live as long as the process.
    """
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main(starter: int, command: list[str]) -> None:
    """Tie this process to `starter`, then become `command`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have ended before the request was made.
    if os.getppid() != starter:
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
