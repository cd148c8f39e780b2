"""All checks of an environment, one after the other."""

from collections.abc import Callable, Iterable, Iterator

from faxdispatch.errors import Misconfigured
from faxdispatch.operations.checks.broker import check_broker
from faxdispatch.operations.checks.charges import check_charges
from faxdispatch.operations.checks.environment import check_environment
from faxdispatch.operations.checks.finding import Finding, fail
from faxdispatch.operations.checks.hook import check_hook
from faxdispatch.operations.checks.inbound import check_inbound
from faxdispatch.operations.checks.notices import check_notices
from faxdispatch.operations.checks.redis import check_redis
from faxdispatch.operations.checks.telnyx import check_telnyx
from faxdispatch.operations.checks.webhook import check_webhook
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
"""All checks; each comes after those on which it depends."""


def examine() -> Iterator[Finding]:
    """Run all checks on the settings of the environment; a setting that cannot be read is the only finding."""
    try:
        settings = Settings.load()
    except Misconfigured as error:
        yield fail("settings", str(error), "fix them; nothing else was looked at")
        return
    for check in CHECKS:
        yield from check(settings)
