"""Words of several languages by which lists say what a column or a cell is about."""

import re
import unicodedata


def folded(text: str) -> str:
    """Return text in lower case without accents, `Télécopie` as `telecopie`, and with single spaces."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


BETWEEN = ":::"
"""What Google Contacts writes between several values of one cell."""

FAX_WORDS = frozenset(
    {"fax", "faxes", "faxno", "faxnr", "faxnumber", "faxnummer", "telefax", "telefaxnummer", "facsimile", "facs"}
    | {"telecopie", "telecopieur", "telecopia", "telecopiadora", "numfax", "fx"}
)
"""Words that say of a number that it is a fax machine's."""

PHONE_WORDS = frozenset(
    {"tel", "telephone", "telefon", "telefono", "phone", "ph", "voice", "mobile", "cell", "cellular", "handy", "mobil"}
    | {"movil", "portable", "mob"}
)
"""Words that say of a number that it is a telephone's."""

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
"""What people write, folded, where there is no number to write."""

_COUNTED = "records?|rows?|recipients?|entries|customers?|contacts?|patients?|members?|clients?|numbers?|kunden|faxes"
_TOTALS = re.compile(
    r"(?:(?:grand |sub)?totals?|total general|sum|summe|gesamt|gesamtsumme|insgesamt|somme|suma|count|anzahl)"
    rf"(?:\s+(?:{_COUNTED}|count))?\s*[:=]?\s*[\d.,\s]*(?:\s(?:{_COUNTED}))?"
    rf"|(?:number of|total number of) (?:{_COUNTED})\s*[:=]?\s*[\d.,\s]*"
    rf"|[(\-]*\s*[\d.,]+ (?:{_COUNTED})(?: affected| selected| exported)?\s*[)\-]*"
)


def is_totals(text: str) -> bool:
    """Return whether a cell says that its row sums up the rows above."""
    return bool(_TOTALS.fullmatch(folded(text)))
