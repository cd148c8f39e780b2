"""The environment, read once into one frozen object."""

import logging
import os
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

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
"""The similarity (0 to 1) from which another name is taken for a misspelt setting."""


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
                f"entry {place} is no country with telephone numbers; write ISO 3166 two-letter codes, like US,CA,GB"
            )
    return codes


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Countries = Annotated[Words, AfterValidator(_countries)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Pauses = Annotated[tuple[Seconds, ...], NoDecode, BeforeValidator(_split)]
Schedule = Annotated[Pauses, Field(min_length=1)]
Ladder = Annotated[tuple[Rung, ...], NoDecode, BeforeValidator(_ladder)]


class Settings(BaseSettings):
    """Every setting, named as its environment variable in lower case.

    Build it with `Settings.load()`, which turns all errors into one `Misconfigured` that names the variables. Times are
    in seconds unless the name says otherwise.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    # Where things are
    redis_url: SecretStr | None = None
    """Ledger and events. Secret, since it may carry a password."""
    celery_broker_url: SecretStr | None = None
    """Celery's broker; by default `REDIS_URL`."""
    fax_namespace: str | None = Field(default=None, pattern=f"^{FORM}$")
    """The word with which keys and queues begin instead of `fax`, if deployments share one Redis or RabbitMQ."""
    fax_data_dir: Path = Path(".fax-data")
    """Where the embedded Valkey keeps its files and its socket. It must belong to us, and is closed to other users."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port of the webhook server."""
    fax_webhook_host: str = "::"
    """Address it listens on: `::` is all, of IPv6 and IPv4; `127.0.0.1` if a proxy on this machine is in front."""
    fax_admin_port: int = Field(default=8081, ge=0, le=65535)
    """Port of its metrics (`/metrics`), readiness (`/readyz`) and health (`/healthz`); 0 means any free port."""
    fax_admin_host: str = "127.0.0.1"
    """Address of that port; it has no password, so no other address may be reachable for others."""

    # Telnyx
    telnyx_api_key: SecretStr | None = None
    """API v2 key."""
    telnyx_public_key: Words = ()
    """Base64 Ed25519 public keys that webhooks may be signed with: one, or several while a key is rotated."""
    telnyx_base_url: Annotated[str, AfterValidator(_without_slash)] = "https://api.telnyx.com/v2"
    """Root of the API."""

    # Defaults for faxes that do not say
    fax_connection_id: str | None = None
    """Fax application to send with."""
    fax_connections: Words = ()
    """Further fax applications whose webhooks are ours; events of any other are quarantined."""
    fax_from: str | None = None
    """Number to send from, E.164; without `+` it belongs to FAX_DEFAULT_REGION."""
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
    """Further addresses at which our webhooks come in, such as a failover address.

    If FAX_WEBHOOK_URL is set, an event sent to any other address is quarantined, unless its fax is known here.
    """
    fax_max_attempts: int = Field(default=5, ge=1, le=50)
    """How often one fax is dialled at most, unless the job says otherwise."""
    fax_max_connects: int = Field(default=4, ge=1, le=50)
    """Of these, how often at most after a call that connected: it costs money, disturbs, and seldom goes better."""

    fax_link_check: Literal["off", "head", "read"] = "head"
    """How commands and the console check a link before the fax is recorded: ask by HEAD, or read the document."""

    fax_cover_fonts: Path | None = None
    """Folder with fonts (TTF, OTF, TTC) for characters of cover pages that our own fonts lack, such as Chinese ones."""

    # When a fax may be dialled
    fax_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Time zone (IANA name) of windows without one, if neither recipient's nor sender's number determines it."""
    fax_holidays: Annotated[Words, AfterValidator(_days)] = ()
    """Days on which no window opens, like `2026-12-25`, or `12-25` for every year."""
    fax_too_late: Seconds = 86400
    """A fax whose `send_at` or opening passed longer ago than this while nothing ran waits for a person's decision."""

    # Limits
    fax_rate: float = Field(default=20, gt=0, allow_inf_nan=False)
    """Calls to Telnyx a second, for all workers together."""
    fax_channels: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Faxes in flight on one connection, for all workers together; `auto` finds it out: it starts at 2, grows, and
    halves."""
    fax_rate_burst: int = Field(default=5, ge=1, le=1000)
    """Calls by which any one second may exceed `FAX_RATE`."""
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
    """Longest wait for an answer; past it the outcome is unknown. A claim is one worker's for three times that."""

    # Evidence
    fax_settle: Seconds = 600
    """How long an unknown send is looked for before it counts as never accepted."""
    fax_poll_after: Seconds = 300
    """An accepted fax about which no webhook came for so long is asked about; the pause doubles up to an hour."""

    # Keeping jobs moving
    fax_hint_after: Seconds = 30
    """A queued job that no worker has taken for so long gets a new message."""
    fax_retention_days: float = Field(default=30, gt=0, allow_inf_nan=False)
    """How long finished jobs, their history and their idempotency keys are kept."""
    fax_events_maxlen: int = Field(default=1_000_000, ge=1000)
    """Approximate number of entries kept in the event stream; a last guard against filling Redis."""

    # Money, in the currency of your contract; the defaults are figures that others report, not Telnyx's price list
    fax_price_page: float = Field(default=0.007, ge=0, allow_inf_nan=False)
    """Price of a page."""
    fax_price_minute: float = Field(default=0.005, ge=0, allow_inf_nan=False)
    """Price of each begun minute of the call."""
    fax_pages_guess: int = Field(default=3, ge=1)
    """Number of pages of a fax that does not say how many it has."""
    fax_page_seconds: Seconds = 45
    """How long a page takes; with the price of a minute, it gives the estimate of a call."""
    fax_charges: bool = False
    """Whether workers read from Telnyx what the faxes of past days cost; `faxdispatch charges` shows it."""
    fax_spend_day: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What all faxes of one day (UTC) may cost together; the next fax waits for the next day. No cap if not set."""

    # Campaigns
    fax_campaign_burst_failures: int = Field(default=30, ge=1)
    """So many failures among the last 40 attempts of a campaign pause it; more than 40 means never."""
    fax_test_only: bool = False
    """Dial only FAX_TEST_NUMBERS, whatever is requested: for every environment but production."""
    fax_test_numbers: Words = ()
    """Your own numbers to which `faxdispatch campaign test` may send; without `+` they belong to FAX_DEFAULT_REGION."""

    # Inbound faxes
    fax_inbound_dir: str | None = None
    """Where their documents are stored: a folder, or a bucket like `s3://bucket/faxes`. If not set, none is fetched."""
    fax_inbound_max_bytes: int = Field(default=100_000_000, ge=1000)
    """Largest document that is fetched."""
    fax_inbound_poll: Seconds = 300
    """How often Telnyx's inbound faxes are listed, to find those whose webhooks never came."""
    fax_inbound_retention_days: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """How long stored documents are kept; forever if not set."""

    # The console in the browser
    fax_console_host: str = "127.0.0.1"
    """Address that the console listens on; `::` for all, as in a container."""
    fax_console_port: int = Field(default=8090, ge=0, le=65535)
    """Port of the console."""
    fax_console_url: Annotated[str, AfterValidator(_origin)] | None = None
    """Where browsers reach it, like `https://fax.example.com`; if not set, only as `localhost` or the address above."""
    fax_console_users: Path | None = None
    """File of the people who may sign in; by default `console-users.json` in FAX_DATA_DIR."""
    fax_console_proxy_address: str | None = None
    """Address of the proxy in front, whose `X-Forwarded-For` names the client; `*` if nobody else can reach us."""
    fax_console_proxy_secret: SecretStr | None = Field(default=None, min_length=16)
    """Secret by which a proxy that signs people in proves its identity; the header below names the person."""
    fax_console_proxy_header: str = Field(default="X-Forwarded-User", pattern="^[A-Za-z0-9-]+$")
    """Header in which that proxy names the person."""
    fax_console_operators: Words = ()
    """Names in that header that may act; all others may only look."""

    # After the fact
    fax_telnyx_delete_after: Seconds | None = None
    """How long after its end a fax is deleted at Telnyx, an inbound one after it was stored here. Never if not set."""

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
    """After Telnyx had no free channel; this does not count against the fax."""
    fax_retry_account: Schedule = (300,)
    """After the account or the connection was refused; this does not count against the fax."""
    fax_ladder: Ladder = (("t38_enabled", False), ("quality", "normal"), ("monochrome", True))
    """What is changed, one more each time, after the transmission itself failed; `none` changes nothing."""

    # Rules of your own
    fax_policy_hook: Annotated[str, AfterValidator(_callable_path)] | None = None
    """Callable `package.module:callable` that is asked before a fax is sent: docs/policy-hook.md."""
    fax_policy_hook_timeout: Seconds = 2
    """How long it may take to answer; after that, its process is killed."""

    # Safety
    fax_replicas: int = Field(default=0, ge=0)
    """Number of replicas that must hold a claim before the call is made."""
    fax_dangerous_lossy_redis: bool = False
    """Send even if Redis may forget in a crash which faxes were sent; then they are sent twice."""
    fax_dangerous_failpoints: Words = ()
    """Points of an attempt at which the worker kills itself, such as `claimed=0.02`. For chaos tests only."""
    fax_dangerous_inbound_origins: Words = ()
    """Origins like `http://127.0.0.1:4010` whose inbound links are fetched unchecked. For a simulated Telnyx only."""
    fax_notices: SecretStr | None = None
    """Addresses for notices of incidents, separated by commas: those of apprise, and our `signed+https://` ones."""
    fax_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What is logged."""
    fax_log_format: Literal["text", "json"] = "text"
    """How to log: a line of text or one JSON object for each record, with the ids that it is about."""
    otel_exporter_otlp_endpoint: str | None = None
    """Where OpenTelemetry traces are sent, by OTLP over HTTP, like `http://localhost:4318`."""
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
        _tell(*strange_names())
        try:
            settings = cls(_env_file=_ENV_FILE, _env_file_encoding=_ENCODING, **overrides)
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
        """The address of Redis, in clear, with the namespace. Raises Misconfigured if it is not set."""
        self.require("redis_url")
        assert self.redis_url is not None  # noqa: S101 - require() has just made sure
        return with_namespace(self.redis_url.get_secret_value(), self.fax_namespace)

    @property
    def broker(self) -> str:
        """The address of the broker, in clear."""
        return self.celery_broker_url.get_secret_value() if self.celery_broker_url else self.redis

    @property
    def broker_is_apart(self) -> bool:
        """Whether the broker is another server than the ledger's Redis."""
        return self.celery_broker_url is not None and not (self.redis_url and same_redis(self.broker, self.redis))

    @cached_property
    def sender(self) -> str | None:
        """The number to send from in E.164, or None if it is not set.

        Raises:
            Misconfigured: it is not a telephone number. Telnyx would refuse every fax for good.
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
    """A number that two faxes in a row found to be wrong is not called for so long, or until a person lifts it."""
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
        """A message that a dead worker had comes back after so many seconds. It can make no second call."""
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
        """Addresses at which our webhooks come in; empty if FAX_WEBHOOK_URL is not set, which means any."""
        return frozenset((self.fax_webhook_url, *self.fax_webhook_urls)) if self.fax_webhook_url else frozenset()

    @cached_property
    def known_connections(self) -> frozenset[str]:
        """Connections whose events are ours; empty if none is configured, which means all."""
        return frozenset(filter(None, (self.fax_connection_id, *self.fax_connections)))


def strange_names() -> tuple[str, ...]:
    """Return the variables, from the environment and `.env`, that are named like our settings but are none.

    Raises:
        Misconfigured: one is named almost like a setting, or `.env` cannot be read.
    """
    try:
        in_file = dotenv_values(_ENV_FILE, encoding=_ENCODING) if _ENV_FILE.is_file() else {}
    except UnicodeDecodeError:
        raise Misconfigured(".env: is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise Misconfigured(f".env: cannot be read: {error.strerror}") from None
    settings = {name.upper() for name in Settings.model_fields}
    strange = sorted(
        {name for name in map(str.upper, {*os.environ, *in_file}) if name.startswith(_PREFIXES)} - settings
    )
    for name in strange:
        if like := get_close_matches(name, settings, n=1, cutoff=_MISSPELT):
            raise Misconfigured(f"{name}: there is no such setting; {like[0]} is meant, or rename it")
    return tuple(name for name in strange if name.startswith("FAX_"))


@cache
def _tell(*names: str) -> None:
    """Log once that these variables have no effect."""
    if names:
        log.warning("no such settings, without effect: %s (.env.example lists those there are)", ", ".join(names))


def _variable(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "settings"


def _message(error: Any) -> str:
    """Return the message of one of pydantic's errors, which calls our own ones a "Value error"."""
    if error["type"] == "bool_parsing":
        return "is neither true nor false; write one of these"
    message: str = error["msg"]
    return message.removeprefix("Value error, ")
