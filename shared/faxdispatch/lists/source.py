"""Reads a file as text or as the rows of a sheet, in any packing and encoding, as a stream.

Only a sample of the beginning is kept, so that a file may be larger than the memory.
"""

import codecs
import gzip
import io
import itertools
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Self, cast

from faxdispatch.documents.contents import DAMAGED, TooManyFiles, see_contents
from faxdispatch.errors import BadInput
from faxdispatch.lists.block import Block, Record
from faxdispatch.lists.sheets import blocks, chosen
from faxdispatch.lists.workbook.bounds import FILES
from faxdispatch.lists.workbook.reading import Workbook

_SAMPLE = 256 * 1024
SAMPLE = 300
"""Rows that show the shape of a list."""
_BATCH = 500
_PIECE = 64 * 1024
"""How many characters are read at a time."""
_LONGEST_LINE = 1_000_000
"""Maximum number of characters of a line.

No list of recipients has longer ones; a file without line ends would fill the memory.
"""

_TEXT_NAMES = (".csv", ".txt", ".tsv", ".tab", ".psv", ".dat")

_SAVE_AS = "open it in its program and save the list as CSV or XLSX"
_REFUSED = (
    (b"%PDF", f"a PDF, not a list; {_SAVE_AS}"),
    (b"\xd0\xcf\x11\xe0", f"an old Excel or Word file (.xls, .doc), or one with a password; {_SAVE_AS}"),
    (b"\x89PNG", "an image, not a list; type the numbers into a CSV file"),
    (b"\xff\xd8\xff", "an image, not a list; type the numbers into a CSV file"),
    (b"GIF8", "an image, not a list; type the numbers into a CSV file"),
    (b"II*\0", "an image, not a list; type the numbers into a CSV file"),
    (b"MM\0*", "an image, not a list; type the numbers into a CSV file"),
    (b"{\\rtf", f"a word processor's file (RTF); {_SAVE_AS}"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"BZh", "packed with bzip2; unpack it first, or pack it with gzip or zip"),
    (b"\xfd7zXZ", "packed with xz; unpack it first, or pack it with gzip or zip"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it first, or pack it with gzip or zip"),
    (b"BEGIN:VCARD", "address cards (vCard), not a list; export the contacts as CSV"),
    (b"SQLite format 3", "a database; export the list as CSV"),
    (b"PAR1", "a Parquet file; export the list as CSV"),
)
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_LENIENT = "faxdispatch.calling.windows-1252"


def _from_windows(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are not UTF-8 as Windows-1252, and the five that it does not use as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_western(byte) for byte in wrong), error.end


def _western(byte: int) -> str:
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error(_LENIENT, _from_windows)


@dataclass
class Source:
    """A list of recipients that is open. `close` it, or use it in a `with` statement.

    Exactly one of `lines` and `sheet` is set: `lines` returns the next lines of text with their ends, or none at the
    end of the text; `sheet` yields the non-empty rows of a spreadsheet, in blocks, and `head` has the first of them.
    `encoding` says in words how the bytes are read, and `notes` has further remarks. `total` is the file's size in
    bytes, and `done()` how much of it has been read.
    """

    name: str
    total: int
    done: Callable[[], int]
    encoding: str = ""
    lines: Callable[[], list[str]] | None = None
    sheet: Iterator[Block] | None = None
    head: Sequence[Record] = ()
    rows_with: (
        Callable[[Sequence[str], Sequence[int], Sequence[int], int, Callable[[str], bool]], Iterator[Block]] | None
    ) = None
    """Yields rows of a workbook like its `Sheet.rows_with`; to be used before `sheet`."""
    comments: Sequence[tuple[int, str, str]] = ()
    """Comments on the cells of a workbook: row, cell and text of each."""
    hidden_columns: frozenset[int] = frozenset()
    """Columns, from 0, that a spreadsheet does not show."""
    notes: list[str] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_source(path: Path | str, *, encoding: str | None = None, sheet: str | None = None) -> Source:
    """Open a list: text, gzip, zip with one list in it, or a sheet of an XLSX workbook.

    `encoding` (a name that Python knows) and `sheet` (its title) override the guesses.

    Raises:
        BadInput: the file cannot be read, or its kind is not supported; the message says what to do. Reading on may
            raise it too, if the file is damaged.
    """
    path = Path(path)
    if encoding is not None:
        _check_encoding(encoding)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            total = path.stat().st_size
        except OSError as error:
            raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None
        source = Source(path.name, total, lambda: 0 if file.closed else file.tell())
        try:
            _fill(source, file, stack, encoding, sheet)
        except _UNREADABLE as error:
            raise _damaged(path.name, error) from None
        source._stack = stack.pop_all()  # noqa: SLF001 - made here
        return source
    raise AssertionError("unreachable")  # pragma: no cover - an ExitStack swallows nothing here


_UNREADABLE = (*DAMAGED, UnicodeError)
"""Errors from reading a damaged file, whether it is an archive or not."""


def _damaged(name: str, error: Exception) -> BadInput:
    return BadInput(f"{name}: damaged, or not what its name says ({error}); get it again from where it came from")


def _no_sheets(name: str) -> BadInput:
    return BadInput(f"sheet: {name} is not a workbook and has no sheets; leave it out")


def _check_encoding(encoding: str) -> None:
    try:
        "".encode(encoding)
        known = not codecs.lookup(encoding).name.endswith("_codec") and isinstance(b"".decode(encoding), str)
    except (LookupError, UnicodeError, TypeError, ValueError):
        known = False
    if not known:
        raise BadInput(f"encoding: {encoding!r} is not known; write utf-8, windows-1252, utf-16 or the like")


def _fill(source: Source, file: BinaryIO, stack: ExitStack, encoding: str | None, sheet: str | None) -> None:
    start = file.read(4)
    file.seek(0)
    if not start:
        raise BadInput(f"{source.name}: is empty")
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _fill_from_zip(source, file, stack, encoding, sheet)
    elif sheet is not None:
        raise _no_sheets(source.name)
    elif start.startswith(b"\x1f\x8b"):
        source.notes.append("packed with gzip")
        _fill_from_text(source, cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file))), encoding)
    else:
        _fill_from_text(source, file, encoding)


def _fill_from_zip(source: Source, file: BinaryIO, stack: ExitStack, encoding: str | None, sheet: str | None) -> None:
    try:
        see_contents(file, FILES)
    except TooManyFiles:
        raise BadInput(
            f"{source.name}: a zip archive with more than {FILES:,} files; unpack it and give only the list"
        ) from None
    archive = stack.enter_context(zipfile.ZipFile(file))
    names = [
        info.filename
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/") and not _base(info.filename).startswith(".")
    ]
    if "xl/workbook.bin" in names:
        raise BadInput(f"{source.name}: a binary Excel workbook (.xlsb); {_SAVE_AS}")
    if any(name.startswith("xl/") for name in names):
        _fill_from_workbook(source, file, stack, sheet)
        return
    if sheet is not None:
        raise _no_sheets(source.name)
    for kind, mark in (("Word", "word/document.xml"), ("PowerPoint", "ppt/presentation.xml")):
        if mark in names:
            raise BadInput(f"{source.name}: a {kind} file; {_SAVE_AS}")
    if "mimetype" in names and "content.xml" in names:
        raise BadInput(f"{source.name}: an OpenDocument file; {_SAVE_AS}")
    lists = [name for name in names if name.lower().endswith(_TEXT_NAMES)] or names
    if len(lists) != 1:
        held = f"{len(lists)} files: {', '.join(lists[:10])}{' …' if len(lists) > 10 else ''}" if lists else "no file"
        raise BadInput(f"{source.name}: a zip archive with {held}; unpack it and give only the list that is meant")
    info = archive.getinfo(lists[0])
    if info.flag_bits & 1:
        raise BadInput(f"{source.name}: {lists[0]} in it has a password; unpack it first")
    source.notes.append(f"{lists[0]} in a zip archive")
    _fill_from_text(source, stack.enter_context(archive.open(info)), encoding)


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _fill_from_text(source: Source, raw: IO[bytes], encoding: str | None) -> None:
    buffered = io.BufferedReader(cast("io.RawIOBase", raw), _SAMPLE)
    sample = buffered.peek(_SAMPLE)
    if not sample:
        raise BadInput(f"{source.name}: is empty")
    _refuse_other_kinds(source.name, sample)
    codec, errors, source.encoding = _encoding(sample, encoding)
    text = io.TextIOWrapper(buffered, encoding=codec, errors=errors, newline="")
    source.lines = _Text(source, text).lines


def _refuse_other_kinds(name: str, sample: bytes) -> None:
    for magic, what in _REFUSED:
        if sample.startswith(magic):
            raise BadInput(f"{name}: {what}")
    if sample.startswith(b"PK\x03\x04"):
        raise BadInput(f"{name}: an archive or workbook inside an archive; unpack it first")
    if sample[257:262] == b"ustar":
        raise BadInput(f"{name}: a tar archive; unpack it and give only the list that is meant")
    if sample.removeprefix(codecs.BOM_UTF8).lstrip()[:20].lower().startswith(_MARKUP):
        raise BadInput(f"{name}: a web page or XML, not a list, despite its name; {_SAVE_AS}")


def _encoding(sample: bytes, wanted: str | None) -> tuple[str, str, str]:
    """Return codec, error handling, and both in words."""
    if wanted is not None:
        codec = codecs.lookup(wanted).name
        marked = codec == "utf-8" and sample.startswith(codecs.BOM_UTF8)
        return ("utf-8-sig" if marked else codec), "strict", f"{wanted} (as given)"
    for mark, codec in _MARKS:
        if sample.startswith(mark):
            words = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}[codec]
            return codec, _LENIENT if codec == "utf-8-sig" else "replace", f"{words} (by its byte order mark)"
    # Text in UTF-16 has a NUL in most pairs of bytes, always on the same side.
    head = sample[: len(sample) // 2 * 2]
    for codec, side in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(head) >= 4 and head[side::2].count(0) > 0.7 * len(head) / 2 and head[1 - side :: 2].count(0) == 0:
            return codec, "replace", "UTF-16 (by its NUL bytes)"
    if sample.isascii():
        return "utf-8", _LENIENT, "UTF-8, or Windows-1252 where it is not UTF-8"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "utf-8", _LENIENT, "Windows-1252 where it is not UTF-8"
    return "utf-8", _LENIENT, "UTF-8"


class _Text:
    """Reads text line by line, whichever of the three line ends it has."""

    def __init__(self, source: Source, text: io.TextIOWrapper) -> None:
        self._source = source
        self._text = text
        self._rest = ""
        self._count = 0

    def lines(self) -> list[str]:
        """Return the next lines with their ends; none at the end of the file.

        Raises:
            BadInput: they cannot be read, or one is too long.
        """
        found: list[str] = []
        while not found and (piece := self._read()):
            found = io.StringIO((self._rest + piece).replace("\0", ""), newline="").readlines()
            # The last line may be incomplete, and an end of \r may be half of \r\n.
            self._rest = found.pop() if found and found[-1][-1] != "\n" else ""
            if len(self._rest) >= _LONGEST_LINE:
                raise BadInput(
                    f"{self._source.name}: line {self._count + len(found) + 1} has a million characters or more; "
                    "a list has one recipient a line"
                )
        if not found and self._rest:
            found, self._rest = [self._rest], ""
        self._count += len(found)
        return found

    def _read(self) -> str:
        try:
            return self._text.read(_PIECE)
        except UnicodeError:
            raise BadInput(
                f"{self._source.name}: near line {self._count + 1} it is not in the encoding {self._source.encoding}; "
                "leave the encoding out, or name the right one"
            ) from None
        except _UNREADABLE as error:
            raise _damaged(self._source.name, error) from None


def _fill_from_workbook(source: Source, file: BinaryIO, stack: ExitStack, wanted: str | None) -> None:
    book = Workbook(source.name, file)
    stack.callback(book.close)
    sheet = chosen(source.name, book, wanted)
    source.encoding = "XLSX"
    source.notes.append(f"an Excel workbook, its sheet {sheet.title!r}")
    if Path(source.name).suffix.lower() not in (".xlsx", ".xlsm"):
        source.notes.append("it is not a CSV file, despite its name")
    if book.strikes_by_rule:
        source.notes.append(
            "a conditional format strikes cells through, which is ignored here: strike them through by hand"
        )
    source.comments = sheet.comments()
    source.hidden_columns, head = sheet.head(SAMPLE)
    source.head = [record for block in blocks(head) for record in block.records()]
    source.sheet = blocks(sheet.rows())
    source.rows_with = lambda *wanted: blocks(sheet.rows_with(*wanted))
    # Another process reads the file, and it uses our position in the file.
    source.done = lambda: 0 if file.closed else os.lseek(file.fileno(), 0, os.SEEK_CUR)


def rows_source(rows: Iterable[Mapping[str, Any] | Sequence[Any]]) -> Source:
    """Return rows of a program as a source: mappings whose keys are the columns, or sequences of cells.

    Raises:
        BadInput: while it is read, if a mapping has a key that the first one lacks.
    """
    filled = (record for record in _given(rows) if any(map(str.strip, record.cells)))
    head = list(itertools.islice(filled, SAMPLE))
    batches = iter(lambda: list(itertools.islice(filled, _BATCH)), [])
    return Source(
        "rows", 0, lambda: 0, encoding="as given", head=head, sheet=map(Block.of, itertools.chain([head], batches))
    )


def _given(rows: Iterable[Mapping[str, Any] | Sequence[Any]]) -> Iterator[Record]:
    names: tuple[str, ...] = ()
    number = 0
    for row in rows:
        number += 1
        if not isinstance(row, (Mapping, Sequence)) or isinstance(row, (str, bytes)):
            raise BadInput(f"row {number}: is a {type(row).__name__}; give a mapping or a sequence of cells")
        if not isinstance(row, Mapping):
            yield Record(number, tuple(map(_cell_text, row)))
            continue
        if not names:
            names = tuple(row)
            yield Record(number, names)
            number += 1
        if unknown := row.keys() - set(names):
            raise BadInput(f"row {number - 1}: has {', '.join(sorted(unknown))}, which the first row does not have")
        yield Record(number, tuple(_cell_text(row.get(name)) for name in names))


def _cell_text(value: Any) -> str:
    """Return a value of a program as it would be written in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).replace("\0", "")
