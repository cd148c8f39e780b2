"""A document is stored completely or not at all, in a folder or a bucket, and failures are reported."""

import os
import shutil
import sys
import time
from pathlib import Path

import fsspec
import pytest
from fsspec.registry import _registry

from faxdispatch.errors import Misconfigured
from faxdispatch.storage.folder import LEFTOVER_AGE
from faxdispatch.storage.store import StoreTrouble, open_store

CONTENT = b"%PDF-1.7\n" + bytes(300_000) + b"%%EOF\n"
NAME = "f72eebbe-f9b6-4f0f-b652-03e742e110d5.pdf"
BAD_NAMES = ["../x.pdf", "/x.pdf", "a/b.pdf", "", ".", "..", ".hidden", "x\0.pdf"]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "fetched"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "not" / "there" / "yet"


@pytest.fixture
def memory():
    """The files of fsspec's bucket in memory, which all who open it share."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files.store
    files.store.clear()


class Failing(fsspec.AbstractFileSystem):
    """A bucket whose library fails with a message that contains secrets."""

    protocol = "failing"
    cachable = False

    def put_file(self, *args, **kwargs):
        raise RuntimeError("cannot reach https://user:hunter2@bucket.test/x?X-Amz-Signature=c0ffee for +13125550123")

    pipe_file = rm_file = put_file


@pytest.fixture
def failing():
    fsspec.register_implementation("failing", Failing, clobber=True)
    return open_store("failing://bucket/faxes")


# A folder


def test_a_file_gets_the_permissions_that_the_umask_leaves(folder, source):
    before = os.umask(0o027)
    try:
        address = open_store(str(folder)).put(NAME, source)
    finally:
        os.umask(before)

    assert Path(address).stat().st_mode & 0o777 == 0o640


def test_a_link_in_place_of_the_document_is_replaced_and_not_followed(folder, source, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("keep")
    folder.mkdir(parents=True)
    (folder / NAME).symlink_to(outside)

    open_store(str(folder)).put(NAME, source)

    assert outside.read_text() == "keep"
    assert (folder / NAME).read_bytes() == CONTENT


def test_the_document_is_on_the_disk_before_it_has_its_name(folder, source, monkeypatch):
    steps = []
    folder.mkdir(parents=True)
    real_sync, real_replace = os.fsync, Path.replace

    def sync(handle):
        steps.append(("sync", str(Path(f"/proc/self/fd/{handle}").readlink())))
        real_sync(handle)

    def replace(path, target):
        steps.append(("rename", str(path)))
        return real_replace(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    open_store(str(folder)).put(NAME, source)

    (first, unfinished), renamed, last = steps
    assert first == "sync"
    assert Path(unfinished).parent == folder
    assert renamed == ("rename", unfinished)
    assert last == ("sync", str(folder))


def test_a_failed_write_leaves_nothing_behind(folder, source, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)

    with pytest.raises(StoreTrouble, match="No space left on device"):
        open_store(str(folder)).put(NAME, source)

    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_created_is_reported(tmp_path, source):
    where = tmp_path / "later-a-file"
    store = open_store(str(where / "faxes"))
    where.write_text("a file")

    with pytest.raises(StoreTrouble, match="later-a-file"):
        store.put(NAME, source)
    with pytest.raises(StoreTrouble, match="later-a-file"):
        store.check()


def test_what_a_crash_left_is_cleared_away_and_what_is_being_written_is_not(folder, source):
    folder.mkdir(parents=True)
    old, new, other = (folder / name for name in (".faxdispatch-1.part", ".faxdispatch-2.part", ".else.part"))
    for path in (old, new, other):
        path.write_text("half")
    for path in (old, other):
        os.utime(path, (0, time.time() - LEFTOVER_AGE - 60))

    open_store(str(folder)).put(NAME, source)

    assert {path.name for path in folder.iterdir()} == {new.name, other.name, NAME}


@pytest.mark.parametrize("mark", ["file://", "local://"])
def test_a_folder_may_be_written_as_url(folder, source, mark):
    assert open_store(f"{mark}{folder}").put(NAME, source) == str(folder / NAME)


def test_a_folder_may_be_relative_and_its_address_is_not(tmp_path, source, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert open_store("faxes").put(NAME, source) == str(tmp_path / "faxes" / NAME)


# A bucket


@pytest.mark.parametrize("act", ["put", "put_text", "delete", "check"])
def test_errors_of_a_bucket_are_reported_without_secrets(failing, source, act):
    given = {"put": (NAME, source), "put_text": (NAME, "text"), "delete": (NAME,), "check": ()}

    with pytest.raises(StoreTrouble, match="RuntimeError: cannot reach") as caught:
        getattr(failing, act)(*given[act])

    for secret in ("hunter2", "c0ffee", "5550123"):
        assert secret not in str(caught.value)


# Either


@pytest.fixture(params=["folder", "bucket"])
def place(request, folder, memory):
    """An address for documents, with the address that one gets there, and a function that lists their names."""
    if request.param == "folder":
        return str(folder), str(folder / NAME), lambda: [path.name for path in folder.iterdir()]
    return "memory://bucket/faxes/", f"memory://bucket/faxes/{NAME}", lambda: [Path(key).name for key in memory]


def test_a_document_is_stored_complete_under_its_address_and_replaces_what_was_there(place, source):
    where, address, left = place
    store = open_store(where)
    store.put_text(NAME, "half of it")

    assert store.put(NAME, source) == address
    with fsspec.open(address) as file:
        assert file.read() == CONTENT
    assert left() == [NAME]
    assert source.exists()


def test_a_text_is_stored_as_utf8(place):
    with fsspec.open(open_store(place[0]).put_text("a.json", "Grüße")) as file:
        assert file.read() == "Grüße".encode()


def test_a_document_is_deleted_and_deleting_it_again_does_no_harm(place, source):
    where, _, left = place
    store = open_store(where)
    store.delete(NAME)
    store.put(NAME, source)

    store.delete(NAME)
    store.delete(NAME)

    assert left() == []


def test_checking_a_place_leaves_nothing_behind(place):
    where, _, left = place
    open_store(where).check()

    assert left() == []


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("where", ["folder", "memory://bucket"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, memory, source, where, name):
    store = open_store(str(tmp_path / where) if where == "folder" else where)

    for act in (lambda: store.put(name, source), lambda: store.put_text(name, "x"), lambda: store.delete(name)):
        with pytest.raises(ValueError, match="not the name"):
            act()
    assert list(tmp_path.iterdir()) == [source]
    assert list(memory) == []


# What FAX_INBOUND_DIR may be


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("file://", "empty"),
        ("nosuch://bucket", "not a kind of bucket"),
        ("https://bucket.s3.amazonaws.com/faxes", "name the bucket"),
        ("memory://", "names no bucket"),
        ("memory://user:hunter2@bucket", "password"),
        ("memory://bucket?key=hunter2", "plain URL"),
        ("simplecache::memory://bucket", "plain URL"),
        ("memory://[bucket", "not a valid URL"),
    ],
)
def test_an_invalid_place_is_reported_by_its_setting(where, words):
    with pytest.raises(Misconfigured, match=f"FAX_INBOUND_DIR: .*{words}") as caught:
        open_store(where)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("below", ["", "/faxes", "/faxes/in"])
def test_a_file_where_a_folder_is_expected_is_reported(tmp_path, below):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(Misconfigured, match=r"FAX_INBOUND_DIR: .*taken is a file"):
        open_store(f"{tmp_path}/taken{below}")


@pytest.mark.parametrize("protocol", ["s3", "s3a"])
def test_a_missing_library_is_reported_with_what_to_install(protocol, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(_registry, protocol, raising=False)

    with pytest.raises(Misconfigured, match=r"its extra \[s3\]"):
        open_store(f"{protocol}://bucket/faxes")
