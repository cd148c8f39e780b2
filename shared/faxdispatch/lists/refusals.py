"""Columns by which a list says who must not be faxed, and what stands in them. Pure.

CRMs and people write it both ways round: `Fax Opt Out: 1`, or `OK to fax: no`.
"""

from enum import StrEnum
from functools import lru_cache

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
    "blocklisted", "suppressed", "robinson",
    "kein fax", "keine faxe", "kein telefax", "nicht faxen", "nicht kontaktieren", "faxsperre", "werbesperre",
    "werbeverbot", "sperrvermerk", "gesperrt", "abgemeldet", "ausgetragen", "widerspruch", "widersprochen",
    "ne pas", "pas de fax", "pas de telecopie", "refus", "desinscrit", "desabonne",
    "no enviar", "no mandar", "no contactar", "no quiere", "no desea", "sin fax", "baja", "dado de baja", "rechaza",
    "non inviare", "non mandare", "non contattare", "niente fax", "disiscritto", "rifiuta", "rifiuto",
    "nao enviar", "nao contatar", "nao contactar", "descadastrado", "recusa",
    "geen fax", "geen faxen", "niet faxen", "afgemeld", "uitgeschreven", "inga fax", "inget fax", "ej fax",
    "ingen fax", "ikke fax", "avmeldt", "frameldt", "nie wysylac", "nie faksowac", "sprzeciw",
)  # fmt: skip
"""Phrases of a column's name, in English, German, French, Spanish, Italian, Portuguese and others."""
_WHOLE_NAMES = frozenset(
    {"dnf", "remove", "removed", "sperre", "sperrkennzeichen", "do not disturb", "exclude", "excluded"}
)
"""Names that say so by themselves, and in longer ones may mean something else."""
_CONSENTS = (
    "consent", "permission", "ok to fax", "okay to fax", "may fax", "can fax", "fax allowed", "fax ok", "opt in",
    "opted in", "optin", "einwilligung", "faxeinwilligung", "einverstanden", "zustimmung", "fax erlaubt",
    "consentement", "accord fax", "consentimiento", "consenso", "consentimento", "toestemming", "samtycke", "samtykke",
    "zgoda", "faxwerbung", "werbung erlaubt",
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
    | {
        "correo",
        "courriel",
        "courrier",
        "posta",
        "appel",
        "appeler",
        "llamar",
        "chiamare",
        "ligar",
        "bellen",
        "anrufen",
    }
)
"""Words of columns that are about something else than faxes, unless they name faxes too."""
_ABOUT = frozenset({"date", "time", "reason", "source", "by", "at", "on", "notes", "note", "comment", "ip"})
"""Words of columns that tell more of a consent: kept in the list, and no answer."""

_NO_ANYWHERE = {"0", "0.0", "no", "n", "false", "f", "off", "never", "unchecked"} | {
    "nein", "non", "nao", "nee", "nej", "nei", "nie", "ei", "falsch", "falso", "faux", "unwahr"
}  # fmt: skip
_NO = frozenset(
    _NO_ANYWHERE
    | {"", "none", "null", "n/a", "na", "-", "--", "nan", "opted in", "opt in", "optin", "subscribed", "in"}
)
_PLAIN_NO = frozenset(
    _NO_ANYWHERE
    | {"opted out", "opt out", "optout", "denied", "refused", "revoked", "withdrawn", "declined", "out", "not given"}
)

_LONGEST_WORD = 100
"""Characters from which on a cell is no plain yes or no."""


def says(name: str) -> Says | None:
    """Return what a column of this name says about faxing somebody, or None if it says nothing of that."""
    text = plain(name)
    words = set(text.split())
    if _OTHER_WAYS & words and not _names_faxes(words):
        return None
    if text in _WHOLE_NAMES or any(f" {phrase} " in f" {text} " for phrase in _REFUSALS):
        # When somebody opted out is an answer too.
        return Says.REFUSAL
    if any(f" {phrase} " in f" {text} " for phrase in _CONSENTS) and not _ABOUT & words:
        return Says.CONSENT
    return None


def _names_faxes(words: set[str]) -> bool:
    return any(word in FAX_WORDS or "fax" in word for word in words)


def refuses(column: Says, cell: str) -> bool:
    """Return whether the cell of such a column says that its recipient is not to be faxed."""
    return _refuses(column, cell) if len(cell) <= _LONGEST_WORD else column is Says.REFUSAL


@lru_cache(maxsize=4096)
def _refuses(column: Says, cell: str) -> bool:
    word = folded(cell)
    return word not in _NO if column is Says.REFUSAL else word in _PLAIN_NO
