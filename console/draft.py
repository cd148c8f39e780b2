"""The draft of a campaign: its list, its document and its options, in a folder of its own."""

import hashlib
import json
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from faxdispatch.campaign import Reading
from faxdispatch.documents.local import Document, read_document
from faxdispatch.errors import NotKnown

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16}")
_KEPT = 7 * 86_400
"""Seconds after which an unused draft is deleted."""


@dataclass
class Draft:
    """The answers so far. `reading` has the fields of `Reading`, `options` those of a campaign."""

    token: str
    folder: Path
    list_name: str
    operator: str
    reading: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    name: str | None = None
    cap: float | None = None
    document_name: str | None = None
    archive_name: str | None = None
    archive_mark: str | None = None
    """An id that differs for each uploaded archive, even if the name is the same."""
    document_mark: str | None = None
    """An id that differs for each uploaded document."""
    document_title: str | None = None
    """The file's original name."""
    cover_typed: str | None = None
    """The text of a refused cover, to be corrected."""
    campaign_id: str | None = None
    """The campaign that was made from it."""

    @property
    def list(self) -> Path:
        """The uploaded list."""
        return self.folder / "list" / self.list_name

    @property
    def archive(self) -> Path | None:
        """The uploaded archive with the documents that rows name, or None if there is none."""
        return self.folder / "archive" / self.archive_name if self.archive_name else None

    @property
    def document_path(self) -> Path | None:
        """The uploaded document, or None if there is none."""
        return self.folder / "document" / self.document_name if self.document_name else None

    @property
    def document(self) -> Document | None:
        """The uploaded document, checked. Raises `BadInput` if it cannot be faxed."""
        return read_document(self.document_path) if self.document_path else None

    @property
    def how(self) -> Reading:
        """The options for reading the list."""
        return Reading(**self.reading)

    def key(self, what: str) -> str:
        """Return a name for work on the draft in its present state. A change of the draft gives another name."""
        read = [self.reading, self.archive_mark]
        said = (
            read
            if what == "check"
            else [*read, self.options, self.cap, self.document_name, self.document_mark, self.name]
        )
        relevant = json.dumps(said, sort_keys=True)
        return f"{what}-{self.token}-{hashlib.sha256(relevant.encode()).hexdigest()[:16]}"

    def result(self, what: str) -> dict[str, Any] | None:
        """Return the result of work on the draft in its present state, or None if there is none yet."""
        path = self.folder / f"{self.key(what)}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def keep_result(self, what: str, found: dict[str, Any]) -> None:
        """Store the result of work."""
        _write(self.folder / f"{self.key(what)}.json", found)

    def save(self) -> None:
        """Store the answers."""
        stored = {name: value for name, value in asdict(self).items() if name not in {"folder", "token"}}
        _write(self.folder / "draft.json", stored)


class Drafts:
    """The drafts of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, list_name: str, operator: str) -> Draft:
        """Begin one."""
        self._sweep()
        token = secrets.token_urlsafe(12)
        folder = self._folder / token
        for part in ("list", "document", "archive"):
            (folder / part).mkdir(parents=True, mode=0o700)
        return Draft(token, folder, list_name, operator)

    def get(self, token: str) -> Draft:
        """Return one. Raises `NotKnown` if there is none."""
        path = self._folder / token / "draft.json"
        if not _TOKEN.fullmatch(token) or not path.exists():
            raise NotKnown("this draft of a campaign no longer exists; upload the list again")
        return Draft(token=token, folder=self._folder / token, **json.loads(path.read_text(encoding="utf-8")))

    def all(self) -> list[Draft]:
        """Return the drafts that are not campaigns yet, the newest first."""
        found = [self.get(path.parent.name) for path in self._files()]
        return [draft for draft in found if draft.campaign_id is None]

    def drop(self, draft: Draft) -> None:
        """Delete one with its files."""
        shutil.rmtree(draft.folder, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*/draft.json"), key=lambda path: -path.stat().st_mtime)

    def _sweep(self) -> None:
        for path in self._files():
            if path.stat().st_mtime < time.time() - _KEPT:
                shutil.rmtree(path.parent, ignore_errors=True)


def _write(path: Path, content: dict[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(content, ensure_ascii=False, default=str), encoding="utf-8")
    fresh.replace(path)
