"""Requests to Telnyx: their bodies, with its own names, enumerations and ranges."""

import base64
import binascii
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from faxdispatch.errors import BadInput
from faxdispatch.jobs import SendOptions

AnchorSite = Literal[
    "Latency",
    "Chicago, IL",
    "Ashburn, VA",
    "San Jose, CA",
    "Sydney, Australia",
    "Amsterdam, Netherlands",
    "London, UK",
    "Toronto, Canada",
    "Vancouver, Canada",
    "Frankfurt, Germany",
]
"""Where media is anchored (Telnyx API reference, "Fax Applications")."""


def _base64(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not valid Base64") from None
    return value


def _address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return value


def _address_or_none(value: str | None) -> str | None:
    # In an answer, a field that is not set may be empty text; in a request, only null means no address (Telnyx API
    # reference).
    return _address(value) if value else None


def _given(value: Any) -> Any:
    if value is None:
        raise ValueError("cannot be null; leave it out to keep it as it is")
    return value


NEVER_NULL = BeforeValidator(_given)
"""Marks a field that may be left out but not cleared (Telnyx API reference: not nullable)."""


class Request(BaseModel):
    """Base class of all bodies: unknown options are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        # The docstring below a field is its description, for the help of commands.
        use_attribute_docstrings=True,
    )

    @classmethod
    def build(cls, **options: Any) -> Self:
        """Make the body from Telnyx's names.

        Raises:
            BadInput: it names every wrong option, never its value.
        """
        try:
            return cls.model_validate(options)
        except ValidationError as error:
            raise BadInput("; ".join(_problem(found) for found in error.errors(include_url=False))) from None

    def body(self) -> dict[str, Any]:
        """Return the JSON object to send: the fields that were set; a None becomes `null`, which clears a field."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Show which options are set; numbers and signed links stay out of logs."""
        return [("set", sorted(self.model_fields_set))]


class SendRequest(Request, SendOptions):
    """Send a fax (Telnyx API reference, "Send a fax").

    The multipart form of this request (`contents`) is left out on purpose: it cannot carry `client_state`, and without
    that, a send whose answer was lost cannot be found again. Upload the file and give `media_name` instead.
    """

    connection_id: str = Field(min_length=1)
    from_: str = Field(alias="from", min_length=1)
    """E.164."""
    to: str = Field(min_length=1)
    """E.164 or a SIP URI."""
    media_url: str | None = Field(default=None, min_length=1, max_length=2000)
    """Public link; Telnyx follows no redirect (Telnyx help centre)."""
    media_name: str | None = Field(default=None, min_length=1)
    client_state: Annotated[str, AfterValidator(_base64)] | None = None
    """Base64; returned in every webhook and by every read of the fax."""
    from_display_name: str | None = Field(default=None, max_length=128, pattern=r"^[A-Za-z0-9 \-_~!.+]*$")
    webhook_url: str | None = None

    @model_validator(mode="after")
    def _one_document(self) -> Self:
        if (self.media_url is None) == (self.media_name is None):
            raise ValueError("exactly one of media_url and media_name is needed")
        if self.store_media and self.media_name is not None:
            raise ValueError("store_media cannot go with media_name")
        return self

    def body(self) -> dict[str, Any]:
        """Return the JSON object to send, without fields that are None: no field of a send can be cleared."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class InboundParams(Request):
    """How a fax application receives calls."""

    channel_limit: int | None = Field(default=None, ge=0)
    """Concurrent inbound calls; null means no limit of its own."""
    sip_subdomain: str | None = None
    """Subdomain of sip.telnyx.com at which it can be called."""
    sip_subdomain_receive_settings: Annotated[Literal["only_my_connections", "from_anyone"] | None, NEVER_NULL] = None
    """Who may call that subdomain."""


class OutboundParams(Request):
    """How a fax application makes calls."""

    channel_limit: int | None = Field(default=None, ge=0)
    """Concurrent outbound calls; null means no limit of its own."""
    outbound_voice_profile_id: Annotated[str | None, NEVER_NULL] = None
    """Without one, every send fails with no_outbound_profile."""


class ApplicationParams(Request):
    """Create a fax application (Telnyx API reference, "Creates a Fax Application")."""

    application_name: str = Field(min_length=1)
    """Its name for people."""
    webhook_event_url: Annotated[str, AfterValidator(_address)]
    """Where webhooks go, with http:// or https://."""
    webhook_event_failover_url: Annotated[str | None, AfterValidator(_address_or_none)] = None
    """Where they go if that does not answer; null or empty means nowhere else."""
    webhook_timeout_secs: int | None = Field(default=None, ge=0, le=30)
    """How long Telnyx waits for an answer."""
    active: Annotated[bool | None, NEVER_NULL] = None
    """Whether it can be used."""
    anchorsite_override: Annotated[AnchorSite | None, NEVER_NULL] = None
    """Where media is anchored; Latency is the nearest place."""
    tags: Annotated[list[str] | None, NEVER_NULL] = None
    """Your own words; an empty list removes them."""
    inbound: Annotated[InboundParams | None, NEVER_NULL] = None
    """How it receives calls."""
    outbound: Annotated[OutboundParams | None, NEVER_NULL] = None
    """How it makes calls."""


class ApplicationUpdate(ApplicationParams):
    """Change a fax application (Telnyx API reference, "Update a Fax Application").

    Name and webhook address are required here too; copy them from the present application.
    """

    fax_email_recipient: str | None = None
    """The e-mail address to which inbound faxes are also sent; null ends this. Only an update can set it."""


def _problem(found: Any) -> str:
    field = ".".join(str(part) for part in found["loc"])
    message = "unknown option" if found["type"] == "extra_forbidden" else found["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else message
