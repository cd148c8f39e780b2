"""The process that reads a workbook answers questions about its rows, and keeps what it may be asked for next."""

import io
import json
from pathlib import Path

import pytest

from faxdispatch.lists.workbook import process
from faxdispatch.lists.workbook.book import Book
from faxdispatch.lists.workbook.wire import Kind, receive, unpacked
from tests.lists.workbook.excel import book_of, saved

ROWS = [["Fax", "Opt out"], ["1", ""], ["2", "x"], ["3", ""], ["no FAX", ""]]
WITH_COLUMN, WITH_WORD, ALL = ["rows_with", 0, ["zebra"], [1], []], ["rows_with", 0, ["fax"], [], []], ["rows", 0, 0]


@pytest.fixture
def readings(monkeypatch):
    """Tell how often a sheet was read."""
    counted, opened = [], Book.open

    def counting(book, place):
        counted.append(place)
        return opened(book, place)

    monkeypatch.setattr(Book, "open", counting)
    return counted


def answers(*questions):
    """Return the rows that the process sends for each question."""
    out = io.BytesIO()
    process.answer(
        io.BytesIO(saved(book_of(*ROWS))),
        io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in questions)),
        out,
    )
    out.seek(0)
    told, rows = [], []
    while message := receive(out):
        if message[0] is Kind.HIDDEN:
            rows = []
        elif message[0] is Kind.ROWS:
            rows += unpacked(message[1]).cells
        elif message[0] is Kind.END:
            told.append([row[0] for row in rows])
    return told


def test_rows_are_read_once_when_some_and_then_all_are_asked_for(readings):
    assert answers(WITH_COLUMN, ALL) == [["Fax", "2"], ["Fax", "1", "2", "3", "no FAX"]]
    assert len(readings) == 1
    assert answers(WITH_WORD, ALL) == [["Fax", "no FAX"], ["Fax", "1", "2", "3", "no FAX"]]
    assert answers(["rows_with", 0, ["zebra"], [], [2]]) == [["1"]]


@pytest.mark.parametrize("fails", ["made", "written"])
def test_rows_are_read_again_where_they_cannot_be_kept(monkeypatch, readings, fails):
    def failing():
        if fails == "made":
            raise OSError(28, "No space left on device")
        return Path("/dev/full").open("wb")

    monkeypatch.setattr(process.tempfile, "TemporaryFile", failing)

    assert answers(WITH_WORD, ALL) == [["Fax", "no FAX"], ["Fax", "1", "2", "3", "no FAX"]]
    assert len(readings) == 2
