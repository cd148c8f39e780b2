"""The evidence of faxes that a search has found."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from faxdispatch.evidence.attempts import attempts_of, document_facts
from faxdispatch.evidence.pack import Packed, Parts, parts_folder
from faxdispatch.ledger import Ledger
from faxdispatch.search import Found, events_of_row

_CHECKS = (
    "the number is possible; it is not an emergency, premium or service number; and the settings allow its country"
)


def faxes_pack(ledger: Ledger, faxes: Iterable[Found], path: Path) -> Packed:
    """Write the evidence of some faxes to a ZIP file.

    Raises:
        BadInput: a file of that name exists already, or it cannot be written.
        Unavailable: Redis did not answer.
    """
    events: list[dict[str, Any]] = []

    def sent_faxes() -> Iterator[dict[str, Any]]:
        for found in faxes:
            [view] = ledger.jobs([found.job_id])
            kept = view is not None and found.row is None
            history = ledger.job(found.job_id, history=True).history if kept else events_of_row(ledger.scripts, found)
            events.extend(event.model_dump(mode="json") for event in history)
            yield found.as_data() | {
                "allowed": {"checks": [_CHECKS], "campaign": found.campaign_id, "row": found.row},
                "document": document_facts(found.document, found.document_name, found.pages),
                "attempts_made": attempts_of(history),
            }

    with parts_folder() as folder:
        parts = Parts(Path(folder))
        count = parts.lines("faxes.jsonl", sent_faxes())
        parts.lines("events.jsonl", events)
        key = parts.pack(path, ledger.scripts)
    return Packed(path, count, len(events), key)
