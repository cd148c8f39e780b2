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
"""Likeness (0 to 1) to a setting's name from which another one is taken for a slip of the pen."""


def _split(value: Any) -> Any:
    """Turn `"a, b"` into `["a", "b"]`; leave anything that is not text alone."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _ladder(value: Any) -> Any:
    """Turn text into rungs; leave anything that is not text alone."""
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

    Build it with `Settings.load()`, which turns what is wrong into one `Misconfigured` naming the variables.
    Times are in seconds unless the name says otherwise.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    # Where things are
    redis_url: SecretStr | None = None
    """Ledger and events. Secret, since it may carry a password."""
    celery_broker_url: SecretStr | None = None
    """Celery's broker; `REDIS_URL` where it is not set."""
    fax_namespace: str | None = Field(default=None, pattern=f"^{FORM}$")
    """A word in which keys and queues begin in place of `fax`, where deployments share one Redis or RabbitMQ."""
    fax_data_dir: Path = Path(".fax-data")
    """Where the embedded Valkey keeps its files and its socket. It must be ours, and is closed to other users."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port of the webhook server."""
    fax_webhook_host: str = "::"
    """Address it listens on: `::` is all, of IPv6 and IPv4; `127.0.0.1` where a proxy of this machine is in front."""
    fax_admin_port: int = Field(default=8081, ge=0, le=65535)
    """Port of its metrics (`/metrics`), readiness (`/readyz`) and health (`/healthz`); 0 is any that is free."""
    fax_admin_host: str = "127.0.0.1"
    """Address that port is on; it has no password, so nobody else may reach any other."""

    # Telnyx
    telnyx_api_key: SecretStr | None = None
    """API v2 key."""
    telnyx_public_key: Words = ()
    """Base64 Ed25519 public keys that webhooks may be signed with: one, or several while a key is rotated."""
    telnyx_base_url: Annotated[str, AfterValidator(_without_slash)] = "https://api.telnyx.com/v2"
    """Root of the API."""

    # What a fax takes when it does not say
    fax_connection_id: str | None = None
    """Fax application to send with."""
    fax_connections: Words = ()
    """Further fax applications whose webhooks are ours; events of any other are put in quarantine."""
    fax_from: str | None = None
    """Number to send from, E.164; without `+` it is one of FAX_DEFAULT_REGION."""
    fax_default_region: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """Country (ISO 3166, two letters) of numbers written without `+`; without it such numbers are refused."""
    fax_countries: Countries = ()
    """Countries (ISO 3166, two letters) that faxes may go to; empty is every country."""
    fax_sip_allowed: bool = False
    """Whether a fax may go to a SIP URI."""
    fax_shared_cost: bool = False
    """Whether a fax may go to a shared-cost number, such as German 0180, Australian 1300 and British 0844."""
    fax_webhook_url: str | None = None
    """Public address of our webhook. When set, it goes along with every fax and `doctor` tests it."""
    fax_webhook_urls: Words = ()
    """Further addresses at which our webhooks come in, such as a failover address. Where FAX_WEBHOOK_URL is set, an
    event told to any other address is put in quarantine, unless its fax is known here."""
    fax_max_attempts: int = Field(default=5, ge=1, le=50)
    """How often one fax is dialled at most, unless the job says."""
    fax_max_connects: int = Field(default=4, ge=1, le=50)
    """Of these, how often at most after a call that connected: it costs money, disturbs, and seldom goes better."""

    fax_link_check: Literal["off", "head", "read"] = "head"
    """How commands and the console look at what a link leads to before it is recorded: ask by HEAD, or read it."""

    fax_cover_fonts: Path | None = None
    """Folder with fonts (TTF, OTF, TTC) for letters of cover pages that our own fonts lack, such as Chinese ones."""

    # When a fax may be dialled
    fax_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Time zone (IANA name) of windows without one, where neither recipient's nor sender's number tells it."""
    fax_holidays: Annotated[Words, AfterValidator(_days)] = ()
    """Days on which no window opens, like `2026-12-25`, or `12-25` for each year."""
    fax_too_late: Seconds = 86400
    """A fax whose `send_at` or opening passed longer ago than this, since nothing ran, waits for a person's word."""

    # Limits
    fax_rate: float = Field(default=20, gt=0, allow_inf_nan=False)
    """Calls to Telnyx a second, all workers together."""
    fax_channels: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Faxes in flight on one connection, all workers together; `auto` finds it: starts at 2, grows, halves."""
    fax_rate_burst: int = Field(default=5, ge=1, le=1000)
    """Calls by which any one second may exceed `FAX_RATE`."""
    fax_connection_rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Faxes a second on one connection, all workers together; `FAX_RATE` alone limits them where it is not set."""
    fax_account_channels: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Faxes in flight on all connections together; `auto` sets no limit before Telnyx says that the account is full."""
    fax_urgent_channels: Annotated[int, Field(ge=0)] | Literal["auto"] = "auto"
    """Channels of a connection that bulk faxes leave to others; `auto` is one where there are four or more."""
    fax_worker_concurrency: int = Field(default=8, ge=1, le=256)
    """Threads of one worker process."""

    # A call to Telnyx
    fax_read_timeout: Seconds = 20
    """Longest wait for an answer; past it the outcome is unknown. A claim is one worker's for three times that."""

    # Evidence
    fax_settle: Seconds = 600
    """How long an unknown send is looked for before it counts as never accepted."""
    fax_poll_after: Seconds = 300
    """An accepted fax that no webhook has spoken of for so long is asked about; the pause doubles up to an hour."""

    # Keeping jobs moving
    fax_hint_after: Seconds = 30
    """A queued job that no worker has taken for so long gets a new message."""
    fax_retention_days: float = Field(default=30, gt=0, allow_inf_nan=False)
    """How long finished jobs, their history and their idempotency keys are kept."""
    fax_events_maxlen: int = Field(default=1_000_000, ge=1000)
    """Entries kept in the event stream, roughly; a far guard against filling Redis."""

    # Money, in the currency of your contract; the defaults are figures that others report, not Telnyx's price list
    fax_price_page: float = Field(default=0.007, ge=0, allow_inf_nan=False)
    """Price of a page."""
    fax_price_minute: float = Field(default=0.005, ge=0, allow_inf_nan=False)
    """Price of a begun minute of the call."""
    fax_pages_guess: int = Field(default=3, ge=1)
    """Pages of a fax that does not say how many it has."""
    fax_page_seconds: Seconds = 45
    """How long a page takes; with the price of a minute it makes the estimate of a call."""
    fax_charges: bool = False
    """Whether workers read at Telnyx what the faxes of past days cost; `faxdispatch charges` shows it."""
    fax_spend_day: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What all faxes of one day (UTC) may cost together; the next one waits for the next day. No cap if not set."""

    # Numbers that fail

    # Campaigns
    fax_campaign_burst_failures: int = Field(default=30, ge=1)
    """So many failures among the last 40 attempts of a campaign pause it; more than 40 is never."""
    fax_test_only: bool = False
    """Dial FAX_TEST_NUMBERS only, whatever is asked: for every environment but production."""
    fax_test_numbers: Words = ()
    """Numbers of your own that `faxdispatch campaign test` may send to; without `+` of FAX_DEFAULT_REGION."""

    # Inbound faxes
    fax_inbound_dir: str | None = None
    """Where their documents are stored: a folder, or a bucket like `s3://bucket/faxes`. Not set, none is fetched."""
    fax_inbound_max_bytes: int = Field(default=100_000_000, ge=1000)
    """Largest document that is fetched."""
    fax_inbound_poll: Seconds = 300
    """How often Telnyx's inbound faxes are listed, to find those whose webhooks never came."""
    fax_inbound_retention_days: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """How long stored documents are kept; forever where it is not set."""

    # The console in the browser
    fax_console_host: str = "127.0.0.1"
    """Address that the console listens on; `::` for all, as in a container."""
    fax_console_port: int = Field(default=8090, ge=0, le=65535)
    """Port of the console."""
    fax_console_url: Annotated[str, AfterValidator(_origin)] | None = None
    """Where browsers reach it, like `https://fax.example.com`; without it only as `localhost` or the address above."""
    fax_console_users: Path | None = None
    """File of those who may sign in; `console-users.json` in FAX_DATA_DIR where it is not set."""
    fax_console_proxy_address: str | None = None
    """Address of the proxy in front, whose `X-Forwarded-For` tells who asks; `*` where nobody else can reach us."""
    fax_console_proxy_secret: SecretStr | None = Field(default=None, min_length=16)
    """Secret by which a proxy that has signed people in proves itself; it says who they are in the header below."""
    fax_console_proxy_header: str = Field(default="X-Forwarded-User", pattern="^[A-Za-z0-9-]+$")
    """Header in which that proxy names the person."""
    fax_console_operators: Words = ()
    """Names by that header that may act; all others only look."""

    # After the fact
    fax_telnyx_delete_after: Seconds | None = None
    """So long after its end a fax is deleted at Telnyx, an inbound one after it was stored here. Never if not set."""

    # Retries: pauses before the 2nd, 3rd … attempt; the last one repeats
    fax_retry_busy: Schedule = (180, 300, 600, 1200)
    """After a busy line."""
    fax_retry_no_answer: Schedule = (300, 900, 1800)
    """After nobody answered."""
    fax_retry_line: Schedule = (60, 300, 900)
    """After trouble on the line."""
    fax_retry_once: Pauses = (300,)
    """After a cause that another try seldom fixes; one retry for each pause in the list."""
    fax_retry_capacity: Schedule = (15, 30, 60)
    """After Telnyx had no free channel; costs the fax no attempt."""
    fax_retry_account: Schedule = (300,)
    """After the account or the connection was refused; costs the fax no attempt."""
    fax_ladder: Ladder = (("t38_enabled", False), ("quality", "normal"), ("monochrome", True))
    """What is changed, one more each time, after the transmission itself failed; `none` changes nothing."""

    # Rules of your own
    fax_policy_hook: Annotated[str, AfterValidator(_callable_path)] | None = None
    """Callable `package.module:callable` that is asked before a fax is sent: docs/policy-hook.md."""
    fax_policy_hook_timeout: Seconds = 2
    """How long it may take to answer; past it its process is killed."""

    # Safety
    fax_replicas: int = Field(default=0, ge=0)
    """Replicas that must hold a claim before the call is made."""
    fax_dangerous_lossy_redis: bool = False
    """Send although Redis may forget in a crash which faxes were sent; they are sent twice then."""
    fax_dangerous_failpoints: Words = ()
    """Points of an attempt at which the worker kills itself, such as `claimed=0.02`. For chaos tests only."""
    fax_dangerous_inbound_origins: Words = ()
    """Origins like `http://127.0.0.1:4010` whose inbound links are fetched unchecked. For a simulated Telnyx only."""
    fax_notices: SecretStr | None = None
    """Addresses, separated by commas, for notices of incidents: apprise's, and `signed+https://` ones of ours."""
    fax_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What is logged."""
    fax_log_format: Literal["text", "json"] = "text"
    """How: a line of text or one JSON object for each record, with the ids that it is about."""
    otel_exporter_otlp_endpoint: str | None = None
    """Where OpenTelemetry's traces are sent, by OTLP over HTTP, like `http://localhost:4318`."""
    sentry_dsn: SecretStr | None = None
    """Address of a Sentry project that unforeseen errors are reported to."""

    @model_validator(mode="before")
    @classmethod
    def _strip(cls, given: Any) -> Any:
        """Take spaces and line ends off: files of secrets often end with one. What is empty then is not set."""
        if not isinstance(given, Mapping):
            return given
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment and `.env`; `overrides` win.

        Raises:
            Misconfigured: naming every wrong variable, never its value; of FAX_LADDER the words that are wrong. Also
                where a variable is named almost like a setting, or `.env` cannot be read.
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
            Misconfigured: naming those that are not.
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
        """The address of Redis, in clear, with the namespace. Raises Misconfigured where it is not set."""
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
            Misconfigured: it is no telephone number. Telnyx would refuse every fax for good.
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
        """The file of those who may sign in to the console."""
        return self.fax_console_users or self.fax_data_dir / "console-users.json"

    @cached_property
    def test_numbers(self) -> tuple[str, ...]:
        """The numbers that tests of campaigns may go to, in E.164.

        Raises:
            Misconfigured: one of them is no telephone number.
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
        """Addresses at which our webhooks come in; empty where FAX_WEBHOOK_URL is not set, which means any."""
        return frozenset((self.fax_webhook_url, *self.fax_webhook_urls)) if self.fax_webhook_url else frozenset()

    @cached_property
    def known_connections(self) -> frozenset[str]:
        """Connections whose events are ours; empty where none is configured, which means that all are."""
        return frozenset(filter(None, (self.fax_connection_id, *self.fax_connections)))


def strange_names() -> tuple[str, ...]:
    """Return the variables, of the environment and of `.env`, that are named like settings of ours and are none.

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
    """Say once that these variables have no effect."""
    if names:
        log.warning("no such settings, without effect: %s (.env.example lists those there are)", ", ".join(names))


def _variable(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "settings"


def _message(error: Any) -> str:
    """Return the sentence of one of pydantic's findings, which calls our own ones a "Value error"."""
    if error["type"] == "bool_parsing":
        return "is neither true nor false; write one of these"
    message: str = error["msg"]
    return message.removeprefix("Value error, ")
