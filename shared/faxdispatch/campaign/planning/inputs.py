"""The inputs of a plan: the recipients of a list or of a campaign, their documents, and the present capacity."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from faxdispatch.calling.costs import PAGES_GUESS
from faxdispatch.calling.windows import Window
from faxdispatch.campaign.checking import checked
from faxdispatch.campaign.judging import judged
from faxdispatch.campaign.looking_up import covers_of
from faxdispatch.campaign.planning.course import Capacity
from faxdispatch.campaign.planning.estimate import RETRY_SHARE, Plan, Recipients, make_plan
from faxdispatch.campaign.requests import options_for_all, request_of
from faxdispatch.documents.local import Document
from faxdispatch.documents.preflight.examining import examine
from faxdispatch.documents.preflight.links import SAMPLE, LinkedPages, fetcher, read
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.jobs import Priority
from faxdispatch.ledger import CHUNK, Campaigns, Limits, Scripts
from faxdispatch.lists.checking import Progress
from faxdispatch.lists.documents import OnDocuments
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.rows import BadRow
from faxdispatch.settings import Settings
from faxdispatch.text.wording import counted, counted_are


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a plan.

    `options` are those for all rows; `room` is the money that is left, or None without a cap.
    """

    options: Mapping[str, Any]
    recipients: Recipients
    start: datetime
    room: float | None


class Planner:
    """Gathers the inputs of a plan. `remarks` says in words what the figures do not show.

    `document` is the local file that all rows get; `sample` is how many different linked documents are read to count
    their pages.

    Raises:
        BadInput: the document cannot be faxed.
    """

    def __init__(
        self, settings: Settings, scripts: Scripts, *, document: Document | None = None, sample: int = SAMPLE
    ) -> None:
        self.remarks: list[str] = []
        self.unfit = 0
        """Rows of the list that are not sent because of their cover, or of the options."""
        self.first_unfit: BadRow | None = None
        self.links: dict[str, int] | None = None
        """How many different links in rows were checked, and how many rows have one that was not."""
        self._settings = settings
        self._scripts = scripts
        self._links = LinkedPages(lambda url: read(url, fetcher(settings.fax_dangerous_inbound_origins)), sample)
        self._windows: dict[str, Window] = {}
        self._cover_pages = 0
        self._for_all = self._count(document) if document else None

    def of_file(
        self,
        path: Path,
        asked: Mapping[str, Any],
        reading: Reading,
        start: datetime,
        *,
        media_dir: Path | None = None,
        cap: float | None = None,
        on_progress: Progress | None = None,
        on_documents: OnDocuments | None = None,
    ) -> Subject:
        """Read a list as `campaign create` would. `asked` are fields of `SendFax` for all rows.

        Documents of rows that are files in `media_dir`, or in the list's folder, are examined.

        Raises:
            BadInput: the list cannot be used, or an option is wrong.
            TelnyxError: Telnyx was asked about stored documents and did not answer.
            Unavailable: Redis did not answer.
        """
        with checked(
            path,
            reading,
            asked,
            self._settings,
            self._scripts,
            media_dir=media_dir,
            on_progress=on_progress,
            on_documents=on_documents,
        ) as checking:
            region = reading.region or self._settings.fax_default_region
            options = options_for_all(asked, region=region, media_by_row="media" in checking.table.fields)
            covers = covers_of(asked.get("cover"), checking.table.columns, self._settings.fax_cover_fonts)
            self._cover_pages = covers.pages if covers else 0
            recipients = self._recipients(start, options)
            left_out = 0
            for part in judged(checking, options, covers, on_unfit=self._count_unfit):
                for row in part.rows:
                    self._add(recipients, row.to, options, row.fields)
                left_out += len(part.others)
        if left_out:
            self.remarks.append(
                f"{counted_are(left_out, 'row')} not sent: faxdispatch campaign check {path.name} says why"
            )
        self.remarks += checking.summary.remarks()
        if checking.documents:
            self.remarks += checking.documents.remarks()
            self.links = checking.documents.links()
        return Subject(options, recipients, start, cap)

    def of_campaign(
        self,
        campaign_id: str,
        asked: Mapping[str, Any],
        start: datetime | None,
        now: datetime,
        *,
        cap: float | None = None,
    ) -> Subject:
        """Plan the rows of a campaign that have not begun.

        Fields of `SendFax` in `asked`, and the `cap`, replace those of the campaign unless they are None.

        Raises:
            BadInput: an option is wrong.
            NotKnown: there is no such campaign.
            Unavailable: Redis did not answer.
        """
        campaigns = Campaigns(self._scripts)
        try:
            campaign = campaigns.get(campaign_id)
        except NotKnown:
            raise NotKnown(f"{campaign_id}: is neither a file nor the id of a campaign") from None
        begin = start or max(campaign.start_at or now, now)
        common = options_for_all(asked, region=self._settings.fax_default_region, media_by_row=True)
        options = {**campaign.options, **{name: common[name] for name in common if asked.get(name) is not None}}
        recipients = self._recipients(begin, options)
        for chunk in range(-(-campaign.size // CHUNK)):
            for _, to, fields in campaigns.pending_rows(campaign_id, chunk):
                self._add(recipients, to, options, fields)
        if campaign.opened:
            self.remarks.append(f"{counted_are(campaign.opened, 'row')} under way already and not counted here")
        cap = campaign.cap if cap is None else cap
        return Subject(options, recipients, begin, None if cap is None else max(0.0, cap - campaign.spent))

    def estimate(self, subject: Subject, *, retry_share: float = RETRY_SHARE) -> Plan:
        """Return the plan. Raises Unavailable if Redis did not answer."""
        mean = self._links.mean
        made = make_plan(
            subject.recipients,
            self._capacity(subject.options),
            subject.start,
            self._settings,
            max_attempts=subject.options.get("max_attempts"),
            guess=math.ceil(mean) if mean else PAGES_GUESS,
            retry_share=retry_share,
        )
        self.remarks += self._links.remarks
        if made.guessed:
            known = f"{math.ceil(mean)}, the mean of the documents that were counted" if mean else str(PAGES_GUESS)
            self.remarks.append(f"the pages of {counted(made.guessed, 'fax')} are not known and count as {known}")
        if unplaced := subject.recipients.unplaced:
            self.remarks.append(
                f"{counted_are(unplaced, 'row')} to a number without a known zone: the sender's hours count"
            )
        if subject.room is not None and made.cost_high > subject.room:
            sure = "is" if made.cost_low > subject.room else "may be"
            self.remarks.append(f"the cap leaves {subject.room:.2f}; it {sure} reached, which pauses the campaign")
        return made

    def _count_unfit(self, row: BadRow) -> None:
        self.unfit += 1
        self.first_unfit = self.first_unfit or row

    def _recipients(self, start: datetime, options: Mapping[str, Any]) -> Recipients:
        sender = options.get("from") or self._settings.sender
        return Recipients(start, calendar=self._settings.calendar, sender=sender)

    def _add(self, recipients: Recipients, to: str, options: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        request = request_of(options, fields)
        own = bool(fields.get("media_url") or fields.get("media_name"))
        recipients.add(
            to,
            pages=self._pages(request, own=own),
            window=self._window(request.get("window")),
            sender=request.get("from"),
        )

    def _window(self, asked: Any) -> Window | None:
        if not asked:
            return None
        # Most rows have the same hours, and reading a million windows would take long.
        key = repr(asked)
        if key not in self._windows:
            self._windows[key] = Window.model_validate(asked)
        return self._windows[key]

    def _pages(self, request: Mapping[str, Any], *, own: bool) -> int | None:
        if request.get("pages"):
            return int(request["pages"])
        if not own and self._for_all:
            return self._for_all + self._cover_pages
        url = request.get("media_url")
        pages = self._links.pages(url) if url else None
        return pages + self._cover_pages if pages else None

    def _count(self, document: Document) -> int | None:
        report = examine(document)
        if report.problem:
            raise BadInput(f"document: {report.problem}")
        self.remarks += [f"the document, {one}" if one.page else f"the document {one}" for one in report.warnings]
        return report.pages

    def _capacity(self, options: Mapping[str, Any]) -> Capacity:
        """Return the capacity that the campaign may use now, without the channels that are reserved for others."""
        settings, limits = self._settings, Limits(self._scripts)
        connection = options.get("connection_id") or settings.connection_id
        traffic = next((one for one in limits.connections() if one.connection == connection), None)
        account, fixed = limits.account(), limits.channels()
        if traffic:
            there = traffic.channels
        elif fixed is not None:
            there = fixed
        else:
            there = 2
            self.remarks.append("nothing was sent on this connection yet: it begins with 2 channels and tries more")
        if traffic and traffic.pause:
            self.remarks.append(f"the connection is paused ({traffic.pause.reason}): add the time of the pause")
        kept = settings.fax_urgent_channels if isinstance(settings.fax_urgent_channels, int) else int(there >= 4)
        if options.get("priority", Priority.BULK) == Priority.BULK:
            there = max(1, there - kept)
        return Capacity(
            channels=there if account.channels is None else max(1, min(there, account.channels)),
            rate=min(account.rate, settings.fax_connection_rate or math.inf),
            day_cap=account.cap,
            spent_today=account.spent,
        )
