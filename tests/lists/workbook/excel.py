"""Workbooks: as openpyxl writes them, and as Excel does: shared strings, names relative to a part."""

import io
import itertools
import zipfile

from openpyxl import Workbook

_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _relations(*targets):
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{_TYPE}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, start=1)
    )
    return f"<Relationships>{relations}</Relationships>"


def excel(rows, texts, styles="<cellXfs><xf/></cellXfs>"):
    """Return the bytes of a workbook with one sheet: the XML of its rows, its texts and its styles."""
    parts = {
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_TYPE}"><sheets>'
        '<sheet name="List" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": f"<worksheet {_MAIN}><sheetData>{rows}</sheetData></worksheet>",
        "xl/styles.xml": f"<styleSheet {_MAIN}>{styles}</styleSheet>",
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{''.join(f'<si>{text}</si>' for text in texts)}</sst>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n{content}')
    return packed


def book_of(*rows):
    """Return a workbook of openpyxl with these rows in its one sheet."""
    made = Workbook()
    for row in rows:
        made.active.append(list(row))
    return made


def saved(book):
    """Return the bytes of a workbook of openpyxl."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows_of(sheet):
    """Return the rows of a sheet."""
    return list(itertools.chain.from_iterable(sheet.rows()))
