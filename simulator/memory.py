"""A file in which the simulator remembers its account, so that it may be stopped and started again in mid-campaign."""

import asyncio
import pickle
from dataclasses import replace
from pathlib import Path

from simulator.lifecycle import Network
from simulator.store import Store

EVERY = 2.0
"""Seconds between two writings while faxes are under way: what a kill may cost."""


class Memory:
    """Reads and writes the file; without one it does nothing."""

    def __init__(self, file: Path | None, store: Store, network: Network) -> None:
        self._file, self._store, self._network = file, store, network

    def recall(self) -> None:
        """Take what was written before, and go on with the faxes that were under way. Needs a running loop."""
        if self._file is None or not self._file.exists():
            return
        # A file of our own, in a folder that nobody else may write to.
        faxes, media, applications = pickle.loads(self._file.read_bytes())  # noqa: S301
        self._store.media.update(media)
        self._store.applications.update(applications)
        for fax in faxes:
            self._network.go_on(fax)

    def write(self) -> None:
        """Write all of it; a kill in between leaves the file as it was."""
        if self._file is None:
            return
        faxes = [replace(fax, task=None) for fax in self._store.faxes.values()]
        fresh = self._file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(pickle.dumps((faxes, self._store.media, self._store.applications)))
        fresh.replace(self._file)

    async def keep(self) -> None:
        """Write again and again while faxes are under way."""
        while self._file is not None:
            await asyncio.sleep(EVERY)
            if self._network.busy:
                self.write()
