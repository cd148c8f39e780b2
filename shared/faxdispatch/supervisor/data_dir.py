"""The folder of an embedded Valkey: only for our user, and for one `faxdispatch up` at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faxdispatch.errors import FaxError, Misconfigured
from faxdispatch.supervisor.private import private_files, private_folder


class InUseError(FaxError):
    """Another `faxdispatch up` uses the folder."""


@contextmanager
def data_dir(folder: Path) -> Iterator[Path]:
    """Create the folder if need be and close it to others. Returns its absolute path.

    Raises:
        InUseError: another process has it.
        Misconfigured: it cannot be written, or belongs to another user.
    """
    folder = folder.resolve()
    try:
        private_folder(folder)
        lock = (folder / "lock").open("w")
    except Misconfigured as error:
        raise Misconfigured(f"FAX_DATA_DIR: {error}") from None
    except OSError as error:
        raise Misconfigured(f"FAX_DATA_DIR: {folder} cannot be written: {error.strerror}") from None
    with lock:
        try:
            # The kernel releases the lock when this process ends in any way.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(
                f"another `faxdispatch up` runs with {folder}; stop it, or set FAX_DATA_DIR to another folder"
            ) from None
        private_files(folder)
        yield folder


def former_port(folder: Path) -> str | None:
    """Return the port on which an older version's Valkey listened with this folder, and remove the record."""
    note = folder / "port"
    try:
        found = note.read_text().strip()
        note.unlink()
    except OSError:
        return None
    return found
