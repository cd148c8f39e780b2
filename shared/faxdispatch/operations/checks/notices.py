"""Check of the addresses to which notices are sent."""

from collections.abc import Iterator

from faxdispatch.errors import Misconfigured
from faxdispatch.observability.notices.channels import channels
from faxdispatch.operations.checks.finding import Finding, fail, ok
from faxdispatch.settings import Settings


def check_notices(settings: Settings) -> Iterator[Finding]:
    """Check whether each address can be used; no finding if none is set. Nothing is sent."""
    if settings.fax_notices is None:
        return
    try:
        where = channels(settings.fax_notices.get_secret_value())
    except Misconfigured as error:
        yield fail("notices", str(error), "fix FAX_NOTICES: workers and web app do not start with it")
    else:
        yield ok("notices", f"sent by {', '.join(channel.name for channel in where)}; try: faxdispatch notices test")
