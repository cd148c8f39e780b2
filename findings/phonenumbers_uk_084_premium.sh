#!/usr/bin/env bash
# phonenumbers 9.0.43: British 084 and 087 numbers have the type PREMIUM_RATE, although they are shared-cost numbers.
#
# Behaviour: `number_type` gives PREMIUM_RATE for 0843, 0844, 0845, 0870, 0871 and 0872 numbers, as for 09 numbers,
# while it gives SHARED_COST for comparable numbers elsewhere: German 0180, French 081, Swiss 0848, Australian 1300. In
# Britain a call to them costs the price of a call and a service charge, and some surgeries and offices have such
# numbers (Ofcom).
# Output: one number and its type on each line.
# Why it matters: a program that refuses premium numbers refuses these recipients, even if it allows shared-cost
# numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
cd "$folder"
venv/bin/python - <<'PYTHON'
import phonenumbers
from phonenumbers import PhoneNumberType

premium = ["+448431234567", "+448441234567", "+448451234567", "+448701234567", "+448711234567", "+448721234567"]
shared = ["+491801234567", "+33810123456", "+41848123456", "+611300123456"]
for number in premium + shared:
    kind = PhoneNumberType.to_string(phonenumbers.number_type(phonenumbers.parse(number)))
    print(number, kind)
    assert kind == ("PREMIUM_RATE" if number in premium else "SHARED_COST"), (number, kind)
PYTHON
