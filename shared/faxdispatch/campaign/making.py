"""Makes a campaign from a list: reads and judges the list, stores its documents, and imports its rows."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.campaign.asking import stopped_in
from faxdispatch.campaign.identity import check_id, fingerprint, id_from
from faxdispatch.campaign.importing import (
    Imported,
    Importer,
    List,
    Rows,
    see_that_all_are_good,
    the_list,
)
from faxdispatch.campaign.judging import Part, judge_all, judged
from faxdispatch.campaign.leftout import LeftOutFile
from faxdispatch.campaign.looking_up import (
    covers_of,
    document_for_all,
    ends_for_all,
    keep_documents,
    link_fetch,
    look_up,
    needed_until,
    row_documents,
)
from faxdispatch.campaign.requests import options_for_all
from faxdispatch.documents.local import Document
from faxdispatch.documents.preflight.examining import examine
from faxdispatch.errors import BadInput, Conflict, InvalidJob, NotKnown
from faxdispatch.ledger import Campaign, CampaignMedia, Campaigns, Clock
from faxdispatch.lists.badrows import BadRows, FreeName, refuse_existing
from faxdispatch.lists.checking import Check, Progress, check
from faxdispatch.lists.reading import Reading
from faxdispatch.states import CampaignState
from faxdispatch.text.plain import plain

if TYPE_CHECKING:
    from faxdispatch.documents.composition.rows import RowCovers
    from faxdispatch.lists.documents import FetchLink, LookAtLink, OnDocuments, RowDocuments, Storage

_LONGEST_NAME = 200


class Store(Protocol):
    """Stores a document at Telnyx until a given time and somewhat longer, and returns its name there."""

    def __call__(self, document: Document, *, until: datetime | None) -> str:
        """Store it. Raises TelnyxError if it was not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A campaign that is to be made, as `CampaignService.create` takes it."""

    source: Path | str | Rows
    options: dict[str, Any]
    reading: Reading
    name: str | None = None
    campaign_id: str | None = None
    document: Path | bytes | Document | None = None
    media_dir: Path | str | None = None
    cap: float | None = None
    operator: str | None = None
    bad_rows: Path | FreeName | None = None
    left_out: Path | FreeName | None = None
    strict: bool = False
    on_progress: Progress | None = None
    on_documents: "OnDocuments | None" = None
    look_at_link: "LookAtLink | None" = None

    @property
    def covered(self) -> bool:
        """Whether a cover comes before each document."""
        return self.options.get("cover") is not None


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes campaigns.

    `policy` says where faxes may go. Lists with one of `own_numbers` get a warning. `store` stores a document at Telnyx
    and returns its name there; `storage` returns Telnyx's media storage for the documents of rows, or None if there is
    no key for it; `fetch_link` fetches a link's document, so that a cover can be put before it. `cover_fonts` is
    FAX_COVER_FONTS.
    """

    campaigns: Campaigns
    _: KW_ONLY
    policy: NumberPolicy
    store: Store
    storage: "Callable[[], Storage | None]" = lambda: None
    fetch_link: "FetchLink" = field(default_factory=link_fetch)
    cover_fonts: Path | None = None
    own_numbers: Sequence[str] = ()

    def make(self, order: Order) -> Imported:
        """Make a campaign, or continue with one that was interrupted. Raises the errors of `CampaignService.create`."""
        document, options = self._for_all(order)
        if order.name is None and order.campaign_id is None and not isinstance(order.source, (Path, str)):
            raise BadInput("name: is missing; rows have no name of their own")
        refuse_existing(order.bad_rows, order.left_out)
        see_amount(order.cap)
        with (
            the_list(order.source) as listed,
            row_documents(
                order.media_dir,
                listed.folder,
                self.storage,
                look_at_link=order.look_at_link,
                fetch_link=self.fetch_link if order.covered else None,
                with_pages=options.get("pages") is None,
                on_documents=order.on_documents,
            ) as documents,
        ):
            return self._make(order, listed, documents, document, options)

    def _for_all(self, order: Order) -> tuple[Document | None, dict[str, Any]]:
        """Return the document that every row gets, if we must store it, and the options without its link."""
        document, options = order.document, order.options
        if order.covered and document is None and options.get("media_url") is not None:
            document = self.fetch_link(options["media_url"])
            options = {name: value for name, value in options.items() if name != "media_url"}
        found = document_for_all(document, covered=order.covered) if document is not None else None
        return found, options

    def _make(
        self,
        order: Order,
        listed: List,
        documents: "RowDocuments | None",
        document: Document | None,
        options: dict[str, Any],
    ) -> Imported:
        def checked() -> Check:
            return look_up(self._check(listed, order), documents, media_dir=order.media_dir)

        named = _name(order.name or order.campaign_id or listed.name)
        identity = check_id(order.campaign_id) if order.campaign_id else id_from(named)
        known = self._knows(identity)
        if order.strict:
            with checked() as whole:
                judge_all(whole, *self._asked(whole, document, options, order, known=known))
            see_that_all_are_good(whole.summary)
        checking = checked()
        try:
            asked, covers = self._asked(checking, document, options, order, known=known)
            mark = fingerprint(listed.content, order.reading.as_data(), asked)
            if document:
                self.store(document, until=needed_until(asked))
            ends = ends_for_all(asked, document, self.storage)
            outcome = self._open(identity, named, asked, mark, checking, order)
            CampaignMedia(self.campaigns.scripts).note(identity, ends)
        except BaseException:
            checking.close()
            raise
        campaign = self.campaigns.get(identity)
        if outcome == "same" and campaign.state is not CampaignState.DRAFT:
            return self._unchanged(campaign, checking, checked)
        if documents:
            documents.for_upload(needed_until(asked))
        return self._read_in(identity, outcome, judged(checking, asked, covers), checking, order)

    def _unchanged(self, campaign: Campaign, checking: Check, checked: Callable[[], Check]) -> Imported:
        """Keep an existing campaign unchanged, and its documents as long as it needs them."""
        checking.close()
        if checking.documents:
            keep_documents(campaign, self.campaigns.scripts, checked)
        return Imported(campaign, "same", None, tuple(checking.table.guesses))

    def _read_in(
        self,
        identity: str,
        outcome: str,
        rows: Iterator[Part],
        checking: Check,
        order: Order,
    ) -> Imported:
        """Import the rows; those that are not sent go to the files that the order names."""
        bad_rows, left_out = order.bad_rows, order.left_out
        table, documents = checking.table, checking.documents
        guesses = tuple(table.guesses)
        with (
            BadRows(bad_rows, table.columns, table.delimiter) if bad_rows else nullcontext() as bad,
            LeftOutFile(left_out, table.columns) if left_out else nullcontext() as left,
        ):
            importer = Importer(
                self.campaigns,
                identity,
                on_bad=bad.write if bad else None,
                on_left_out=left.write if left else None,
            )
            summary = importer.run(checking, rows, operator=order.operator, strict=order.strict)
        return Imported(
            self.campaigns.get(identity),
            "created" if outcome == "created" else "continued",
            summary,
            guesses + tuple(documents.remarks() if documents else ()),
            bad.path if bad else None,
            left.path if left else None,
            documents.links() if documents else None,
        )

    def _check(self, listed: List, order: Order) -> Check:
        reading = order.reading
        return check(
            lambda: listed.open(reading.encoding, reading.sheet),
            reading,
            policy=self.policy,
            own_numbers=self.own_numbers,
            stopped=stopped_in(self.campaigns.scripts),
            on_progress=order.on_progress,
        )

    def _asked(
        self, checking: Check, document: Document | None, options: Mapping[str, Any], order: Order, *, known: bool
    ) -> "tuple[dict[str, Any], RowCovers | None]":
        """Return the options for all rows, and the covers of rows. Raises `BadInput` if that is not possible."""
        covers = covers_of(options.get("cover"), checking.table.columns, self.cover_fonts)
        given = {**options, **_of_document(document, options, covers)}
        region = order.reading.region or self.policy.region
        asked = options_for_all(given, region=region, media_by_row="media" in checking.table.fields)
        if not known and (last := needed_until(asked)) and last <= Clock(self.campaigns.scripts).now():
            raise InvalidJob([("send_by", "has already passed by Redis' clock; give a later time")])
        return asked, covers

    def _knows(self, campaign_id: str) -> bool:
        try:
            self.campaigns.get(campaign_id)
        except NotKnown:
            return False
        return True

    def _open(
        self,
        identity: str,
        name: str,
        options: dict[str, Any],
        mark: str,
        checking: Check,
        order: Order,
    ) -> str:
        outcome = self.campaigns.open(
            identity,
            name=name,
            options=options,
            fingerprint=mark,
            cap=order.cap,
            columns=checking.table.columns,
            operator=order.operator,
        )
        if outcome == "purged":
            raise Conflict(f"campaign {identity}: one with this id ran and was purged; use another id")
        if outcome == "conflict":
            state = self.campaigns.get(identity).state
            way = "purge it, or use another id" if state is CampaignState.DRAFT else "use another id"
            raise Conflict(f"campaign {identity}: exists already, {state}, with another list or other options; {way}")
        return outcome


def _of_document(document: Document | None, options: Mapping[str, Any], covers: "RowCovers | None") -> dict[str, Any]:
    """Return what a document adds to the options: its name at Telnyx, and its number of pages if that is not given.

    Raises:
        BadInput: it cannot be faxed.
    """
    if document is None:
        return {}
    report = examine(document, quality=options.get("quality"))
    if report.problem:
        raise BadInput(f"document: {report.problem}")
    pages = report.pages + (covers.pages if covers else 0) if report.pages else None
    return {
        "media_name": document.media_name,
        "document_name": options.get("document_name") or document.name,
        "pages": options.get("pages") or pages,
    }


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME:
        raise BadInput(f"name: give 1 to {_LONGEST_NAME} characters")
    if not name.isprintable():
        raise BadInput(f"name: {plain(name)} has invisible characters; give one without them")
    return name


def see_amount(cap: float | None) -> None:
    """Check that a cap is None or an amount. Raises `BadInput` if it is neither."""
    if cap is not None and not (math.isfinite(cap) and cap > 0):
        raise BadInput(f"cap: {cap:g} is not an amount; give one above 0")
