"""Invisible characters of foreign text are escaped on terminals, in JSON and in logs."""

import json
import logging
import sys

import pytest

from faxdispatch.observability.logs import PlainFormatter
from faxdispatch.text.plain import plain, plain_json

ODD = {
    "an escape sequence": ("\x1b[31mred", r"\x1b[31mred"),
    "the one-byte form of it": ("\x9b2J", r"\x9b2J"),
    "a title of the window": ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
    "a line feed": ("a\nb", r"a\nb"),
    "a carriage return": ("a\rb", r"a\rb"),
    "a tabulator": ("a\tb", r"a\tb"),
    "a backspace": ("a\bb", r"a\x08b"),
    "NUL and DEL": ("\0\x7f", r"\x00\x7f"),
    "a mark that turns writing around": ("\u202eabc\u202c", r"\u202eabc\u202c"),
    "an isolate": ("\u2066abc\u2069", r"\u2066abc\u2069"),
    "nothing between letters": ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
    "a separator of lines": ("a\u2028b\x85c", r"a\u2028b\x85c"),
    "half a character": ("\ud800", r"\ud800"),
    "a tag beyond the first plane": ("\U000e0041", r"\U000e0041"),
}
FINE = ["", "Praxis Dr. Müller, Köln", "São João 東京 🧾", "+1 312 555 0123", "a\u00a0b", r"C:\new", "مرحبا"]


@pytest.mark.parametrize(("text", "seen"), ODD.values(), ids=ODD)
def test_invisible_characters_are_escaped(text: str, seen: str):
    assert plain(text) == seen
    assert plain(seen) == seen


@pytest.mark.parametrize("text", FINE)
def test_text_of_any_language_stays(text: str):
    assert plain(text) == plain_json(text) == text


@pytest.mark.parametrize("text", [*FINE, *(text for text, _ in ODD.values())])
def test_escaped_json_has_the_same_meaning_and_no_invisible_characters(text: str):
    line = plain_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert json.loads(line) == {text: [text]}
    assert plain(line) == line


def logged(message: str, *args: object, **options) -> list[str]:
    record = logging.makeLogRecord({"msg": message, "args": args, "levelname": "INFO", "name": "test", **options})
    return PlainFormatter("%(levelname)s %(name)s: %(message)s").format(record).split("\n")


def test_no_id_forges_a_line_of_the_log():
    assert logged("job %s is gone", "a\n2026-01-01 00:00:00 ERROR worker: b") == [
        r"INFO test: job a\n2026-01-01 00:00:00 ERROR worker: b is gone"
    ]


def fail() -> None:
    raise ValueError("one\nERROR worker: two\x1b[2J")


def test_a_traceback_stands_apart_from_records():
    try:
        fail()
    except ValueError:
        first, *rest = logged("failed", exc_info=sys.exc_info())
    assert first == "INFO test: failed"
    assert rest
    assert [line for line in rest if not line.startswith("  ")] == []
    assert rest[-1] == r"  ERROR worker: two\x1b[2J"
