"""Files in which the simulator stores its account, so that it can be stopped, or killed, in the middle of a campaign.

One has everything up to a certain time, the other the later changes, so every fax that an answer has mentioned is
stored.
"""

import asyncio
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from simulator.lifecycle import Network
from simulator.store import Fax, MediaFile, Store

EVERY = 2.0
"""Seconds between two complete writes while faxes are under way. A kill loses at most this much of their progress."""

_SINCE = ".since"
"""The suffix of the second file's name."""


class Memory:
    """Reads and writes the files; without one it does nothing."""

    def __init__(self, file: Path | None, store: Store, network: Network) -> None:
        self._file, self._store, self._network = file, store, network

    def recall(self) -> None:
        """Read what was written before, and continue the faxes that were under way. It needs a running loop."""
        if self._file is None:
            return
        faxes: dict[str, Fax] = {}
        # These files are our own, in a folder that nobody else may write to.
        if self._file.exists():
            known, media, applications = pickle.loads(self._file.read_bytes())  # noqa: S301
            faxes = {fax.id: fax for fax in known}
            self._store.media.update(media)
            self._store.applications.update(applications)
        for new in _read(self._file.with_suffix(_SINCE)):
            if isinstance(new, MediaFile):
                self._store.media.setdefault(new.name, new)
            else:
                faxes.setdefault(new.id, new)
        for fax in faxes.values():
            self._network.go_on(fax)
        self.write()
        self._store.note = self._note

    def write(self) -> None:
        """Write everything; a kill in between leaves the files as they were."""
        if self._file is None:
            return
        faxes = [replace(fax, task=None) for fax in self._store.faxes.values()]
        _private(fresh := self._file.with_suffix(".new"))
        fresh.write_bytes(pickle.dumps((faxes, self._store.media, self._store.applications)))
        fresh.replace(self._file)
        _private(since := self._file.with_suffix(_SINCE))
        since.write_bytes(b"")

    async def keep(self) -> None:
        """Write repeatedly while faxes are under way."""
        while self._file is not None:
            await asyncio.sleep(EVERY)
            if self._network.busy:
                self.write()

    def _note(self, new: Fax | MediaFile) -> None:
        if self._file is not None:
            with self._file.with_suffix(_SINCE).open("ab") as since:
                pickle.dump(replace(new, task=None) if isinstance(new, Fax) else new, since)


def _private(path: Path) -> None:
    path.touch(mode=0o600)


def _read(file: Path) -> Iterator[Fax | MediaFile]:
    """Yield what was written, in order; a kill may have cut off the last one."""
    if not file.exists():
        return
    with file.open("rb") as source:
        while True:
            try:
                yield pickle.load(source)  # noqa: S301
            except (EOFError, pickle.UnpicklingError):
                return
