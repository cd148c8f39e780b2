"""Checks of the settings alone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from faxdispatch.calling.zonedata import ZoneData, in_use
from faxdispatch.errors import Misconfigured
from faxdispatch.operations.checks.finding import Finding, fail, ok, warn
from faxdispatch.settings import Settings, strange_names
from faxdispatch.text.privacy import EXAMPLE
from faxdispatch.text.wording import counted_are

_WHERE = "set it in the environment or in .env; .env.example explains it"


def check_environment(settings: Settings) -> Iterator[Finding]:
    """Look for settings that are missing, contradictory or unsafe."""
    yield from _complete(settings)
    if names := strange_names():
        yield warn("names", f"unknown settings: {', '.join(names)}", "remove them, or see .env.example for the names")
    yield _public_key(settings)
    yield _sender(settings)
    if settings.fax_test_only:
        detail = f"only {counted_are(len(settings.fax_test_numbers), 'number')} dialled: FAX_TEST_NUMBERS"
        yield warn("FAX_TEST_ONLY", detail, "remove it in production")
    yield judge_zone_data(in_use(), datetime.now(UTC).date())
    if not settings.telnyx_base_url.startswith("https://"):
        yield warn(
            "TELNYX_BASE_URL",
            f"{settings.telnyx_base_url} is not https: fine for a simulation only",
            "remove it to use Telnyx itself",
        )


def _complete(settings: Settings) -> Iterator[Finding]:
    missing = [name for name in ("redis_url", "telnyx_api_key", "fax_connection_id") if not getattr(settings, name)]
    for name in missing:
        remedy = f"faxdispatch apps setup finds or makes it; {_WHERE}" if name == "fax_connection_id" else _WHERE
        yield fail(name.upper(), "not set", remedy)
    if not missing:
        yield ok("settings", "complete")


def _public_key(settings: Settings) -> Finding:
    from faxdispatch.telnyx.signature import PublicKeys  # noqa: PLC0415 - the others need no cryptography

    name = "TELNYX_PUBLIC_KEY"
    try:
        keys = PublicKeys.from_base64(settings.telnyx_public_key)
    except Misconfigured as error:
        return fail(name, str(error).removeprefix(f"{name}: "), "without it no webhook is accepted")
    return ok(name, f"{len(keys)} usable")


def _sender(settings: Settings) -> Finding:
    name = "FAX_FROM"
    if not settings.fax_from:
        return warn(name, "not set: every fax must name its sender", _WHERE)
    try:
        settings.sender  # noqa: B018 - reading it is the check
    except Misconfigured as error:
        return fail(name, str(error).removeprefix(f"{name}: "), f"write it like {EXAMPLE}")
    return ok(name, "a possible number")


def judge_zone_data(data: ZoneData, today: date) -> Finding:
    """Warn if the time zone data may be older than a year: a window then opens by outdated clocks."""
    name = "time zones"
    remedy = "install a newer package: pip install --upgrade tzdata"
    source = "the package tzdata" if data.packaged else "this machine's files"
    if not data.version:
        return warn(name, f"{source} do not say their version", remedy)
    since = "on" if data.dated else "on or after"
    detail = f"{data.version} from {source}, released {since} {data.not_before.isoformat()}"
    if today - data.not_before > timedelta(days=365):
        return warn(name, f"{detail}: older than a year", remedy)
    return ok(name, detail)
