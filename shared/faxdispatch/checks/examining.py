"""All checks of an environment, one after the other."""

from collections.abc import Callable, Iterable, Iterator

from faxdispatch.checks.broker import check_broker
from faxdispatch.checks.charges import check_charges
from faxdispatch.checks.environment import check_environment
from faxdispatch.checks.finding import Finding, fail
from faxdispatch.checks.hook import check_hook
from faxdispatch.checks.inbound import check_inbound
from faxdispatch.checks.notices import check_notices
from faxdispatch.checks.redis import check_redis
from faxdispatch.checks.telnyx import check_telnyx
from faxdispatch.checks.webhook import check_webhook
from faxdispatch.errors import Misconfigured
from faxdispatch.settings import Settings

CHECKS: tuple[Callable[[Settings], Iterable[Finding]], ...] = (
    check_environment,
    check_redis,
    check_broker,
    check_telnyx,
    check_webhook,
    check_inbound,
    check_hook,
    check_charges,
    check_notices,
)
"""All checks, in the order of what rests on what."""


def examine() -> Iterator[Finding]:
    """Run all checks on the settings of the environment; a setting that cannot be read is the only finding."""
    try:
        settings = Settings.load()
    except Misconfigured as error:
        yield fail("settings", str(error), "fix them; nothing else was looked at")
        return
    for check in CHECKS:
        yield from check(settings)
