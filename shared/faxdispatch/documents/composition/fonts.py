"""Fonts of cover pages and their characters. A character that no font has is refused, never printed as a box."""

import logging
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from weakref import finalize

import pymupdf_fonts
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from faxdispatch.errors import BadInput
from faxdispatch.text.plain import named

# Messages about what is left out of a font's subset are of no interest to people who send faxes.
logging.getLogger("fontTools").setLevel(logging.ERROR)

_SHIPPED = ("notos", "figo", "symbol1", "symbol2", "math")
"""Noto Sans, FiraGO (Arabic, Hebrew, Thai, Georgian, Devanagari and more) and Noto's symbols; all under the OFL."""
BOLD = "notosbo"
_NO_CHARACTERS = {"\n", "\r", "\t", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\ufeff"}


@dataclass(frozen=True, slots=True)
class Font:
    """A font: its name here, its file, and the characters it has, as code points."""

    name: str
    path: Path
    characters: frozenset[int]


class Fonts:
    """The fonts, in the order in which they are tried for a character. Files in `more` come after our own."""

    def __init__(self, more: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="faxdispatch-fonts-")
        finalize(self, self._folder.cleanup)
        self.bold = self._shipped(BOLD)
        self.all = [self._shipped(name) for name in _SHIPPED] + [_own(path) for path in _files(more)]

    def needed(self, text: str) -> list[Font]:
        """Return the fonts that have the characters of a text; the first font of all is always among them.

        Raises:
            BadInput: no font has a character.
        """
        chosen = [self.all[0]]
        for character in sorted(set(text) - _NO_CHARACTERS):
            font = next((one for one in self.all if ord(character) in one.characters), None)
            if font is None:
                raise BadInput(
                    f"no font has {named(character)}: remove it, or put a font that has it into the folder "
                    f"FAX_COVER_FONTS"
                )
            if font not in chosen:
                chosen.append(font)
        return chosen

    def _shipped(self, name: str) -> Font:
        path = Path(self._folder.name) / f"{name}.ttf"
        path.write_bytes(pymupdf_fonts.myfont(name))
        return Font(name, path, _characters(path))


@lru_cache(4)
def fonts(more: Path | None = None) -> Fonts:
    """Return our own fonts and those of a folder; they are read once.

    Raises:
        BadInput: there is no such folder, or a font in it cannot be read.
    """
    return Fonts(more)


def _files(more: Path | None) -> Iterable[Path]:
    if more is None:
        return ()
    if not more.is_dir():
        raise BadInput(f"FAX_COVER_FONTS: {more} is not a folder")
    return sorted(path for path in more.iterdir() if path.suffix.lower() in {".ttf", ".otf", ".ttc"})


def _own(path: Path) -> Font:
    return Font(f"own-{path.name}", path, _characters(path))


def _characters(path: Path) -> frozenset[int]:
    try:
        content = BytesIO(path.read_bytes())
        if path.suffix.lower() == ".ttc":
            return frozenset(TTCollection(content, lazy=True).fonts[0].getBestCmap())
        return frozenset(TTFont(content, lazy=True).getBestCmap())
    except (TTLibError, OSError, KeyError, TypeError) as error:
        raise BadInput(f"FAX_COVER_FONTS: {path.name} cannot be read: {type(error).__name__}") from None
