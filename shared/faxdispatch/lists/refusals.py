"""Columns by which a list says who must not be faxed, and what stands in them. Pure.

CRMs and people write it both ways round: `Fax Opt Out: 1`, or `OK to fax: no`.
"""

from enum import StrEnum

from faxdispatch.lists.headers import plain
from faxdispatch.lists.words import FAX_WORDS, folded


class Says(StrEnum):
    """What a column is about."""

    REFUSAL = "refusal"
    """Whoever has something in it that is no plain no has refused."""
    CONSENT = "consent"
    """Whoever has a plain no in it has refused."""


_REFUSALS = (
    "opt out", "opted out", "optout", "optedout", "do not fax", "dont fax", "don t fax", "do not contact",
    "do not send", "no faxes", "stop fax", "fax stop", "unsubscribed", "unsubscribe", "blocked", "blacklisted",
    "blocklisted", "suppressed", "keine faxe", "faxsperre", "werbesperre", "widerspruch", "desinscrit", "baja",
)  # fmt: skip
_CONSENTS = (
    "consent", "permission", "ok to fax", "okay to fax", "may fax", "can fax", "fax allowed", "fax ok", "opt in",
    "opted in", "optin", "einwilligung", "faxeinwilligung", "consentement", "consentimiento",
)  # fmt: skip
_OTHER_WAYS = frozenset(
    {
        "email",
        "mail",
        "emails",
        "mailing",
        "sms",
        "text",
        "texts",
        "phone",
        "call",
        "calls",
        "calling",
        "post",
        "letter",
    }
    | {"newsletter", "whatsapp", "voice", "tracking", "cookies", "gdpr", "privacy", "telefon", "anruf", "brief"}
)
"""Words of columns that are about something else than faxes, unless they name faxes too."""
_ABOUT = frozenset({"date", "time", "reason", "source", "by", "at", "on", "notes", "note", "comment", "ip"})
"""Words of columns that tell more of a consent: kept in the list, and no answer."""

_NO = frozenset(
    {
        "",
        "0",
        "0.0",
        "no",
        "n",
        "false",
        "f",
        "off",
        "nein",
        "non",
        "none",
        "null",
        "n/a",
        "na",
        "-",
        "--",
        "nan",
        "never",
    }
    | {"unchecked", "opted in", "opt in", "optin", "subscribed", "falsch", "falso", "faux", "in"}
)
_PLAIN_NO = frozenset(
    {"0", "0.0", "no", "n", "false", "f", "off", "nein", "non", "never", "unchecked", "opted out", "opt out", "optout"}
    | {"denied", "refused", "revoked", "withdrawn", "declined", "falsch", "falso", "faux", "out", "not given"}
)


def says(name: str) -> Says | None:
    """Tell what a column of this name says about faxing somebody; None where it says nothing of that."""
    text = plain(name)
    words = set(text.split())
    if _OTHER_WAYS & words and not _names_faxes(words):
        return None
    if any(f" {phrase} " in f" {text} " for phrase in _REFUSALS):
        # When somebody opted out is an answer too.
        return Says.REFUSAL
    if any(f" {phrase} " in f" {text} " for phrase in _CONSENTS) and not _ABOUT & words:
        return Says.CONSENT
    return None


def _names_faxes(words: set[str]) -> bool:
    return any(word in FAX_WORDS or "fax" in word for word in words)


def refuses(column: Says, cell: str) -> bool:
    """Tell whether the cell of such a column says that its recipient is not to be faxed."""
    word = folded(cell)
    return word not in _NO if column is Says.REFUSAL else word in _PLAIN_NO
