"""The options of the command line."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

# The user that every simulated fax belongs to.
USER_ID = "51a71a7e-0000-4000-8000-00000000fa15"
# The organization that its API key belongs to.
ORGANIZATION_ID = "0a61a71e-0000-4000-8000-00000000fa15"
DEFAULT_CONNECTION_ID = "1000000000000000001"


@dataclass(slots=True)
class Config:
    """The options of one simulator."""

    host: str = "127.0.0.1"
    port: int = 0
    webhook_url: str = ""
    api_key: str = field(default_factory=lambda: f"KEY_SIMULATED_{secrets.token_hex(8)}")
    organization: str = ORGANIZATION_ID
    seed_key: str | None = None
    speed: float = 1.0
    channels: int | None = None
    rate_limit: int | None = None
    faults: dict[str, object] = field(default_factory=dict)
    state: Path | None = None
    connection_ids: list[str] = field(default_factory=lambda: [DEFAULT_CONNECTION_ID])

    @property
    def origin(self) -> str:
        """The address without a path; valid once the port is known."""
        return f"http://{self.host}:{self.port}"
