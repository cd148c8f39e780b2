"""Columns by which a list says who must not be faxed, and their cells. Pure.

CRMs and people write it both ways round: `Fax Opt Out: 1`, or `OK to fax: no`; and in notes of all kinds.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from faxdispatch.lists.headers import plain
from faxdispatch.lists.words import FAX_WORDS, folded


class Says(StrEnum):
    """What a column is about."""

    REFUSAL = "refusal"
    """Anything but a plain no means that the person has refused."""
    CONSENT = "consent"
    """A plain no means that the person has refused."""


_REFUSALS = (
    "opt out", "opted out", "do not contact", "do not send", "do not solicit", "no faxes", "blocked", "blacklisted",
    "blocklisted", "suppressed", "robinson",
    "kein fax", "keine faxe", "kein telefax", "nicht faxen", "nicht kontaktieren",
    "sperrvermerk", "gesperrt", "abgemeldet", "ausgetragen",
    "ne pas", "pas de fax", "pas de telecopie", "refus", "desinscrit", "desabonne",
    "no enviar", "no mandar", "no contactar", "no quiere", "no desea", "sin fax", "baja", "dado de baja", "rechaza",
    "non inviare", "non mandare", "non contattare", "niente fax", "disiscritto", "rifiuta", "rifiuto",
    "nao enviar", "nao contatar", "nao contactar", "descadastrado", "recusa",
    "geen fax", "geen faxen", "niet faxen", "afgemeld", "uitgeschreven", "inga fax", "inget fax", "ej fax",
    "ingen fax", "ikke fax", "avmeldt", "frameldt", "nie wysylac", "nie faksowac", "sprzeciw",
)  # fmt: skip
"""Phrases of a column's name, in English, German, French, Spanish, Italian, Portuguese and others."""
_WHOLE_NAMES = frozenset(
    {"dnf", "remove", "removed", "sperrkennzeichen", "do not disturb", "exclude", "excluded", "suppression"}
    | {"fps", "fps registered", "dncr", "dnc", "suppression list", "revocation date"}
)
"""Names that say so by themselves, but may mean something else in longer ones."""
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
"""Words of columns about something other than faxes, unless they also name faxes."""
_ABOUT = frozenset({"date", "time", "reason", "source", "by", "at", "on", "notes", "note", "comment", "ip"})
"""Words of columns with details of a consent: these are kept in the list, and are not an answer."""

_NO_ANYWHERE = {"0", "0.0", "no", "n", "false", "f", "off", "never", "unchecked"} | {
    "nein", "non", "nao", "nee", "nej", "nei", "nie", "ei", "falsch", "falso", "faux", "unwahr"
}  # fmt: skip
_NO = frozenset(
    _NO_ANYWHERE
    | {"", "none", "null", "n/a", "na", "-", "--", "nan", "opted in", "opt in", "optin", "subscribed", "in", "☐", "□"}
    | {"allow", "allowed", "not opted out", "zulassen", "erlaubt", "autoriser", "permitir", "consenti"}
)
_PLAIN_NO = frozenset(
    _NO_ANYWHERE
    | {"opted out", "opt out", "optout", "denied", "refused", "revoked", "withdrawn", "declined", "out", "not given"}
    | {"☐", "□", "✗", "✘", "❌"}
)

_FIRST_NO = frozenset(
    _NO_ANYWHERE
    | {"not", "do", "don", "denied", "deny", "disallow", "disallowed", "refused", "refuses", "refuse", "revoked"}
    | {"withdrawn", "declined", "unsubscribed", "expired", "lapsed", "pending", "keine", "kein", "widerrufen"}
)
"""Words with which an answer begins that is no consent."""
_UNKNOWN = frozenset({"", "n/a", "na", "n.a.", "none", "null", "-", "--", "nan"})
_ANSWERS = frozenset(
    _NO_ANYWHERE
    | {"", "1", "1.0", "yes", "y", "true", "t", "x", "on", "☐", "☑", "☒", "✓", "✔", "ja", "j", "oui", "o", "si", "s"}
)
"""What stands in a column of yes and no."""
_LONGEST_WORD = 100
"""From so many characters on, a cell is not a plain yes or no."""

_NEVER = re.compile(
    r"\b(?:do not|does not|dont|don t|must not|may not|cannot|never|disallow\w*|suppress\w*|block\w*|exclude\w*"
    r"|refus\w*|object\w*|declin\w*|restrict\w*|unsub\w*|stop\w*|remove\w*|prohibit\w*|preference service)\b"
)
"""Words that beside `fax` make a column one of refusals."""
_COMPACT = re.compile(
    r"do_?not_?fax|dont_?fax|opt_?out|opted_?out|unsub(?:scri|$)|widerspr|sperre|faxverbot|werbeverbot"
)
"""Parts of a word, written together, that do so."""
_WELCOME = re.compile(
    r"\b(?:allow\w*|accept\w*|receiv\w*|want\w*|wish\w*|permit\w*|permis\w*|consent\w*|authori[sz]\w*|agree\w*|send|ok"
    r"|okay|opt in|contactable|erlaub\w*|einverst\w*|zustimm\w*|einwillig\w*|autori\w*|y n|yes no)\b|einwillig"
)
"""Words that beside `fax` make a column one of consents."""
_OF_WORK = frozenset({"sent", "status", "result", "error", "count", "attempts", "number", "from", "id", "received"})
"""Words of columns that tell what became of faxes."""
_REVOKED = re.compile(r"\b(?:revok\w*|revoc\w*|withdrawn?|widerruf\w*)\b")
_SUBSCRIBED = frozenset({"subscribed", "is subscribed", "fax subscribed", "subscribed to fax", "abonniert"})

_SAID = re.compile(
    r"(?<!not )(?<!never )(?:\b(?:do not|don t|dont|never|stop|please no) (?:\w+ )?fax(?:es|ing)?\b"
    r"|\bno (?:more )?fax(?:es|ing)?(?: please)?$"
    r"|\bopt(?:ed)? out\b|\bunsubscribed?\b|\bdo not (?:contact|send|solicit)\b|\bremoved? from (?:\w+ )?fax list\b"
    r"|\bnicht faxen\b|\bkein(?:e)? (?:fax|faxe|telefax)(?: mehr)?$|\bne pas faxer\b|\bpas de fax$|\bno enviar fax\b"
    r"|\bnon inviare fax\b|\bnao enviar fax\b|\bniet faxen\b)"
)
"""What a cell of any column says, without its marks, where its recipient must not be faxed."""
_HINTS = ("fax", "opt out", "opt-out", "opted", "unsub", "not contact", "not send", "not solicit")
"""One of these is in whatever `_SAID` finds; looking for them costs little."""


def says(name: str) -> Says | None:
    """Return what a column of this name says about faxing somebody; None where it says nothing of that."""
    text = plain(name).replace("by fax", "fax")
    words = set(text.split())
    of_faxes = _names_faxes(words)
    if _OTHER_WAYS & words and not of_faxes:
        return None
    if (
        text in _WHOLE_NAMES
        or any(f" {phrase} " in f" {text} " for phrase in _REFUSALS)
        or any(map(_COMPACT.search, words))
        or (of_faxes and _NEVER.search(text))
    ):
        # When somebody opted out is an answer too.
        return Says.REFUSAL
    is_consent = any(f" {phrase} " in f" {text} " for phrase in _CONSENTS)
    if _REVOKED.search(text) and (is_consent or of_faxes):
        return Says.REFUSAL
    is_welcome = of_faxes and _WELCOME.search(text) and not _OF_WORK & words
    if (is_consent or text in _SUBSCRIBED or is_welcome) and not _ABOUT & words:
        return Says.CONSENT
    return None


def says_by_cells(name: str, cells: Sequence[str]) -> Says | None:
    """Return what a column about faxes says whose name may mean a number as well, such as `No fax`, by its cells."""
    if plain(name).replace(" ", "") not in ("nofax", "nofaxes") or not all(map(_is_answer, cells)):
        return None
    return Says.REFUSAL


def _is_answer(cell: str) -> bool:
    return folded(cell) in _ANSWERS


def _names_faxes(words: set[str]) -> bool:
    return any(word in FAX_WORDS or "fax" in word for word in words)


def refuses(column: Says, cell: str) -> bool:
    """Return whether the cell of such a column says that its recipient is not to be faxed."""
    return _refuses(column, cell) if len(cell) <= _LONGEST_WORD else column is Says.REFUSAL


@lru_cache(maxsize=4096)
def _refuses(column: Says, cell: str) -> bool:
    word = folded(cell)
    bare = _bare(word)
    if column is Says.REFUSAL:
        return word not in _NO and not (bare and bare in _NO)
    if word in _UNKNOWN:
        return False
    return word in _PLAIN_NO or bare in _PLAIN_NO or bare.partition(" ")[0] in _FIRST_NO or bool(_SAID.search(bare))


def may_refuse(text: str) -> bool:
    """Return whether something in a text of many cells may be a refusal. To be asked first: it costs little."""
    lowered = text.lower()
    return any(hint in lowered for hint in _HINTS)


@lru_cache(maxsize=4096)
def is_refusal(cell: str) -> bool:
    """Return whether a cell of any column says that its recipient must not be faxed, such as `Do not fax!`."""
    text = _bare(folded(cell))
    words = set(text.split())
    return bool(_SAID.search(text)) and (_names_faxes(words) or not _OTHER_WAYS & words)


def is_of_other_ways(name: str) -> bool:
    """Return whether a column is about other ways to reach somebody than faxes, such as `Email status`."""
    words = set(plain(name).split())
    return bool(_OTHER_WAYS & words) and not _names_faxes(words)


def _bare(text: str) -> str:
    """Return the words of folded text without marks."""
    return " ".join(re.findall(r"[^\W_]+", text))
