"""`faxdispatch send`: one fax, whose events are shown until it has ended if that is asked for."""

from contextlib import nullcontext
from datetime import datetime
from typing import Annotated, Any

from rich.console import Console
from rich.markup import escape

from faxdispatch.campaign.looking_up import link_fetch
from faxdispatch.cli.lines import event_line, state_line
from faxdispatch.cli.options import argument, moment, option
from faxdispatch.cli.output import Answer, Json, is_terminal, note, show, watching
from faxdispatch.cli.sending import CoverPage, Sending, report_findings
from faxdispatch.client import FaxClient, Receipt
from faxdispatch.client.following import views
from faxdispatch.documents.composition.sources import sources_of
from faxdispatch.errors import Unavailable
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import JobView
from faxdispatch.reasons.words import with_words
from faxdispatch.settings import Settings
from faxdispatch.states import State
from faxdispatch.text.plain import plain


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


def wait_for(client: FaxClient, job_id: str, *, quiet: bool = False) -> JobView:
    """Show a job's events until it has ended, and return its final state. Interrupting it only stops the view.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer for five minutes.
    """

    def away(error: Unavailable) -> None:
        note(f"Redis cannot be reached; the fax continues, and you see more when Redis is back ({error})")

    live = Console().status("…") if is_terminal() and not quiet else nullcontext()
    shown = 0
    with watching(f"the fax continues: faxdispatch status {job_id}"), live as line:
        for view in views(client, job_id, on_away=away):
            if line:
                line.update(escape(plain(f"job {view.job_id}: {state_line(view)}")))
            elif not quiet:
                for event in view.history[shown:]:
                    show(event_line(event))
                shown = len(view.history)
    return view
