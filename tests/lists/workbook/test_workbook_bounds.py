"""A workbook that would exhaust memory or time is refused with a message, by a separate process."""

import io
import subprocess
import textwrap
import zipfile

import pytest

from faxdispatch.errors import BadInput
from faxdispatch.lists.workbook import book, bounds, styles, wire
from faxdispatch.lists.workbook.book import Book
from faxdispatch.lists.workbook.bounds import Damaged, TooLarge
from faxdispatch.lists.workbook.reading import Workbook
from faxdispatch.subprocesses import bounded
from tests.lists.workbook.excel import book_of, excel, saved


def rewritten(file, name, content):
    """Return a workbook with another content of one of its parts; without the part, where that is None."""
    other = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as given, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as made:
        for info in given.infolist():
            content_now = given.read(info) if info.filename != name else content
            if content_now is not None:
                made.writestr(info.filename, content_now)
    return other


def read(file):
    """Read the first sheet."""
    opened = Workbook("list.xlsx", file)
    try:
        return [cells for rows in opened.sheets[0].rows() for cells in rows.cells]
    finally:
        opened.close()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("bound", "value", "message"),
    [
        ("WHOLE", {"strings": 10, "styles": 10_000}, "xl/sharedStrings.xml in it unpacks to 0 MB, and at most"),
        ("WHOLE", {"strings": 10_000, "styles": 10}, "xl/styles.xml in it unpacks to"),
        ("SMALL", 10, "unpacks to"),
        ("PART", 10, f"{SHEET} in it unpacks to"),
        ("SHEETS", 0, "more than 0 sheets"),
        ("FILES", 3, "more than 3 parts"),
    ],
)
def test_a_part_beyond_a_bound_is_refused_before_it_is_read(monkeypatch, bound, value, message):
    monkeypatch.setattr(book, bound, value)
    with pytest.raises(TooLarge, match=message), Book(excel("", ["<t>Fax</t>"])).open(0):
        pass


def test_a_part_that_unpacks_to_far_more_than_its_size_is_refused(monkeypatch):
    monkeypatch.setattr(book, "SMALL", 5000)
    file = rewritten(saved(book_of(["Fax"])), SHEET, f"<worksheet><!--{' ' * 50_000}--></worksheet>")

    with pytest.raises(TooLarge, match="more than 100 times its size"), Book(file).open(0):
        pass


def test_more_styles_than_excel_has_are_refused(monkeypatch):
    monkeypatch.setattr(styles, "STYLES", 60)
    content = f"<styleSheet><cellXfs>{'<xf/>' * 61}</cellXfs></styleSheet>"

    with pytest.raises(TooLarge, match="more than 60 styles"):
        Book(rewritten(saved(book_of(["Fax"])), "xl/styles.xml", content))


@pytest.mark.parametrize("part", ["xl/workbook.xml", SHEET, "xl/styles.xml"])
def test_a_missing_or_broken_part_is_reported(tmp_path, part):
    for content in ("<a>", b"\xff" * 100, *([None] if part != "xl/styles.xml" else [])):
        path = tmp_path / "list.xlsx"
        path.write_bytes(rewritten(saved(book_of(["Fax"], ["3122000001"])), part, content).getvalue())
        with path.open("rb") as file, pytest.raises(BadInput, match="damaged, or not what its name says"):
            read(file)


def test_a_process_that_dies_is_reported_as_too_large(tmp_path):
    path = tmp_path / "list.xlsx"
    path.write_bytes(saved(book_of(["Fax"])))
    with path.open("rb") as file:
        opened = Workbook("list.xlsx", file)
        opened._child.kill()
        opened._child.wait()
        with pytest.raises(
            BadInput, match="the workbook is too large: it takes more than 300 MB of memory or 15 minutes"
        ):
            opened.sheets[0].head(1)
        opened.close()


def test_a_workbook_is_read_as_often_as_it_is_asked_for_and_leaves_no_process(tmp_path):
    path = tmp_path / "list.xlsx"
    path.write_bytes(saved(book_of(["Fax"], *([f"31220{n:05}"] for n in range(2000)))))
    with path.open("rb") as file:
        opened = Workbook("list.xlsx", file)
        assert [rows.cells for rows in opened.sheets[0].head(2)[1]] == [[["Fax"], ["3122000000"]]]
        assert sum(len(rows.numbers) for rows in opened.sheets[0].rows()) == 2001
        next(opened.sheets[0].rows())
        opened.close()
    assert opened._child.returncode is not None


def test_a_child_has_no_more_memory_than_its_bound(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
        from faxdispatch.subprocesses.bounded import bound
        bound(memory=200_000_000, seconds=5)
        try:
            held = bytearray(300_000_000)
        except MemoryError:
            print("refused")
    """)
    )
    done = bounded.run(program, content=b"", seconds=20)
    assert done.stdout == b"refused\n"


def test_a_child_that_takes_too_long_is_ended(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import sys; sys.stdin.read(); import time; time.sleep(60)")
    with pytest.raises(subprocess.TimeoutExpired):
        bounded.run(program, content=b"", seconds=0.2)


def test_a_truncated_or_oversized_message_is_refused():
    whole = io.BytesIO()
    wire.send(whole, wire.Kind.ROWS, "1\x1f\x1fMüller")
    assert wire.receive(io.BytesIO(whole.getvalue())) == (wire.Kind.ROWS, "1\x1f\x1fMüller")
    assert wire.receive(io.BytesIO(whole.getvalue()[:-1])) is None
    assert wire.receive(io.BytesIO(b"r\xff\xff\xff\xff")) is None


def test_the_process_itself_says_what_it_cannot_read(tmp_path):
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"PK\x03\x04 nothing more")
    with path.open("rb") as file, pytest.raises(BadInput, match=r"list\.xlsx: damaged"):
        Workbook("list.xlsx", file)


def test_the_bounds_are_those_of_excel():
    assert (bounds.ROWS, bounds.COLUMNS, bounds.CELL) == (2**20, 2**14, 2**15 - 1)
    assert issubclass(Damaged, Exception)
