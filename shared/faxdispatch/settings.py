"""The environment, read once into one frozen object."""

import logging
import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from faxdispatch.calling.costs import Prices
from faxdispatch.calling.holidays import Holidays, parse_holidays
from faxdispatch.calling.openings import Calendar
from faxdispatch.calling.zones import is_zone
from faxdispatch.errors import Misconfigured
from faxdispatch.reasons.ladder import Rung, read_ladder
from faxdispatch.redis.address import same_redis
from faxdispatch.redis.namespace import FORM, with_namespace

if TYPE_CHECKING:
    from faxdispatch.calling.numbers import NumberPolicy

log = logging.getLogger(__name__)

_ENV_FILE = Path(".env")
_ENCODING = "utf-8-sig"
"""UTF-8, with or without the mark that some editors put first."""
_PREFIXES = ("FAX_", "TELNYX_")
"""How the names of our settings begin."""
_LOOK_AFTER = 0.2
"""Seconds before the first look for an unknown send at least, however soon it is settled."""
_MISSPELT = 0.85
"""The similarity (0 to 1) from which another name counts as a misspelt setting."""


def _split(value: Any) -> Any:
    """Turn `"a, b"` into `["a", "b"]`; leave anything that is not text alone."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _ladder(value: Any) -> Any:
    """Turn text into steps of the ladder; leave anything that is not text alone."""
    return read_ladder(value) if isinstance(value, str) else value


def _without_slash(value: str) -> str:
    return value.rstrip("/")


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("write it like https://fax.example.com, without a path")
    return value.rstrip("/")


def _callable_path(value: str) -> str:
    module, _, name = value.partition(":")
    if not all(word.isidentifier() for word in (*module.split("."), *name.split("."))):
        raise ValueError("not of the form package.module:callable")
    return value


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("not an IANA time zone such as America/Chicago")
    return value


def _days(value: tuple[str, ...]) -> tuple[str, ...]:
    parse_holidays(value)
    return value


def _countries(codes: tuple[str, ...]) -> tuple[str, ...]:
    if not codes:
        return codes
    from faxdispatch.calling.numbers import COUNTRIES  # noqa: PLC0415 - phonenumbers takes long to load, and few settings need it

    for place, code in enumerate(codes, start=1):
        if code not in COUNTRIES:
            raise ValueError(
                f"entry {place} is not a country with telephone numbers; write ISO 3166 two-letter codes, like US,CA,GB"
            )
    return codes


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Countries = Annotated[Words, AfterValidator(_countries)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Pauses = Annotated[tuple[Seconds, ...], BeforeValidator(_split)]
Schedule = Annotated[Pauses, Field(min_length=1)]
Ladder = Annotated[tuple[Rung, ...], BeforeValidator(_ladder)]


class Settings(BaseModel):
    """Every setting, named as its environment variable in lower case.

    Build it with `Settings.load()`, which turns all errors into one `Misconfigured` that names the variables. Times are
    in seconds unless the name says otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", validate_default=True, hide_input_in_errors=True)

    # Addresses and folders
    redis_url: SecretStr | None = None
    """Redis for the ledger and the events. Secret, since it may contain a password."""
    celery_broker_url: SecretStr | None = None
    """Celery's broker; by default `REDIS_URL`."""
    fax_namespace: str | None = Field(default=None, pattern=f"^{FORM}$")
    """Prefix of keys and queues instead of `fax`, for deployments that share one Redis or RabbitMQ."""
    fax_data_dir: Path = Path(".fax-data")
    """Where the embedded Valkey keeps its files and its socket.

    It must belong to the user that runs faxdispatch; others get no access to it.
    """
    port: int = Field(default=8080, ge=0, le=65535)
    """Port of the webhook server."""
    fax_webhook_host: str = "::"
    """Address that it listens on: `::` for all IPv6 and IPv4 addresses; `127.0.0.1` behind a proxy on this machine."""
    fax_admin_port: int = Field(default=8081, ge=0, le=65535)
    """Port of its metrics (`/metrics`), readiness (`/readyz`) and health (`/healthz`); 0 means any free port."""
    fax_admin_host: str = "127.0.0.1"
    """Address of that port. It has no password, so only operators may be able to reach the address."""

    # Telnyx
    telnyx_api_key: SecretStr | None = None
    """API v2 key."""
    telnyx_public_key: Words = ()
    """Ed25519 public keys (base64) that webhooks may be signed with: one, or several while a key is being rotated."""
    telnyx_base_url: Annotated[str, AfterValidator(_without_slash)] = "https://api.telnyx.com/v2"
    """Root of the API."""

    # Defaults for faxes that do not set these
    fax_connection_id: str | None = None
    """Fax application to send with."""
    fax_connections: Words = ()
    """Further fax applications whose webhooks are ours; events of any other are quarantined."""
    fax_from: str | None = None
    """Number to send from (E.164); without `+` it is one of FAX_DEFAULT_REGION."""
    fax_default_region: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """Country (ISO 3166, two letters) of numbers written without `+`; if not set, such numbers are refused."""
    fax_countries: Countries = ()
    """Countries (ISO 3166, two letters) that faxes may go to; empty means every country."""
    fax_sip_allowed: bool = False
    """Whether a fax may go to a SIP URI."""
    fax_shared_cost: bool = False
    """Whether a fax may go to a shared-cost number, such as German 0180, Australian 1300 and British 0844."""
    fax_webhook_url: str | None = None
    """Public address of our webhook. If set, it is sent with every fax, and `doctor` tests it."""
    fax_webhook_urls: Words = ()
    """Further addresses at which our webhooks arrive, such as a failover address.

    If FAX_WEBHOOK_URL is set, an event sent to any other address is quarantined, unless its fax is known here.
    """
    fax_max_attempts: int = Field(default=5, ge=1, le=50)
    """Maximum number of attempts for a fax, unless the job sets its own."""
    fax_max_connects: int = Field(default=4, ge=1, le=50)
    """Maximum number of attempts that fail after their call connected: later ones cost money and seldom succeed."""

    fax_link_check: Literal["off", "head", "read"] = "head"
    """How commands and the console check a link before the fax is recorded: ask by HEAD, or read the document."""

    fax_cover_fonts: Path | None = None
    """Folder with fonts (TTF, OTF, TTC) for characters of cover pages that our own fonts lack, such as Chinese ones."""

    # When a fax may be dialled
    fax_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Time zone (IANA) of windows that name none, if neither the recipient's nor the sender's number has one."""
    fax_holidays: Annotated[Words, AfterValidator(_days)] = ()
    """Days on which no window opens, like `2026-12-25`, or `12-25` for every year."""
    fax_too_late: Seconds = 86400
    """A fax whose `send_at` or opening passed longer ago than this while nothing ran waits for a person's decision."""

    # Limits
    fax_rate: float = Field(default=20, gt=0, allow_inf_nan=False)
    """Calls to Telnyx a second, for all workers together."""
    fax_channels: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Faxes in flight on one connection, for all workers together.

    `auto` estimates the limit: it starts at 2, grows while faxes go through, and is halved when Telnyx has no free
    channel.
    """
    fax_rate_burst: int = Field(default=5, ge=1, le=1000)
    """Number of calls by which a single second may exceed `FAX_RATE`."""
    fax_connection_rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Faxes a second on one connection, for all workers together; if not set, only `FAX_RATE` limits them."""
    fax_account_channels: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Faxes in flight on all connections together; `auto` sets no limit until Telnyx says that the account is full."""
    fax_urgent_channels: Annotated[int, Field(ge=0)] | Literal["auto"] = "auto"
    """Channels of a connection that bulk faxes leave to others; `auto` means one if there are four or more."""
    fax_worker_concurrency: int = Field(default=8, ge=1, le=256)
    """Threads of one worker process."""

    # A call to Telnyx
    fax_read_timeout: Seconds = 20
    """Longest wait for an answer; after that the outcome is unknown.

    A worker's lease on a claim lasts three times as long.
    """

    # Evidence
    fax_settle: Seconds = 600
    """How long faxdispatch looks for an unknown send before it counts as never accepted."""
    fax_poll_after: Seconds = 300
    """If no webhook has reported on an accepted fax for this long, Telnyx is asked; the interval then doubles."""

    # Keeping jobs moving
    fax_hint_after: Seconds = 30
    """If no worker has taken a queued job for this long, a new message is sent for it."""
    fax_retention_days: float = Field(default=30, gt=0, allow_inf_nan=False)
    """Days for which finished jobs, their history and idempotency keys, and the events of the stream are kept."""
    fax_events_maxlen: int = Field(default=1_000_000, ge=1000)
    """Approximate maximum number of entries in the event stream, so that it cannot fill Redis."""

    # Money, in the currency of your contract; the defaults are not Telnyx's price list
    fax_price_page: float = Field(default=0.007, ge=0, allow_inf_nan=False)
    """Price of a page."""
    fax_price_minute: float = Field(default=0.005, ge=0, allow_inf_nan=False)
    """Price of each minute of a call; a started minute counts in full."""
    fax_pages_guess: int = Field(default=3, ge=1)
    """Assumed number of pages of a fax whose number of pages is unknown."""
    fax_page_seconds: Seconds = 45
    """Seconds that a page takes; with the price of a minute, this gives the estimated cost of a call."""
    fax_charges: bool = False
    """Whether workers read from Telnyx what the faxes of past days cost; `faxdispatch charges` shows it."""
    fax_spend_day: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What all faxes of a day (UTC) may cost together; a fax that would exceed it waits for the next day.

    No cap if not set.
    """

    # Campaigns
    fax_campaign_burst_failures: int = Field(default=30, ge=1)
    """Number of failures among the last 40 attempts of a campaign at which it is paused; more than 40 means never."""
    fax_test_only: bool = False
    """Dial only FAX_TEST_NUMBERS, whatever is requested; for every environment except production."""
    fax_test_numbers: Words = ()
    """Your own numbers, to which `faxdispatch campaign test` may send; those without `+` are of FAX_DEFAULT_REGION."""

    # Inbound faxes
    fax_inbound_dir: str | None = None
    """Where their documents are stored: a folder, or a bucket like `s3://bucket/faxes`. If not set, none is fetched."""
    fax_inbound_max_bytes: int = Field(default=100_000_000, ge=1000)
    """Size of the largest document that is fetched, in bytes."""
    fax_inbound_poll: Seconds = 300
    """Interval at which inbound faxes are listed at Telnyx, to find those whose webhooks never arrived."""
    fax_inbound_retention_days: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Days for which stored documents are kept; forever if not set."""

    # The console in the browser
    fax_console_host: str = "127.0.0.1"
    """Address that the console listens on; `::` for all, as in a container."""
    fax_console_port: int = Field(default=8090, ge=0, le=65535)
    """Port of the console."""
    fax_console_url: Annotated[str, AfterValidator(_origin)] | None = None
    """Public address, like `https://fax.example.com`; if not set, only `localhost` and the address above work."""
    fax_console_users: Path | None = None
    """File of the people who may sign in; by default `console-users.json` in FAX_DATA_DIR."""
    fax_console_proxy_address: str | None = None
    """Address of the proxy in front, whose `X-Forwarded-For` names the client; `*` if nobody else can reach us."""
    fax_console_proxy_secret: SecretStr | None = Field(default=None, min_length=16)
    """Secret with which a proxy that signs people in authenticates itself; the header below names the person."""
    fax_console_proxy_header: str = Field(default="X-Forwarded-User", pattern="^[A-Za-z0-9-]+$")
    """Header in which that proxy names the person."""
    fax_console_operators: Words = ()
    """Names in that header that are operators; all others are viewers."""

    # Deletion at Telnyx
    fax_telnyx_delete_after: Seconds | None = None
    """Seconds after its end at which a fax is deleted at Telnyx; for an inbound fax, after it was stored here.

    Never if not set.
    """

    # Retries: the pauses before the 2nd, 3rd … attempt; the last one repeats
    fax_retry_busy: Schedule = (180, 300, 600, 1200)
    """After a busy line."""
    fax_retry_no_answer: Schedule = (300, 900, 1800)
    """After nobody answered."""
    fax_retry_line: Schedule = (60, 300, 900)
    """After trouble on the line."""
    fax_retry_once: Pauses = (300,)
    """After a cause for which another try seldom helps; one retry for each pause in the list."""
    fax_retry_capacity: Schedule = (15, 30, 60)
    """After Telnyx had no free channel; this does not count as an attempt."""
    fax_retry_account: Schedule = (300,)
    """After Telnyx refused the account or the connection; this does not count as an attempt."""
    fax_ladder: Ladder = (("t38_enabled", False), ("quality", "normal"), ("monochrome", True))
    """Options that are changed after a transmission failed, one more for each attempt; `none` changes nothing."""

    # Your own rules
    fax_policy_hook: Annotated[str, AfterValidator(_callable_path)] | None = None
    """Callable, as `package.module:callable`, that is asked before each fax is sent: docs/policy-hook.md."""
    fax_policy_hook_timeout: Seconds = 2
    """Seconds that it may take to answer; after that, its process is killed."""

    # Safety
    fax_replicas: int = Field(default=0, ge=0)
    """Number of replicas that must have a claim before the call is made."""
    fax_dangerous_lossy_redis: bool = False
    """Send even if Redis may lose recent writes in a crash; faxes whose records are lost are sent twice."""
    fax_dangerous_failpoints: Words = ()
    """Points of an attempt at which the worker kills itself, such as `claimed=0.02`. For chaos tests only."""
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

    @model_validator(mode="before")
    @classmethod
    def _strip(cls, given: Any) -> Any:
        """Remove spaces and line ends: files of secrets often end with one.

        A value that is empty then counts as not set.
        """
        if not isinstance(given, Mapping):
            return given
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment and `.env`; `overrides` win.

        Raises:
            Misconfigured: it names every wrong variable, never its value; for FAX_LADDER the wrong words. Also
                if a variable is named almost like a setting, or `.env` cannot be read.
        """
        variables = _variables()
        _tell(*_strange(variables))
        try:
            settings = cls(**{**variables, **overrides})
        except ValidationError as error:
            problems = "; ".join(f"{_variable(e['loc'])}: {_message(e)}" for e in error.errors(include_url=False))
            raise Misconfigured(f"{problems}. Every setting is explained in .env.example") from None
        settings._check()
        return settings

    def _check(self) -> None:
        for name in type(self).model_fields:
            value = getattr(self, name)
            text = value.get_secret_value() if isinstance(value, SecretStr) else value
            if isinstance(text, str) and not text.isprintable():
                raise Misconfigured(f"{name.upper()}: has a line end or another control character in it; remove it")

    def require(self, *names: str) -> Self:
        """Check that the settings of these names (lower case) are set.

        Raises:
            Misconfigured: it names those that are not.
        """
        missing = [name.upper() for name in names if not getattr(self, name)]
        if missing:
            raise Misconfigured(
                f"{', '.join(missing)}: not set; set it in the environment or in .env (see .env.example), "
                "or run `faxdispatch doctor` to see all that is missing"
            )
        return self

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

    @cached_property
    def sender(self) -> str | None:
        """The number to send from in E.164, or None if it is not set.

        Raises:
            Misconfigured: it is not a telephone number. Telnyx would refuse every fax permanently.
        """
        from faxdispatch.calling.numbers import normalise  # noqa: PLC0415 - as above

        try:
            return normalise(self.fax_from, region=self.fax_default_region) if self.fax_from else None
        except ValueError as error:
            raise Misconfigured(f"FAX_FROM: {error}") from None

    # What follows from the settings, or is never another -----------------------------------------------------------

    max_never_accepted: ClassVar[int] = 3
    """Attempts that Telnyx provably never took, such as those it answered with a 5xx; then a person must decide."""
    quarantine_days: ClassVar[float] = 90
    """A number that two faxes in a row found to be wrong is not called for this long, or until a person lifts it."""
    settle_listings: ClassVar[int] = 3
    """Complete listings without an unknown send that are needed before it counts as never accepted."""
    settle_skew: ClassVar[float] = 120
    """Allowance, in seconds, for the difference between Telnyx's clock and ours when faxes are listed by time."""

    @property
    def connect_timeout(self) -> float:
        """Longest wait for a connection, in seconds."""
        return self.fax_read_timeout / 4

    @property
    def lease(self) -> float:
        """How long a claim is one worker's alone, in seconds: longer than twice the longest call."""
        return 3 * self.fax_read_timeout

    @property
    def reconcile_every(self) -> float:
        """Pause, in seconds, before the first look for an unknown send; it doubles, up to a tenth of `FAX_SETTLE`."""
        return max(_LOOK_AFTER, self.fax_settle / 40)

    @property
    def visibility_timeout(self) -> float:
        """A message that a dead worker had comes back after this many seconds. It can make no second call."""
        return 4 * self.fax_hint_after

    @property
    def console_users(self) -> Path:
        """The file of the people who may sign in to the console."""
        return self.fax_console_users or self.fax_data_dir / "console-users.json"

    @cached_property
    def test_numbers(self) -> tuple[str, ...]:
        """The numbers that tests of campaigns may go to, in E.164.

        Raises:
            Misconfigured: one of them is not a telephone number.
        """
        from faxdispatch.calling.numbers import normalise  # noqa: PLC0415 - as above

        numbers = []
        for place, number in enumerate(self.fax_test_numbers, start=1):
            try:
                numbers.append(normalise(number, region=self.fax_default_region))
            except ValueError as error:
                raise Misconfigured(f"FAX_TEST_NUMBERS: entry {place}: {error}") from None
        return tuple(numbers)

    @cached_property
    def holidays(self) -> Holidays:
        """The days of `FAX_HOLIDAYS`."""
        return parse_holidays(self.fax_holidays)

    @cached_property
    def calendar(self) -> Calendar:
        """When windows are open: the zone of the deployment, and its holidays."""
        return Calendar(self.fax_zone, self.holidays)

    @cached_property
    def prices(self) -> Prices:
        """What faxes cost."""
        return Prices(self.fax_price_page, self.fax_price_minute, self.fax_page_seconds, self.fax_pages_guess)

    @cached_property
    def number_policy(self) -> "NumberPolicy":
        """Where faxes may go."""
        from faxdispatch.calling.numbers import NumberPolicy  # noqa: PLC0415 - as above

        return NumberPolicy(
            region=self.fax_default_region,
            countries=frozenset(self.fax_countries),
            sip_allowed=self.fax_sip_allowed,
            shared_cost=self.fax_shared_cost,
            only=frozenset(self.test_numbers) if self.fax_test_only else None,
        )

    @cached_property
    def webhook_addresses(self) -> frozenset[str]:
        """Addresses at which our webhooks arrive; empty if FAX_WEBHOOK_URL is not set, which means any."""
        return frozenset((self.fax_webhook_url, *self.fax_webhook_urls)) if self.fax_webhook_url else frozenset()

    @cached_property
    def known_connections(self) -> frozenset[str]:
        """Connections whose events are ours; empty if none is configured, which means all."""
        return frozenset(filter(None, (self.fax_connection_id, *self.fax_connections)))


def strange_names() -> tuple[str, ...]:
    """Return the variables, from the environment and `.env`, that are named like our settings but are none.

    Raises:
        Misconfigured: a variable's name is almost that of a setting, or `.env` cannot be read.
    """
    return _strange(_variables())


def _variables() -> dict[str, str]:
    """Return what is set in `.env` and in the environment, which wins, by names in lower case."""
    try:
        in_file = dotenv_values(_ENV_FILE, encoding=_ENCODING)
    except UnicodeDecodeError:
        raise Misconfigured(".env: is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise Misconfigured(f".env: cannot be read: {error.strerror}") from None
    return {name.lower(): value for name, value in chain(in_file.items(), os.environ.items()) if value}


def _strange(variables: Iterable[str]) -> tuple[str, ...]:
    settings = {name.upper() for name in Settings.model_fields}
    strange = sorted({name for name in map(str.upper, variables) if name.startswith(_PREFIXES)} - settings)
    for name in strange:
        if like := get_close_matches(name, settings, n=1, cutoff=_MISSPELT):
            raise Misconfigured(f"{name}: there is no such setting; use {like[0]}, or rename it")
    return tuple(name for name in strange if name.startswith("FAX_"))


@cache
def _tell(*names: str) -> None:
    """Log once that these variables have no effect."""
    if names:
        log.warning("unknown settings, which have no effect: %s (.env.example lists all settings)", ", ".join(names))


def _variable(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "settings"


def _message(error: Any) -> str:
    """Return the message of one of pydantic's errors, which calls our own ones a "Value error"."""
    if error["type"] == "bool_parsing":
        return "is neither true nor false; write one of these"
    message: str = error["msg"]
    return message.removeprefix("Value error, ")
