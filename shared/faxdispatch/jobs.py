"""The tasks that producers can request: one model for each, with its stable, versioned name and its queue."""

import hashlib
import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit
from uuid import uuid4

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from faxdispatch.calling.windows import WindowInWords
from faxdispatch.errors import InvalidJob

MAX_URL = 2000
"""Longest URL that Telnyx accepts (error 10003, Telnyx error codes)."""

Identifier = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
"""An id that is safe in a Redis key, a URL and a client_state."""


URGENT = "fax.urgent"
"""Queue of urgent faxes, which is served before all others."""

ATTEMPT = "fax.attempt.v1"
"""The task that tries to send a job that is already recorded; its argument is the `job_id`.

It is for internal use, not for producers.
"""


class Priority(StrEnum):
    """Which jobs go first when channels are scarce."""

    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"


def _number(value: Any, info: ValidationInfo) -> Any:
    context = info.context or {}
    if not isinstance(value, str) or context.get("recorded"):
        return value
    from faxdispatch.calling.numbers import normalise  # noqa: PLC0415 - not loaded where nobody writes a number

    return normalise(value, region=context.get("region"))


def _destination(value: Any, info: ValidationInfo) -> Any:
    context = info.context or {}
    if not isinstance(value, str) or context.get("recorded"):
        return value
    from faxdispatch.calling.numbers import destined, is_sip  # noqa: PLC0415 - as above

    return _sip_uri(value.strip()) if is_sip(value) else destined(value, region=context.get("region"))


def _sip_uri(value: str) -> str:
    if len(value) > 255 or not re.fullmatch(r"sips?:[^\s@<>\"]+@[A-Za-z0-9.\-]+(:\d{1,5})?(;[^\s<>\"]*)?", value):
        raise ValueError("not a SIP URI of the form sip:user@host")
    return value


def _url(value: str, schemes: tuple[str, ...]) -> str:
    if len(value) > MAX_URL:
        raise ValueError(
            f"{len(value)} characters long; Telnyx takes at most {MAX_URL}: use a shorter link or media_name"
        )
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        raise ValueError("not a URL") from None
    if re.search(r"[\s\x00-\x1f]", value):
        raise ValueError("has a space or control character; percent-encode it")
    if parts.scheme.lower() not in schemes:
        raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if not host:
        raise ValueError("names no host")
    return value


def _media_url(value: str) -> str:
    return _url(value, ("https",))


def _webhook_url(value: str) -> str:
    return _url(value, ("https", "http"))


Number = Annotated[str, BeforeValidator(_number)]
Destination = Annotated[str, BeforeValidator(_destination)]


def _near(value: datetime) -> datetime:
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise ValueError("too far from now") from None
    return value


Moment = Annotated[AwareDatetime, AfterValidator(_near)]


def _tags(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _priority(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


Tag = Annotated[str, Field(min_length=1, max_length=100)]
Tags = Annotated[tuple[Tag, ...], BeforeValidator(_tags, json_schema_input_type=tuple[Tag, ...] | Tag)]
"""Words, or a single one."""


class Job(BaseModel):
    """Base class of all tasks."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        str_strip_whitespace=True,
        # Built when first used, since most commands only import it.
        defer_build=True,
    )

    TASK: ClassVar[str]
    """Name of the Celery task."""
    QUEUE: ClassVar[str]
    """Name of the Celery queue."""

    @classmethod
    def decode(cls, payload: Any, *, region: str | None = None, recorded: bool = False) -> Self:
        """Build the job from a mapping, or from JSON as text or bytes.

        `region` (ISO 3166, two letters) is the country of numbers written without `+`. `recorded` says that the ledger
        already has the job: its numbers are accepted unchanged, so that it stays readable even if the lists of numbers
        have changed.

        Raises:
            InvalidJob: it has one problem for each wrong field.
        """
        context = {"region": region, "recorded": recorded}
        try:
            if isinstance(payload, (str, bytes, bytearray)):
                return cls.model_validate_json(payload, context=context)
            return cls.model_validate(payload, context=context)
        except ValidationError as error:
            raise InvalidJob([_problem(e) for e in error.errors(include_url=False)]) from None

    @property
    def queue(self) -> str:
        """The queue that it is sent to."""
        return self.QUEUE

    def encode(self) -> dict[str, Any]:
        """Return the payload for a message: only JSON types, without fields that are not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _problem(error: Any) -> tuple[str, str]:
    """Turn one of pydantic's errors into a field and a sentence, without the value, which may be a secret."""
    field = ".".join(str(part) for part in error["loc"])
    kind, message = error["type"], error["msg"]
    if kind == "extra_forbidden":
        message = "unknown option"
    elif kind == "missing":
        message = "is missing"
    elif kind == "json_invalid":
        message = f"not JSON ({message.removeprefix('Invalid JSON: ')})"
    return field, message.removeprefix("Value error, ")


class SendOptions(BaseModel):
    """Options that go to Telnyx as they are given; names, limits and defaults are those of its "Send a fax"."""

    model_config = ConfigDict(defer_build=True)

    quality: Literal["normal", "high", "very_high", "ultra_light", "ultra_dark"] | None = None
    """Resolution; Telnyx's default is `high`."""
    t38_enabled: bool | None = None
    """False sends over plain audio. Telnyx's default is true."""
    monochrome: bool | None = None
    """True sends pure black and white. Telnyx's default is false."""
    black_threshold: int | None = Field(default=None, ge=1, le=100)
    """Per cent, only with `monochrome`. Telnyx's default is 95."""
    store_media: bool | None = None
    """Keep the document at a link that lives ten minutes; not with `media_name` or `cover`."""
    store_preview: bool | None = None
    """Keep a preview at a link that lives ten minutes."""
    preview_format: Literal["pdf", "tiff"] | None = None
    """Telnyx's default is `tiff`."""


class SendFax(Job, SendOptions):
    """Send one fax. Every option of Telnyx's send request, and our own."""

    TASK: ClassVar[str] = "fax.send.v1"
    QUEUE: ClassVar[str] = "fax.send"

    # Telnyx's, besides the `SendOptions`
    to: Destination
    """Recipient: E.164, or a SIP URI."""
    from_: Number | None = Field(default=None, alias="from")
    """Sender, E.164; by default `FAX_FROM`."""
    connection_id: str | None = Field(default=None, min_length=1, max_length=100)
    """Fax application to send with; by default `FAX_CONNECTION_ID`."""
    media_url: Annotated[str, AfterValidator(_media_url)] | None = None
    """Public https link to the document. Telnyx follows no redirect."""
    media_name: str | None = Field(default=None, min_length=1, max_length=255)
    """Name of a document in Telnyx's media storage."""
    from_display_name: str | None = Field(default=None, min_length=1, max_length=128, pattern=r"^[A-Za-z0-9 \-_~!.+]+$")
    """Caller name; letters, digits, spaces and `-_~!.+`."""
    webhook_url: Annotated[str, AfterValidator(_webhook_url)] | None = None
    """Where Telnyx reports this fax; by default the application's own address."""

    # Ours
    job_id: Identifier | None = None
    """Id of the job; made by `FaxClient`. A message without one gets the id of its Celery message."""
    idempotency_key: str | None = Field(default=None, min_length=1, max_length=255)
    """The producer's own name for this fax: the same key and content is always the same fax."""
    priority: Annotated[Priority, BeforeValidator(_priority, json_schema_input_type=Priority)] = Priority.NORMAL
    send_at: Moment | None = None
    """Not before this time."""
    send_by: Moment | None = None
    """Give up if no attempt has begun by then."""
    window: WindowInWords | None = None
    """Days and hours in which attempts may begin: an object, or words such as `mon-fri 08:00-17:00`."""
    max_attempts: int | None = Field(default=None, ge=1, le=50)
    """How often it is dialled at most; by default `FAX_MAX_ATTEMPTS`."""
    pages: int | None = Field(default=None, ge=1, le=350)
    """Number of pages of the document, if the producer knows it; for cost estimates. Telnyx sends at most 350."""
    tags: Tags = Field(default=(), max_length=20)
    """The producer's words, returned in every event."""
    cover: str | None = Field(default=None, min_length=1, max_length=4000)
    """Text of a cover page that the worker puts before the document; docs/documents.md."""
    cover_fields: dict[str, str] | None = Field(default=None, max_length=50)
    """Values of the cover's fields, by name."""
    client_state: str | None = Field(default=None, max_length=4000)
    """The producer's state, returned in every event. The client_state that Telnyx gets is ours."""
    document_name: str | None = Field(default=None, min_length=1, max_length=255)
    """The document's name for people, such as that of the file; it is not sent to anybody."""
    resend_of: Identifier | None = None
    """The ended job that this one sends again; set by `FaxClient.resend`."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.media_url is None) == (self.media_name is None):
            which = "neither is given" if self.media_url is None else "both are given"
            raise ValueError(f"exactly one of media_url and media_name is needed; {which}")
        if self.store_media and (self.media_name is not None or self.cover is not None):
            raise ValueError(
                "store_media works only with a media_url and no cover; the document of a media_name, or with a cover, "
                "is already stored"
            )
        if self.send_at and self.send_by and self.send_by <= self.send_at:
            raise ValueError("send_by must be after send_at")
        return self

    def fingerprint(self) -> str:
        """Return the hash of the request, which is the same for the same content in any notation.

        The number of pages is only for estimates and may be counted later, so it does not make another fax.
        """
        names = {"job_id", "idempotency_key", "document_name", "pages"}
        content = self.model_dump(mode="json", exclude=names, exclude_none=True)
        for name in ("send_at", "send_by"):
            if moment := getattr(self, name):
                content[name] = moment.astimezone(UTC).isoformat()
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def identity(self) -> str:
        """Return the job's id: the requested one, or a new one.

        With an `idempotency_key`, the id is made from the key. So if a restored ledger has lost a fax that Telnyx still
        knows, the same order makes the same job.
        """
        if self.job_id or not self.idempotency_key:
            return self.job_id or uuid4().hex
        return hashlib.sha256(self.idempotency_key.encode()).hexdigest()[:32]

    def expired(self, now: datetime) -> bool:
        """Return whether no more attempts may begin."""
        return self.send_by is not None and now >= self.send_by

    @property
    def queue(self) -> str:
        """The queue that it is sent to: urgent faxes have their own. Workers accept it from either."""
        return URGENT if self.priority is Priority.URGENT else self.QUEUE


class _OneFax(Job):
    """A command for one fax, named by our job id or by Telnyx's fax id."""

    job_id: Identifier | None = None
    fax_id: Identifier | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.job_id is None) == (self.fax_id is None):
            raise ValueError("exactly one of job_id and fax_id is needed")
        return self


class CancelFax(_OneFax):
    """Cancel a fax. An event reports the result, since Telnyx only accepts the request."""

    TASK: ClassVar[str] = "fax.cancel.v1"
    QUEUE: ClassVar[str] = "fax.control"


class SyncStatus(_OneFax):
    """Read a fax's status from Telnyx and record it."""

    TASK: ClassVar[str] = "fax.sync.v1"
    QUEUE: ClassVar[str] = "fax.control"


class RefreshMedia(Job):
    """Renew an inbound fax's expired media link and publish the new one."""

    TASK: ClassVar[str] = "fax.refresh.v1"
    QUEUE: ClassVar[str] = "fax.control"

    fax_id: Identifier


class FindInbound(Job):
    """List Telnyx's inbound faxes and record those that no webhook reported.

    Workers also do this by themselves every few minutes.
    """

    TASK: ClassVar[str] = "fax.find.v1"
    QUEUE: ClassVar[str] = "fax.control"

    since: Moment | None = None
    """The time to start from; by default where the last complete listing began."""


JOBS: tuple[type[Job], ...] = (SendFax, CancelFax, RefreshMedia, SyncStatus, FindInbound)
"""All jobs that producers may request."""
