"""`faxdispatch send`."""

from datetime import datetime
from typing import Annotated, Any

from faxdispatch.campaign.looking_up import link_fetch
from faxdispatch.cli.options import argument, moment, option
from faxdispatch.cli.output import Answer, Json, note
from faxdispatch.cli.preflight import report_findings
from faxdispatch.cli.sending import CoverPage, Sending
from faxdispatch.cli.waiting import wait_for
from faxdispatch.client import FaxClient, Receipt
from faxdispatch.documents.composition.sources import sources_of
from faxdispatch.jobs import SendFax
from faxdispatch.reasons.words import with_words
from faxdispatch.settings import Settings
from faxdispatch.states import State


def send(
    to: Annotated[str, argument("Recipient: a number like +13125550123, or, with FAX_SIP_ALLOWED, a SIP URI.")],
    sending: Sending,
    page: CoverPage,
    media: Annotated[list[str] | None, option("Link or file; several files become one.", "--media", "--file")] = None,
    media_name: Annotated[str | None, option("Document in Telnyx's media storage to send.")] = None,
    key: Annotated[str | None, option("Idempotency key: the same key and content always mean the same fax.")] = None,
    send_at: Annotated[datetime | None, moment("Send it no earlier than this.")] = None,
    wait: Annotated[bool, option("Follow it to its end; exit code 0 only if delivered.")] = False,
    as_json: Json = False,
) -> Answer:
    """Record one fax and hand it to the workers.

    A local file is first uploaded to Telnyx's media storage, once for the same content. Example: `faxdispatch send
    +13125550123 --media letter.pdf --wait`.
    """
    settings = Settings.load()
    link, documents = sources_of(
        media or [], media_name, cover=page.cover, fetch=link_fetch(settings.fax_dangerous_inbound_origins)
    )
    options = sending.asked() | {
        "to": to,
        "media_url": link,
        "media_name": media_name,
        "document": documents or None,
        "cover": page.text(),
        "cover_fields": page.values() or None,
        "idempotency_key": key,
        "send_at": send_at,
    }
    client = FaxClient.from_env(settings)
    if link:
        client.check(SendFax.decode(_bare(options), region=settings.fax_default_region))
    report_findings(settings, documents=documents, link=link, quality=sending.quality)
    return _answer(client, client.send(options), wait=wait, quiet=as_json)


def _answer(client: FaxClient, receipt: Receipt, *, wait: bool, quiet: bool) -> Answer:
    """Return the result; with `wait`, first follow the fax to its end, reporting each step unless `quiet`."""
    answer: dict[str, Any] = {"job_id": receipt.job_id, "created": receipt.created}
    if not receipt.created:
        note(f"this fax was recorded before, as job {receipt.job_id}; it is not sent again")
    if not receipt.durable:
        answer["durable"] = False
        note("it is recorded, but Redis has not confirmed that it outlives a crash; faxdispatch doctor says why")
    if wait:
        view = wait_for(client, receipt.job_id, quiet=quiet)
        result = view.model_dump(mode="json", include={"state", "cause", "attempt", "fax_id", "page_count"})
        answer |= with_words(result)
    delivered = not wait or answer["state"] == State.DELIVERED
    return Answer(answer, () if wait else receipt.job_id, ok=delivered)


def _bare(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in {"document", "cover", "cover_fields"}}
