"""From what a producer asks for to a fax that can be recorded: checked, its document made and stored."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.errors import BadInput, InvalidJob, Misconfigured
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Scripts
from faxdispatch.settings import Settings

if TYPE_CHECKING:
    from faxdispatch.documents.composition.composing import Cover
    from faxdispatch.documents.local import Document
    from faxdispatch.documents.preflight.report import Report
    from faxdispatch.lists.documents import Storage
    from faxdispatch.telnyx.media.uploads import Uploads

_PARTS = ("document", "cover", "cover_fields")
"""What is asked of us alone: the parts of the document."""


@dataclass(eq=False)
class Requests:
    """Makes requests of what is asked. `numbers` says where faxes may go, None that only the workers judge that.

    Without `scripts` and `settings` no document can be stored.
    """

    scripts: Scripts | None = None
    _: KW_ONLY
    region: str | None
    numbers: NumberPolicy | None
    settings: Settings | None = None

    def read(self, job: SendFax | Mapping[str, Any] | None, options: Mapping[str, Any]) -> SendFax:
        """Return the fax that is asked for: `job`, or the fields in `options`. See `FaxClient.send`.

        Raises:
            InvalidJob: naming each wrong field.
            Misconfigured: a document was given, and the extra or the key is missing.
            TelnyxError: the document was not stored.
        """
        if isinstance(job, SendFax):
            self.check(job)
            return job
        asked = options if job is None else job
        if not isinstance(asked, Mapping) or not _is_brought_along(asked):
            bare = asked
            if isinstance(asked, Mapping):
                bare = {name: value for name, value in asked.items() if name != "document"}
            fax = SendFax.decode(bare, region=self.region)
            self.check(fax)
            return fax
        if asked.get("media_url") is not None and asked.get("document") is None:
            # As if it had been downloaded, and brought along.
            asked = {**asked, "media_url": None, "document": self._of_link(asked)}
        return self._composed(asked)

    def _of_link(self, asked: Mapping[str, Any]) -> "Document":
        """Fetch the document of a link, once all else was found right."""
        self.check(SendFax.decode({name: asked[name] for name in asked if name not in _PARTS}, region=self.region))
        try:
            return self.fetch_link(str(asked["media_url"]))
        except BadInput as problem:
            raise InvalidJob([("media_url", str(problem).removeprefix("document: "))]) from None

    def _composed(self, asked: Mapping[str, Any]) -> SendFax:
        """Return the fax whose document is brought along, after it was examined and stored."""
        fax = SendFax.decode(_without_parts(asked), region=self.region)
        self.check(fax)
        document, report = self._compose(asked, sender=fax.from_, to=fax.to, quality=fax.quality)
        if report.problem:
            raise InvalidJob([("document", report.problem)])
        self.store(document, until=fax.send_by or fax.send_at)
        facts = {
            "media_name": document.media_name,
            "document_name": fax.document_name or document.name,
            "pages": fax.pages or report.pages,
        }
        return fax.model_copy(update=facts)

    def _compose(
        self, asked: Mapping[str, Any], *, sender: str | None, to: str, quality: str | None
    ) -> "tuple[Document, Report]":
        try:
            from faxdispatch.documents.composition.composing import compose, sources  # noqa: PLC0415 - needs the extra `documents`

            source = asked.get("document")
            cover = self._cover(asked, sender=sender, to=to) if asked.get("cover") is not None else None
            return compose([] if source is None else sources(source), cover, quality=quality)
        except ImportError as error:
            raise Misconfigured(
                f"document: needs {error.name}: install faxdispatch with its extra [documents]"
            ) from None
        except BadInput as problem:
            field, colon, words = str(problem).partition(": ")
            if colon and field in _PARTS:
                raise InvalidJob([(field, words)]) from None
            raise InvalidJob([("document", str(problem))]) from None

    def _cover(self, asked: Mapping[str, Any], *, sender: str | None, to: str) -> "Cover":
        from faxdispatch.documents.composition.composing import Cover  # noqa: PLC0415 - needs the extra `documents`

        text, fields, settings = asked["cover"], asked.get("cover_fields") or {}, self.settings
        if not isinstance(text, str) or not isinstance(fields, Mapping):
            raise InvalidJob([("cover", "must be text, and cover_fields a mapping of names to texts")])
        return Cover(
            text,
            {str(name): str(value) for name, value in fields.items()},
            sender=sender or (settings.sender if settings else None) or "",
            to=to,
            zone=settings.fax_zone if settings else "UTC",
            more_fonts=settings.fax_cover_fonts if settings else None,
        )

    def store(self, document: "Document", *, until: datetime | None) -> str:
        """Have a document kept at Telnyx until `until` and some time longer; return its name there.

        Raises:
            Misconfigured: the extra or the key is missing.
            TelnyxError: it was not stored.
        """
        return self._uploads.keep(document, until=until)

    @cached_property
    def _uploads(self) -> "Uploads":
        if self.settings is None or self.scripts is None:
            raise Misconfigured("document: this client has no TELNYX_API_KEY; create it with FaxClient.from_env()")
        try:
            from faxdispatch.telnyx.media.uploads import Uploads  # noqa: PLC0415 - needs the extra `documents`
        except ImportError as error:
            raise Misconfigured(
                f"document: storing one at Telnyx needs {error.name}: install faxdispatch with its extra [documents]"
            ) from None
        return Uploads.from_settings(self.settings, self.scripts)

    def check(self, job: SendFax) -> None:
        """Check that the fax may go where it is to go, as `send` does, without recording it.

        Raises:
            InvalidJob: naming the setting that refuses its destination.
        """
        if self.numbers is None:
            return
        try:
            self.numbers.check(job.to)
        except ValueError as problem:
            raise InvalidJob([("to", str(problem))]) from None

    def fetch_link(self, link: str) -> "Document":
        """Fetch what a link leads to, for a cover to be put before it."""
        from faxdispatch.campaign.looking_up import link_fetch  # noqa: PLC0415 - only covers need it

        return link_fetch(self.settings.fax_dangerous_inbound_origins if self.settings else ())(link)

    def storage(self) -> "Storage | None":
        """Return Telnyx's media storage, or None if this client has no key or not what is needed for it."""
        from faxdispatch.campaign.looking_up import storage_of  # noqa: PLC0415 - only campaigns need it

        return storage_of(self.settings, self.scripts) if self.settings else None


def _is_brought_along(asked: Mapping[str, Any]) -> bool:
    """Return whether a document is to be made here: of what is brought along, or of a cover with what is not stored."""
    return asked.get("document") is not None or (asked.get("cover") is not None and asked.get("media_name") is None)


def _without_parts(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request with a stand-in for the document that comes with it."""
    rest = {name: value for name, value in asked.items() if name not in _PARTS}
    if rest.get("media_url") is not None or rest.get("media_name") is not None:
        raise InvalidJob([("document", "is given together with media_url or media_name; give only one of them")])
    return rest | {"media_name": "brought-along"}
