"""Documents in a bucket, through fsspec."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from faxdispatch.errors import Misconfigured
from faxdispatch.storage.naming import checked_name
from faxdispatch.storage.trouble import StoreTrouble
from faxdispatch.text.trouble import why

_EXTRAS = {"s3": "s3", "s3a": "s3"}
"""The extras that install the libraries for kinds of buckets."""


class Bucket:
    """A store (see `store.Store`) in a bucket: `url` names the folder in it, without a slash at its end.

    An object store shows an object only when it is complete, so nothing needs to be renamed. Nothing is ever listed or
    looked up, so the caches of fsspec cannot be wrong, and a key that may only write and delete is enough.

    Raises:
        Misconfigured: fsspec does not know the kind, its library is not installed, or it does not accept the URL.
    """

    def __init__(self, url: str, protocol: str) -> None:
        self._url = url
        if protocol not in {*fsspec.available_protocols(), *fsspec.registry}:
            raise Misconfigured(f"FAX_INBOUND_DIR: {protocol}:// is not a kind of bucket that fsspec knows")
        try:
            files, root = url_to_fs(url, skip_instance_cache=True)
        except ImportError as error:
            how = f"install faxdispatch with its extra [{_EXTRAS[protocol]}]" if protocol in _EXTRAS else why(error)
            raise Misconfigured(
                f"FAX_INBOUND_DIR: the library for {protocol}:// is not installed here: {how}"
            ) from None
        except Exception as error:
            raise Misconfigured(f"FAX_INBOUND_DIR: {url} cannot be used: {why(error)}") from error
        self._files: Any = files
        self._root = str(root).rstrip("/")

    def put(self, name: str, source: Path) -> str:
        """Store a local file. If the bucket keeps content types, it gets the one for the extension of `source`."""
        path = self._path(name)
        with self._trouble(f"{name} was not stored"):
            self._files.put_file(str(source), path)
        return f"{self._url}/{name}"

    def put_text(self, name: str, text: str) -> str:
        """Store a text as UTF-8."""
        path = self._path(name)
        with self._trouble(f"{name} was not stored"):
            self._files.pipe_file(path, text.encode())
        return f"{self._url}/{name}"

    def get(self, name: str) -> bytes:
        """Return the content of the file with that name."""
        path = self._path(name)
        with self._trouble(f"{name} was not read"):
            return bytes(self._files.cat_file(path))

    def delete(self, name: str) -> None:
        """Delete the file with that name."""
        path = self._path(name)
        with self._trouble(f"{name} was not deleted"):
            try:
                self._files.rm_file(path)
            except FileNotFoundError:
                return

    def check(self) -> None:
        """Store a small file and delete it."""
        name = f"faxdispatch-probe-{token_hex(8)}.txt"
        with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
            source = Path(folder) / name
            source.write_text("A test whether documents can be stored here. It can be deleted.\n")
            self.put(name, source)
        self.delete(name)

    def _path(self, name: str) -> str:
        return f"{self._root}/{checked_name(name)}"

    @contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # Every library behind fsspec has its own errors.
            raise StoreTrouble(f"{self._url}: {what}: {why(error)}") from error
