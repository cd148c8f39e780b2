"""Campaigns for operators and programs: create, start, stop, retry, count and delete them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.campaign.giving_up import give_up
from faxdispatch.campaign.importing import Imported, Reading, Rows
from faxdispatch.campaign.looking_up import link_fetch
from faxdispatch.campaign.making import Maker, Order, Store, see_amount
from faxdispatch.campaign.retrying import choose, corrected
from faxdispatch.campaign.trial import Trial, trial
from faxdispatch.documents.local import Document
from faxdispatch.errors import BadInput, Conflict
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import (
    Audit,
    Campaign,
    CampaignMedia,
    Campaigns,
    Clock,
    LeftOutRow,
    RowResult,
    Scripts,
)
from faxdispatch.lists.badrows import FreeName
from faxdispatch.lists.checking import Progress
from faxdispatch.reasons.verdicts import check_reason
from faxdispatch.states import CampaignState, HoldReason
from faxdispatch.text.wording import counted

if TYPE_CHECKING:
    from faxdispatch.lists.documents import FetchLink, LookAtLink, OnDocuments, Storage


@dataclass(frozen=True, slots=True)
class Retried:
    """A campaign whose chosen rows are pending again, and how many they are."""

    campaign: Campaign
    rows: int


class CampaignService:
    """All campaigns of one Redis. Every call raises Unavailable if Redis does not answer; try again.

    `policy` says where faxes may go. Lists with one of `own_numbers` get a warning. Tests go only to `test_numbers`, by
    `send`, which records a fax and returns the id of its job. `store` stores a document at Telnyx and returns its name
    there; `storage` returns Telnyx's media storage for the documents of rows, or None if there is no key for it;
    `fetch_link` fetches a link's document, so that a cover can be put before it. `operator` is the person who gives the
    commands; it is recorded with each of them.
    """

    def __init__(
        self,
        scripts: Scripts,
        *,
        policy: NumberPolicy,
        send: Callable[[SendFax], str],
        store: Store,
        storage: "Callable[[], Storage | None]" = lambda: None,
        fetch_link: "FetchLink | None" = None,
        cover_fonts: Path | None = None,
        own_numbers: Sequence[str] = (),
        test_numbers: Sequence[str] = (),
    ) -> None:
        self.ledger = Campaigns(scripts)
        self._scripts = scripts
        self._policy = policy
        self._send = send
        self._test_numbers = test_numbers
        self._maker = Maker(
            self.ledger,
            scripts,
            policy=policy,
            store=store,
            storage=storage,
            fetch_link=fetch_link or link_fetch(),
            cover_fonts=cover_fonts,
            own_numbers=own_numbers,
        )

    # Making ------------------------------------------------------------------------------------------------------

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
        stored at Telnyx once the list has been understood. `cap` is what the campaign may cost. `cover` is the text of
        a cover page before each row's stored document. Its fields are the list's columns, and workers make it just
        before the row is sent. By default, name and id are made from the file's name. Rows that cannot be sent are left
        out. The invalid ones are written to `bad_rows`, all of them with their reasons to `left_out`; these files are
        created for them, and the campaign stores the rows, see `left_out`.

        A row's document is a link, a file in `media_dir`, which is a folder or a ZIP archive (by default the list's
        folder), or the name of a document that Telnyx has stored. Files are checked, and stored at Telnyx once for the
        same content, before the campaign exists; a row whose document is missing or cannot be faxed is invalid.

        `look_at_link` returns what is wrong with a link; it is called for the first different links.

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

    # Moving ------------------------------------------------------------------------------------------------------

    def start(
        self, campaign_id: str, *, at: datetime | None = None, reason: str | None = None, operator: str | None = None
    ) -> Campaign:
        """Let a checked campaign be sent, now or at a planned time.

        If nothing runs until `FAX_TOO_LATE` after the planned time, the campaign is paused instead.

        Raises:
            BadInput: the time has no time zone, or is over.
            NotKnown: there is no such campaign.
            Conflict: it does not wait for its start, or Telnyx no longer has documents of its rows.
        """
        self._see_documents(campaign_id)
        if at is None:
            return self._move(
                campaign_id,
                CampaignState.RUNNING,
                "campaign.started",
                only_from={CampaignState.CHECKED},
                verb="started",
                reason=reason,
                operator=operator,
            )
        if at.tzinfo is None:
            raise BadInput("at: has no time zone; write it like 2026-05-01T08:00:00-05:00")
        if at <= Clock(self._scripts).now():
            raise BadInput("at: has already passed; give a later time, or none to start now")
        outcome, state = self.ledger.start_at(campaign_id, at, reason=reason, operator=operator)
        if outcome != "planned":
            raise self._refusal(campaign_id, state, "started")
        return self.ledger.get(campaign_id)

    def pause(self, campaign_id: str, *, reason: str, operator: str | None = None) -> Campaign:
        """Begin no more rows; faxes at Telnyx continue. A planned start is cancelled.

        Raises:
            BadInput: the reason is missing or too long.
            NotKnown: there is no such campaign.
            Conflict: it neither runs nor has a planned start.
        """
        check_reason(reason)
        campaign = self.ledger.get(campaign_id)
        if campaign.state is CampaignState.CHECKED and campaign.start_at is None:
            raise self._refusal(campaign_id, campaign.state, "paused")
        return self._move(
            campaign_id, CampaignState.PAUSED, "campaign.paused", verb="paused", reason=reason, operator=operator
        )

    def resume(self, campaign_id: str, *, reason: str | None = None, operator: str | None = None) -> Campaign:
        """Let a paused campaign continue where it was: no row is repeated or left out.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it is not paused, has spent its cap, or Telnyx no longer has documents of its rows.
        """
        self._see_documents(campaign_id)
        campaign = self.ledger.get(campaign_id)
        if campaign.state is CampaignState.PAUSED and campaign.cap is not None and campaign.spent >= campaign.cap:
            raise Conflict(
                f"campaign {campaign_id}: has spent {campaign.spent:.2f} of {campaign.cap:.2f}; "
                f"faxdispatch campaign cap {campaign_id} AMOUNT raises the cap"
            )
        return self._move(
            campaign_id,
            CampaignState.RUNNING,
            "campaign.resumed",
            only_from={CampaignState.PAUSED},
            verb="resumed",
            reason=reason,
            operator=operator,
        )

    def cancel(
        self,
        campaign_id: str,
        *,
        reason: str | None = None,
        also_in_flight: bool = False,
        operator: str | None = None,
    ) -> Campaign:
        """Send no more rows; with `also_in_flight`, Telnyx is asked to cancel faxes that were already sent to it.

        Call it again to cancel those in flight as well.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it is finished.
        """
        self._move(
            campaign_id,
            CampaignState.CANCELLED,
            "campaign.cancelled",
            verb="cancelled",
            reason=reason,
            also_in_flight=also_in_flight,
            operator=operator,
        )
        # The scheduler does this, too, but it may not be running, and the counts should be right at once.
        self.ledger.sweep(campaign_id)
        return self.ledger.get(campaign_id)

    def finish(
        self, campaign_id: str, *, reason: str | None = None, operator: str | None = None
    ) -> tuple[Campaign, int]:
        """Give up the rows that Telnyx never accepted, that wait for their document, or that missed their time.

        Returns how many. They count as failed, with the cause `never_accepted`, `no_document` or `too_late`, and can be
        tried again like all failed rows. The campaign is finished once its other rows have ended.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it is neither running nor paused.
        """
        campaign = self.ledger.get(campaign_id)
        if campaign.state not in {CampaignState.RUNNING, CampaignState.PAUSED}:
            raise self._refusal(campaign_id, campaign.state, "finished")
        given_up = give_up(campaign, self._scripts, why=reason, operator=operator)
        return self.ledger.get(campaign_id), given_up

    def set_cap(
        self, campaign_id: str, cap: float | None, *, reason: str | None = None, operator: str | None = None
    ) -> Campaign:
        """Set what a campaign may cost, in the currency of the settings; None means no cap.

        If it is paused for its cap, it must be resumed separately.

        Raises:
            BadInput: the amount is not valid.
            NotKnown: there is no such campaign.
            Conflict: it is over.
        """
        see_amount(cap)
        outcome, state = self.ledger.set_cap(campaign_id, cap, reason=reason, operator=operator)
        if outcome == "no":
            raise self._refusal(campaign_id, state, "given a cap")
        return self.ledger.get(campaign_id)

    def retry(
        self,
        campaign_id: str,
        causes: Iterable[str] = (),
        *,
        rows: Mapping[int, str | None] | None = None,
        reason: str | None = None,
        operator: str | None = None,
    ) -> Retried:
        """Make chosen rows of a finished campaign pending again, as a new generation that waits for its start.

        `causes` are words of `retrying.WORDS`, such as `busy`, or causes themselves. `rows` maps numbers of rows to
        their new numbers to call, or None for the number in the list. Until the new generation is started, more rows
        can be chosen for it.

        Raises:
            BadInput: a word or a number is not valid.
            NotKnown: there is no such campaign or row.
            Conflict: it is not finished, no row is chosen, or a row of `rows` has not failed.
        """
        campaign = self.ledger.get(campaign_id)
        again = campaign.generation > 1 and campaign.state is CampaignState.CHECKED
        if campaign.state is not CampaignState.FINISHED and not again:
            raise self._refusal(campaign_id, campaign.state, "tried again")
        numbers = corrected(self.ledger, campaign_id, rows or {}, policy=self._policy)
        chosen = choose(self.ledger, campaign_id, causes, rows or {})
        if not chosen and not again:
            raise Conflict(f"campaign {campaign_id}: no row ended in this way; nothing is tried again")
        generation = campaign.generation if again else campaign.generation + 1
        count = self.ledger.again(
            campaign_id, chosen, generation=generation, numbers=numbers, reason=reason, operator=operator
        )
        return Retried(self.ledger.get(campaign_id), count)

    def purge(self, campaign_id: str, *, operator: str | None = None) -> None:
        """Delete a campaign with all its rows and results.

        Its events, and the jobs of its last minutes, stay for their usual time.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it runs, is paused, or has faxes under way.
        """
        outcome, state = self.ledger.purge(campaign_id, operator=operator)
        if outcome == "no" and state is not None:
            raise self._refusal(campaign_id, state, "purged")

    def test(self, campaign_id: str, *, numbers: Sequence[str] | None = None, row: int | None = None) -> list[Trial]:
        """Send what a row would get, by default the first, to the test numbers, or to some of them.

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

    # Looking -----------------------------------------------------------------------------------------------------

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

    def _move(
        self,
        campaign_id: str,
        to: CampaignState,
        event: str,
        *,
        verb: str,
        only_from: Collection[CampaignState] | None = None,
        **facts: Any,
    ) -> Campaign:
        outcome, state = self.ledger.move(campaign_id, to, event=event, only_from=only_from, **facts)
        if outcome == "no":
            raise self._refusal(campaign_id, state, verb)
        return self.ledger.get(campaign_id)

    def _see_documents(self, campaign_id: str) -> None:
        if gone := CampaignMedia(self._scripts).gone(campaign_id):
            raise Conflict(
                f"campaign {campaign_id}: Telnyx no longer stores {counted(gone, 'document')} of its rows; create it "
                f"again with the same list and options, which stores them again"
            )

    def _refusal(self, campaign_id: str, state: CampaignState, verb: str) -> Conflict:
        return Conflict(f"campaign {campaign_id}: cannot be {verb}: {_STANDING[state].format(id=campaign_id)}")


_STANDING = {
    CampaignState.DRAFT: "its list was not read completely; create it again with the same list to continue",
    CampaignState.CHECKED: "it has not been started",
    CampaignState.RUNNING: "it is running; faxdispatch campaign pause {id} stops it",
    CampaignState.PAUSED: "it is paused; campaign status {id} says why, campaign resume {id} continues it",
    CampaignState.FINISHED: "it is finished; faxdispatch campaign retry {id} makes chosen rows pending again",
    CampaignState.CANCELLED: "it is cancelled",
}
