"""Words in several languages that identify the content of a column or a cell."""

import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Sequence


def folded(text: str) -> str:
    """Return text in lower case without accents, `Télécopie` as `telecopie`, and with single spaces."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def places_of(words: Collection[str], texts: Sequence[str]) -> Sequence[int]:
    """Return the places of the texts that have one of the words, in any case, and perhaps of others.

    This costs little.
    """
    joined = "\n".join(texts)
    lowered = joined.lower()
    if len(lowered) != len(joined):
        return range(len(texts))
    found, ends = set[int](), list[int]()
    for word in words:
        at = lowered.find(word)
        if at >= 0 and not ends:
            ends.extend(itertools.accumulate(len(text) + 1 for text in texts))
        while at >= 0:
            place = bisect_right(ends, at)
            found.add(place)
            at = lowered.find(word, ends[place])
    return sorted(found)


BETWEEN = ":::"
"""The separator that Google Contacts writes between several values in one cell."""

FAX_WORDS = frozenset(
    {"fax", "faxes", "faxno", "faxnr", "faxnumber", "faxnummer", "telefax", "telefaxnummer", "facsimile", "facs"}
    | {"telecopie", "telecopieur", "telecopia", "telecopiadora", "numfax", "fx", "faks", "faksu"}
)
"""Words that say that a number belongs to a fax machine."""

PHONE_WORDS = frozenset(
    {"tel", "telephone", "telefon", "telefono", "phone", "ph", "voice", "mobile", "cell", "cellular", "handy", "mobil"}
    | {"movil", "portable", "mob"}
)
"""Words that say that a number belongs to a telephone."""

PLAIN_WORDS = frozenset(
    {"no", "nr", "num", "number", "nummer", "numero", "n", "f", "main", "office", "work", "business", "direct", "line"}
    | {"only", "dept", "department", "clinic", "home", "buro", "bureau", "oficina", "praxis", "private", "new", "e"}
)
"""Words beside a number that change nothing about it."""

NO_NUMBER = frozenset(
    {"n/a", "na", "n.a.", "n.a", "n / a", "none", "(none)", "[none]", "<none>", "no", "nil", "null", "(null)", "nan"}
    | {"<na>", "#n/a", "n/k", "nk", "tbd", "tba", "tbc", "unknown", "unk", "x", "xx", "xxx", "not available", "missing"}
    | {"no fax", "no fax number", "no number", "none listed", "none given", "not listed", "does not have", "no fax #"}
    | {"same as phone", "same as tel", "same as telephone", "same as above", "same", "see above", "see phone", "ditto"}
    | {"not applicable", "not provided", "not known", "disconnected", "do not fax", "unlisted", "empty", "blank"}
    | {"keine", "kein", "keins", "kein fax", "keine angabe", "k.a.", "k. a.", "ka", "entfallt", "unbekannt", "fehlt"}
    | {"aucun", "aucune", "neant", "pas de fax", "inconnu", "ninguno", "ninguna", "no tiene", "sin fax", "desconocido"}
    | {"wie telefon", "siehe oben", "identique", "idem"}
)
"""Cells, in folded form, that mean that there is no number."""

_COUNTED = "records?|rows?|recipients?|entries|customers?|contacts?|patients?|members?|clients?|numbers?|kunden|faxes"
_TOTALS = re.compile(
    r"(?:(?:grand |sub)?totals?|total general|sum|summe|gesamt|gesamtsumme|insgesamt|somme|suma|count|anzahl)"
    rf"(?:\s+(?:{_COUNTED}|count))?\s*[:=]?\s*[\d.,\s]*(?:\s(?:{_COUNTED}))?"
    rf"|(?:number of|total number of) (?:{_COUNTED})\s*[:=]?\s*[\d.,\s]*"
    rf"|[(\-]*\s*[\d.,]+ (?:{_COUNTED})(?: affected| selected| exported| in set.*)?\s*[)\-]*"
)
_RULED = re.compile(r"[-=_*+|~#.:\s]{3,}")
_FOOTER = re.compile(
    r"[-*=# ]*(?:"
    r"(?:page|seite|pagina|sida|side)\s*:?\s*\d+(?:\s*(?:of|von|de|di|van|af|av|sur|/)\s*\d+)?"
    r"|(?:printed|generated|exported|downloaded|created|run|report|as of|gedruckt|erstellt|exportiert|stand|imprime"
    r"|edite|impreso|generado|stampato)(?: (?:date|generated))?"
    r"(?:\s*:.*| (?:on|by|at|from|with|am|von|um|vom|le|par|el|por|il|da)\b.*|\b.*\b\d{4}\b.*|[ \d./:-]*)"
    r"|(?:the )?(?:end|ende|fin|fine|einde)"
    r"(?: (?:of|der|des|de|del|van) (?:(?:the|la|le|this) )?(?:report|list|file|page|data|export|records?|document"
    r"|liste|datei|rapport|lista|informe|bericht\w*).*)?"
    r"|(?:notes?|legend|disclaimer|confidential|vertraulich|confidentiel|confidencial)(?:\s*[:.,-].*)?"
    r"|(?:copyright|©)(?: \(c\)| ©)? ?\d{4}.*"
    r")[-*=# .]*"
)
_DATES = re.compile(
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\b(?:19|20)\d\d(?:\s?-\s?(?:19|20)\d\d)?\b|\d{1,2}:\d\d(?::\d\d)?"
)
_MOST_OF_FOOTER = 2
"""Cells of a footer: the date at the left and the page at the right."""
_LONG = re.compile(r"\d(?:[().\-/ ]{0,3}\d){6}")


def is_totals(text: str) -> bool:
    """Return whether a cell says that its row sums up the rows above."""
    return bool(_TOTALS.fullmatch(folded(text)))


def what_it_is(cells: Sequence[str]) -> str:
    """Return what a row of a report is if it is not part of the list, such as a footer; empty if it may be part of it.

    A row with seven digits in a row of anything but dates may have a number, and so be a recipient.
    """
    texts = [folded(cell) for cell in cells if cell.strip()]
    if texts and all(map(_RULED.fullmatch, texts)):
        return "is a ruled line"
    is_footer = 1 <= len(texts) <= _MOST_OF_FOOTER and all(map(_FOOTER.fullmatch, texts))
    return "is a footer" if is_footer and not any(map(may_hold_number, texts)) else ""


def may_hold_number(text: str) -> bool:
    """Return whether a telephone number may stand in a text."""
    return bool(_LONG.search(_DATES.sub(" ", text)))
