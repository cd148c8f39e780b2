"""Folders and files for our user alone."""

import logging
import os
from pathlib import Path

from faxdispatch.errors import Misconfigured
from faxdispatch.subprocesses.umask import UMASK

log = logging.getLogger(__name__)


def private_folder(folder: Path) -> None:
    """Make a folder for our user alone, or see that an existing one is; what others could do in it is taken from them.

    Raises:
        Misconfigured: it is another user's, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        about = folder.stat()
        if about.st_uid != os.geteuid():
            raise Misconfigured(
                f"{folder} belongs to another user (uid {about.st_uid}), who could read and change all that is in it; "
                f"make it ours (chown {os.geteuid()}), or name another folder"
            )
        if about.st_mode & UMASK:
            folder.chmod(0o700)
            log.warning("%s was open to other users (mode %o); it is for us alone now", folder, about.st_mode & 0o777)
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be written: {error.strerror}") from None


def private_files(folder: Path) -> None:
    """Take from other users what they could do with the files of a folder and of those in it."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & UMASK:
            path.chmod(path.stat().st_mode & ~UMASK)
