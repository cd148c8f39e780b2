"""Recovers a ledger that went back in time, so that faxes that Telnyx has are not sent again and none is lost.

Telnyx's outbound listing is read completely. Each fax that carries this ledger's mark becomes the attempt of its job,
of its campaign's row, or of a job that is created from the listing. Only then does sending continue.
"""

import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from faxdispatch.campaign.requests import row_to_feed
from faxdispatch.errors import BadInput, Conflict, InvalidJob, NoSuchResource, NotKnown
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import CHUNK, Campaign, Campaigns, Clock, Epoch, JobView, Ledger, Observations, job_of_row
from faxdispatch.ledger.index import mark as index_mark
from faxdispatch.ledger.recovery import Found, Recovery
from faxdispatch.operations.observing import observation_of
from faxdispatch.settings import Settings
from faxdispatch.states import State
from faxdispatch.telnyx import Fax, TelnyxClient
from faxdispatch.telnyx.account.key import recognise
from faxdispatch.telnyx.client_state import LEDGER_ID, Mark, decode_client_state
from faxdispatch.telnyx.clock import TelnyxClock
from faxdispatch.text.wording import counted

TAG = "recovered"
"""Tag of the jobs that were created from Telnyx's listing."""
CLOCK_MARGIN = timedelta(days=1)
"""How much earlier the listing begins if no answer of Telnyx has shown its clock."""
_MOST_LISTED = 1000
_IN_FLIGHT = (State.SUBMITTING, State.UNKNOWN, State.ACCEPTED)
_SENT = (*_IN_FLIGHT, State.DECIDING, State.DELIVERED)
_ROW = re.compile(r"(.+)-([1-9][0-9]{0,8})(?:_([1-9][0-9]{0,3}))?")
_NO_DOCUMENT = "document-not-told-by-telnyx"


@dataclass
class Recovered:
    """The result of a recovery; with a dry run, the result that it would have."""

    since: datetime
    """The listing was read from this time on, by Telnyx's clock."""
    listings: int = 0
    """Complete listings that were read."""
    found: dict[Found, int] = field(default_factory=lambda: dict.fromkeys(Found, 0))
    """Faxes of this ledger, by how they relate to it."""
    foreign: int = 0
    """Faxes of other ledgers, or without a mark."""
    others: dict[str, int] = field(default_factory=dict)
    """The number of faxes with another ledger's id, by ledger."""
    made: list[str] = field(default_factory=list)
    """Jobs that were created from Telnyx's listing."""
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    """Jobs with a fax that a person must look at."""
    unknown: list[str] = field(default_factory=list)
    """Jobs whose last attempt no listing shows; workers continue to look for it. At most a thousand are named."""
    gap: str | None = None
    """Why faxes may have been sent that Telnyx no longer lists; in that case sending does not continue by itself."""
    lifted: bool = False
    """Whether sending continues."""


class _Place(NamedTuple):
    """The row of a campaign that a job belongs to."""

    campaign: Campaign
    row: int
    generation: int
    to: str
    fields: Mapping[str, Any]


class Recoverer:
    """Recovers one ledger. `telnyx` must report its answers to `clock`; `note` gets a line about each step."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        telnyx: TelnyxClient,
        clock: TelnyxClock,
        *,
        note: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._ledger, self._telnyx, self._telnyx_clock = settings, ledger, telnyx, clock
        self._note, self._sleep = note, sleep
        scripts = ledger.scripts
        self._epoch, self._recovery, self._clock = Epoch(scripts), Recovery(scripts), Clock(scripts)
        self._campaigns = Campaigns(scripts)
        self._observations = Observations(scripts, known_connections=settings.known_connections)
        self._status: dict[str, str | None] = {}
        self._lost: str | None = None
        self._campaign = lru_cache(256)(self._read_campaign)
        self._chunk = lru_cache(64)(self._read_chunk)

    def recover(
        self,
        since: datetime | None = None,
        *,
        ledger: str | None = None,
        late: bool = False,
        dry_run: bool = False,
        operator: str | None = None,
    ) -> Recovered:
        """Stop sending, bring back what Telnyx has, and let sending continue.

        `since` is the ledger's time or an earlier one; by default it is the time that was noticed. As after an
        unknown send, three complete listings are read within `FAX_SETTLE` or longer, the last one
        `FAX_SETTLE` after the last call that the stop may have let through. It may be broken off and repeated at any
        time. With `dry_run` one listing is read, and nothing is changed.

        `ledger` is the id of a lost ledger that this one replaces: its faxes are brought back as this one's. Do this
        before anything else: once this ledger has sent faxes, it may have sent some of the lost one's again. With
        `late`, a person confirms that this has been checked.

        Raises:
            BadInput: `since` is missing, or is after the state of the ledger; `ledger` is not the id of one.
            Conflict: this ledger has sent faxes before it replaced the lost one.
            OtherAccount: the key belongs to another account, whose listing shows nothing of this ledger.
            TelnyxError: a listing was interrupted. Nothing is sent before another recovery.
            Unavailable: Redis did not answer. The same holds then.
        """
        if ledger is not None and not LEDGER_ID.fullmatch(ledger):
            raise BadInput("--ledger: an id of a ledger has 4 to 32 small letters and figures, such as 4be1c09a7d")
        if ledger is not None and not late:
            self._see_first(ledger)
        self._lost = ledger
        behind = self._epoch.behind()
        since = _since(since, behind.found_at if behind else None)
        account = recognise(self._settings, self._ledger.identity, self._telnyx)
        result = Recovered(since=self._by_telnyx(since), gap=self._gap(since))
        if dry_run:
            self._look(result, account, dry_run=True)
            return result
        if self._epoch.stop(found=since):
            self._note("sending is stopped")
        if ledger is not None:
            self._ledger.identity.take_over(ledger)
        self._look_until_settled(result, account)
        result.unknown = self._unknown()
        if result.gap is None:
            reason = f"recovered from {result.listings} listings of Telnyx since {result.since.isoformat()}"
            result.lifted = self._epoch.recovered(reason=reason, operator=operator)
        return result

    def _see_first(self, ledger: str) -> None:
        """Check that this ledger has sent nothing before it replaces another."""
        counts = self._ledger.counts()
        sent = sum(counts[state] for state in _SENT)
        if sent and ledger not in self._ledger.identity.taken_over:
            raise Conflict(
                f"--ledger: {counted(sent, 'fax')} of this ledger were sent before it replaced {ledger}, so "
                "what producers asked for again may have gone twice; compare them (faxdispatch faxes list), then "
                "repeat with --late"
            )

    # Looking -------------------------------------------------------------------------------------------------------

    def _look_until_settled(self, result: Recovered, account: str) -> None:
        settings = self._settings
        behind, begun = self._epoch.behind(), self._clock.now()
        # Listings of an earlier recovery do not count, since it may have been interrupted in the middle of one.
        settled = begun + timedelta(seconds=settings.fax_settle)
        if behind:
            settled = max(settled, behind.noticed_at + timedelta(seconds=settings.lease + settings.fax_settle))
        while True:
            last = self._clock.now() >= settled and result.listings + 1 >= settings.settle_listings
            self._look(result, account, last=last)
            if last:
                return
            left = (settled - self._clock.now()).total_seconds()
            if left > 0:
                listed = counted(sum(result.found.values()), "fax")
                self._note(f"listed {listed} of ours; the last look is in {left:.0f} s")
            # Listings are read at intervals, since the cause that hides a fax in one may hide it a moment later, too.
            self._sleep(max(left / max(1, settings.settle_listings - result.listings), settings.reconcile_every))

    def _look(self, result: Recovered, account: str, *, last: bool = False, dry_run: bool = False) -> None:
        """Read the complete listing, then bring back what is new in it; later generations come with the last one."""
        listing = list(self._telnyx.list_faxes(created_at_gte=result.since, direction="outbound", page_size=250))
        result.listings += 1
        own = list(self._own(listing))
        result.foreign = len(listing) - len(own)
        result.others = self._others(listing)
        # The last attempt of a job comes first: news about an earlier one must not end it.
        own.sort(key=lambda one: (one[0].job_id, -one[0].attempt))
        ahead: defaultdict[tuple[int, str], list[tuple[Mark, Fax]]] = defaultdict(list)
        present: list[tuple[Mark, Fax]] = []
        for one in own:
            place = self._ahead(one[0])
            (ahead[place.generation, place.campaign.id] if place else present).append(one)
        self._bring_back(present, result, account, dry_run=dry_run)
        if not last and not dry_run:
            return
        for (generation, campaign_id), faxes in sorted(ahead.items(), key=lambda one: one[0]):
            if not dry_run:
                self._follow(campaign_id, generation, result, account)
            self._bring_back(faxes, result, account, dry_run=dry_run)

    def _bring_back(
        self, faxes: Iterable[tuple[Mark, Fax]], result: Recovered, account: str, *, dry_run: bool = False
    ) -> None:
        news = [one for one in faxes if self._status.get(str(one[1].id), "") != one[1].status]
        asked = [self._asked(mark, fax) for mark, fax in news]
        replies = self._recovery.bring_back(asked, account=account, dry_run=dry_run)
        seen: set[str] = set()
        for (mark, fax), found in zip(news, replies, strict=True):
            if str(fax.id) not in self._status:
                _count(result, mark, fax, found if mark.job_id not in seen or found is Found.SAME else Found.EARLIER)
            seen.add(mark.job_id)
            self._status[str(fax.id)] = fax.status
            if not dry_run and found is not Found.ENDED:
                self._observations.record(observation_of(fax, "listing"))

    def _own(self, listing: Iterable[Fax]) -> Iterator[tuple[Mark, Fax]]:
        for fax in listing:
            mark = decode_client_state(fax.client_state)
            if mark and fax.id and fax.direction != "inbound" and self._is_own(mark):
                yield mark, fax

    def _is_own(self, mark: Mark) -> bool:
        return (mark.ledger is not None and mark.ledger == self._lost) or self._ledger.identity.owns(mark.ledger)

    def _others(self, listing: Iterable[Fax]) -> dict[str, int]:
        marks = [decode_client_state(fax.client_state) for fax in listing]
        return dict(Counter(str(mark.ledger) for mark in marks if mark and not self._is_own(mark)).most_common())

    # Campaigns that had gone on as a later generation --------------------------------------------------------------

    def _ahead(self, mark: Mark) -> _Place | None:
        """Return the row that a job belongs to, if its generation is later than the campaign's here."""
        place = self._place(mark)
        return place if place and place.generation > place.campaign.generation else None

    def _follow(self, campaign_id: str, generation: int, result: Recovered, account: str) -> None:
        """Let a campaign continue as `generation`, after Telnyx was asked about its rows that are in flight here."""
        present = self._campaigns.get(campaign_id).generation
        rows = self._campaigns.open_rows(campaign_id)
        for job in self._ledger.jobs([job_of_row(campaign_id, row, present) for row in rows]):
            if job and job.state in _IN_FLIGHT:
                self._ask(job, result, account)
        self._campaigns.follow(campaign_id, generation)
        self._campaign.cache_clear()

    def _ask(self, job: JobView, result: Recovered, account: str) -> None:
        """Ask Telnyx about a job in flight whose claim may be older than the listing."""
        if job.fax_id:
            with suppress(NoSuchResource):
                self._observations.record(observation_of(self._telnyx.get_fax(job.fax_id), "poll"))
            return
        since = (job.submitted_at or result.since) - CLOCK_MARGIN
        listing = self._telnyx.list_faxes(created_at_gte=since, direction="outbound", to=job.request.to)
        mine = [(mark, fax) for mark, fax in self._own(listing) if mark.job_id == job.job_id]
        self._bring_back(sorted(mine, key=lambda one: -one[0].attempt), result, account)

    # What the script is told of a fax ------------------------------------------------------------------------------

    def _asked(self, mark: Mark, fax: Fax) -> dict[str, Any]:
        created = fax.created_at or self._clock.now()
        request = {
            "job": mark.job_id,
            "attempt": mark.attempt,
            "fax_id": fax.id,
            "sender": fax.from_,
            "connection": fax.connection_id,
            "submitted": round(created.timestamp() * 1000),
            "cost": self._settings.prices.of(None),
            "made": _job_of(mark, fax),
            "row": self._row(mark, fax),
        }
        return {name: value for name, value in request.items() if value is not None}

    def _row(self, mark: Mark, fax: Fax) -> dict[str, Any] | None:
        """Return the campaign's row that a job belongs to, in the form for the ledger, or None if there is none."""
        place = self._place(mark)
        if place is None:
            return None
        about = {
            "campaign": place.campaign.id,
            "generation": place.generation,
            "tags": json.dumps(place.campaign.options.get("tags", [])),
            "connection": fax.connection_id or "",
            "sender": fax.from_ or "",
        }
        if fax.to and fax.to != place.to:
            about["number"] = fax.to
        try:
            return about | row_to_feed(place.campaign, place.row, fax.to or place.to, place.fields)
        except InvalidJob:
            return None

    def _place(self, mark: Mark) -> _Place | None:
        found = _ROW.fullmatch(mark.job_id)
        campaign = self._campaign(found[1]) if found else None
        if not found or not campaign:
            return None
        row = int(found[2])
        known = self._chunk(campaign.id, (row - 1) // CHUNK).get(row) if row <= campaign.size else None
        return _Place(campaign, row, int(found[3] or 1), *known) if known else None

    def _read_campaign(self, campaign_id: str) -> Campaign | None:
        try:
            return self._campaigns.get(campaign_id)
        except NotKnown:
            return None

    def _read_chunk(self, campaign_id: str, chunk: int) -> Mapping[int, tuple[str, dict[str, Any]]]:
        return {row: (to, fields) for row, to, fields in self._campaigns.chunk(campaign_id, chunk)}

    # Around it -----------------------------------------------------------------------------------------------------

    def _by_telnyx(self, since: datetime) -> datetime:
        """Convert a time of Redis' clock to Telnyx's, early enough for any change of the clocks since."""
        now = self._telnyx_clock.now()
        skew = timedelta(seconds=self._settings.settle_skew)
        return since - max(skew, CLOCK_MARGIN) if now is None else since + (now - self._clock.now()) - skew

    def _gap(self, since: datetime) -> str | None:
        kept = self._settings.fax_telnyx_delete_after
        if kept is None or since > self._clock.now() - timedelta(seconds=kept):
            return None
        return (
            f"FAX_TELNYX_DELETE_AFTER ({kept:g} s) deletes faxes at Telnyx, so those that ended before that are not "
            "listed; hold or cancel what may be among them, then faxdispatch ledger resume"
        )

    def _unknown(self) -> list[str]:
        states = (State.SUBMITTING, State.UNKNOWN)
        return [job.job_id for state in states for job, _ in self._ledger.standing(state, limit=_MOST_LISTED)]


def _since(since: datetime | None, found: datetime | None) -> datetime:
    if since is None:
        if found is None:
            raise BadInput("--since: give the time of the ledger, such as that of the backup; an earlier time is safe")
        return found
    if found and since > found:
        raise BadInput(
            f"--since: the ledger is of {found:%Y-%m-%dT%H:%M:%SZ}, and what was sent between then and "
            f"{since.isoformat()} would be missed; give that time or an earlier one"
        )
    return since


def _count(result: Recovered, mark: Mark, fax: Fax, found: Found) -> None:
    result.found[found] += 1
    if found is Found.MADE:
        result.made.append(mark.job_id)
    elif found is Found.CONFLICT:
        result.conflicts.append((mark.job_id, str(fax.id)))


def _job_of(mark: Mark, fax: Fax) -> dict[str, Any] | None:
    """Return the record for a job that the ledger does not know, or None if Telnyx names no recipient."""
    request = _request_of(fax)
    if request is None:
        return None
    return {
        "to": request.to,
        "text": json.dumps(request.encode() | {"job_id": mark.job_id}),
        "fingerprint": request.fingerprint(),
        "priority": request.priority.value,
        "tags": json.dumps(request.tags),
        "mark": index_mark(mark.job_id, request.to, request.tags),
    }


def _request_of(fax: Fax) -> SendFax | None:
    """Return the request as far as Telnyx shows it, or None if it names no recipient.

    It is dialled once and not again, since its other options are not known.
    """
    known = {"from": fax.from_, "connection_id": fax.connection_id, "quality": fax.quality}
    link = (fax.model_extra or {}).get("original_media_url") or fax.media_url
    for media in ({"media_name": fax.media_name}, {"media_url": link}, {"media_name": _NO_DOCUMENT}):
        for more in (known, {}):
            asked = {"to": fax.to, "max_attempts": 1, "tags": [TAG], **more, **media}
            try:
                return SendFax.decode({name: value for name, value in asked.items() if value}, recorded=True)
            except InvalidJob:
                continue
    return None
