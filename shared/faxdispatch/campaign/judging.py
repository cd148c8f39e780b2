"""Judges the rows of a list by their whole requests, with the options for all rows and the values of their cover."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from faxdispatch.campaign.requests import RowRequests
from faxdispatch.errors import BadInput
from faxdispatch.ledger import CHUNK, CampaignRow
from faxdispatch.lists.checking import Check
from faxdispatch.lists.fields import NO_OPTIONS
from faxdispatch.lists.rows import BadRow, Batch, LeftOut

if TYPE_CHECKING:
    from faxdispatch.documents.composition.rows import RowCovers


class Part(NamedTuple):
    """The rows of one chunk of a campaign: those that can be sent, and the others, each in their order."""

    chunk: int
    rows: list[CampaignRow]
    others: list[BadRow | LeftOut]


def judged(
    checking: Check,
    options: Mapping[str, Any],
    covers: "RowCovers | None" = None,
    *,
    on_unfit: Callable[[BadRow], None] | None = None,
) -> Iterator[Part]:
    """Yield the rows with the fields of their requests, chunk by chunk; a row that makes no valid request is a bad row.

    `options` are the result of `options_for_all`. `on_unfit` is called with the rows that are bad only because of these
    options.

    Raises:
        BadInput: a later part of the file is damaged.
    """
    requests = RowRequests(options)
    for batch in checking.batches(CHUNK):
        rows = _rows(checking, batch, requests, covers, on_unfit)
        yield Part(batch.first // CHUNK, rows, [other for _, other in sorted(batch.others.items())])


def _rows(
    checking: Check,
    batch: Batch,
    requests: RowRequests,
    covers: "RowCovers | None",
    on_unfit: Callable[[BadRow], None] | None,
) -> list[CampaignRow]:
    rows = []
    said = batch.said or itertools.repeat(NO_OPTIONS)
    references = batch.references or itertools.repeat(None)
    last, fields = None, NO_OPTIONS
    for number, to, says, reference, cells, line in zip(
        itertools.count(batch.first), batch.to, said, references, batch.cells, batch.lines, strict=False
    ):
        if to is None:
            continue
        try:
            if says is not last:
                last, fields = says, requests.fields(to, says)
            entry = fields
            if covers:
                of_cover = covers.row_fields(fields, cells)
                entry = {**fields, **of_cover}
                for name in covers.empty(of_cover["cover_fields"]):
                    checking.summary.note_empty(name, line)
        except BadInput as problem:
            unfit = checking.refuse(batch, number - batch.first, str(problem))
            if on_unfit:
                on_unfit(unfit)
            last = None
            continue
        if reference:
            entry = {**entry, "client_state": reference} if entry else {"client_state": reference}
        # Calling the class would give the same, but take longer than everything else here.
        rows.append(tuple.__new__(CampaignRow, (number, to, entry, cells, line)))
    return rows


def judge_all(checking: Check, options: Mapping[str, Any], covers: "RowCovers | None" = None) -> None:
    """Judge every row and store none."""
    for _ in judged(checking, options, covers):
        pass
