"""A check accounts for every row of any file once, or says what is wrong with the file."""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxdispatch.errors import BadInput
from faxdispatch.lists.badrows import BadRows
from faxdispatch.lists.rows import BadRow, LeftOut, Row, Why
from tests.lists.conftest import Checked, check_whole

STOPS = (Why.SUPPRESSED, Why.QUARANTINED)

PIECES = st.sampled_from(
    [
        *(
            "fax",
            "Fax #",
            "Name",
            "media",
            "priority",
            "3125550100",
            "312-555-0101",
            "+44 161 999 8888",
            "N/A",
            "0",
            "x",
        ),
        *(",", ",", ";", "\t", "|", "\n", "\n", "\r\n", "\r", '"', '""', "'", "=", "+", " ", "\u00a0", "\0", "\ufeff"),
        *("1.31256E+10", "Total", "ü", "\u2028", "\x1c", "\x85", "\x1f", "#", "x12", "911", "https://a.example/b"),
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=80).map("".join))
LISTS = TEXTS.map(lambda text: "Name,Fax,media\nBob,3125550100,a\n" + text)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def accounted(folder: Path, content: bytes) -> Checked | None:
    """Check a file, and that each row is accounted for once. Return None if the file is refused."""
    path = folder / "list.csv"
    path.write_bytes(content)
    try:
        result = check_whole(path, stopped=lambda numbers: dict(zip(numbers[::2], STOPS, strict=False)))
    except BadInput:
        return None
    summary = result.summary
    assert summary.rows == len(result.found)
    assert [row.row for row in result.found] == list(range(1, summary.rows + 1))
    assert [row.line for row in result.found] == sorted({row.line for row in result.found})
    assert summary.valid == sum(isinstance(row, Row) for row in result.found)
    assert summary.invalid == sum(isinstance(row, BadRow) for row in result.found)
    left_out = summary.no_number + summary.duplicate + summary.suppressed + summary.quarantined
    assert left_out == sum(isinstance(row, LeftOut) for row in result.found)
    assert summary.rows == summary.valid + summary.invalid + left_out
    return result


@settings(max_examples=300)
@given(text=st.one_of(TEXTS, LISTS), encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_text_is_accounted_for_or_refused(folder, text, encoding):
    accounted(folder, text.encode(encoding, errors="ignore"))


@settings(max_examples=300)
@given(
    start=st.sampled_from(
        [b"", b"fax\n", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08"]
    ),
    content=st.binary(max_size=400),
)
def test_any_bytes_are_accounted_for_or_refused(folder, start, content):
    accounted(folder, start + content)


@settings(max_examples=150)
@given(text=LISTS, cut=st.integers(0, 400), wrong=st.integers(0, 400), packing=st.sampled_from(["gzip", "zip"]))
def test_a_damaged_archive_is_refused_or_accounted_for(folder, text, cut, wrong, packing):
    content = text.encode(errors="ignore")
    if packing == "gzip":
        packed = gzip.compress(content)
    else:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("list.csv", content)
        packed = held.getvalue()
    damaged = bytearray(packed[: len(packed) - cut % len(packed)])
    damaged[wrong % len(damaged)] ^= 0x55

    accounted(folder, bytes(damaged))


@settings(max_examples=150)
@given(text=LISTS)
def test_the_bad_rows_of_any_list_can_be_written_and_is_harmless(folder, text):
    result = accounted(folder, text.encode(errors="ignore"))
    path = folder / "bad.csv"
    path.unlink(missing_ok=True)
    bad = [row for row in result.found if isinstance(row, BadRow)] if result else []
    if not bad:
        return

    with BadRows(path, result.table.columns, result.table.delimiter) as out:
        for row in bad:
            out.write(row)

    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *again = csv.reader(file, delimiter=out.delimiter)
    width = len(result.table.columns)
    assert header[width:] == ["line", "reason"]
    assert [cells[width] for cells in again] == [str(row.line) for row in bad]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cells in again for cell in cells)
