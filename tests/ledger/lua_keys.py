"""Finds the keys of Redis that each Lua script touches, itself and by the parts of `lua/shared/` that it uses, from its
text.

`python -m tests.ledger.lua_keys` writes it at the top of each script, as a test wants it there.
"""

import re
import textwrap
from importlib.resources import files
from pathlib import Path

from faxdispatch.ledger import library

LUA = Path(str(files("faxdispatch.ledger").joinpath("lua")))
_HEAD = re.compile(r"(?:-- (?!Keys:).*\n)*")
_KEYS = re.compile(r"-- Keys: .*\n(?:--   .*\n)*")
_NEXT = re.compile(r"\s*\.\.\s*(?:'([^']*)'|[\w.]+(?:\((?:[^()]|\([^()]*\))*\))?)")
_NAMED = re.compile(r"(\w+)(?:, \w+)? = '(fax:[^']*)'")
_PARTS = re.compile(r"^(?=local )", re.MULTILINE)


def keys(name: str) -> list[str]:
    """Return the keys that a script may touch; `*` stands for the variable part."""
    found = set()
    for part in _PARTS.split(library.script(name, {})):
        named: dict[str, set[str]] = {}
        for one in _NAMED.finditer(part):
            named.setdefault(one[1], set()).add(one[2] + _rest(part, one.end()))
        for one in re.finditer(r"'(fax:[^']*)'", part):
            found.add(one[1] + _rest(part, one.end()))
        for word, begins in named.items():
            for one in re.finditer(rf"\b{word}\b(?=\s*\.\.)", part):
                found |= {begin + _rest(part, one.end()) for begin in begins}
    return sorted({re.sub(r":$", ":*", re.sub(r"\*+", "*", key)) for key in found})


def headed(name: str) -> str:
    """Return a script's text as it should be, with its keys after the comment that it begins with."""
    text = _KEYS.sub("", (LUA / f"{library.places()[name]}.lua").read_text(encoding="utf-8"), count=1)
    head = _HEAD.match(text)
    lines = textwrap.wrap(
        f"Keys: {', '.join(keys(name)) or 'none'}", 116, break_on_hyphens=False, break_long_words=False
    )
    comment = "".join(f"--{' ' if place == 0 else '   '}{line}\n" for place, line in enumerate(lines))
    return f"{head[0]}{comment}{text[head.end() :]}" if head else comment + text


def _rest(text: str, at: int) -> str:
    rest = ""
    while found := _NEXT.match(text, at):
        rest, at = rest + ("*" if found[1] is None else found[1]), found.end()
    return rest


if __name__ == "__main__":
    for each, place in library.places().items():
        (LUA / f"{place}.lua").write_text(headed(each), encoding="utf-8")
