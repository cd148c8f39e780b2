"""Searching the single faxes: in their index, and then in their rows in the ledger."""

from collections.abc import Iterable, Iterator, Sequence

from faxdispatch.ledger import JobView, Ledger
from faxdispatch.ledger.index import BLOCK, Entry, Index, Looked, number_key, tag_bits
from faxdispatch.search.effort import Effort, Spent
from faxdispatch.search.found import Found, found_job
from faxdispatch.search.wanted import Wanted
from faxdispatch.states import OPEN, TERMINAL

_CODES = {state.value: state.value[0] for state in TERMINAL} | {state.value: "o" for state in OPEN}
_MANY = 50
"""Number of jobs that are read at once."""


class Singles:
    """The matching single faxes, the newest first, by the numbers of their records in the index."""

    def __init__(self, ledger: Ledger, wanted: Wanted, effort: Effort) -> None:
        self._ledger = ledger
        self._wanted = wanted
        self._effort = effort
        self._index = Index(ledger.scripts)
        self._looked = self._looked_for()
        self.unread: list[str] = []
        """Jobs that may match but were left out, since a later version recorded fields that this one does not know."""

    def _looked_for(self) -> Looked | None:
        """Return the query for the index, or None if nothing can be found there."""
        wanted = self._wanted
        codes = None if wanted.states is None else "".join(sorted({_CODES.get(one, "") for one in wanted.states}))
        causes = None if wanted.cause is None else self._index.cause_numbers([wanted.cause])
        if codes == "" or wanted.campaign_id is not None:
            return None
        return Looked(
            codes=codes,
            causes=causes,
            number=None if wanted.number is None else number_key(wanted.number),
            tag=None if wanted.tag is None else tag_bits(wanted.tag),
            since=wanted.since.timestamp() if wanted.since else None,
            until=wanted.until.timestamp() if wanted.until else None,
        )

    def before(self, n: int | None) -> Iterator[tuple[int, Found | None]]:
        """Yield the matching faxes recorded before record `n`, or all if it is None, each with its record.

        None marks one that does not match after all, or a block without any: a search can continue before it.
        """
        if self._looked is None:
            return
        numbers = self._within(self._looked, n)
        blocks = range((numbers.stop - 1) // BLOCK, numbers.start // BLOCK - 1, -1) if numbers else range(0)
        for contents in self._index.contents(blocks):
            yield from self._among(contents, self._looked, numbers)

    def _among(
        self, contents: Iterable[tuple[int, bytes]], looked: Looked, numbers: range
    ) -> Iterator[tuple[int, Found | None]]:
        """Go through blocks that were read together; the jobs found in them are read together too."""
        entries: list[Entry] = []
        try:
            for block, content in contents:
                self._effort.spend()
                entries += self._index.block(block, content, looked, numbers)
                while len(entries) >= _MANY:
                    yield from self._found(entries[:_MANY])
                    del entries[:_MANY]
                if not entries:
                    yield max(block * BLOCK, numbers.start), None
        except Spent:
            # The search continues before the last place that it was given.
            yield from self._found(entries)
            raise
        yield from self._found(entries)

    def _within(self, looked: Looked, n: int | None) -> range:
        span = self._index.span()
        first, last = span.start, span.stop if n is None else min(n, span.stop)
        if looked.until is not None:
            last = min(last, self._index.before(looked.until + 1, span))
        if looked.since is not None:
            first = self._index.before(looked.since - 1, span)
        return range(first, last)

    def _found(self, entries: list[Entry]) -> Iterator[tuple[int, Found | None]]:
        views = self._ledger.jobs_at_once([entry.job_id for entry in entries])
        unread = self.unread_among([entry.job_id for entry in entries], views)
        for entry, view in zip(entries, views, strict=True):
            if entry.job_id in unread:
                self.unread.append(entry.job_id)
            yield entry.n, found_job(view) if view and self.fits(view) else None

    def unread_among(self, job_ids: Sequence[str], views: Sequence[JobView | None]) -> set[str]:
        """Return the jobs of which this version cannot tell whether they match."""
        asked = {"tags": self._wanted.tag, "idempotency_key": self._wanted.idempotency_key}
        names = {name for name, value in asked.items() if value is not None}
        pairs = list(zip(job_ids, views, strict=True))
        missing = [job_id for job_id, view in pairs if view is None]
        return {
            *self._ledger.unreadable(missing),
            *(job_id for job_id, view in pairs if view and names & {*view.unread}),
        }

    def fits(self, view: JobView) -> bool:
        """Return whether a job matches."""
        wanted, request = self._wanted, view.request
        return (
            wanted.stands(view.state.value)
            and wanted.number in {None, request.to}
            and wanted.cause in {None, view.cause}
            and (wanted.tag is None or wanted.tag in request.tags)
            and wanted.idempotency_key in {None, request.idempotency_key}
            and (wanted.since is None or view.created_at >= wanted.since)
            and (wanted.until is None or view.created_at < wanted.until)
        )
