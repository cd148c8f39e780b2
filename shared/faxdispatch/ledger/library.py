"""The texts of the Lua scripts: each begins with the rules and the parts of `lua/shared/` that it uses, and no more.

Redis compiles a script once but runs its whole text with every call, so each unused function would add to the cost of
every call. The used parts are found by name; a name that appears in a text for another reason costs a little and does
no harm.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from faxdispatch.redis.namespace import USUAL

_TOPICS = (
    "records",
    "events",
    "witness",
    "places",
    "limits",
    "spend",
    "numbers",
    "campaigns",
    "index",
    "ends",
    "moves",
    "breaker",
    "admission",
    "inbound",
)
"""The shared files in the order in which they build on each other."""
_BEGINS = re.compile(r"^(?=local )", re.MULTILINE)
_NAMES = re.compile(r"local (?:function )?(\w+(?:, \w+)*)")
_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"^ *--.*\n", re.MULTILINE)


def script(name: str, rules: Mapping[str, Any], namespace: str = USUAL) -> str:
    """Return the whole text of the script `name`; its `RULES` has the `rules` that it uses.

    Its keys are in the namespace, like those of commands that a connection sends.
    """
    own = _COMMENT.sub("", _text(places()[name]))
    parts, used = [own], set(_WORD.findall(own))
    for names, part in reversed(_shared()):
        if used.intersection(names):
            parts.append(part)
            used.update(_WORD.findall(part))
    needed = {rule: value for rule, value in rules.items() if rule in used}
    parts.append(f"local RULES = {{{', '.join(_literals(needed))}}}\n")
    return "".join(reversed(parts)).replace(f"'{USUAL}:", f"'{namespace}:")


def _literals(rules: Mapping[str, Any]) -> Iterator[str]:
    for name, value in rules.items():
        yield f"{name} = '{value}'" if isinstance(value, str) else f"{name} = {value!r}"


@cache
def _shared() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return the top-level statements of the shared files, each with the names that it defines."""
    found = []
    for topic in _TOPICS:
        text = _COMMENT.sub("", _text(f"shared/{topic}"))
        for part in _BEGINS.split(text):
            if made := _NAMES.match(part):
                found.append((tuple(made[1].split(", ")), part))
            elif part.strip():
                raise ValueError(f"shared/{topic}.lua: begins with a statement that defines no name: {part[:60]!r}")
    return tuple(found)


def _text(place: str) -> str:
    return files("faxdispatch.ledger").joinpath("lua", *f"{place}.lua".split("/")).read_text(encoding="utf-8")


@cache
def places() -> Mapping[str, str]:
    """Return the place of each script below `lua/`: its folder and name."""
    folders = [f for f in files("faxdispatch.ledger").joinpath("lua").iterdir() if f.name != "shared"]
    names = [(folder.name, file.name.removesuffix(".lua")) for folder in folders for file in folder.iterdir()]
    return {name: f"{folder}/{name}" for folder, name in sorted(names)}
