"""Shared strings of a workbook, plain and rich."""

from faxdispatch.lists.workbook.book import Book
from tests.lists.workbook.excel import excel, rows_of

TEXTS = [
    "<t>Fax</t>",
    '<t xml:space="preserve"> Müller &amp; Söhne</t>',
    "<t>one_x000D_\ntwo_x005F_x</t>",
    "<r><t>312 </t></r><r><rPr><b/></rPr><t>200 0001</t></r>",
    '<r><rPr><strike/></rPr><t>3122000001</t></r><r><rPr><strike val="0"/></rPr><t xml:space="preserve"> 31220</t></r>',
    "<r><rPr><strike/></rPr><t>3122000003</t></r>",
    '<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/>',
    "<t/>",
    "<t></t>",
]


def test_texts_are_what_a_cell_shows():
    rows = "".join(f'<row r="{n + 1}"><c r="A{n + 1}" t="s"><v>{n}</v></c></row>' for n in range(len(TEXTS)))
    book = Book(excel(rows, TEXTS))
    with book.open(0) as sheet:
        found = rows_of(sheet)

    assert ["".join(row.cells) for row in found] == [
        "Fax", " Müller & Söhne", "one\ntwo_x", "312 200 0001", "3122000001 31220", "3122000003", "東京", "", "",
    ]  # fmt: skip
    assert [row.number for row in found if row.flaws and not row.hidden] == [5]
    assert [row.number for row in found if row.hidden == "struck through"] == [6]


def test_formats_and_styles_are_those_that_cells_name():
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="0000000000"/></numFmts>'
        "<fonts><font/><font><strike/></font></fonts>"
        '<cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="164" fontId="0"/><xf numFmtId="0" fontId="1"/></cellXfs>'
        "<dxfs><dxf><font><strike/></font></dxf></dxfs>"
    )
    rows = (
        '<row r="1"><c r="A1" s="1"><v>612345671</v></c></row>'
        '<row r="2"><c r="A2" s="2"><v>612345671</v></c></row>'
        '<row r="3"><c r="A3"><v>612345671</v></c></row>'
    )
    with Book(excel(rows, [], styles)).open(0) as sheet:
        assert [(row.cells, row.hidden) for row in rows_of(sheet)] == [
            (["0612345671"], ""), (["612345671"], "struck through"), (["612345671"], ""),
        ]  # fmt: skip
