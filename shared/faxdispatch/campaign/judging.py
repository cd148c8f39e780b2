"""Rows of a list, judged by what would be sent to them: with the options for all, and what their cover says."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from faxdispatch.campaign.requests import RowRequests
from faxdispatch.errors import BadInput
from faxdispatch.ledger import CampaignRow
from faxdispatch.lists.checking import BadRow, Check, LeftOut, Row

if TYPE_CHECKING:
    from faxdispatch.composition.rows import RowCovers


def judged(
    checking: Check,
    options: Mapping[str, Any],
    covers: "RowCovers | None" = None,
    *,
    on_unfit: Callable[[BadRow], None] | None = None,
) -> Iterator[CampaignRow | BadRow | LeftOut]:
    """Give each row with the fields of its request, in their order; one that would be no request is a bad row.

    `options` are those of `options_for_all`. `on_unfit` gets the bad rows that the list alone does not show.

    Raises:
        BadInput: the file is damaged further on.
    """
    requests = RowRequests(options)
    for row in checking:
        if not isinstance(row, Row):
            yield row
            continue
        try:
            fields = requests.fields(row.to, row.fields)
            if covers:
                fields |= covers.told(fields, row.cells)
        except BadInput as problem:
            unfit = checking.refuse(row, str(problem))
            if on_unfit:
                on_unfit(unfit)
            yield unfit
        else:
            yield CampaignRow(row.row, row.to, fields, row.cells, row.line)


def judge_all(checking: Check, options: Mapping[str, Any], covers: "RowCovers | None" = None) -> None:
    """Judge every row and keep none."""
    for _ in judged(checking, options, covers):
        pass
