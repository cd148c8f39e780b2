"""Campaigns for operators and programs: create, start, stop, retry, count and delete them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.campaign.importing import Imported, Rows
from faxdispatch.campaign.making import Maker, Order
from faxdispatch.campaign.moving import CampaignMoves
from faxdispatch.campaign.trial import Trial, trial
from faxdispatch.documents.local import Document
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Audit, Campaign, Campaigns, LeftOutRow, RowResult
from faxdispatch.lists.badrows import FreeName
from faxdispatch.lists.checking import Progress
from faxdispatch.lists.reading import Reading
from faxdispatch.states import HoldReason

if TYPE_CHECKING:
    from faxdispatch.lists.documents import LookAtLink, OnDocuments


class CampaignService(CampaignMoves):
    """All campaigns of one Redis. Every call raises Unavailable if Redis does not answer; try again.

    `policy` says where faxes may go, and `maker` makes campaigns. Tests go only to `test_numbers`, by `send`, which
    records a fax and returns the id of its job. `operator` is the person who gives the commands; it is recorded with
    each of them.
    """

    def __init__(
        self,
        ledger: Campaigns,
        maker: Maker,
        *,
        policy: NumberPolicy,
        send: Callable[[SendFax], str],
        test_numbers: Sequence[str] = (),
    ) -> None:
        super().__init__(ledger, policy=policy)
        self._maker = maker
        self._send = send
        self._test_numbers = test_numbers

    def create(
        self,
        source: Path | str | Rows,
        /,
        *,
        name: str | None = None,
        campaign_id: str | None = None,
        document: Path | bytes | Document | None = None,
        reading: Reading | None = None,
        media_dir: Path | str | None = None,
        cap: float | None = None,
        operator: str | None = None,
        bad_rows: Path | FreeName | None = None,
        left_out: Path | FreeName | None = None,
        strict: bool = False,
        on_progress: Progress | None = None,
        on_documents: "OnDocuments | None" = None,
        look_at_link: "LookAtLink | None" = None,
        **options: Any,
    ) -> Imported:
        """Make a campaign from a file, or from rows: mappings whose keys are the columns, or sequences of cells.

        `options` are the fields of `SendFax` for every row; a column of the list may override them for a row: document,
        sender, quality, window, time zone, priority, reference. `document` replaces `media_url` and `media_name`: it is
        stored at Telnyx once the list has been understood. `cap` is the largest amount that the campaign may cost.
        `cover` is the text of a cover page before each row's stored document. Its fields are the list's columns, and
        workers make it just before the row is sent. By default, name and id are made from the file's name. Rows that
        cannot be sent are left out. The invalid ones are written to `bad_rows`, all of them with their reasons to
        `left_out`; these files are created for them, and the campaign stores the rows, see `left_out`.

        A row's document is a link, a file in `media_dir`, which is a folder or a ZIP archive (by default the list's
        folder), or the name of a document that Telnyx has stored. Files are checked, and stored at Telnyx once for the
        same content, before the campaign exists; a row whose document is missing or cannot be faxed is invalid.

        `look_at_link` returns the problem of a link, if any; it is called for the first different links.

        With `strict`, no campaign is made if a row is invalid or without a number.

        The same list with the same options again changes nothing; after an interruption it continues the import.
        Nothing is sent before `start`.

        Raises:
            BadInput: the list cannot be used, or an option is wrong; there is no campaign then.
            Conflict: the id belongs to another list, to other options, or to files that have changed since.
            Misconfigured: there are documents to store, and the extra or the key for that is missing.
            TelnyxError: Telnyx's storage did not answer; call again, and it continues.
        """
        order = Order(
            source=source,
            options=options,
            name=name,
            campaign_id=campaign_id,
            document=document,
            reading=reading or Reading(),
            media_dir=media_dir,
            cap=cap,
            operator=operator,
            bad_rows=bad_rows,
            left_out=left_out,
            strict=strict,
            on_progress=on_progress,
            on_documents=on_documents,
            look_at_link=look_at_link,
        )
        return self._maker.make(order)

    def test(self, campaign_id: str, *, numbers: Sequence[str] | None = None, row: int | None = None) -> list[Trial]:
        """Send the fax of a row, by default the first, to the test numbers, or to some of them.

        Raises:
            Misconfigured: there are no test numbers.
            BadInput: a number is not among them.
            NotKnown: there is no such campaign or row.
        """
        return trial(
            self.ledger,
            campaign_id,
            self._test_numbers,
            self._send,
            numbers=numbers,
            row=row,
            region=self._policy.region,
        )

    def get(self, campaign_id: str) -> Campaign:
        """Return a campaign in its present state. Raises NotKnown if there is none."""
        return self.ledger.get(campaign_id)

    def list(self) -> list[Campaign]:
        """Return all campaigns, the newest first."""
        return [self.ledger.get(campaign_id) for campaign_id in self.ledger.ids()]

    def results(self, campaign_id: str) -> Iterator[RowResult]:
        """Return the result of every row, in order. Raises NotKnown if there is no such campaign."""
        self.ledger.get(campaign_id)
        return self.ledger.results(campaign_id)

    def left_out(self, campaign_id: str) -> Iterator[LeftOutRow]:
        """Return the rows of the list that are not faxed, in order. Raises NotKnown if there is no such campaign."""
        self.ledger.get(campaign_id)
        return self.ledger.left_out(campaign_id)

    def holds(self, campaign_id: str) -> dict[HoldReason, int]:
        """Return how many rows are held, by reason, the most frequent first."""
        return self.ledger.holds(campaign_id)

    def audit(self, campaign_id: str) -> Audit:
        """Count a campaign's rows again, all at one moment. Raises NotKnown if there is none."""
        return self.ledger.audit(campaign_id)
