"""The storage of inbound faxes' documents: a folder or a bucket."""

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from faxdispatch.errors import Misconfigured
from faxdispatch.storage.folder import Folder
from faxdispatch.storage.trouble import StoreTrouble

__all__ = ["Store", "StoreTrouble", "open_store"]

_FOLDERS = frozenset({"file", "local"})
_PAGES = frozenset({"http", "https"})


class Store(Protocol):
    """A place for documents. Names are bare file names made by `naming.stored_name`; others raise ValueError.

    A file is stored completely or not at all, and replaces the one with its name. Threads may share it. Each call
    raises StoreTrouble if the storage refuses it or fails.
    """

    def put(self, name: str, source: Path) -> str:
        """Store a local file. Returns its address: an absolute path or a URL without credentials."""

    def put_text(self, name: str, text: str) -> str:
        """Store a text as UTF-8. Gives its address."""

    def get(self, name: str) -> bytes:
        """Return the content of the file with that name."""

    def delete(self, name: str) -> None:
        """Delete the file with that name; no error if it is gone already."""

    def check(self) -> None:
        """Check that files can be stored and deleted, by doing so."""


def open_store(where: str) -> Store:
    """Return the place that FAX_INBOUND_DIR names: a folder, which need not exist yet, or an fsspec URL.

    The settings of a bucket (keys, region, endpoint) come from the environment, as its own library reads them.

    Raises:
        Misconfigured: it is not a folder, is an unknown or unsuitable kind of URL, or its library is not installed.
    """
    where = where.strip()
    protocol, mark, rest = where.partition("://")
    if not mark:
        return _folder(where)
    if protocol in _FOLDERS:
        return _folder(rest)
    _check_url(where, protocol)
    from faxdispatch.storage.bucket import Bucket  # noqa: PLC0415 - whoever stores in a folder need not load fsspec

    return Bucket(where.rstrip("/"), protocol)


def _folder(where: str) -> Folder:
    if not where:
        raise Misconfigured("FAX_INBOUND_DIR: is empty; name a folder, or a bucket like s3://bucket/faxes")
    try:
        folder = Path(where).expanduser().absolute()
        there = next(path for path in (folder, *folder.parents) if path.exists())
    except (OSError, RuntimeError) as error:
        raise Misconfigured(f"FAX_INBOUND_DIR: {where} cannot be looked at: {error}") from None
    if not there.is_dir():
        raise Misconfigured(f"FAX_INBOUND_DIR: {there} is a file, not a folder")
    return Folder(folder)


def _check_url(where: str, protocol: str) -> None:
    try:
        parts = urlsplit(where)
        password = parts.password
    except ValueError:
        raise Misconfigured("FAX_INBOUND_DIR: is not a valid URL; write it like s3://bucket/faxes") from None
    if protocol in _PAGES:
        raise Misconfigured(
            f"FAX_INBOUND_DIR: nothing can be stored at {protocol}://; name the bucket, like s3://bucket/faxes"
        )
    if password is not None:
        raise Misconfigured(
            "FAX_INBOUND_DIR: must not contain a password, since it is shown; set the variables that the bucket's "
            "library reads, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if "::" in where or parts.query or parts.fragment:
        raise Misconfigured("FAX_INBOUND_DIR: must be one plain URL without ::, ? and #, like s3://bucket/faxes")
    if not (parts.netloc or parts.path.strip("/")):
        raise Misconfigured(f"FAX_INBOUND_DIR: {where} names no bucket; write it like {protocol}://bucket/faxes")
