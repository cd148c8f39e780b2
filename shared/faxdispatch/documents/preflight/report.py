"""The result of examining a document: findings, each an error or a warning, with its page."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """The consequence of a finding."""

    ERROR = "error"
    """Telnyx would not fax it, or nobody could read it: it is refused."""
    WARNING = "warning"
    """It is sent, but its look or its cost may not be as intended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `code` names its kind, `page` (from 1) is where it is, or None for the whole document."""

    severity: Severity
    code: str
    words: str
    page: int | None = None

    def __str__(self) -> str:
        return f"page {self.page}: {self.words}" if self.page else self.words

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"severity": self.severity.value, "code": self.code, "page": self.page, "words": self.words}


@dataclass(frozen=True, slots=True)
class Report:
    """The facts about a document. `pages` is None if the number is not known before it is sent."""

    pages: int | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which it is refused."""
        return tuple(one for one in self.findings if one.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that do not prevent sending."""
        return tuple(one for one in self.findings if one.severity is Severity.WARNING)

    @property
    def problem(self) -> str | None:
        """All errors in one sentence, or None if there are none."""
        return "; ".join(map(str, merged(self.errors))) or None


def error(code: str, words: str, page: int | None = None) -> Finding:
    """Make an error."""
    return Finding(Severity.ERROR, code, words, page)


def warning(code: str, words: str, page: int | None = None) -> Finding:
    """Make a warning."""
    return Finding(Severity.WARNING, code, words, page)


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in order.

    A finding on many pages is reported once, with its first page and the number of other pages.
    """
    by_kind: dict[tuple[str, Severity, str], list[Finding]] = {}
    for one in findings:
        # A finding about a whole document is kept for each document.
        by_kind.setdefault((one.code, one.severity, "" if one.page else one.words), []).append(one)
    found = []
    for alike in by_kind.values():
        first, more = alike[0], len(alike) - 1
        words = f"{first.words}; {more} more page{'s' if more > 1 else ''} like that" if more else first.words
        found.append(Finding(first.severity, first.code, words, first.page))
    return tuple(found)
