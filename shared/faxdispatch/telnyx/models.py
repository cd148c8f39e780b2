"""Telnyx's answers. Every field is optional and unknown ones are kept, since answers grow without notice."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from faxdispatch.telnyx.lenient import Count, Flag, Moment, Text

Item = TypeVar("Item", bound="Resource")


class Resource(BaseModel):
    """Base class of Telnyx's answers. Telnyx's fields that are not named here are attributes too."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    record_type: Text = None
    created_at: Moment = None
    updated_at: Moment = None

    @property
    def identity(self) -> str | None:
        """The id of this resource, which distinguishes it from others of its kind."""
        return None

    def as_data(self) -> dict[str, Any]:
        """Return what Telnyx sent as JSON, under its own names, including fields that are not known here."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Show what identifies the resource; numbers and signed links stay out of logs."""
        return [("identity", self.identity)]


class Fax(Resource):
    """A fax, outbound or inbound (Telnyx API reference, "Fax")."""

    id: Text = None
    """Telnyx's id; webhooks call it `fax_id`."""
    status: Text = None
    """The status as Telnyx reports it; it may be one that Telnyx has added later."""
    direction: Text = None
    from_: Text = Field(default=None, alias="from")
    to: Text = None
    from_display_name: Text = None
    connection_id: Text = None
    client_state: Text = None
    """As given with the send request, in base64."""
    media_url: Text = None
    """For an inbound fax, a link that lives ten minutes (Telnyx developer guide, "Receive a fax")."""
    media_name: Text = None
    stored_media_url: Text = None
    preview_url: Text = None
    quality: Text = None
    store_media: Flag = None
    webhook_url: Text = None
    webhook_failover_url: Text = None
    failure_reason: Text = None
    """Why it failed; an open set of words (Telnyx's OpenAPI document of 2026-08-04; Python SDK 4.189, `Fax`)."""
    internal_failure_reason: Text = None
    """The same reason as a word of Telnyx's own switches, such as `fs_fax_call_dropped` (the same document)."""
    page_count: Count = None
    """Not in the API reference; seen in answers."""
    call_duration_secs: Count = None
    """Not in the API reference; seen in answers."""

    @property
    def identity(self) -> str | None:
        """The fax id."""
        return self.id

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Show id, status and direction."""
        return [("id", self.id), ("status", self.status), ("direction", self.direction)]


class KeyOwner(Resource):
    """The owner of an API key (not in the API reference)."""

    user_id: Text = None
    organization_id: Text = None

    @property
    def identity(self) -> str | None:
        """The organization, or else the user."""
        return self.organization_id or self.user_id


class Inbound(BaseModel):
    """How a fax application receives calls."""

    model_config = ConfigDict(extra="allow", frozen=True)

    channel_limit: Count = None
    sip_subdomain: Text = None
    sip_subdomain_receive_settings: Text = None


class Outbound(BaseModel):
    """How a fax application makes calls."""

    model_config = ConfigDict(extra="allow", frozen=True)

    channel_limit: Count = None
    outbound_voice_profile_id: Text = None
    """Without one, every send fails with `no_outbound_profile`."""


class FaxApplication(Resource):
    """A fax application; its id is the `connection_id` of faxes (Telnyx API reference, "Fax Applications")."""

    id: Text = None
    application_name: Text = None
    active: Flag = None
    anchorsite_override: Text = None
    webhook_event_url: Text = None
    webhook_event_failover_url: Text = None
    webhook_timeout_secs: Count = None
    fax_email_recipient: Text = None
    tags: list[str] | None = None
    inbound: Inbound | None = None
    outbound: Outbound | None = None

    @property
    def identity(self) -> str | None:
        """The application's id."""
        return self.id


class MediaResource(Resource):
    """A file in Telnyx's media storage (Telnyx API reference, "Media")."""

    media_name: Text = None
    content_type: Text = None
    expires_at: Moment = None

    @property
    def identity(self) -> str | None:
        """The file's name."""
        return self.media_name


class PageMeta(BaseModel):
    """The place of a page in its listing."""

    model_config = ConfigDict(extra="allow", frozen=True)

    page_number: Count = None
    page_size: Count = None
    total_pages: Count = None
    total_results: Count = None


class Page(BaseModel, Generic[Item]):
    """One page of a listing."""

    model_config = ConfigDict(extra="allow", frozen=True)

    data: list[Item]
    meta: PageMeta = PageMeta()
