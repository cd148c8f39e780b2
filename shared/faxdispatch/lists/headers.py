"""Recognises the columns with fax numbers and with our fields by their names in mailing programs, registers and lists.

Only the name is considered, not the cells below it.
"""

import re

from faxdispatch.lists.words import folded

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_FAX = re.compile(r"fax|faks|telecopi|facsimil")

_ABOUT = frozenset(
    {"opt", "out", "status", "sent", "date", "time", "count", "note", "notes", "subject", "cover", "consent", "result"}
    | {"extension", "ext", "preference", "preferred", "pages", "page", "job", "id", "server", "user", "type", "flag"}
    | {"file", "media", "url", "document", "error", "attempts", "country", "area", "permission", "allowed", "not"}
    | {"name", "quality", "resolution", "window", "from", "sender", "header", "message", "has", "is", "valid"}
    | {"verified", "our", "own", "my", "return", "reply", "callback", "invalid", "wrong", "inactive", "disconnected"}
    | {"list", "report", "optout", "comment", "comments", "priority", "timezone", "zone", "reference", "ref", "method"}
)
"""Words beside `fax` that show that a column is about faxes, but has no numbers."""

_LESS = frozenset(
    {"home", "other", "mailing", "alternate", "alternative", "alt", "secondary", "second", "old", "former", "private"}
    | {"privat", "backup", "billing", "assistant", "2nd", "additional", "weitere", "autre", "otro"}
)
"""Words for a fax number that is not the first choice."""

_OTHER_NUMBERS = frozenset(
    {
        "id",
        "ids",
        "mrn",
        "npi",
        "dea",
        "ssn",
        "tin",
        "ein",
        "vat",
        "tax",
        "account",
        "acct",
        "order",
        "invoice",
        "claim",
    }
    | {"case", "policy", "member", "license", "licence", "serial", "ticket", "customer", "client", "patient", "record"}
    | {"key", "code", "kundennummer", "vertrag", "aktenzeichen", "iban", "konto", "steuernummer", "zip", "postal"}
    | {"mobile", "cell", "cellular", "cellphone", "handy", "mobil", "mobiltelefon", "movil", "portable", "pager"}
    | {"home", "private", "privat", "voice", "our", "own", "my", "return", "reply", "callback", "sender", "from"}
    | {"invalid", "wrong", "inactive", "disconnected"}
)
"""Words of columns whose numbers look like telephone numbers but are not the recipients' fax numbers."""

_MOST_DIGITS = 6
"""Maximum number of digits of a name; a text with more is a number."""

_NUMBER_WORDS = frozenset({"number", "no", "nr", "num", "nummer", "numero", "n", "nbr", "e164", "de", "del"})

_PHONE = frozenset(
    {"phone", "telephone", "tel", "telefon", "telefono", "phones", "number", "rufnummer", "nummer", "numero", "to"}
    | {"destination", "recipient", "empfanger", "destinataire", "destinatario", "tosend", "dest"}
)
_BESIDE_PHONE = _NUMBER_WORDS | {"event", "business", "work", "office", "main", "primary", "recipient", "destination"}

_SECOND_ROW = frozenset({"text", "string", "varchar", "required", "optional", "type", "format", "example"})

FIELDS = ("media", "from", "quality", "window", "zone", "priority", "reference")
"""A row's own options."""

OPT_OUT = "opt_out"
"""The name under which a person gives the columns that say who must not be faxed; since there may be several, it is not
a field."""

_FIELD_NAMES = {
    "media": {"media", "media url", "media name", "document url", "document name", "pdf url", "fax document"},
    "from": {"from", "from number", "fax from", "sender number", "from fax", "absendernummer"},
    "quality": {"quality", "fax quality", "resolution", "qualitat", "qualite", "calidad"},
    "window": {"window", "send window", "fax window", "sending window"},
    "zone": {"zone", "timezone", "time zone", "tz", "zeitzone", "fuseau horaire", "zona horaria", "tzid"},
    "priority": {"priority", "prioritat", "priorite", "prioridad"},
    "reference": {"reference", "ref", "id", "row id", "rowid", "external id", "recipient id", "referenz", "referencia"},
}
_BY_NAME = {name: field for field, names in _FIELD_NAMES.items() for name in names}

_NOT_TAKEN = {"send after", "send at", "send by", "not before", "deadline", "scheduled at", "schedule"}
"""Names that promise an option that a row cannot have."""


def plain(name: str) -> str:
    """Return a column's name in the form for comparing: `EventFaxNumber` as `event fax number`, `Fax #` as `fax`."""
    return " ".join(re.findall(r"[^\W_]+", folded(_CAMEL.sub(" ", name))))


def compared(name: str) -> str:
    """Return a name in the form in which names of columns are compared."""
    return plain(name) or folded(name)


def fax_rank(name: str) -> int:
    """Return how certain it is that a column of this name has the recipients' fax numbers, from 0 to 100."""
    words = plain(name).split()
    fax = [word for word in words if _FAX.search(word)]
    if not fax or _ABOUT.intersection(words) or len(name) > 120 or sum(map(str.isdigit, name)) > _MOST_DIGITS:
        return 0
    rank = 100
    for word in words:
        if word in fax or word in _NUMBER_WORDS:
            continue
        if word.isdigit():
            rank -= 15 * min(max(int(word) - 1, 0), 5) if len(word) < 3 else 60
        else:
            rank -= 35 if word in _LESS else 2
    return max(rank, 1)


def is_number_name(name: str) -> bool:
    """Return whether a column with this name may have telephone numbers that are not fax machines'."""
    words = [word for word in plain(name).split() if not word.isdigit()]
    return bool(_PHONE.intersection(words)) and all(word in _PHONE or word in _BESIDE_PHONE for word in words)


def is_other_number_name(name: str) -> bool:
    """Return whether a column of this name has numbers other than those of the recipients' fax machines."""
    return bool(_OTHER_NUMBERS.intersection(plain(name).split()))


def field_of(name: str) -> str | None:
    """Return our field that a column of this name fills, or None if it is not one of ours."""
    return _BY_NAME.get(plain(name))


def is_not_taken(name: str) -> bool:
    """Return whether a name promises a time for each row, which campaigns do not support."""
    return plain(name) in _NOT_TAKEN


def is_second_row(name: str) -> bool:
    """Return whether a cell below a number column's name still belongs to the header."""
    return bool(fax_rank(name)) or is_number_name(name) or plain(name) in _SECOND_ROW
