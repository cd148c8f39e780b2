"""A RabbitMQ server of the tests' own, with the users that docs/permissions.md describes."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import eventually, free_port

# Debian's own command is for its service alone.
_FOUND = [*Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"), shutil.which("rabbitmq-server")]
SERVER = next(filter(None, _FOUND), None)
MISSING = "no RabbitMQ server here: apt-get install rabbitmq-server"

_PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
_RIGHTS = dict.fromkeys(
    re.findall(r"^\| (?:producer|worker) \| `(.+)` \| `(.+)` \| `(.+)` \|$", _PAGE.read_text(), re.MULTILINE)
)
"""The rights of producers and workers to configure, write and read.

They are the same, so there is one user for both.
"""


@dataclass(frozen=True)
class RabbitMQ:
    """A running server."""

    port: int
    log: Path

    def url(self, user: str = "guest") -> str:
        """Return the address for a user: `guest` may do everything, `fax` and `staging` what the page says."""
        return f"amqp://{user}:{user}@127.0.0.1:{self.port}//"

    def refused(self, user: str) -> list[str]:
        """Return the requests of a user that were refused."""
        return re.findall(rf"access to (.+?) refused for user '{user}'", self.log.read_text())


@contextmanager
def running_rabbitmq(folder: Path) -> Iterator[RabbitMQ]:
    """Run a server with its own folder, ports and users."""
    port, log = free_port(), folder / "server.log"
    (folder / "users.json").write_text(json.dumps(_users()))
    (folder / "rabbitmq.conf").write_text(f"load_definitions = {folder}/users.json\nlog.console = true\n")
    own = {
        "RABBITMQ_NODENAME": f"fax{port}@localhost", "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()), "ERL_EPMD_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "db"), "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_PID_FILE": str(folder / "pid"), "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"), "HOME": str(folder),
        "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
        # Its name server, which it leaves behind, may be ended at once.
        "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
    }  # fmt: skip
    with log.open("w") as out:
        server = subprocess.Popen([SERVER], env=os.environ | own, stdout=out, stderr=out, start_new_session=True)
        try:
            eventually(lambda: _listens(port), within=60)
            yield RabbitMQ(port, log)
        finally:
            # Its data is no longer needed, and an orderly end takes ten seconds.
            os.killpg(server.pid, 9)
            server.wait(60)
            subprocess.run(["epmd", "-port", own["ERL_EPMD_PORT"], "-kill"], check=False, capture_output=True)


def _users() -> dict[str, list[dict[str, str]]]:
    [usual] = _RIGHTS
    everything = (".*", ".*", ".*")
    rights = {"guest": everything, "fax": usual, "staging": tuple(right.replace("fax", "staging") for right in usual)}
    return {
        "vhosts": [{"name": "/"}],
        "users": [{"name": name, "password": name, "tags": ""} for name in rights],
        "permissions": [
            {"user": name, "vhost": "/", "configure": configure, "write": write, "read": read}
            for name, (configure, write, read) in rights.items()
        ],
    }


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
