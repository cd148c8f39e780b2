"""Settings of addresses, ports and files of our processes."""

from pathlib import Path

from pydantic import Field, SecretStr

from faxdispatch.redis.address import same_redis
from faxdispatch.redis.namespace import FORM, with_namespace
from faxdispatch.settings.values import Origin, Port, Subject, Words


class ServerSettings(Subject):
    """Addresses, ports and folders, and who may use the console."""

    redis_url: SecretStr | None = None
    """Redis for the ledger and the events. Secret, since it may contain a password."""
    celery_broker_url: SecretStr | None = None
    """Celery's broker; by default `REDIS_URL`."""
    fax_namespace: str | None = Field(default=None, pattern=f"^{FORM}$")
    """Prefix of keys and queues instead of `fax`, for deployments that share one Redis or RabbitMQ."""
    fax_data_dir: Path = Path(".fax-data")
    """Where the embedded Valkey keeps its files and its socket, and the console its users and drafts.

    It must belong to the user that runs faxdispatch; others get no access to it.
    """
    port: Port = 8080
    """Port of the webhook server."""
    fax_webhook_host: str = "::"
    """Address that it listens on: `::` for all IPv6 and IPv4 addresses; `127.0.0.1` behind a proxy on this machine."""
    fax_admin_port: Port = 8081
    """Port of its metrics (`/metrics`), readiness (`/readyz`) and health (`/healthz`); 0 means any free port."""
    fax_admin_host: str = "127.0.0.1"
    """Address of that port. It has no password, so only operators may be able to reach the address."""
    fax_worker_concurrency: int = Field(default=8, ge=1, le=256)
    """Threads of one worker process."""

    # The console in the browser
    fax_console_host: str = "127.0.0.1"
    """Address that the console listens on; `::` for all, as in a container."""
    fax_console_port: Port = 8090
    """Port of the console."""
    fax_console_url: Origin | None = None
    """Public address, like `https://fax.example.com`; if not set, only `localhost` and the address above work."""
    fax_console_proxy_address: str | None = None
    """Address of the proxy in front, whose `X-Forwarded-For` names the client; `*` if nobody else can reach us."""
    fax_console_proxy_secret: SecretStr | None = Field(default=None, min_length=16)
    """Secret with which a proxy that signs people in authenticates itself; it names them in `X-Forwarded-User`."""
    fax_console_operators: Words = ()
    """Those people who are operators; all others are viewers."""

    @property
    def redis(self) -> str:
        """The address of Redis as plain text, with the namespace. Raises Misconfigured if it is not set."""
        self.require("redis_url")
        assert self.redis_url is not None  # noqa: S101 - require() has just made sure
        return with_namespace(self.redis_url.get_secret_value(), self.fax_namespace)

    @property
    def broker(self) -> str:
        """The address of the broker as plain text."""
        return self.celery_broker_url.get_secret_value() if self.celery_broker_url else self.redis

    @property
    def broker_is_apart(self) -> bool:
        """Whether the broker is another server than the ledger's Redis."""
        return self.celery_broker_url is not None and not (self.redis_url and same_redis(self.broker, self.redis))

    @property
    def console_users(self) -> Path:
        """The file of the people who may sign in to the console."""
        return self.fax_data_dir / "console-users.json"
