"""The Telnyx API as one object."""

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Self

import httpx

from faxdispatch.errors import Misconfigured
from faxdispatch.settings import Settings
from faxdispatch.telnyx.account_calls import AccountCalls
from faxdispatch.telnyx.application_calls import ApplicationCalls
from faxdispatch.telnyx.charge_calls import ChargeCalls
from faxdispatch.telnyx.fax_calls import FaxCalls
from faxdispatch.telnyx.media_calls import MediaCalls
from faxdispatch.telnyx.transport import AfterResponse, BeforeCall, Clock, Transport


class TelnyxClient(FaxCalls, ApplicationCalls, MediaCalls, ChargeCalls, AccountCalls):
    """Every operation of Telnyx's fax API and media storage, and the costs of faxes, for one thread at a time.

    `before_call(operation)` is called before every HTTP try; it may wait, and may raise to prevent the call.
    `after_response(operation, headers, status)` is called after every answer, with lower-case header names; its errors
    are logged and not raised. `clock` is the clock for deadlines. `http` and `sleep` replace the network and the pauses
    between tries in tests.

    Raises:
        Misconfigured: the base URL or the key cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        before_call: BeforeCall | None = None,
        after_response: AfterResponse | None = None,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        transport = Transport(
            _checked_url(base_url),
            _headers(api_key),
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            before_call=before_call,
            after_response=after_response,
            clock=clock,
            http=http,
        )
        super().__init__(transport, sleep=sleep)

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        before_call: BeforeCall | None = None,
        after_response: AfterResponse | None = None,
    ) -> Self:
        """Build a client from the environment's settings. Raises Misconfigured if the key is not set."""
        settings.require("telnyx_api_key")
        assert settings.telnyx_api_key is not None  # noqa: S101 - require() has just made sure
        return cls(
            settings.telnyx_base_url,
            settings.telnyx_api_key.get_secret_value(),
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.fax_read_timeout,
            before_call=before_call,
            after_response=after_response,
        )

    @classmethod
    def from_env(cls) -> Self:
        """Build a client from the environment and `.env`; unlike the workers' client, it has no rate limit.

        Raises:
            Misconfigured: a setting is wrong, or the key is not set.
        """
        return cls.from_settings(Settings.load())

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _checked_url(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise Misconfigured("TELNYX_BASE_URL: not an address like https://api.telnyx.com/v2")
    return base_url.rstrip("/")


def _headers(api_key: str) -> dict[str, str]:
    if not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise Misconfigured("TELNYX_API_KEY: empty, or has a blank or a character that API keys do not have")
    return {
        "Authorization": f"Bearer {api_key}",
        "Accept-Encoding": "gzip",
        "User-Agent": f"faxdispatch/{version('faxdispatch')}",
    }
