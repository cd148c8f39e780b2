"""Judges inbound faxes: compares the simulator's list with events and files."""

import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from faxdispatch import Event


@dataclass(frozen=True)
class Document:
    """A file of the inbox, with what is written beside it."""

    sha256: str
    pages: int | None
    """None if it is not a PDF."""
    beside: dict[str, Any]


def documents(folder: Path) -> dict[str, list[Document]]:
    """Read the inbox: the stored files by fax id."""
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for path in sorted(folder.glob("[!.]*")):
        if path.suffix != ".json":
            found[path.stem].append(_document(path))
    return dict(found)


def _document(path: Path) -> Document:
    content, beside = path.read_bytes(), path.with_suffix(".json")
    pages = len(PdfReader(io.BytesIO(content)).pages) if path.suffix == ".pdf" else None
    answer = json.loads(beside.read_text()) if beside.exists() else {}
    return Document(hashlib.sha256(content).hexdigest(), pages, answer)


def judge_inbox(
    faxes: Iterable[Mapping[str, Any]], events: Iterable[Event], stored: Mapping[str, list[Document]]
) -> list[str]:
    """Return all faults: a fax that was published never or twice, a document that is missing, wrong or stored twice."""
    by_fax: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.fax_id and event.note is None:
            by_fax[event.fax_id].append(event)
    problems = []
    known = set()
    for fax in faxes:
        known.add(fax["id"])
        problems += [f"{fax['id']}: {problem}" for problem in _judge(fax, by_fax[fax["id"]], stored.get(fax["id"], []))]
    problems += [f"{fax_id}: stored, and nobody sent it" for fax_id in stored if fax_id not in known]
    return problems


def _judge(fax: Mapping[str, Any], events: list[Event], found: list[Document]) -> list[str]:
    times = Counter(event.type for event in events)
    if fax["status"] == "failed":
        wanted = {"fax.failed": 1, "fax.received": 0, "fax.stored": 0}
        problems = ["failed, and there is a document of it"] if found else []
    else:
        wanted = {"fax.failed": 0, "fax.received": 1, "fax.stored": 1}
        problems = _judge_document(fax, [event for event in events if event.type == "fax.stored"], found)
    return problems + [
        f"{fax['status']}, and {kind} was published {times[kind]} times"
        for kind, often in wanted.items()
        if times[kind] != often
    ]


def _judge_document(fax: Mapping[str, Any], events: list[Event], found: list[Document]) -> list[str]:
    if len(found) != 1:
        return [f"{fax['status']}, and there are {len(found)} documents of it"]
    (document,) = found
    problems = []
    if document.pages not in {None, fax["page_count"]}:
        problems.append(f"{document.pages} pages of {fax['page_count']}")
    if {document.beside.get("sha256"), *(event.data.get("sha256") for event in events)} != {document.sha256}:
        problems.append("document, what is written beside it, and the event differ")
    return problems
