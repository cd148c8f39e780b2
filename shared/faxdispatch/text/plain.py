"""Shows text from outside safely: it cannot move a cursor, change the writing direction or begin a line.

Callers, tags, ids, file names and reasons come from outside. A terminal obeys escape sequences and direction marks in
them, and a line feed would forge a log line.
"""

import re
import unicodedata

_ODD = re.compile(r"[^ -~]")


def plain(text: str) -> str:
    r"""Return text in one line, with invisible characters as escapes: `\x1b`, `\n`, `\u202e`."""
    return text if text.isprintable() else _ODD.sub(_escaped, text)


def plain_json(text: str) -> str:
    r"""Return JSON in one line, with invisible characters as JSON's own escapes: `\u001b`, `\u202e`."""
    return text if text.isprintable() else _ODD.sub(_escaped_for_json, text)


def named(character: str) -> str:
    """Return a character with its number and name in Unicode: `the character 你 (U+4F60, CJK UNIFIED …)`."""
    shown = f"{character} " if character.isprintable() else ""
    return f"the character {shown}(U+{ord(character):04X}, {unicodedata.name(character, 'a control character')})"


def _escaped(found: re.Match[str]) -> str:
    return found[0] if _is_seen(found[0]) else found[0].encode("unicode_escape").decode()


def _escaped_for_json(found: re.Match[str]) -> str:
    if _is_seen(found[0]):
        return found[0]
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _is_seen(character: str) -> bool:
    # Python counts all spaces but one as unprintable; they are harmless.
    return character.isprintable() or unicodedata.category(character) == "Zs"
