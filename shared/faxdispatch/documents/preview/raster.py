"""A page as the dots of a fax: 204 to an inch across, black or white; for the processes that read documents."""

from typing import Any

from PIL import Image, ImageOps

ACROSS = 1728
"""Dots of a line (ITU-T T.4, the width of A4 and letter)."""
DOTS_AN_INCH = 204
MOST_LINES = 8000
MOST_PIXELS = 120_000_000
"""The most dots of an image that is read."""


def rendered(page: Any) -> Any:
    """Return a page of a PDF in grey, as wide as a line."""
    wide, high = page.get_size()
    return page.render(scale=min(ACROSS / wide, MOST_LINES / high), grayscale=True).to_pil()


def on_white(image: Any) -> Any:
    """Return an image in grey on white paper, upright."""
    if image.mode.startswith("I"):
        # Sixteen bits a channel; Pillow would keep only the low ones.
        image = image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    flat = ImageOps.exif_transpose(image).convert("RGBA")
    white = Image.new("RGBA", flat.size, "white")
    white.alpha_composite(flat)
    return white.convert("L")


def flattened(image: Any) -> Any:
    """Return an image in grey on white paper, upright and in the shape of its page."""
    across, down = image.info.get("dpi", (1, 1))
    grey = on_white(image)
    if across > 0 and down > 0 and across != down:
        # A fax's own dots are higher than wide.
        grey = grey.resize((grey.width, max(1, round(grey.height * float(across) / float(down)))))
    return grey


def dots(grey: Any, lines: int) -> Any:
    """Return a page in grey as wide as a line, with this many lines an inch, each dot black or white."""
    square = grey.height * ACROSS / grey.width
    count = max(1, min(round(square * lines / DOTS_AN_INCH), MOST_LINES))
    return grey.convert("L").resize((ACROSS, count), Image.Resampling.LANCZOS).convert("1")
