"""Characters that LibreOffice prints as boxes, since no font of this machine has them. It does not mention them."""

import io
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdf import PdfReader

_SECONDS = 20
_NAMED = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_CHARACTERS = re.compile(rb"<[0-9A-Fa-f]+>\s*<([0-9A-Fa-f]+)>")


def boxes(pdf: bytes, office: str) -> list[str]:
    """Return the characters of a PDF of LibreOffice's, whose command is `office`, that no font here has.

    Characters that are not letters, digits or signs are left out: blanks, controls, and symbol fonts' private
    characters. If Fontconfig's tools are missing, none are known.
    """
    there = characters_here(office)
    found = {character for character in _characters(pdf) if unicodedata.category(character)[0] not in "CZ"}
    return (
        sorted(character for character in found if not any(ord(character) in some for some in there)) if there else []
    )


def characters_here(office: str) -> list[range]:
    """Return the code points that some font has, of the machine or of LibreOffice's own."""
    own = Path(office).resolve().parent.parent / "share" / "fonts"
    charsets = _asked("fc-list") + (_asked("fc-scan", str(own)) if own.is_dir() else "")
    bounds = {(first, last or first) for first, _, last in (part.partition("-") for part in charsets.split())}
    return [range(int(first, 16), int(last, 16) + 1) for first, last in bounds]


def _asked(tool: str, *where: str) -> str:
    command = shutil.which(tool)
    if command is None:
        return ""
    done = subprocess.run(  # noqa: S603 - the command is ours
        [command, "--format", "%{charset}\n", *where], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    return done.stdout


def _characters(pdf: bytes) -> Iterator[str]:
    """Return the characters of a PDF's fonts, according to each font's `ToUnicode` table."""
    seen: set[int] = set()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        fonts: Any = page.get("/Resources", {}).get("/Font", {})
        for font in fonts.get_object().values() if fonts else ():
            table = font.get_object().get("/ToUnicode")
            if table is None or id(table.get_object()) in seen:
                continue
            seen.add(id(table.get_object()))
            for part in _NAMED.findall(table.get_object().get_data()):
                for code in _CHARACTERS.findall(part):
                    yield from bytes.fromhex(code.decode()).decode("utf-16-be", "ignore")
