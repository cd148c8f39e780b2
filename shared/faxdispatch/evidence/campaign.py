"""The evidence of a campaign: every row of its list, in one pass over the stream and one over the rows."""

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faxdispatch.events import STREAM, Event
from faxdispatch.evidence.attempts import attempts_of, document_facts
from faxdispatch.evidence.pack import Packed, Parts, parts_folder
from faxdispatch.ledger import Campaign, Campaigns, Ledger, ListedRow, Scripts
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.search import Search, Wanted

_PAGE = 1000
_CONSENT = re.compile(r"consent|opt.?in|permission|einwilligung|consentement", re.IGNORECASE)
_CHECKS = (
    "the number is possible; it is not an emergency, premium or service number; and the settings allow its country",
    "it is not a duplicate of an earlier row",
    "it was not in quarantine when the list was checked",
    "it was not on the suppression list when the list was checked, nor when any attempt was begun",
)


def campaign_pack(ledger: Ledger, campaign_id: str, path: Path) -> Packed:
    """Write the evidence of a campaign and each of its rows to a ZIP file.

    Raises:
        NotKnown: there is no such campaign.
        BadInput: a file of that name exists already, or it cannot be written.
        Unavailable: Redis did not answer.
    """
    campaigns = Campaigns(ledger.scripts)
    campaign = campaigns.get(campaign_id)
    with parts_folder() as folder, parts_folder() as aside:
        parts, events = Parts(Path(folder)), _Events(Path(aside, "events.db"))
        event_count = parts.lines("events.jsonl", _stream(ledger.scripts, campaign, events))
        faxes = parts.lines("faxes.jsonl", _faxes(ledger, campaigns, campaign, events))
        left = ({**_left(row)} for row in campaigns.left_out(campaign_id))
        parts.lines("left-out.jsonl", left)
        parts.value("campaign.json", _about(campaign))
        events.close()
        key = parts.pack(path, ledger.scripts)
    return Packed(path, faxes, event_count, key)


class _Events:
    """The events of a campaign by job, in a file, since there may be millions."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path)
        self._file.execute(
            "CREATE TABLE events (job TEXT, seq INTEGER, fields TEXT, PRIMARY KEY (job, seq)) WITHOUT ROWID"
        )

    def add(self, fields: dict[str, str]) -> None:
        row = (fields.get("job_id"), int(fields.get("seq") or 0), json.dumps(fields))
        self._file.execute("INSERT OR REPLACE INTO events VALUES (?, ?, ?)", row)

    def of(self, job_id: str) -> list[Event]:
        found = self._file.execute("SELECT fields FROM events WHERE job = ? ORDER BY seq", (job_id,))
        return [Event.from_fields(json.loads(fields)) for (fields,) in found]

    def close(self) -> None:
        self._file.close()


def _stream(scripts: Scripts, campaign: Campaign, events: _Events) -> Iterator[dict[str, Any]]:
    redis: Any = scripts.redis
    first = str(round(campaign.created_at.timestamp() * 1000))
    while True:
        with redis_trouble():
            page = redis.xrange(STREAM, min=first, count=_PAGE)
        for _, fields in page:
            if fields and fields.get("campaign_id") == campaign.id:
                if fields.get("job_id"):
                    events.add(fields)
                yield Event.from_fields(fields).model_dump(mode="json")
        if len(page) < _PAGE:
            return
        first = f"({page[-1][0]}"


def _faxes(ledger: Ledger, campaigns: Campaigns, campaign: Campaign, events: _Events) -> Iterator[dict[str, Any]]:
    lines, none = campaigns.listed(campaign.id), ListedRow(0, None, [])
    line = next(lines, none)
    consent = [place for place, name in enumerate(campaign.columns) if _CONSENT.search(name)]
    for found in Search(ledger).all(Wanted(campaign_id=campaign.id)):
        while line.row and line.row < (found.row or 0):
            line = next(lines, none)
        own = line if line.row == found.row else none
        said = {campaign.columns[place]: own.cells[place] for place in consent if place < len(own.cells)}
        yield found.as_data() | {
            "sender": found.sender or campaign.sender,
            "allowed": {
                "list": campaign.name,
                "row": found.row,
                "line": own.line,
                "cells": list(own.cells),
                "checks": _CHECKS,
                "consent": said or None,
                "suppression_list": campaign.suppression,
            },
            "document": document_facts(found.document, found.document_name, found.pages),
            "attempts_made": attempts_of(events.of(found.job_id)),
        }


def _left(row: Any) -> dict[str, Any]:
    return {
        "row": row.row,
        "line": row.line,
        "not_faxed": row.kind,
        "why": row.reason,
        "to": row.to,
        "cells": list(row.cells),
    }


def _about(campaign: Campaign) -> dict[str, Any]:
    return {
        "id": campaign.id,
        "name": campaign.name,
        "state": campaign.state,
        "made_at": campaign.created_at.isoformat(),
        "started_at": campaign.started_at and campaign.started_at.isoformat(),
        "started_by": campaign.started_by,
        "asked": campaign.options,
        "document": document_facts(
            campaign.options.get("media_name") or campaign.options.get("media_url"),
            campaign.options.get("document_name"),
            None,
        ),
        "sender": campaign.options.get("from") or campaign.sender,
        "columns": campaign.columns,
        "rows": campaign.rows,
        "list": campaign.counts,
        "suppression_list": campaign.suppression,
        "delivered": campaign.delivered,
        "failed": campaign.failed,
        "cancelled": campaign.cancelled,
        "suppressed": campaign.suppressed,
    }
