#!/usr/bin/env bash
# pypdf 7.1.0: a PDF that every viewer opens cannot be counted by a plain install.
#
# Behaviour: printers and scanners write PDFs that are encrypted with AES and an empty user password, which forbids
# editing and asks nobody for anything. Without the extra `crypto`, even their number of pages ends in DependencyError,
# which is no PyPdfError, so whoever catches the library's own errors does not catch it.
# Output: the error and whether it is a PyPdfError, then the pages with the extra.
# Why it matters: counting pages for a price before a fax is sent must neither refuse such a document nor break off.
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
