"""Finding the rows that would send the same to the same number as an earlier row."""

import hashlib
import json
from collections.abc import Collection, Iterable

from faxdispatch.lists.fields import NO_OPTIONS, RowSaid
from faxdispatch.lists.rows import Batch
from faxdispatch.lists.seen import Seen

_MOST_DIGESTS = 10_000
"""The number of different row contents whose digest is remembered."""

_NOT_SENT = {"reference", "document_name"}
"""Options of a row that its recipient does not notice."""


class Duplicates:
    """Remembers what each row of one list sends. `fields` are the fields that a row can have."""

    def __init__(self, fields: Collection[str]) -> None:
        self._seen = Seen()
        self._sends_the_same = set(fields) <= _NOT_SENT
        self._digests: dict[int, tuple[RowSaid, int]] = {}

    def of(self, batch: Batch) -> Iterable[tuple[int, str, int]]:
        """Return the duplicates in a batch: place, number to call, and the row that sends the same."""
        others = batch.others
        places = [at for at in range(len(batch.to)) if at not in others] if others else range(len(batch.to))
        numbers = [to for to in map(batch.to.__getitem__, places) if to]
        try:
            keys = list(map(int, numbers)) if self._sends_the_same else None
        except ValueError:
            # A SIP URI is among them.
            keys = None
        if keys is None:
            keys = [
                self._key(to, batch.said[at] if batch.said else NO_OPTIONS)
                for at, to in zip(places, numbers, strict=True)
            ]
        firsts = self._seen.firsts(keys, [batch.first + at for at in places])
        if not any(firsts):
            return ()
        return [(at, to, row) for at, to, row in zip(places, numbers, firsts, strict=True) if row]

    def _key(self, to: str, said: RowSaid) -> int:
        """Return a key that is the same for rows with the same number and the same content."""
        digest = self._digest(said)
        if to[0] == "+":
            return int(to) | digest << 64
        return int.from_bytes(hashlib.blake2b(f"{digest} {to}".encode(), digest_size=16).digest()) or 1

    def _digest(self, said: RowSaid) -> int:
        """Return a digest of 64 bits of the row's own options that its recipient notices; 0 if there are none."""
        if not said:
            return 0
        # The cache keeps a reference to these objects, so that no other object can take over their ids.
        known = self._digests.get(id(said))
        if known is None:
            sent = {name: value for name, value in said.items() if name not in _NOT_SENT}
            encoded = json.dumps(sent, sort_keys=True).encode()
            known = (said, int.from_bytes(hashlib.blake2b(encoded, digest_size=8).digest()) if sent else 0)
            if len(self._digests) >= _MOST_DIGESTS:
                self._digests.clear()
            self._digests[id(said)] = known
        return known[1]
