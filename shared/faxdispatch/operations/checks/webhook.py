"""Checks of our own webhook as seen from outside."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from faxdispatch.operations.checks.finding import Finding, fail, ok, warn
from faxdispatch.settings import Settings
from faxdispatch.telnyx.applications.shortcomings import is_this_machine
from faxdispatch.telnyx.webhooks import WEBHOOK_PATH
from faxdispatch.text.trouble import why

_TIMEOUT = 5.0


def check_webhook(settings: Settings) -> Iterator[Finding]:
    """Call FAX_WEBHOOK_URL: it must be up, and must refuse requests that Telnyx has not signed."""
    url = settings.webhook_url
    if not url:
        yield warn("webhook", "FAX_WEBHOOK_URL is not set, so it cannot be tested", "set it to our public address")
        return
    yield _address(url, simulated=not settings.telnyx_base_url.startswith("https://"))
    try:
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as http:
            yield _up(http, url)
            yield _refuses(http, url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        detail = f"cannot be reached from here: {why(error)}"
        yield fail("webhook", detail, "start it (faxdispatch up), or fix FAX_WEBHOOK_URL, proxy or firewall")


def _address(url: str, *, simulated: bool) -> Finding:
    parts = urlsplit(url)
    if simulated:
        return ok("webhook address", url)
    if is_this_machine(parts.hostname or ""):
        return fail("webhook address", f"{url} is this machine only: Telnyx cannot reach it", "use a public address")
    if parts.scheme != "https":
        remedy = "put it behind a proxy with TLS; numbers and document links travel in webhooks"
        return warn("webhook address", f"{url} is not https", remedy)
    return ok("webhook address", url)


def _up(http: httpx.Client, url: str) -> Finding:
    parts = urlsplit(url)
    health = f"{parts.scheme}://{parts.netloc}/healthz"
    answer = http.get(health)
    if answer.status_code == httpx.codes.OK:
        return ok("webhook health", f"{health} answers 200")
    remedy = "check the web process, and make the proxy forward /healthz"
    return warn("webhook health", f"{health} answers {answer.status_code}", remedy)


def _refuses(http: httpx.Client, url: str) -> Finding:
    answer = http.post(url, content=b"{}", headers={"Content-Type": "application/json"})
    if answer.status_code == httpx.codes.UNAUTHORIZED and not answer.content:
        return ok("webhook", "refuses unsigned requests")
    if answer.is_success:
        remedy = "make the address lead to the web process; anyone could report deliveries here"
        return fail("webhook", f"answers {answer.status_code} to an unsigned request", remedy)
    if answer.is_redirect:
        return fail("webhook", f"redirects ({answer.status_code}); Telnyx does not follow", "use the final address")
    remedy = f"make FAX_WEBHOOK_URL lead to {WEBHOOK_PATH} of the web process"
    return fail("webhook", f"answers {answer.status_code} where 401 without a body is expected", remedy)
