"""The folder of an embedded Valkey: one user at a time, and the same port after a restart."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faxdispatch.errors import FaxError, Misconfigured
from faxdispatch.supervisor.roles import free_port


class InUseError(FaxError):
    """Another `faxdispatch up` runs with the folder."""


@contextmanager
def data_dir(folder: Path) -> Iterator[Path]:
    """Make the folder if need be and keep others out of it. Gives its absolute path.

    Raises:
        InUseError: another process has it.
        Misconfigured: it cannot be written.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise Misconfigured(f"FAX_DATA_DIR: {folder} cannot be written: {error.strerror}") from None
    with lock:
        try:
            # The kernel lets go of it when this process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(
                f"another `faxdispatch up` runs with {folder}; stop it, or set FAX_DATA_DIR to another folder"
            ) from None
        yield folder


def usual_port(folder: Path) -> int:
    """Give the port that Valkey had last time where it is free, so that REDIS_URL stays what it was; else a new one."""
    note = folder / "port"
    known = note.read_text().strip() if note.exists() else ""
    port = int(known) if known.isdigit() and _is_free(int(known)) else free_port()
    note.write_text(f"{port}\n")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True
