"""Lists as people and programs write them, with the numbers to which each must send faxes, and the numbers of their
pages.

The answers were written down by hand. `test_known_lists.py` checks the lists; `bench/known_lists.py` makes them
campaigns and sends these through real processes.
"""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font

from tests.documents.blank import blank_pdf
from tests.lists.workbook.excel import book_of, excel

STORED = "known-letter"
"""The name of a stored document of one page, which every list without documents of its own sends."""


@dataclass(frozen=True)
class Known:
    """A list, the options of the command that reads it, and the answer: the pages for each number, or the refusal."""

    name: str
    write: Callable[[Path], Path]
    faxed: Sequence[tuple[str, int]] = ()
    options: Sequence[str] = ()
    refused: str = ""
    environment: dict[str, str] = field(default_factory=dict)


def us(*lines: int) -> list[tuple[str, int]]:
    """Return the answer for lines 415-200-NNNN, with a document of one page."""
    return [(f"+1415200{line:04}", 1) for line in lines]


def text(content: str | bytes, name: str = "list.csv", *, encoding: str = "utf-8") -> Callable[[Path], Path]:
    """Write a list of text."""

    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return write


def book(*rows: Sequence[Any], change: Callable[[Any], None] = lambda _: None) -> Callable[[Path], Path]:
    """Write a workbook with openpyxl; `change` gets its sheet."""

    def write(folder: Path) -> Path:
        made = book_of(*rows)
        change(made.active)
        made.save(folder / "list.xlsx")
        return folder / "list.xlsx"

    return write


def of_excel(rows: str, *texts: str) -> Callable[[Path], Path]:
    """Write a workbook in the form of Excel."""

    def write(folder: Path) -> Path:
        (folder / "list.xlsx").write_bytes(excel(rows, [f"<t>{one}</t>" for one in texts]).getvalue())
        return folder / "list.xlsx"

    return write


def with_files(files: dict[str, bytes], list_: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """Write files beside a list."""

    def write(folder: Path) -> Path:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return list_(folder)

    return write


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def hide_rows(*numbers: int) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        sheet.auto_filter.ref = f"A1:B{sheet.max_row}"
        for number in numbers:
            sheet.row_dimensions[number].hidden = True

    return change


def formatted(**formats: str) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        for cell, number_format in formats.items():
            sheet[cell].number_format = number_format

    return change


def strike(*cells: str) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        for cell in cells:
            sheet[cell].font = Font(strike=True)

    return change


def hide_column(letter: str) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        sheet.column_dimensions[letter].hidden = True

    return change


def comment(**cells: str) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        for cell, words in cells.items():
            sheet[cell].comment = Comment(words, "JS")

    return change


def second_sheet(title: str, *rows: Sequence[Any], hidden: bool = False) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        more = sheet.parent.create_sheet(title)
        for row in rows:
            more.append(list(row))
        if hidden:
            more.sheet_state = "hidden"

    return change


ONE, TWO, THREE = blank_pdf(1), blank_pdf(2), blank_pdf(3)
LONG = "".join(f"Clinic {n},41520{n:05},as usual\n" for n in range(1001, 2101))
LONG_LINES = tuple(range(1001, 2101))
OLD_AND_NEW = CellRichText(TextBlock(InlineFont(strike=True), "4152000001"), TextBlock(InlineFont(), " 4152000002"))

TEXTS = [
    Known("commas", text("Name,Fax\na,4152000001\nb,(415) 200-0002\n"), us(1, 2)),
    Known("semicolons", text("Name;Fax;Ort\na;415-200-0001;Ulm\nb;+1 415 200 0002;Bonn\n"), us(1, 2)),
    Known("tabs", text("Name\tFax\na\t4152000001\nb\t1-415-200-0002\n", "list.tsv"), us(1, 2)),
    Known("pipes", text("Name|Fax Number\na|415.200.0001\nb|4152000002\n", "list.txt"), us(1, 2)),
    Known("Excel's Unicode text", text("\ufeffName\tFax\r\nMüller\t4152000001\r\n", encoding="utf-16-le"), us(1)),
    Known("Windows-1252", text("Name;Fax\r\nMüller;4152000001\r\n", encoding="cp1252"), us(1)),
    Known("a mark and CRLF", text("\ufeffFax,Name\r\n4152000001,a\r\n4152000002,b\r\n"), us(1, 2)),
    Known("CR alone", text("Fax,Name\r4152000001,a\r4152000002,b\r"), us(1, 2)),
    Known("gzip", text(gzip.compress(b"Fax\n4152000001\n"), "list.csv.gz"), us(1)),
    Known("zip", text(zipped({"export/list.csv": b"Fax\n4152000001\n"}), "list.zip"), us(1)),
    Known(
        "quotes and lines in cells",
        text('"Fax","Address"\n"4152000001","1 Main St\nUlm"\n"4152000002","x"\n'),
        us(1, 2),
    ),
    Known("no header", text("a,4152000001\nb,4152000002\n"), us(1, 2)),
    Known("one column", text("4152000001\n4152000002\n"), us(1, 2)),
    Known("pandas: index and floats", text(",fax,name\n0,4152000001.0,a\n1,,b\n2,4152000003.0,c\n"), us(1, 3)),
    Known("texts as formulas", text('Fax,Name\n"=""4152000001""",a\n\'4152000002,b\n'), us(1, 2)),
    Known("digits lost", text("Fax,Name\n4.152E+09,a\n4152000000,b\n4152000003,c\n"), us(3)),
    Known(
        "a title and a letterhead",
        text("Recall list May,,\nFax: 415-200-0009,,\n\nName,Fax,City\na,4152000001,x\n"),
        us(1),
    ),
    Known(
        "totals and a footer", text("Name,Fax\na,4152000001\nb,4152000002\nTotal: 2 records,\nPage 1 of 1,\n"), us(1, 2)
    ),
    Known("a header in mid-file", text("Name,Fax\na,4152000001\nName,Fax\nb,4152000002\n"), us(1, 2)),
    Known("a ruled line", text("Name,Fax\n-----,-----\na,4152000001\n(1 rows affected),\n"), us(1)),
    Known("duplicates", text("Name,Fax\na,4152000001\nb,+1 (415) 200-0001\nc,4152000002\n"), us(1, 2)),
    Known("personalised", text("Name,Fax\na,4152000001\nb,4152000001\n"), us(1, 1), ("--personalised",)),
    Known("an opt-out below", text("Fax,Fax Opt Out\n4152000001,0\n4152000002,\n4152000001,1\n"), us(2)),
    Known("a consent", text("Fax,Fax Consent\n4152000001,yes\n4152000002,no\n4152000003,\n"), us(1, 3)),
    Known("Dynamics", text("fax,donotfax\n4152000001,Allow\n4152000002,Do Not Allow\n"), us(1)),
    Known(
        "a note far below",
        text(f"Name,Fax,Notes\na,4152000001,\n{LONG}b,4152000001,asked not to be faxed\n"),
        us(*LONG_LINES),
    ),
    Known("a note beside the number", text("Fax\n4152000001\n4152000002\n4152000001 - DO NOT FAX\n"), us(2)),
    Known("a note about times", text("Fax,Notes\n4152000001,do not fax after 5pm\n4152000002,\n4152000001,\n"), us(2)),
    Known("other ways", text("Fax,Email Opt Out,Do Not Call\n4152000001,1,1\n4152000002,0,0\n"), us(1, 2)),
    Known("an opt-out set aside", text("Fax,Opt Out\n4152000001,x\n4152000002,\n"), us(1, 2), ("--field", "opt_out=")),
    Known(
        "kinds", text("Name,Phone Type,Phone\na,Mobile,4152000001\nb,Fax,4152000002\nc,Work Fax,4152000003\n"), us(2, 3)
    ),
    Known(
        "Google's pairs",
        text(
            "Name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
            "a,Mobile,4152000001,Work Fax,4152000002\nb,Home Fax,4152000003,Work,4152000004\nc,Mobile,4152000005,,\n"
        ),
        us(2, 3),
    ),
    Known(
        "Google's cells",
        text("Name,Phone 1 - Label,Phone 1 - Value\na,Mobile ::: Work Fax,4152000001 ::: 4152000002\n"),
        us(2),
    ),
    Known("Outlook", text("First Name,Business Fax,Home Fax,Mobile Phone\na,4152000001,,4152000009\n"), us(1)),
    Known(
        "states as countries",
        text("Fax,Country\n4152000001,TX\n4152000002,DE\n4152000003,CA\n4152000004,NY\n"),
        us(1, 2, 3, 4),
    ),
    Known(
        "countries",
        text("Fax,Country\n4152000001,USA\n3020930000,Schweiz/CH\n+49 30 2093 1000,Germany\n030 20931001,DEU\n"),
        [*us(1), ("+493020931000", 1)],
    ),
    Known("calling codes", text("Fax,Country Code\n4152000001,1\n2079460000,+44\n4152000003,001\n"), us(1, 3)),
    Known("no area code", text("Fax,Name\n200-0001,a\n415-200-0002,b\n"), us(2)),
    Known("an extension", text("Fax,Name\n415-200-0001 x12,a\n415-200-0002,b\n"), us(2)),
    Known("two numbers in a cell", text("Fax,Name\n415-200-0001 / 415-200-0003,a\n415-200-0002,b\n"), us(2)),
    Known(
        "telephones in the column", text("Fax,Name\nTel. 415-200-0001,a\nFax 415-200-0002,b\nsame as phone,c\n"), us(2)
    ),
    Known(
        "other marks",
        text(
            "Fax,Name\n415\u2011200\u20110001,a\n\u202a+1\xa0415\xa02000002\u202c,b\n\uff14\uff11\uff15\uff12\uff10\uff10\uff10\uff10\uff10\uff13,c\n"
        ),
        us(1, 2, 3),
    ),
    Known("a row with a cell too many", text("Fax,Name,Media\n4152000001,a,b,c\n4152000002,a,\n"), us(2)),
    Known("a quote never closed", text('Fax,Name\n4152000001,"a\n4152000002,b\n4152000003,c\n'), us(2, 3)),
    Known("an empty fax column", text("Name,Fax,Fax 2\na,,4152000001\nb,,4152000002\n"), us(1, 2)),
    Known(
        "Berlin",
        text("Name;Fax\na;030 2093 1000\nb;+49 (0)30 20931001\nc;0049 30 20931002\n"),
        [(f"+49302093100{n}", 1) for n in range(3)],
        ("--region", "DE"),
    ),
    Known("Rome", text("Nome;Fax\na;06 698 12345\nb;6 698 12346\n"), [("+390669812345", 1)], ("--region", "IT")),
    Known(
        "two columns", text("GP Fax,Pharmacy Fax\n4152000001,4152000002\n"), refused="which column has the fax numbers"
    ),
    Known(
        "one of two columns", text("GP Fax,Pharmacy Fax\n4152000001,4152000002\n"), us(2), ("--column", "Pharmacy Fax")
    ),
    Known("mobiles alone", text("Name,Mobile\na,4152000001\n"), refused="which column has the fax numbers"),
    Known("those who refused", text("Name,Do Not Fax\na,4152000001\n"), refused="--column"),
    Known(
        "strict with a bad row",
        text("Fax\n4152000001\nnonsense\n"),
        options=("--strict",),
        refused="1 of 2 rows cannot",
    ),
    Known("strict with a footer", text("Name,Fax\na,4152000001\nTotal: 1,\n"), us(1), ("--strict",)),
    Known("nobody left", text("Fax,Opt out\n4152000001,x\n"), refused="no row that can be sent"),
    Known("a PDF", text(ONE, "list.csv"), refused="a PDF, not a list"),
    Known(
        "a guest list",
        text("Fax\n4152000001\n4152000002\n"),
        us(2),
        environment={"FAX_TEST_ONLY": "1", "FAX_TEST_NUMBERS": "+14152000002"},
    ),
]

BOOKS = [
    Known("numbers", book(["Name", "Fax"], ["a", 4152000001], ["b", "415-200-0002"]), us(1, 2)),
    Known("a plus as shown", book(["Fax"], [14152000001], [4152000002], change=formatted(A2='"+"0')), us(1, 2)),
    Known(
        "zeros as shown",
        book(["Fax"], [669812345], change=formatted(A2="0000000000")),
        [("+390669812345", 1)],
        ("--region", "IT"),
    ),
    Known("00 as shown", book(["Fax"], [493020931000], change=formatted(A2='"00"0')), [("+493020931000", 1)]),
    Known("a telephone's format", book(["Fax"], [4152000001], change=formatted(A2="(000) 000-0000")), us(1)),
    Known("a date", book(["Fax"], [4152000001], [4152000002], change=formatted(A2="yyyy-mm-dd")), us(2)),
    Known("hidden rows", book(["Name", "Fax"], ["a", 4152000001], ["b", 4152000002], change=hide_rows(2)), us(2)),
    Known(
        "hidden rows wanted",
        book(["Name", "Fax"], ["a", 4152000001], ["b", 4152000002], change=hide_rows(2)),
        us(1, 2),
        ("--include-hidden",),
    ),
    Known("struck through", book(["Fax"], [4152000001], [4152000002], change=strike("A2")), us(2)),
    Known("struck in part", book(["Fax"], [OLD_AND_NEW], [4152000003]), us(3)),
    Known("a hidden column", book(["Fax", "Fax"], [4152000001, 4152000002], change=hide_column("A")), us(2)),
    Known("never calculated", book(["Name", "Fax"], ["a", '="415"&"2000001"'], ["b", 4152000002]), us(2)),
    Known("several sheets", book(["Read me"], change=second_sheet("List", ["Fax"], [4152000001])), us(1)),
    Known(
        "several lists",
        book(["Fax"], [4152000001], change=second_sheet("New", ["Fax"], [4152000002])),
        refused="several have a column of fax numbers",
    ),
    Known(
        "a sheet by name",
        book(["Fax"], [4152000001], change=second_sheet("New", ["Fax"], [4152000002])),
        us(2),
        ("--sheet", "new"),
    ),
    Known(
        "a hidden sheet",
        book(["Fax"], [4152000001], change=second_sheet("Old", ["Fax"], [4152000002], hidden=True)),
        us(1),
    ),
    Known("a box that is ticked", book(["Fax", "Do not fax"], [4152000001, False], [4152000002, True]), us(1)),
    Known(
        "a note far below, in a workbook",
        book(
            ["Fax", "Notes"],
            [4152000001, None],
            *([4152000000 + n, "ok"] for n in range(1001, 1321)),
            ["4152000001", "Patient refuses faxes"],
        ),
        us(*range(1001, 1321)),
    ),
    Known(
        "comments on cells",
        book(
            ["Name", "Fax"],
            *(["a", 4152000000 + n] for n in range(1, 6)),
            ["b", 4152000001],
            change=comment(A3="DO NOT FAX", B4="JS:\nno longer accepts faxes", A7="opted out", B6="checked in May"),
        ),
        us(4, 5),
    ),
    Known("a title above", book(["Recall list"], [], ["Name", "Fax"], ["a", 4152000001]), us(1)),
    Known(
        "Excel",
        of_excel(
            '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>4152000001</v></c></row>'
            '<row r="3"><c r="A3" t="str"><f>"415"</f><v>4152000002</v></c></row>',
            "Fax",
        ),
        us(1, 2),
    ),
    Known(
        "texts in the cells",
        of_excel(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>Fax</t></is></c>'
            '<c r="B1" t="inlineStr"><is><t>N</t></is></c></row>'
            '<row r="2"><c r="A2" t="inlineStr"><is><t>4152000001</t></is></c></row>'
            '<row r="3"><c r="A3"><v>4152000001</v></c><c r="B3" t="inlineStr"><is><t>No more faxes</t></is></c></row>'
            '<row r="4"><c r="A4"><v>4152000002</v></c></row>'
        ),
        us(2),
    ),
]

MEDIA = ("--media-column", "Letter")
DOCUMENTS = [
    Known(
        "files beside the list",
        with_files({"a.pdf": ONE, "b.pdf": TWO}, text("Fax,Letter\n4152000001,a.pdf\n4152000002,b.pdf\n")),
        [("+14152000001", 1), ("+14152000002", 2)],
        MEDIA,
    ),
    Known(
        "files in a folder",
        with_files(
            {"letters/Ä 1.pdf": TWO, "letters/b.pdf": THREE},
            text("Fax,Letter\n4152000001,A\u0308 1.PDF\n4152000002,b.pdf\n"),
        ),
        [("+14152000001", 2), ("+14152000002", 3)],
        (*MEDIA, "--media-dir", "letters"),
    ),
    Known(
        "files in a ZIP",
        with_files(
            {"l.zip": zipped({"all/a.pdf": TWO, "all/x/b.pdf": THREE})},
            text("Fax,Letter\n4152000001,a.pdf\n4152000002,x\\b.pdf\n"),
        ),
        [("+14152000001", 2), ("+14152000002", 3)],
        (*MEDIA, "--media-dir", "l.zip"),
    ),
    Known(
        "a missing file",
        with_files({"a.pdf": ONE}, text("Fax,Letter\n4152000001,a.pdf\n4152000002,b.pdf\n")),
        us(1),
        MEDIA,
    ),
    Known(
        "out of the folder",
        with_files({"x/a.pdf": TWO, "b.pdf": ONE}, text("Fax,Letter\n4152000001,a.pdf\n4152000002,../b.pdf\n")),
        [("+14152000001", 2)],
        (*MEDIA, "--media-dir", "x"),
    ),
    Known(
        "a document with a password",
        with_files(
            {"a.pdf": blank_pdf(password="x"), "b.pdf": blank_pdf(2, password="")},
            text("Fax,Letter\n4152000001,a.pdf\n4152000002,b.pdf\n"),
        ),
        [("+14152000002", 2)],
        MEDIA,
    ),
    Known(
        "no document",
        with_files(
            {"a.pdf": b"", "b.pdf": b"hello", "c.pdf": TWO}, text("Fax,Letter\n4152000001,a.pdf\n4152000003,c.pdf\n")
        ),
        [("+14152000003", 2)],
        MEDIA,
    ),
    Known(
        "several files",
        with_files({"a.pdf": ONE, "b.pdf": TWO}, text("Fax,Letter\n4152000001,a.pdf ::: b.pdf\n")),
        [("+14152000001", 3)],
        MEDIA,
    ),
    Known("a stored document", text(f"Fax,Letter\n4152000001,{STORED}\n4152000002,never-stored\n"), us(1), MEDIA),
    Known(
        "the same number, other letters",
        with_files(
            {"a.pdf": TWO, "b.pdf": THREE}, text("Fax,Letter\n4152000001,a.pdf\n4152000001,b.pdf\n4152000001,a.pdf\n")
        ),
        [("+14152000001", 2), ("+14152000001", 3)],
        MEDIA,
    ),
    Known(
        "a letter for all and one for some",
        with_files({"a.pdf": THREE}, text("Fax,Letter\n4152000001,\n4152000002,a.pdf\n")),
        [("+14152000001", 1), ("+14152000002", 3)],
        MEDIA,
    ),
]

LISTS = [*TEXTS, *BOOKS, *DOCUMENTS]
