"""Folders and files that only our user can access."""

import logging
import os
from pathlib import Path

from faxdispatch.errors import Misconfigured
from faxdispatch.subprocesses.umask import UMASK

log = logging.getLogger(__name__)


def private_folder(folder: Path) -> None:
    """Create a folder that only our user can access, or remove other users' rights on an existing one.

    Raises:
        Misconfigured: it belongs to another user, or cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        about = folder.stat()
        if about.st_uid != os.geteuid():
            raise Misconfigured(
                f"{folder} belongs to another user (uid {about.st_uid}), who could read and change everything in it; "
                f"change its owner (chown {os.geteuid()}), or name another folder"
            )
        if about.st_mode & UMASK:
            folder.chmod(0o700)
            log.warning("other users had access to %s (mode %o); they no longer have", folder, about.st_mode & 0o777)
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be written: {error.strerror}") from None


def private_files(folder: Path) -> None:
    """Remove other users' rights on the files in a folder and its subfolders."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & UMASK:
            path.chmod(path.stat().st_mode & ~UMASK)
