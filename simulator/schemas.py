"""The properties that each operation accepts."""

from simulator.validation import (
    Field,
    is_base64,
    is_destination,
    is_display_name,
    is_e164,
    is_filled,
    is_url,
    is_url_or_empty,
)

QUALITIES = ("normal", "high", "very_high", "ultra_light", "ultra_dark")
ANCHORSITES = (
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
)

_BOOLEAN = Field("boolean")
_LIMIT = Field("integer", nullable=True, least=0, most=1_000_000)

# What a multipart request may carry besides the file; it has neither client_state nor webhook_url.
SEND_MULTIPART: dict[str, Field] = {
    "connection_id": Field("string", required=True, check=is_filled),
    "from": Field("string", required=True, check=is_e164),
    "to": Field("string", required=True, check=is_destination),
    "monochrome": _BOOLEAN,
    "quality": Field("string", choices=QUALITIES),
    "store_media": _BOOLEAN,
    "store_preview": _BOOLEAN,
    "t38_enabled": _BOOLEAN,
}

SEND: dict[str, Field] = {
    **SEND_MULTIPART,
    "black_threshold": Field("integer", least=1, most=100),
    "client_state": Field("string", check=is_base64),
    "from_display_name": Field("string", check=is_display_name),
    "media_name": Field("string", check=is_filled),
    "media_url": Field("string", check=is_url),
    "preview_format": Field("string", choices=("pdf", "tiff")),
    "webhook_url": Field("string", check=is_url),
}

APPLICATION: dict[str, Field] = {
    "application_name": Field("string", required=True, check=is_filled),
    "webhook_event_url": Field("string", required=True, check=is_url),
    "webhook_event_failover_url": Field("string", nullable=True, check=is_url_or_empty),
    "webhook_timeout_secs": Field("integer", nullable=True, least=0, most=30),
    "active": _BOOLEAN,
    "anchorsite_override": Field("string", choices=ANCHORSITES),
    "tags": Field("strings"),
    "inbound": Field(
        "object",
        fields={
            "channel_limit": _LIMIT,
            "sip_subdomain": Field("string", nullable=True),
            "sip_subdomain_receive_settings": Field("string", choices=("only_my_connections", "from_anyone")),
        },
    ),
    "outbound": Field(
        "object",
        fields={"channel_limit": _LIMIT, "outbound_voice_profile_id": Field("string")},
    ),
}

# The mailbox can be set only on an application that exists.
APPLICATION_UPDATE: dict[str, Field] = {**APPLICATION, "fax_email_recipient": Field("string", nullable=True)}

_TTL = Field("integer", least=1, most=630_720_000)

MEDIA_UPDATE_MULTIPART: dict[str, Field] = {"ttl_secs": _TTL}
MEDIA_MULTIPART: dict[str, Field] = {"media_name": Field("string", check=is_filled), "ttl_secs": _TTL}
MEDIA_UPDATE: dict[str, Field] = {"media_url": Field("string", check=is_url), "ttl_secs": _TTL}
MEDIA: dict[str, Field] = {**MEDIA_MULTIPART, "media_url": Field("string", required=True, check=is_url)}
