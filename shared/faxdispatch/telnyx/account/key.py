"""Finds the account of an API key: the ledger's, or another one, whose listings prove nothing here."""

import hashlib
import hmac

from faxdispatch.errors import AccountRefused, Misconfigured, NotSent, RateLimited, Refused, TelnyxError
from faxdispatch.ledger import Identity
from faxdispatch.settings import Settings
from faxdispatch.telnyx import TelnyxClient

_NO_KEY = 401
_SUCCESS = range(200, 300)


class OtherAccount(Misconfigured):
    """The API key belongs to another account than the ledger's."""

    def __init__(self) -> None:
        super().__init__(
            "TELNYX_API_KEY: it belongs to another Telnyx account than the one that this ledger sends with, or "
            "Telnyx does not say. Faxes that are under way could not be found with it and would be sent twice. Use a "
            "key of that account, or another REDIS_URL; to move the ledger to this account: faxdispatch ledger adopt"
        )


def account_of_key(settings: Settings, identity: Identity) -> str | None:
    """Return the ledger's account if the key is known to belong to it, or None if Telnyx must be asked.

    Raises:
        OtherAccount: it is known to belong to another account.
        Unavailable: Redis did not answer.
    """
    account, of_key = identity.account, identity.account_of(_digest(settings, identity))
    if of_key and account and of_key != account:
        raise OtherAccount
    return of_key


def recognise(
    settings: Settings,
    identity: Identity,
    telnyx: TelnyxClient,
    *,
    reason: str | None = None,
    operator: str | None = None,
) -> str:
    """Ask Telnyx which account the key belongs to. Return a word that identifies it and reveals nothing about it.

    A new key of the same account is recognised by the id of its organization or user. If Telnyx does not name it, the
    key is recognised by a fax application that the account had before. The first key of a ledger determines the
    ledger's account. If Telnyx reveals neither, as may happen with a restricted key, the key counts as a separate
    account. With `reason`, a person declares that this is the ledger's account, whatever was before.

    Raises:
        OtherAccount: the ledger sends with another account.
        TelnyxError: Telnyx did not answer, so it is not known.
        Unavailable: Redis did not answer.
    """
    owner = _owner(telnyx)
    applications = _applications(telnyx)
    key = _digest(settings, identity)
    best = owner or next(iter(applications), key)
    account = hashlib.sha256(f"{settings.telnyx_base_url} {best}".encode()).hexdigest()[:12]
    if not identity.belongs(
        key=key, account=account, owner=owner, applications=applications, reason=reason, operator=operator
    ):
        raise OtherAccount
    assert identity.account is not None  # noqa: S101 - it has just been made so
    return identity.account


def _owner(telnyx: TelnyxClient) -> str | None:
    """Return the owner's id, or None if Telnyx does not name it; then the applications may identify the account."""
    try:
        return telnyx.whoami().identity
    except TelnyxError as error:
        if isinstance(error, NotSent | RateLimited) or error.status == _NO_KEY:
            raise
        return None


def _applications(telnyx: TelnyxClient) -> list[str]:
    """Return the ids of the account's fax applications; none if the key may not see them."""
    try:
        return sorted(str(found.id) for found in telnyx.list_applications(page_size=250))
    except TelnyxError as error:
        answered = isinstance(error, Refused | AccountRefused) or (error.status or 0) in _SUCCESS
        if not answered or error.status == _NO_KEY:
            raise
        return []


def _digest(settings: Settings, identity: Identity) -> str:
    """Return the digest by which a key is recognised; it is useless elsewhere."""
    settings.require("telnyx_api_key")
    assert settings.telnyx_api_key is not None  # noqa: S101 - require() has just made sure
    key = f"{settings.telnyx_base_url} {settings.telnyx_api_key.get_secret_value()}"
    return hmac.new(identity.id.encode(), key.encode(), hashlib.sha256).hexdigest()[:24]
