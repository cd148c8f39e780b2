#!/usr/bin/env bash
# phonenumbers 9.0.43: a number may get the time zone of another country.
#
# Behaviour: `timezone.time_zones_for_number` returns one zone for a whole group of zones that once had the same time.
# For Algeria it names Europe/Paris, for Morocco Atlantic/Canary, for Nicaragua America/Chicago, for South Sudan
# Africa/Nairobi. Paris, the Canaries and Chicago change their clocks in summer, while these countries do not; Juba is
# an hour behind Nairobi.
# Output: the returned zone, and the hour in it and in the country's own zone on 1 July 2027 at 12:00 UTC.
# Why it matters: a window such as "mon-fri 08:00-17:00 by the recipient's clock" opens an hour early.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43 tzdata==2026.6
cd "$folder"
PYTHONTZPATH="" venv/bin/python - <<'PYTHON'
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

noon = datetime(2027, 7, 1, 12, tzinfo=UTC)
expected = {
    "+21321345678": ("Europe/Paris", "Africa/Algiers"),
    "+212522345678": ("Atlantic/Canary", "Africa/Casablanca"),
    "+50522345678": ("America/Chicago", "America/Managua"),
    "+211912345678": ("Africa/Nairobi", "Africa/Juba"),
}
for number, (named, own) in expected.items():
    parsed = phonenumbers.parse(number)
    told = timezone.time_zones_for_number(parsed)
    there, here = (noon.astimezone(ZoneInfo(zone)).hour for zone in (named, own))
    print(phonenumbers.region_code_for_number(parsed), told, f"{there:02}:00, but {own} has {here:02}:00")
    assert told == (named,), told
    assert there == here + 1, (there, here)
PYTHON
