#!/usr/bin/env bash
# pypdf 7.1.0: two filled-in copies of a form, appended one after the other, both show the first one's values.
#
# Behaviour: `PdfWriter.append` puts the fields of all documents into one form under their original names. Fields with
# the same name are one field, so PDFium shows the first value in both when it renders the fields itself
# (/NeedAppearances). There is no warning. `PdfReader.add_form_topname` before each `append` keeps them apart.
# Output: for each page, the number of dark pixels of a long and of a short value: alone, appended, and appended under
# separate names.
# Why it matters: referrals are filled-in copies of the same form. Joined into one fax, the second patient's page shows
# the first patient's name.
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
from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, NameObject, NumberObject, TextStringObject


def entries(**given):
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in given.items()})


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def filled_in(value):
    writer = PdfWriter()
    page = writer.add_blank_page(612, 792)
    font = writer._add_object(
        entries(Type=NameObject("/Font"), Subtype=NameObject("/Type1"), BaseFont=NameObject("/Helvetica"))
    )
    looks = TextStringObject("/Helv 18 Tf 0 g")
    field = writer._add_object(
        entries(
            Type=NameObject("/Annot"), Subtype=NameObject("/Widget"), FT=NameObject("/Tx"), F=NumberObject(4), DA=looks,
            T=TextStringObject("patient"), V=TextStringObject(value),
            Rect=ArrayObject(map(NumberObject, (50, 400, 550, 430))),
        )
    )
    page[NameObject("/Annots")] = ArrayObject([field])
    writer.root_object[NameObject("/AcroForm")] = entries(
        Fields=ArrayObject([field]), NeedAppearances=BooleanObject(True), DR=entries(Font=entries(Helv=font)), DA=looks
    )
    return written(writer)


def dark(content):
    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    return [sum(level < 128 for level in bytes(page.render(grayscale=True).buffer)) for page in document]


def joined(contents, *, named):
    writer = PdfWriter()
    for number, content in enumerate(contents):
        reader = PdfReader(io.BytesIO(content))
        if named:
            reader.add_form_topname(f"part {number}")
        writer.append(reader)
    return written(writer)


forms = [filled_in("X" * 30), filled_in("X")]
alone = [dark(form)[0] for form in forms]
appended, apart = dark(joined(forms, named=False)), dark(joined(forms, named=True))
print("alone:             ", alone)
print("appended:          ", appended)
print("with their own name:", apart)
assert appended == [alone[0], alone[0]]
assert apart == alone
PYTHON
