#!/usr/bin/env bash
# Python's zoneinfo and tzdata 2026.6: an up-to-date tzdata package has no effect if the machine has older zone files.
#
# Behaviour: ZoneInfo searches its search path first and uses the package only for zones that it does not find there,
# whichever of the two is newer. British Columbia has kept UTC-7 all year since March 2026; with zone files of 2025b in
# the path, as on Debian 12, Vancouver is at UTC-8 in December 2026 even if the newest package is installed.
# Output: the version and the offset, with and without the old files in the path.
# Why it matters: pinning tzdata in a lock file is not enough: a recipient's window may open an hour early or late.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip() { "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
pip tzdata==2026.6
pip --target "$folder/old" tzdata==2025.2
cd "$folder"
cat >look.py <<'PYTHON'
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import tzdata

moment = datetime(2026, 12, 2, 0, 30, tzinfo=UTC)
offset = moment.astimezone(ZoneInfo("America/Vancouver")).utcoffset()
print(f"package {tzdata.IANA_VERSION}: Vancouver at UTC{offset.total_seconds() / 3600:+g}")
PYTHON
with_files=$(PYTHONTZPATH="$folder/old/tzdata/zoneinfo" venv/bin/python look.py)
without=$(PYTHONTZPATH="" venv/bin/python look.py)
echo "old files in the path: $with_files"
echo "none in the path:      $without"
[ "$with_files" = "package 2026f: Vancouver at UTC-8" ]
[ "$without" = "package 2026f: Vancouver at UTC-7" ]
