"""Documents named by a list are found in their folder or archive, however they are written, and nowhere else."""

import os
import struct
import unicodedata
import zipfile

import pytest

from faxdispatch.documents import media_dir
from faxdispatch.documents.media_dir import open_media_dir
from faxdispatch.errors import BadInput

FILES = {"a.pdf": b"A", "letters/Müller.PDF": b"M", "letters/b c.pdf": b"B"}


def folder(path, files=FILES):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def archive(path, files=FILES, top=""):
    made = path / "documents.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(top + name, content)
        packed.writestr("__MACOSX/._a.pdf", b"no document")
    return made


@pytest.fixture(params=["folder", "archive", "archive of one folder"])
def place(request, tmp_path):
    made = {
        "folder": lambda: folder(tmp_path / "documents"),
        "archive": lambda: archive(tmp_path),
        "archive of one folder": lambda: archive(tmp_path, top="letters of May/"),
    }[request.param]()
    with open_media_dir(made) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"A"),
        (" A.PDF ", b"A"),
        ("./a.pdf", b"A"),
        ("letters/Müller.PDF", b"M"),
        (unicodedata.normalize("NFD", "letters/Müller.PDF"), b"M"),
        (r"Letters\b c.pdf", b"B"),
    ],
)
def test_a_file_is_found_however_its_name_is_written(place, name, content):
    assert place.read(place.find(name)) == content


@pytest.mark.parametrize(
    "name", ["b.pdf", "letters", "letters/a.pdf", "x" * 300, "a.pdf/b.pdf", "__MACOSX/._a.pdf"[:8]]
)
def test_what_is_not_there_is_not_found(place, name):
    assert place.find(name) is None


@pytest.mark.parametrize("name", ["/etc/hostname", "../a.pdf", "letters/../../a.pdf", r"C:\a.pdf", r"..\a.pdf", ".env"])
def test_no_name_leads_out_of_the_folder(place, name):
    with pytest.raises(ValueError, match="inside the"):
        place.find(name)


def test_a_link_out_of_the_folder_is_not_followed_and_a_pipe_not_waited_for(tmp_path):
    made = folder(tmp_path / "documents")
    (tmp_path / "secret.txt").write_text("secret")
    (made / "b.txt").symlink_to(tmp_path / "secret.txt")
    (made / "c.pdf").symlink_to(made / "a.pdf")
    os.mkfifo(made / "d.pdf")

    with open_media_dir(made) as place:
        with pytest.raises(ValueError, match="leads out of the folder documents by a link"):
            place.find("b.txt")
        assert place.read(place.find("c.pdf")) == b"A"
        assert place.find("d.pdf") is None


@pytest.mark.parametrize("make", [folder, archive])
def test_an_ambiguous_name_is_reported(tmp_path, make):
    with open_media_dir(make(tmp_path, {"a.pdf": b"A", "A.pdf": b"B"})) as place:
        assert place.read(place.find("A.pdf")) == b"B"
        with pytest.raises(ValueError, match=r"may be A\.pdf or a\.pdf"):
            place.find("a.PDF")


def test_unmarked_utf_8_names_in_an_archive_are_read_as_utf_8(tmp_path):
    made = archive(tmp_path, {"Müller.pdf": b"M"})
    # macOS writes names in UTF-8, but without the flag for UTF-8.
    made.write_bytes(made.read_bytes().replace(struct.pack("<HH", 0x800, 8), struct.pack("<HH", 0, 8)))

    with open_media_dir(made) as place:
        assert place.read(place.find("Müller.pdf")) == b"M"


def test_a_damaged_or_encrypted_file_in_an_archive_is_reported(tmp_path):
    made = archive(tmp_path, {"a.pdf": b"A" * 99, "b.pdf": b"B" * 99})
    content = bytearray(made.read_bytes())
    at = content.index(b"a.pdf") + 5
    content[at : at + 4] = b"\xff\xff\xff\xff"
    content[content.rindex(b"PK\x01\x02", 0, content.rindex(b"b.pdf")) + 8] |= 1
    made.write_bytes(content)

    with open_media_dir(made) as place:
        with pytest.raises(ValueError, match="damaged in the archive"):
            place.read(place.find("a.pdf"))
        with pytest.raises(ValueError, match="has a password"):
            place.read(place.find("b.pdf"))


def test_an_archive_beyond_the_bounds_is_refused_before_it_is_read(tmp_path, monkeypatch):
    made = archive(tmp_path)

    monkeypatch.setattr(media_dir, "MOST_UNPACKED", 2)
    with pytest.raises(BadInput, match="unpacks to"), open_media_dir(made):
        pass
    monkeypatch.setattr(media_dir, "MOST_FILES", 1)
    with pytest.raises(BadInput, match="more files than are read"), open_media_dir(made):
        pass


def test_a_file_is_read_no_further_than_telnyxs_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(media_dir, "MAX_UPLOAD", 10)

    for make in (folder, archive):
        with open_media_dir(
            make(tmp_path / make.__name__ if make is folder else tmp_path, {"a.pdf": b"A" * 99})
        ) as place:
            assert len(place.read(place.find("a.pdf"))) == 11


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 and no more", b"%PDF-1.4 no archive"])
def test_what_is_neither_a_folder_nor_an_archive_is_reported(tmp_path, content):
    made = tmp_path / "documents.zip"
    if content is not None:
        made.write_bytes(content)

    with pytest.raises(BadInput, match="media-dir: "), open_media_dir(made):
        pass
