"""How a client finds faxes, and carries out what an operator decides about them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faxdispatch.calling.numbers import country_of
from faxdispatch.client.sending import SendCalls
from faxdispatch.errors import BadInput
from faxdispatch.ledger import DeadLetters
from faxdispatch.reasons import holds
from faxdispatch.reasons.verdicts import check, check_reason, refusal
from faxdispatch.states import HoldReason, Verdict

if TYPE_CHECKING:
    from faxdispatch.evidence import Packed
    from faxdispatch.operations.erasing import Erased
    from faxdispatch.search import Found, Search, Wanted


class OperatorCalls(SendCalls):
    """The part of `FaxClient` that operators need: find faxes, decide, prove, erase, and send dead letters again."""

    @cached_property
    def search(self) -> "Search":
        """Finds faxes in pages, for programs that show them; see `find`."""
        from faxdispatch.search import Search  # noqa: PLC0415 - needed only to find faxes

        return Search(self._ledger)

    def wanted(self, **words: Any) -> "Wanted":
        """Read the search words, in the form of `find`, for `search.page`.

        A number without `+` belongs to the region, or else to the sender's country: only numbers for sending must be
        unambiguous.

        Raises:
            BadInput: it names the wrong word.
        """
        from faxdispatch.search import Wanted  # noqa: PLC0415 - the same

        sender = self._settings.sender if self._settings and not self._region else None
        return Wanted.of(region=country_of(sender) if sender else self._region, **words)

    def find(self, **words: Any) -> "Iterator[Found]":
        """Return the faxes that match, open and ended ones, single ones and rows of campaigns, the newest first.

        `words` are the fields of `search.Wanted`; a fax must match all of them, and every fax is returned if there are
        none. The recipient's `number` may be written in any way; `state` is one or more words of `search.STATES`. Faxes
        are read as the iterator advances.

        Raises:
            BadInput: it names the wrong word.
            NotKnown: there is no campaign with that `campaign_id`.
            Unavailable: Redis did not answer.
        """
        return self.search.all(self.wanted(**words))

    def resolve(
        self,
        job_id: str,
        verdict: Verdict,
        *,
        reason: str,
        fax_id: str | None = None,
        operator: str | None = None,
        attempt: int | None = None,
    ) -> str:
        """Decide an attempt by hand if its outcome is unknown and cannot be found.

        `accepted` with the `fax_id` that Telnyx shows is also possible for an attempt that was given up, as long as the
        next has not begun; `failed` also for a fax that Telnyx no longer knows. `attempt` is the one that the verdict
        is about, by default the last one; `reason` and `operator` are recorded. Returns `resolved`, or `repeated` if
        the same verdict was given before.

        Raises:
            BadInput: the verdict is not complete; the message says what is missing.
            NotKnown: there is no such job.
            Conflict: the job's state does not allow the verdict, or the fax belongs to another attempt.
            Unavailable: Redis did not answer; try again.
        """
        verdict = check(verdict, reason=reason, fax_id=fax_id)
        reply = self._ledger.resolve(job_id, verdict, reason=reason, fax_id=fax_id, operator=operator, attempt=attempt)
        if reply["outcome"] not in {"resolved", "repeated"}:
            raise refusal(job_id, reply)
        return str(reply["outcome"])

    def release(self, job_id: str, *, reason: str, operator: str | None = None) -> HoldReason:
        """Release a held fax from its hold. Return the reason of the hold.

        Only holds that concern this fax alone can be waived: `states.WAIVABLE`. It still waits for everything that
        holds other faxes, too: a free channel, the number, the end of a pause. `reason` and `operator` are recorded.

        Raises:
            BadInput: the reason is missing or too long.
            NotKnown: there is no such job.
            Conflict: the job is not held, or not for a reason of its own; the message says what to do instead.
            Unavailable: Redis did not answer; try again.
        """
        check_reason(reason)
        reply = self._ledger.release(job_id, why=reason, operator=operator)
        if reply["outcome"] == "released":
            return HoldReason(reply["reason"])
        connection = self._ledger.job(job_id).connection_id if reply["outcome"] == "shared" else None
        raise holds.refusal(job_id, reply, connection=connection)

    def evidence(
        self, path: Path, faxes: "Iterable[Found] | None" = None, *, campaign_id: str | None = None
    ) -> "Packed":
        """Write a ZIP file that proves the results of some faxes, as returned by `find`, or of a whole campaign.

        It needs the extra `app`. `faxdispatch.evidence.verify` checks such a file.

        Raises:
            BadInput: not exactly one of the two is given, or the file exists already or cannot be written.
            NotKnown: there is no such campaign.
            Unavailable: Redis did not answer.
        """
        from faxdispatch.evidence import campaign_pack, faxes_pack  # noqa: PLC0415 - needs the extra `app`

        if campaign_id is not None and faxes is None:
            return campaign_pack(self._ledger, campaign_id, path)
        if faxes is None or campaign_id is not None:
            raise BadInput("give faxes or campaign_id")
        return faxes_pack(self._ledger, faxes, path)

    def erase(
        self,
        *,
        number: str | None = None,
        job_id: str | None = None,
        tag: str | None = None,
        operator: str | None = None,
        reason: str | None = None,
    ) -> "Erased":
        """Erase permanently everything stored about a number, a job, or a tag. Return counts of what was erased.

        Faxes that have not ended are left and named in `open`, those that this version cannot read in `unread`. Rows
        of campaigns stay as rows without a name; pending ones are cancelled. Stored documents of inbound faxes are
        removed from the `FAX_INBOUND_DIR` in the settings.
        The event `operator.acted` reports it without any name, so name nobody in the `reason`.

        Raises:
            BadInput: not exactly one of the three is given, or it is not a number.
            StoreTrouble: a stored document could not be removed; try again.
            Unavailable: Redis did not answer; call again to continue.
        """
        if sum(word is not None for word in (number, job_id, tag)) != 1:
            raise BadInput("give one of number, job_id and tag")
        from faxdispatch.operations.erasing import Eraser  # noqa: PLC0415 - needed only to erase
        from faxdispatch.storage.store import open_store  # noqa: PLC0415 - the same

        where = self._settings.fax_inbound_dir if self._settings else None
        eraser = Eraser(self._ledger, open_store(where) if where else None)
        return eraser.run(self.wanted(number=number, job_id=job_id, tag=tag), operator=operator, reason=reason)

    @property
    def dead_letters(self) -> DeadLetters:
        """The messages that the workers could not understand or carry out."""
        return self._ledger.dead_letters

    def redrive(self, letter_id: str, changes: Mapping[str, Any] | None = None) -> None:
        """Send a dead letter again under its own message id, so that a fax stays one fax, and take it off the list.

        `changes` corrects fields of it; a field set to None is removed. If the message is still invalid, it becomes a
        dead letter again.

        Raises:
            NotKnown: there is no such letter.
            BadInput: it cannot be read, it is for an unknown task, or a field is wrong even with the changes.
            Unavailable: Redis or the broker did not answer; the letter stays.
        """
        letter = self.dead_letters.get(letter_id)
        kind, payload = letter.kind, letter.corrected(changes or {}, region=self._region)
        token = self.dead_letters.take_out(letter_id)
        self._recorder.post_again(kind, payload, message_id=letter_id)
        self.dead_letters.sent(letter_id, token)
