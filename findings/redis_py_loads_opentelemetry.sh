#!/usr/bin/env bash
# redis-py 8.1.0 with opentelemetry-sdk 1.45.2: `import redis` loads the SDK's metrics if the SDK is installed.
#
# Behaviour: redis-py can report metrics by OpenTelemetry; this is off by default. Its modules still import the SDK at
# module level whenever it is installed. Installing the SDK for something else, such as traces, makes every process that
# imports redis load it.
# Output: the modules of OpenTelemetry that `import redis` loads without the SDK installed, and with it.
# Why it matters: once the extra for traces is installed, each short command, such as `faxdispatch status`, and each
# worker needs more time and memory, even if traces are off.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip() { "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
loaded() {
    "$folder/venv/bin/python" -c 'import sys, redis
print(sum(name.startswith("opentelemetry.sdk.metrics") for name in sys.modules))'
}
pip redis==8.1.0
without=$(loaded)
pip opentelemetry-sdk==1.45.2
with=$(loaded)
echo "modules of opentelemetry.sdk.metrics after import redis: $without without the SDK, $with with it"
[ "$without" = 0 ] && [ "$with" -gt 0 ]
