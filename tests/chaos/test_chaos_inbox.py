"""The judge of inbound faxes finds each kind of fault."""

from datetime import UTC, datetime
from typing import Any

import pytest

from faxdispatch import Event
from tests.chaos.inbox import Document, judge_inbox

FAX = {"id": "f", "status": "received", "page_count": 2}
GOOD = Document("aa", 2, {"sha256": "aa"})


def events(*kinds: str, sha256: str = "aa", note: str | None = None) -> list[Event]:
    about: dict[str, Any] = {"fax_id": "f", "occurred_at": datetime(2026, 1, 1, tzinfo=UTC), "source": "s"}
    facts = about | {"note": note, "data": {"sha256": sha256}}
    return [Event(id=f"{at}", type=kind, seq=at, **facts) for at, kind in enumerate(kinds, start=1)]


def test_faxes_published_once_and_stored_unchanged_pass():
    assert judge_inbox([FAX], events("fax.received", "fax.stored"), {"f": [GOOD]}) == []
    assert judge_inbox([{**FAX, "status": "failed"}], events("fax.failed"), {}) == []


@pytest.mark.parametrize(
    ("events", "documents"),
    [
        (events("fax.received"), {"f": [GOOD]}),
        (events("fax.stored"), {"f": [GOOD]}),
        (events("fax.received", "fax.received", "fax.stored"), {"f": [GOOD]}),
        (events("fax.received", "fax.stored", "fax.stored"), {"f": [GOOD]}),
        (events("fax.received", "fax.stored", "fax.failed"), {"f": [GOOD]}),
        (events("fax.received", "fax.stored"), {}),
        (events("fax.received", "fax.stored"), {"f": [GOOD, GOOD]}),
        (events("fax.received", "fax.stored"), {"f": [Document("aa", 1, {"sha256": "aa"})]}),
        (events("fax.received", "fax.stored"), {"f": [Document("aa", 2, {})]}),
        (events("fax.received", "fax.stored"), {"f": [Document("bb", 2, {"sha256": "bb"})]}),
        (events("fax.received", "fax.stored"), {"f": [GOOD], "g": [GOOD]}),
    ],
)
def test_missing_duplicate_and_different_faxes_are_named(events: list[Event], documents: dict[str, Any]):
    assert judge_inbox([FAX], events, documents)


def test_a_failed_fax_with_a_document_is_named():
    assert judge_inbox([{**FAX, "status": "failed"}], events("fax.failed"), {"f": [GOOD]})
