#!/usr/bin/env bash
# pypdf 7.1.0: a PDF's hidden layers become visible when it is appended to another PDF.
#
# Behaviour: /OCProperties in a document's catalog says which layers are shown. `PdfWriter.append` copies pages with
# their layer marks but not that entry, without a warning, so every layer is shown.
# Output: whether PDFium draws a black bar in a hidden layer: in the original document and in the appended one.
# Why it matters: layers hide drafts, notes, answers and the other language of a form. When such a letter is joined with
# a cover page, its recipient sees what the author had hidden.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pypdf==7.1.0 pypdfium2==5.15.2
cd "$folder"
venv/bin/python - <<'PYTHON'
import io

import pypdfium2
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject


def entries(**given):
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in given.items()})


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def is_printed(content):
    return min(bytes(pypdfium2.PdfDocument(content)[0].render(grayscale=True).buffer)) < 128


letter = PdfWriter()
page = letter.add_blank_page(612, 792)
layer = letter._add_object(entries(Type=NameObject("/OCG"), Name=TextStringObject("answers")))
bar = DecodedStreamObject()
bar.set_data(b"/OC /Answers BDC 0 g 100 100 200 200 re f EMC")
page[NameObject("/Contents")] = letter._add_object(bar)
page[NameObject("/Resources")] = entries(Properties=entries(Answers=layer))
hidden = entries(OFF=ArrayObject([layer]), Order=ArrayObject([layer]))
letter.root_object[NameObject("/OCProperties")] = entries(OCGs=ArrayObject([layer]), D=hidden)

joined = PdfWriter()
joined.append(PdfReader(io.BytesIO(written(letter))))
before, after = is_printed(written(letter)), is_printed(written(joined))
print("the document: ", before)
print("what it became:", after)
assert (before, after) == (False, True)
PYTHON
