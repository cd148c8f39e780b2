"""Erases a person: everything that is stored about a number, a job or a tag. Returns a receipt."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import CHUNK, Campaigns, Inbox, Ledger, Suppressions
from faxdispatch.ledger.erasure import Erasure
from faxdispatch.search import Found, Search, Wanted
from faxdispatch.storage.naming import stored_name
from faxdispatch.storage.store import Store


@dataclass
class Erased:
    """The receipt: counts of what was erased.

    `open` are faxes that were left because they have not ended: cancel them first.

    `unread` are those that are left because this version cannot read them: erase with the version that recorded them.
    `media` names the documents in Telnyx's media storage that erased faxes sent; others may use them as well, so they
    are left. `suppressed` says that the number is still on the suppression list, so that no campaign sends to it.
    """

    jobs: int = 0
    rows: int = 0
    left_out: int = 0
    inbound: int = 0
    documents: int = 0
    dead_letters: int = 0
    events: int = 0
    open: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    suppressed: bool = False

    def notes(self) -> Iterator[str]:
        """Yield a sentence for each part that is left, with how to erase it."""
        for name in self.media:
            yield f"document {name} is left in Telnyx's storage; faxdispatch media delete {name} deletes it there"
        if self.suppressed:
            yield "the number stays on the suppression list; faxdispatch suppress remove takes it off"
        if self.open:
            yield f"not ended, and so not erased: {', '.join(self.open)}; cancel them, then erase again"
        if self.unread:
            names = ", ".join(self.unread)
            yield f"not erased, since this version cannot read them: {names}; erase with a later one"


class Eraser:
    """Erases from one ledger, and from the storage of inbound documents if there is one."""

    def __init__(self, ledger: Ledger, store: Store | None) -> None:
        self._ledger = ledger
        self._store = store
        self._search = Search(ledger)
        self._campaigns = Campaigns(ledger.scripts)
        self._erasure = Erasure(ledger.scripts)

    def run(self, wanted: Wanted, *, operator: str | None = None, reason: str | None = None) -> Erased:
        """Erase every matching fax and all traces of it; for a number, its inbound faxes too.

        Rows stay as rows without a name, so that their campaign's counts still add up; pending ones are cancelled.

        Raises:
            StoreTrouble: a stored document could not be removed; try again.
            Unavailable: Redis did not answer; call again to continue.
        """
        said = Erased(unread=self._search.unreadable(wanted))
        ids: set[str] = set()
        rows: defaultdict[tuple[str, int], list[Found]] = defaultdict(list)
        for found in list(self._search.all(wanted)):
            if found.campaign_id is not None and found.row is not None:
                rows[found.campaign_id, (found.row - 1) // CHUNK].append(found)
            else:
                self._job(found, said, ids)
        for (campaign_id, chunk), some in rows.items():
            self._rows(campaign_id, chunk, some, said, ids)
        if wanted.number is not None:
            self._number(wanted.number, said, ids)
        said.events = self._erasure.events(lambda fields: _concerns(fields, ids, wanted.number))
        counts = {name: value for name, value in vars(said).items() if isinstance(value, int)}
        facts = {"action": "erase", "subject": "a person's data", "operator": operator, "reason": reason, **counts}
        event_facts = {name: value for name, value in facts.items() if value is not None}
        self._ledger.publish("operator.acted", subject="erasure", facts=event_facts, source="operator")
        return said

    def _job(self, found: Found, said: Erased, ids: set[str]) -> None:
        history = self._ledger.job(found.job_id, history=True).history
        faxes = {event.fax_id for event in history if event.fax_id} | ({found.fax_id} if found.fax_id else set())
        outcome = self._erasure.job(found.job_id, faxes)
        if outcome == "open":
            said.open.append(found.job_id)
            return
        said.jobs += outcome == "erased"
        self._note_media(found, said)
        ids.update(faxes, {found.job_id})

    def _rows(self, campaign_id: str, chunk: int, some: list[Found], said: Erased, ids: set[str]) -> None:
        for found in some:
            outcome = self._erasure.rows(campaign_id, chunk, [found.row or 0])
            if outcome == "open":
                said.open.append(found.job_id)
                continue
            said.rows += outcome == "erased"
            self._note_media(found, said)
            ids.update({found.job_id} | ({found.fax_id} if found.fax_id else set()))

    def _note_media(self, found: Found, said: Erased) -> None:
        if found.document and not found.document.startswith("https://") and found.document not in said.media:
            said.media.append(found.document)

    def _number(self, number: str, said: Erased, ids: set[str]) -> None:
        for campaign_id in self._campaigns.ids():
            campaign = self._campaigns.get(campaign_id)
            listed = max(campaign.size, campaign.counts.get("rows", 0))
            for chunk, rows in self._erasure.left_out(campaign_id, listed, number).items():
                self._erasure.rows(campaign_id, chunk, [], rows)
                said.left_out += len(rows)
        inbox = Inbox(self._ledger.scripts)
        for fax_id in list(self._erasure.inbound_from(number)):
            if name := inbox.get(fax_id).name:
                if self._store is None:
                    raise Unavailable("the stored document of an inbound fax cannot be removed: set FAX_INBOUND_DIR")
                self._store.delete(name)
                self._store.delete(stored_name(fax_id, ".json"))
                said.documents += 1
            self._erasure.inbound(fax_id)
            ids.add(fax_id)
            said.inbound += 1
        for letter in self._ledger.dead_letters.newest(limit=None):
            if number in letter.model_dump_json():
                self._ledger.dead_letters.drop(letter.id)
                said.dead_letters += 1
        self._erasure.number(number)
        said.suppressed = number in Suppressions(self._ledger.scripts).among([number])


def _concerns(fields: Mapping[str, str], ids: set[str], number: str | None) -> bool:
    """Return whether an entry of a stream is about one of the erased faxes."""
    if fields.get("job_id") in ids or fields.get("fax_id") in ids:
        return True
    return number is not None and any(number in value for value in fields.values())
