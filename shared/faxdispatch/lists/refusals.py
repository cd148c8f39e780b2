"""Columns that say who must not be faxed, and their cells. Pure.

CRMs and people write it both ways round: `Fax Opt Out: 1`, or `OK to fax: no`; and in notes of all kinds.
"""

import re
from collections.abc import Sequence
from enum import Enum, StrEnum
from functools import lru_cache

from faxdispatch.lists.headers import plain
from faxdispatch.lists.words import FAX_WORDS, folded


class Says(StrEnum):
    """The meaning of a column."""

    REFUSAL = "refusal"
    """Anything but a plain no means that the person has refused."""
    CONSENT = "consent"
    """A plain no means that the person has refused."""


class Note(Enum):
    """The meaning of a cell of any column."""

    REFUSAL = "must not be faxed"
    CONDITION = "may be faxed under a condition only"
    TIMES = "may be faxed at some times only"


class _Where(Enum):
    """The part of a column's name in which the words of a sign must be."""

    WHOLE = "they are the whole name"
    ANYWHERE = "anywhere"
    BESIDE_FAX = "in a name that also has a word for fax"
    BESIDE_CONSENT = "in a name that also has a sign of consent"


_SIGNS = (
    # English, and what CRMs write
    (Says.REFUSAL, _Where.ANYWHERE, r"\w*opt(?:ed)?out\w*|opt(?:ed)? out|\w*unsub(?:scri\w*)?|\w*do(?:not|nt)fax\w*"),
    (Says.REFUSAL, _Where.ANYWHERE, r"do not (?:contact|send|solicit|market)|donotcontact|no faxes|suppressed"),
    (Says.REFUSAL, _Where.ANYWHERE, r"blocked|(?:black|block|deny) ?list(?:ed)?|robinson"),
    (
        Says.REFUSAL,
        _Where.WHOLE,
        r"removed?|excluded?|revoked|skip|omit|suppress|suppression(?: list| flag)?|do not disturb",
    ),
    (Says.REFUSAL, _Where.WHOLE, r"(?:on )?(?:dnf|d n f|dncr?|fps)(?: list| flag| registered)?|revocation date"),
    (Says.REFUSAL, _Where.WHOLE, r"no (?:contact|marketing)(?: flag)?"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"(?:do|does|must|may|ca|can|wo) not(?! call$| mail$)|cannot|never"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"not to be|no longer fax\w*|stop fax\w*|fax stop\w*|stopped|object\w* to"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"fax object\w*|fax denied|denied fax"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"disallow\w*|suppress\w*|block\w*|exclude\w*|refus\w*|declin\w*"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"restrict\w*|remove\w*|prohibit\w*|unwanted|preference service"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"revok\w*|revoc\w*|withdrawn?"),
    (Says.REFUSAL, _Where.BESIDE_CONSENT, r"^no|not(?! required| needed)|denied|refused|declined"),
    (Says.REFUSAL, _Where.BESIDE_CONSENT, r"revok\w*|revoc\w*|withdrawn?"),
    (Says.CONSENT, _Where.ANYWHERE, r"consent|permission|ok(?:ay)? to fax|(?:may|can) (?:we )?fax|fax (?:allowed|ok)"),
    (Says.CONSENT, _Where.ANYWHERE, r"opt(?:ed)? in|optin"),
    (Says.CONSENT, _Where.WHOLE, r"(?:is |fax )?subscribed(?: to fax)?"),
    (Says.CONSENT, _Where.BESIDE_FAX, r"allow\w*|accept\w*|receiv\w*|want\w*|wish\w*|permit\w*|permis\w*|consent\w*"),
    (Says.CONSENT, _Where.BESIDE_FAX, r"valid|works|working|active"),
    (Says.CONSENT, _Where.BESIDE_FAX, r"authori[sz]\w*|agree\w*|send|ok|okay|opt in|contactable|enabled?|y n|yes no"),
    # German. Other compounds of Sperre and Widerspruch are about deliveries, accounts and lawsuits.
    (Says.REFUSAL, _Where.ANYWHERE, r"kein (?:tele)?fax|keine faxe|nicht (?:faxen|kontaktieren)|faxverbot|werbeverbot"),
    (Says.REFUSAL, _Where.ANYWHERE, r"sperre|\w*(?:fax|werbe|kontakt|sende|versand)sperre\w*|sperrvermerk"),
    (Says.REFUSAL, _Where.ANYWHERE, r"\w*(?:fax|werbe)widerspr\w*|(?:dsgvo|werbung) widerspr\w*"),
    (Says.REFUSAL, _Where.ANYWHERE, r"(?:werbung|kontakt|kunde|versand) gesperrt|abgemeldet|ausgetragen"),
    (Says.REFUSAL, _Where.WHOLE, r"widerspruch(?: am)?|(?:hat )?widersprochen(?: am)?|sperrkennzeichen|gesperrt"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"\w*widerspr\w*|gesperrt|nicht (?:per|mehr|an)|nicht anfaxen|kein faxversand"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"unerwunsch\w*|widerruf\w*"),
    (Says.REFUSAL, _Where.BESIDE_CONSENT, r"nicht|keine?|widerruf\w*"),
    (Says.CONSENT, _Where.ANYWHERE, r"\w*einwilligung|einverstanden|zustimmung|faxwerbung|werbung erlaubt|fax erlaubt"),
    (Says.CONSENT, _Where.WHOLE, r"abonniert"),
    (Says.CONSENT, _Where.BESIDE_FAX, r"erlaub\w*|einverst\w*|zustimm\w*|\w*einwillig\w*|erwunsch\w*|gewunsch\w*"),
    # French
    (Says.REFUSAL, _Where.ANYWHERE, r"ne (?:pas|plus) (?:faxer|telecopier|contacter|solliciter|envoyer|demarcher)"),
    (Says.REFUSAL, _Where.ANYWHERE, r"pas de (?:fax|telecopie)|desinscrit|desabonne"),
    (Says.REFUSAL, _Where.WHOLE, r"ne pas|refus|opposition|exclure|exclue?s?"),
    (Says.REFUSAL, _Where.BESIDE_CONSENT, r"pas|sans"),
    (Says.CONSENT, _Where.ANYWHERE, r"consentement|accord fax"),
    # Spanish
    (Says.REFUSAL, _Where.ANYWHERE, r"no (?:enviar|mandar|contactar)|sin fax|de baja"),
    (Says.REFUSAL, _Where.WHOLE, r"baja|rechaza|excluir|excluid[oa]s?|no (?:quiere|desea)(?: recibir| publicidad)*"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"baja|rechaz\w*|no (?:quiere|desea)"),
    (Says.REFUSAL, _Where.BESIDE_CONSENT, r"sin"),
    (Says.CONSENT, _Where.ANYWHERE, r"consentimiento"),
    (Says.CONSENT, _Where.BESIDE_FAX, r"autori\w*|acept\w*|desea|quiere"),
    # Italian
    (Says.REFUSAL, _Where.ANYWHERE, r"non (?:inviare|mandare|contattare)|niente fax|disiscritto"),
    (Says.REFUSAL, _Where.WHOLE, r"rifiut[ao]"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"rifiut\w*"),
    (Says.REFUSAL, _Where.BESIDE_CONSENT, r"non|nessun|senza"),
    (Says.CONSENT, _Where.ANYWHERE, r"consenso"),
    (Says.CONSENT, _Where.BESIDE_FAX, r"accett\w*|vuole"),
    # Portuguese
    (Says.REFUSAL, _Where.ANYWHERE, r"nao (?:enviar|contatar|contactar|faxe?ar)|descadastrado"),
    (Says.REFUSAL, _Where.WHOLE, r"recusa"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"recus\w*"),
    (Says.REFUSAL, _Where.BESIDE_CONSENT, r"nao|sem"),
    (Says.CONSENT, _Where.ANYWHERE, r"consentimento"),
    (Says.CONSENT, _Where.BESIDE_FAX, r"aceita"),
    # Dutch, Scandinavian languages, Polish
    (Says.REFUSAL, _Where.ANYWHERE, r"geen fax(?:en)?|niet (?:meer )?faxen|afgemeld|uitgeschreven"),
    (Says.REFUSAL, _Where.ANYWHERE, r"(?:inga|inget|ej|ingen|ikke) fax|avmeldt|frameldt|sperret"),
    (Says.REFUSAL, _Where.ANYWHERE, r"nie (?:wysy[l\u0142]ac|faksowac)|sprzeciw"),
    (Says.REFUSAL, _Where.BESIDE_FAX, r"bezwaar"),
    (Says.REFUSAL, _Where.BESIDE_CONSENT, r"geen|niet|inte|ingen|ikke|brak"),
    (Says.CONSENT, _Where.ANYWHERE, r"toestemming|samtycke|samtykke|zgoda"),
)
"""The meanings of column names: for each, a pattern of the name as `_named` returns it."""


def _any_of(what: Says, where: _Where) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words for says, at, words in _SIGNS if (says, at) == (what, where))})\b")


_BY_SIGN = {(what, where): _any_of(what, where) for what, where in {sign[:2] for sign in _SIGNS}}

_OTHER_WAYS = frozenset(
    {"email", "mail", "emails", "mailing", "sms", "text", "texts", "phone", "telephone", "call", "calls", "calling"}
    | {"post"}
    | {"letter", "newsletter", "whatsapp", "voice", "tracking", "cookies", "gdpr", "privacy"}
    | {"telefon", "anruf", "anrufen", "brief", "correo", "courriel", "courrier", "posta", "appel", "appeler"}
    | {"llamar", "chiamare", "ligar", "bellen"}
)
"""Words of columns about something other than faxes, unless they also name faxes."""
_OTHER_MATTERS = frozenset(
    {"medicare", "medicaid", "settlement", "arbitration", "treat", "treatment", "surgery", "surgical", "decree"}
    | {"informed", "informato", "informado", "eclaire"}
)
"""Words of opt-outs and consents that are about something other than messages, unless they also name faxes."""
_ABOUT = frozenset(
    {"date", "time", "reason", "source", "by", "at", "on", "notes", "note", "comment", "ip", "required", "needed"}
    | {"level", "erforderlich", "requis", "vereist", "richiesto", "requerido"}
)
"""Words of columns with details of a consent: these are kept in the list, and are not an answer."""
_OF_WORK = frozenset(
    {"sent", "status", "result", "error", "count", "attempts", "number", "from", "id", "received", "confirmation"}
    | {"receipt", "cover", "reply"}
)
"""Words of columns about the results of faxes, or about other things that are faxed."""

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
"""Words at the beginning of an answer that is not a consent."""
_UNKNOWN = frozenset({"", "n/a", "na", "n.a.", "none", "null", "-", "--", "nan"})
_ANSWERS = frozenset(
    _NO_ANYWHERE
    | {"", "1", "1.0", "yes", "y", "true", "t", "x", "on", "☐", "☑", "☒", "✓", "✔", "ja", "j", "oui", "o", "si", "s"}
)
"""The cells of a column of yes and no."""
_YES = frozenset({"1", "1.0", "yes", "y", "true", "ja", "j", "oui", "si", "☑", "✓", "✔"})
_BY_ANSWERS = {"nofax": Says.REFUSAL, "nofaxes": Says.REFUSAL, "fax": Says.CONSENT, "byfax": Says.CONSENT} | {
    "stop": Says.REFUSAL, "hold": Says.REFUSAL, "onhold": Says.REFUSAL, "delete": Says.REFUSAL, "send": Says.CONSENT,
    "include": Says.CONSENT,
}  # fmt: skip
"""The meaning of columns with these names if they are columns of yes and no."""
_LONGEST_WORD = 100
"""From this many characters on, a cell is not a plain yes or no."""

_FAX = r"(?:(?:re ?)?fax(?:es|ing)?|(?<=be )faxed)"
_WAYS = r"(?:e ?mail|mail|call|phone|telephone|text|sms|write|contact|visit)"
_BETWEEN = (
    r"(?:(?:send|sending|resend|ever|use|using|accepts?|accepting|takes?|taking|wants?|like|wish|allow|receives?|by|"
)
_BETWEEN += r"via|to|be|the|any|all|a|transmit|anything|me|us|them|our|this|more|further|please|auto|mass|bulk|junk|"
_BETWEEN += r"marketing|advertising) ){0,5}"
_FORBIDDEN = r"(?:prohibited|forbidden|blocked|refused|not (?:accepted|allowed|authori[sz]ed|ok|okay|permitted|wanted)"
_FORBIDDEN += r"|untersagt|verboten|unerwunscht|nicht erwunscht|interdits?|prohibidos?|proibidos?|vietat[oi])"
_SAID = re.compile(
    r"\b(?:"
    r"(?:(?:(?:do|does|must|may|should|shall) not|never|stop|quit|cease|please no|no longer|not to|(?:we|rather) not)"
    rf" {_BETWEEN}{_FAX}\b)"
    rf"|(?:refus(?:es?|ed)|declin(?:es?|ed)|objects? to) {_BETWEEN}{_FAX}\b"
    rf"|(?:do not|never) (?:{_WAYS} (?:, )?)+(?:n?or {_FAX}\b|{_FAX} n?or\b)"
    r"|no(?: more)? ?fax(?:es|ing)?(?: (?:please|pls|allowed|permitted|wanted|accepted|thanks|svp|per favore))?$"
    r"|no fax(?:es)? (?:per|until|unless|ever|over|above|more than)\b"
    r"|no faxes \d+ pages|do ?not ?fax\b|\bdnf\b|(?:cannot|can not|ca not) be faxed\b"
    r"|(?:cannot|can not|ca not|not) (?:receive|accept|accepting|take|taking) (?:any )?fax(?:es)?\b"
    r"|not (?:ok|okay|allowed|permitted|authori[sz]ed) to (?:be faxed|fax)\b|not (?:by|via) fax\b|not (?:a )?fax$"
    rf"|fax(?:es|ing|en)? (?:is |are |ist )?{_FORBIDDEN}|\w*fax(?:e|versand)? {_FORBIDDEN}"
    r"|fax (?:number )?do not use$|^do not use(?: (?:this|the) (?:fax|number|fax number))?$"
    r"|(?:wrong|bad|incorrect) fax(?: number| no)?$|fax(?: number| no)? (?:is )?(?:wrong|incorrect|disconnected)$"
    r"|fax(?: number| no)? (?:is )?(?:no longer in service|out of service)$"
    r"|opt(?:ed|s|ing)? ?out\b(?! (?:no|n|false|0)$)(?! (?:number|link|affidavit|call|reply|text|visit)\b)"
    r"(?! of (?:\w+ )?(?:medicare|medicaid|settlement|arbitration)\b)"
    r"|unsub(?:scribed?)?\b(?! link\b)|do not (?:contact|solicit)\b"
    r"|do not send\b(?! (?:originals?|cash|checks?|cheques?|duplicates?|invoices?|bills?|paper|to collections)\b)"
    r"|removed? (?:me |us |them )?from (?:\w+ ){0,2}list\b|take (?:me |us |them )?off (?:\w+ ){0,2}list\b"
    r"|off (?:\w+ ){0,2}fax list\b|cease and desist\b|^(?:stop|stop sending|removed?)$"
    # German
    r"|nicht (?:mehr )?(?:an)?faxen\b|(?:nicht|keine werbung) (?:mehr )?(?:per|via) (?:tele)?fax\b|\w*faxverbot\b"
    r"|(?:tele)?fax nicht (?:mehr )?(?:benutzen|nutzen|verwenden)\b|kein(?:en)? faxversand\b|zu faxen verboten\b"
    r"|keine? (?:tele)?faxe?(?: mehr)?(?: bitte| senden| schicken| erwunscht| gewunscht)?$"
    r"|(?:verboten|untersagt) zu faxen\b|nicht (?:mehr )?kontaktieren\b"
    # French
    r"|ne (?:pas|plus) (?:faxer|telecopier|envoyer (?:de |par )?(?:fax|telecopies?))\b|ne faxez (?:pas|plus)\b"
    r"|n ?(?:e )?envoyez (?:pas|plus) (?:de |par )?(?:fax|telecopies?)\b|interdit de faxer\b"
    r"|(?:pas|plus) de (?:fax|telecopies?)(?: svp| merci)?$|retirer de la liste\b|ne (?:pas|plus) contacter\b"
    # Spanish
    r"|no (?:enviar|envien?|mandar|manden?|quiere|desea|acepta|puede) (?:mas |por |recibir ){0,2}fax(?:es)?\b"
    r"|(?:no mas|nada de|prohibido(?: enviar)?) fax(?:es)?\b|no fax(?:ear|ee)\b|no contactar\b"
    r"|^(?:dar(?:se|lo|la)?|dad[oa]) de baja\b(?! (?:laboral|medica)\b)"
    # Italian
    r"|non (?:inviare|inviate|mandare|mandate|vuole|desidera) (?:piu )?fax\b|non (?:faxare|contattare)\b"
    r"|(?:niente|vietato(?: inviare)?) fax\b"
    # Portuguese
    r"|nao (?:enviar|envie|mandar|mande|passar) (?:mais |por )?fax(?:es)?\b|nao (?:faxear|contac?tar)\b"
    r"|(?:sem|proibido(?: enviar)?) fax(?:es)?$"
    # Dutch, Scandinavian languages, Polish
    r"|niet (?:meer )?faxen\b|geen fax(?:en)?(?: meer)?$|ikke (?:send|sende|fax|faxe)(?: fax)?\b"
    r"|(?:skicka|sand) inte fax\b|(?:ingen|inga|inget|ej) fax(?:er)?$"
    r"|nie (?:faksowac|faksuj)\b|nie wysy[l\u0142]a[cj] faks\w*|bez faksu$|zakaz faksowania\b"
    r")"
)
"""Parts of cells in any column, as `_bare` returns them, that say that the recipient must not be faxed."""
_UNSAID = ("not ", "never ", "stop to ", "click to ", "here to ")
"""Text before such a part that gives it another meaning: `has not opted out`, `reply STOP to opt out`."""
_PREFERS = re.compile(r"\b(?:fax only|only fax|fax instead|use fax|fax ok)\b")
"""Parts of cells that say that the recipient is to be faxed instead of called."""
HINTS = (
    *("fax", "faks", "copie", "opted", "optout", "unsub", "dnf", "kontaktieren", "contacter", "contactar", "contatar"),
    *("contattare", "\uff46\uff41\uff58", "d.n.f", "d n f", "f.a.x", "f a x", "f-a-x"),
    *("stop", "remove", "off list", "desist", "do not use", "de baja", "de la liste"),
    *(
        f"{first}{gap}{second}"
        for first, second in (("opt", "out"), ("t", "contact"), ("t", "send"), ("t", "solicit"))
        for gap in (" ", "  ", "-", "_", "\u00a0", "\u2010", "\u2011")
    ),
)
"""Every text that `_SAID` finds has one of these, and searching for them costs little."""
_PARTS = re.compile(r"[.;!?()]|\s[-\u2013\u2014]+\s")
"""Separates the parts of a cell, which are judged one by one: `Do not call - fax only`."""
_CLOCK = (
    r"(?:\d{1,2}(?: ?\d\d)? ?(?:[ap] ?m?|h(?:(?:ou)?rs?)?|h ?\d\d|o ?clock|uhr|uur|horas?|heures?|ore)\b"
    r"|\d{1,2} \d\d(?! \d)\b"
    r"|\d{1,2}(?=$| ,| (?:and|or|to|bis|und|y|et|[ecmp][sd]?t|on|please|only|local|faxen)\b)"
    r"|noon|midnight|lunch(?:time)?|dark|closing|midi|mittags?|mediodia)"
)
"""A time of day, but not a date or a count."""
_TIMES = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days|week ?(?:end|day|night)s?|(?:morning|afternoon|evening|night)s"
    r"|holidays?|(?:business|office|working|clinic|opening|after|off|normal|regular) hours|fax(?:ing)? hours|overnight"
    r"|(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|vormittag|nachmittag|abend|nacht|feiertag)s"
    r"|wochenend\w*|werktags?|feiertag\w*|(?:lun|mar|mercre|jeu|vendre|same)dis"
    r"|(?:le|du) (?:matin|soir|samedi|dimanche)|jours feries|fin(?:es)? de semana|festivos"
    r"|por las? (?:mananas?|tardes?|noches?)"
    r"|(?:before|after|past|until|til|till|between|from|outside|during|prior to|(?:later|earlier) than"
    r"|vor|nach|ab|bis|zwischen|von|avant|apres|entre|de|des|antes de|despues de|a partir de|prima delle?|dopo"
    rf"|na|voor|tussen) (?:the |las? |les? )?{_CLOCK})"
)
"""Hours of a day or days of a week."""
_ONLY_THEN = re.compile(
    r"\b(?:only|not|no|never|avoid|except|nur|nicht|keine?|uniquement|seulement|pas|solo|solamente|non|niet|geen"
    r"|alleen|inte|ingen|kun|bara|endast|nao|apenas)\b|\bfax(?:ing)? hours\b"
    r"|^(?:(?:please|pls|call|can|may|send|best to) (?:, )?)*fax(?:es)? (?:us |them )?"
    r"(?:before|after|between|until|till?|from|during)\b"
)
"""Words that make such a time one at which faxes may come, or may not come."""
_CONDITION = re.compile(
    r"\b(?:(?:over|above|exceeding|(?:more|longer|larger) than) \d+ ?(?:p|pp|pgs?|pages?)|\d+ (?:pages|pgs)$"
    r"|(?:unless|without|except) \w)"
)
"""What makes a refusal one of some faxes only, such as long ones."""
_SPELT = re.compile(r"\b(f([ .*-])a\2x|d([ .])n\3f)\b")
"""Words that are written letter by letter."""
_ANSWER = re.compile(r"fax(?:es|ing)?(?: ok)? ?[:=?\u2013-] ?(?:no|n|never|nein|non|nee)[.!]*")
"""A cell that is a question with its answer: `Fax: no`."""
_OF_THE_PAST = re.compile(
    r"\b(?:faxed|received|rec d|recd|sent|came|called|spoke|got|confirmed|failed|resent|tried|working|answer\w*|busy"
    r"|cover|page|error|number|invoice|order)\b"
)
"""Words that make it the time of something that has happened."""
_SHORT_NOT = re.compile(r"\b(do|does|ca|wo) ?n ?t\b|\bd()nt\b|\bd0() not\b")


def says(name: str) -> Says | None:
    """Return what a column of this name says about faxing its recipients, or None if it says nothing about that."""
    text = _named(name)
    words = set(text.split())
    of_faxes = _names_faxes(words)
    if not of_faxes and words & (_OTHER_WAYS | _OTHER_MATTERS):
        return None
    # The time of an opt-out is an answer, too.
    if _has(Says.REFUSAL, text, of_faxes=of_faxes):
        return Says.REFUSAL
    if not _has(Says.CONSENT, text, of_faxes=of_faxes and not words & _OF_WORK):
        return None
    if _BY_SIGN[Says.REFUSAL, _Where.BESIDE_CONSENT].search(text):
        return Says.REFUSAL
    return None if words & _ABOUT else Says.CONSENT


def _named(name: str) -> str:
    return _with_not(plain(name)).replace("by fax", "fax")


def _has(what: Says, text: str, *, of_faxes: bool) -> bool:
    return bool(
        _BY_SIGN[what, _Where.WHOLE].fullmatch(text)
        or _BY_SIGN[what, _Where.ANYWHERE].search(text)
        or (of_faxes and _BY_SIGN[what, _Where.BESIDE_FAX].search(text))
    )


def says_by_cells(name: str, cells: Sequence[str]) -> Says | None:
    """Return the meaning, by its cells, of a column whose name may also mean a number, such as `No fax`."""
    what = _BY_ANSWERS.get(plain(name).replace(" ", ""))
    if not what or not all(map(_is_answer, cells)):
        return None
    # A column of numbers may have answers that mean that there is none, but no yes.
    return what if what is Says.REFUSAL or any(folded(cell) in _YES for cell in cells) else None


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
    return word in _PLAIN_NO or bare in _PLAIN_NO or bare.partition(" ")[0] in _FIRST_NO or _says_no_fax(bare)


def may_refuse(text: str) -> bool:
    """Return whether a text of many cells may have a refusal. Call it first, since it costs little."""
    lowered = text.lower()
    return any(hint in lowered for hint in HINTS)


@lru_cache(maxsize=4096)
def note_of(cell: str) -> Note | None:
    """Return the meaning of a cell of any column, such as `Do not fax!` or `Fax only after 9 am`.

    None if it is neither.
    """
    text = _SPELT.sub(lambda found: re.sub(r"\W", "", found[0]), folded(cell))
    if _ANSWER.fullmatch(text):
        return Note.REFUSAL
    notes = {_note_of_part(part) for part in _PARTS.split(text) if may_refuse(part)}
    return next((note for note in Note if note in notes), None)


def _note_of_part(part: str) -> Note | None:
    text = _bare(part)
    words = set(text.split())
    says_no_fax = _says_no_fax(text)
    if _TIMES.search(text) and (
        says_no_fax or (_names_faxes(words) and _ONLY_THEN.search(text) and not _OF_THE_PAST.search(text))
    ):
        return Note.TIMES
    if not says_no_fax or (_OTHER_WAYS & words and (not _names_faxes(words) or _PREFERS.search(text))):
        return None
    return Note.CONDITION if _CONDITION.search(text) else Note.REFUSAL


def _says_no_fax(text: str) -> bool:
    return any(not text.endswith(_UNSAID, 0, found.start()) for found in _SAID.finditer(text))


def is_of_other_ways(name: str) -> bool:
    """Return whether a column is about other ways to reach somebody than faxes, such as `Email status`."""
    words = set(plain(name).split())
    return bool(_OTHER_WAYS & words) and not _names_faxes(words)


def _bare(text: str) -> str:
    """Return the words and commas of folded text, without other marks and without short forms such as `don't`."""
    return _with_not(" ".join(re.findall(r"[^\W_]+|,", text)))


def _with_not(text: str) -> str:
    """Return a text without short forms such as `don't`."""
    return _SHORT_NOT.sub(lambda found: f"{found[1] or 'do'} not", text)
