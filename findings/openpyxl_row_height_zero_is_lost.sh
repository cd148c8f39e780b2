#!/usr/bin/env bash
# openpyxl 3.1.5: a row that is hidden by a height of 0 becomes visible when the workbook is saved.
#
# Behaviour: openpyxl keeps `row_dimensions[3].height = 0` in memory but writes no `ht` for it, only `customHeight="1"`.
# A workbook from another program with `ht="0"` loses it in the same way when openpyxl opens and saves it. There is no
# warning. `row_dimensions[3].hidden = True` is kept. XlsxWriter 3.2.9 writes a height of 0 as `hidden="1"`.
# Output: the attributes of the third row as each writes it, and after openpyxl saved the row with `ht="0"`.
# Why it matters: a script that edits a list of recipients makes rows visible that a person had hidden, and a program
# that sends to the visible rows faxes them. No reader can tell such a row from one that was never hidden.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openpyxl==3.1.5 XlsxWriter==3.2.9
cd "$folder"
venv/bin/python - <<'PYTHON'
import re
import zipfile

import openpyxl
import xlsxwriter

ROWS = [["Name", "Fax"], ["Anna", "+13125550100"], ["Bob", "+13125550101"]]


def third_row(path):
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    return dict(re.findall(r'(\w+)="([^"]*)"', re.search(r'<row r="3"([^>]*)>', sheet)[1]))


book = openpyxl.Workbook()
for row in ROWS:
    book.active.append(row)
book.active.row_dimensions[3].height = 0
assert book.active.row_dimensions[3].height == 0
book.save("height.xlsx")
book.active.row_dimensions[3].hidden = True
book.save("hidden.xlsx")

with xlsxwriter.Workbook("other.xlsx") as other:
    sheet = other.add_worksheet()
    for at, row in enumerate(ROWS):
        sheet.write_row(at, 0, row)
    sheet.set_row(2, 0)
with zipfile.ZipFile("other.xlsx") as made, zipfile.ZipFile("by_height.xlsx", "w") as changed:
    for name in made.namelist():
        part = made.read(name)
        if name.endswith("sheet1.xml"):
            part = part.replace(b' hidden="1"', b' ht="0" customHeight="1"')
        changed.writestr(name, part)
openpyxl.load_workbook("by_height.xlsx").save("again.xlsx")

for name in ("height", "hidden", "other", "by_height", "again"):
    print(f"{name}: {third_row(f'{name}.xlsx')}")
assert "ht" not in third_row("height.xlsx") and "hidden" not in third_row("height.xlsx")
assert third_row("hidden.xlsx")["hidden"] == "1"
assert third_row("other.xlsx")["hidden"] == "1"
assert third_row("by_height.xlsx")["ht"] == "0"
assert not {"ht", "hidden"} & third_row("again.xlsx").keys()
PYTHON
