"""An archive with too many files is refused before any of them is read."""

import io
import zipfile

import pytest

from faxdispatch.documents import contents
from faxdispatch.documents.contents import TooManyFiles, see_contents


def archive(files: int, comment: bytes = b"") -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.comment = comment
        for number in range(files):
            file.writestr(f"{number}.txt", "x")
    return made


@pytest.mark.parametrize("comment", [b"", b"of a program", b"x" * 65_535])
@pytest.mark.parametrize("is_large", [False, True])
def test_the_files_of_an_archive_are_counted(monkeypatch, comment, is_large):
    # Python writes the records of a large archive where it has more files than this.
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2 if is_large else 65_535)
    made = archive(5, comment)
    assert (b"PK\x06\x06" in made.getvalue()) == is_large

    see_contents(made, 5)
    assert len(zipfile.ZipFile(made).infolist()) == 5
    with pytest.raises(TooManyFiles):
        see_contents(made, 4)


def test_a_long_table_is_not_even_read(monkeypatch):
    monkeypatch.setattr(contents, "MOST_BYTES", 100)
    with pytest.raises(TooManyFiles):
        see_contents(archive(5), 5)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", archive(1).getvalue()[:-30]])
def test_an_archive_that_breaks_off_has_no_table(content):
    with pytest.raises(zipfile.BadZipFile):
        see_contents(io.BytesIO(content), 5)
