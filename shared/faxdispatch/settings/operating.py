"""Settings of durability, notices, logs and traces."""

from typing import Literal

from pydantic import Field, SecretStr

from faxdispatch.settings.values import Subject, Words


class OperatingSettings(Subject):
    """Settings of replicas, dangerous options, notices, logs and traces."""

    fax_replicas: int = Field(default=0, ge=0)
    """Number of replicas that must have a claim before the call is made."""
    fax_dangerous_lossy_redis: bool = False
    """Send even if Redis may lose recent writes in a crash; faxes whose records are lost are sent twice."""
    fax_dangerous_inbound_origins: Words = ()
    """Origins like `http://127.0.0.1:4010` whose inbound links are fetched unchecked. For a simulated Telnyx only."""
    fax_notices: SecretStr | None = None
    """Addresses to which notices of incidents are sent: apprise's, and our own `signed+https://` ones."""
    fax_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Lowest level of messages that are logged."""
    fax_log_format: Literal["text", "json"] = "text"
    """Format of the log.

    `text` for lines of text, `json` for one JSON object a message, with the ids that it concerns.
    """
    otel_exporter_otlp_endpoint: str | None = None
    """Address to which OpenTelemetry traces are sent by OTLP over HTTP, like `http://localhost:4318`."""
    sentry_dsn: SecretStr | None = None
    """Address of a Sentry project to which unexpected errors are reported."""
