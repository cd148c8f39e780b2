"""The request for each row of a campaign: the options for all rows and the row's own, as fields of `SendFax`."""

import json
from collections.abc import Mapping
from typing import Any

from faxdispatch.errors import InvalidJob
from faxdispatch.jobs import Priority, SendFax
from faxdispatch.ledger import Campaign, job_of_row
from faxdispatch.text.privacy import EXAMPLE

_MEDIA = ("media_url", "media_name")
_NOT_FOR_ALL = {
    "to": "comes from the list",
    "job_id": "is made from the campaign's id and the row's number",
    "idempotency_key": "is not needed: a row is sent once",
    "resend_of": "is for single faxes: faxdispatch campaign retry tries rows again",
    "send_at": "is set by the campaign's start: faxdispatch campaign start --at",
}
_KNOWN_GOOD = 10_000
"""Number of different sets of fields that are remembered as valid."""


def options_for_all(
    given: Mapping[str, Any], *, region: str | None = None, media_by_row: bool = False
) -> dict[str, Any]:
    """Check the options for every row, and return them in JSON form; options that are None are left out.

    `given` are fields of `SendFax`. The priority is `bulk` by default. `media_by_row` says that every row has its own
    document, so that none is needed for all rows. `region` is the country of a sender's number without `+`.

    Raises:
        InvalidJob: it names each wrong field.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    if wrong := [
        (name, f"cannot be given for a campaign: it {_NOT_FOR_ALL[name]}") for name in asked if name in _NOT_FOR_ALL
    ]:
        raise InvalidJob(wrong)
    own_media = any(name in asked for name in _MEDIA)
    if not own_media and not media_by_row:
        raise InvalidJob(
            [("media", "no document is given: name one for all rows, or the column that has one for each row")]
        )
    stand_in = {} if own_media else {"media_name": "of-the-row"}
    job = SendFax.decode({"priority": Priority.BULK, **asked, **stand_in, "to": EXAMPLE}, region=region)
    encoded = job.encode()
    return {name: encoded[name] for name in encoded if name != "to" and name not in stand_in} | {
        "priority": job.priority.value
    }


class RowRequests:
    """The options of a campaign's single rows, checked together with those for all rows."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._good: set[str] = set()
        self._known: dict[int, tuple[Mapping[str, Any], dict[str, Any]]] = {}

    def fields(self, to: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Turn a row's own options except its reference, as read by `FieldReader`, into the fields of its request.

        A row's document replaces the one for all rows, and its zone applies to the window. Rows with the same options
        share the result, so it must not be changed.

        Raises:
            InvalidJob: the result is not a valid request, for instance because it has no document.
        """
        # The cache keeps a reference to these objects, so that no other object can take over their ids.
        known = self._known.get(id(said))
        if known is None:
            known = (said, self._fields(said))
            self._check(to, known[1])
            if len(self._known) >= _KNOWN_GOOD:
                self._known.clear()
            self._known[id(said)] = known
        return known[1]

    def _fields(self, said: Mapping[str, Any]) -> dict[str, Any]:
        fields = {name: value for name, value in said.items() if name != "zone"}
        for name, other in (_MEDIA, _MEDIA[::-1]):
            if name in fields and self._options.get(other) is not None:
                fields[other] = None
            if name in fields and self._options.get("document_name") is not None:
                fields.setdefault("document_name", None)
        if (zone := said.get("zone")) and (window := fields.get("window") or self._options.get("window")):
            fields["window"] = {"zone": zone, **window} if "window" in fields else {**window, "zone": zone}
        return fields

    def _check(self, to: str, fields: Mapping[str, Any]) -> None:
        key = json.dumps(fields, sort_keys=True) if fields else ""
        if key in self._good:
            return
        SendFax.decode({**self._options, **fields, "to": to}, recorded=True)
        if len(self._good) >= _KNOWN_GOOD:
            self._good.clear()
        self._good.add(key)


def request_of(options: Mapping[str, Any], fields: Mapping[str, Any], **instead: Any) -> dict[str, Any]:
    """Return the request of a row with some fields changed; None removes a field."""
    return {name: value for name, value in {**options, **fields, **instead}.items() if value is not None}


def row_to_feed(campaign: Campaign, row: int, to: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry with which the ledger makes a row's job, with the connection and sender that the row requests.

    Raises:
        InvalidJob: no worker could read it.
    """
    job_id = job_of_row(campaign.id, row, campaign.generation)
    options = {**campaign.options, **fields, "to": to, "job_id": job_id}
    # A job that no worker can read would never end.
    SendFax.decode(options, recorded=True)
    entry = {
        "row": row,
        "job": job_id,
        "to": to,
        "request": json.dumps(options),
        "priority": options.get("priority", "bulk"),
        "client_state": options.get("client_state", ""),
        # The row's own value, or else its campaign's.
        "connection": options.get("connection_id"),
        "sender": options.get("from"),
    }
    return {name: value for name, value in entry.items() if value is not None}
