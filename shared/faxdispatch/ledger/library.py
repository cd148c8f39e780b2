"""The texts of the Lua scripts: each begins with what it uses of the rules and of `lua/shared/`, and no more.

Redis compiles a script once but runs all of its text with every call, so that each function a script does not use would
cost its part of every call. What is used is found by name; one that stands in a text for something else costs a little
and does no harm.
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
    """Return the whole text of the script `name`; those of the `rules` that it uses are what `RULES` holds in it.

    Its keys are in the namespace, as those of commands are that a connection sends.
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
    """Return the top-level statements of the shared files, each with the names that it makes."""
    found = []
    for topic in _TOPICS:
        text = _COMMENT.sub("", _text(f"shared/{topic}"))
        for part in _BEGINS.split(text):
            if made := _NAMES.match(part):
                found.append((tuple(made[1].split(", ")), part))
            elif part.strip():
                raise ValueError(f"shared/{topic}.lua: begins with a statement that makes no name: {part[:60]!r}")
    return tuple(found)


def _text(place: str) -> str:
    return files("faxdispatch.ledger").joinpath("lua", *f"{place}.lua".split("/")).read_text(encoding="utf-8")


@cache
def places() -> Mapping[str, str]:
    """Return where each script is below `lua/`: its folder and name."""
    folders = [f for f in files("faxdispatch.ledger").joinpath("lua").iterdir() if f.name != "shared"]
    names = [(folder.name, file.name.removesuffix(".lua")) for folder in folders for file in folder.iterdir()]
    return {name: f"{folder}/{name}" for folder, name in sorted(names)}
