#!/usr/bin/env bash
# pypdf 7.1.0: a plain installation cannot count the pages of some PDFs that every viewer opens.
#
# Behaviour: printers and scanners write PDFs that are encrypted with AES and an empty user password, which forbids
# editing but does not ask for a password. Without the extra `crypto`, even asking for the number of pages raises
# DependencyError. It is not a PyPdfError, so code that catches the library's base class does not catch it.
# Output: the error, whether it is a PyPdfError, and the number of pages with the extra installed.
# Why it matters: a program that counts pages to estimate the price of a fax must neither refuse such a document nor
# crash.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in plain crypto; do
    python3 -m venv "$folder/$name"
done
"$folder/plain/bin/pip" install --quiet --disable-pip-version-check pypdf==7.1.0
"$folder/crypto/bin/pip" install --quiet --disable-pip-version-check "pypdf[crypto]==7.1.0"
cd "$folder"
crypto/bin/python - <<'PYTHON'
from pypdf import PdfWriter

writer = PdfWriter()
for _ in range(3):
    writer.add_blank_page(612, 792)
writer.encrypt("", owner_password="owner", algorithm="AES-256")
writer.write("letter.pdf")
PYTHON
cat >count.py <<'PYTHON'
from pypdf import PdfReader
from pypdf.errors import PyPdfError

try:
    print(len(PdfReader("letter.pdf").pages), "pages")
except Exception as error:
    print(type(error).__name__, isinstance(error, PyPdfError))
PYTHON
plain=$(plain/bin/python count.py)
with_extra=$(crypto/bin/python count.py)
echo "plain install:  $plain"
echo "with the extra: $with_extra"
[ "$plain" = "DependencyError False" ]
[ "$with_extra" = "3 pages" ]
