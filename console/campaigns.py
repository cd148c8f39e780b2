"""Campaigns: their state and end, why faxes did not arrive, and the commands of an operator."""

import io
import itertools
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from console.access import looked, operators_only, you
from console.acting import act, acted, checked_reason
from console.desk import desk
from console.holding import ending, meaning
from console.progress import look
from console.words import LEFT_OUT
from faxdispatch.calling.written import parse_moment
from faxdispatch.campaign.causes import pause_in_words
from faxdispatch.campaign.report.files import write_report
from faxdispatch.errors import BadInput
from faxdispatch.evidence.campaign import campaign_pack
from faxdispatch.ledger import read_overview
from faxdispatch.reasons.pauses import pause_words
from faxdispatch.states import CampaignState, State
from faxdispatch.text.wording import counted, counted_are

pages = Blueprint("campaigns", __name__, url_prefix="/campaigns")

SHOWN = 25
LEFT_SHOWN = 100


@pages.get("/")
def page() -> str:
    """List them, the newest first."""
    ledger = desk().client.campaigns.ledger
    first = max(0, request.args.get("from", 0, type=int))
    found, count = ledger.some(first, SHOWN)
    return render_template(
        "campaigns/list.html",
        found=found,
        count=count,
        first=first,
        shown=SHOWN,
    )


@pages.get("/<campaign_id>")
def one(campaign_id: str) -> str:
    """Show one."""
    here = desk()
    service = here.client.campaigns
    campaign = service.get(campaign_id)
    found = read_overview(here.scripts)
    return render_template(
        "campaigns/one.html",
        campaign=campaign,
        progress=look(here, campaign, found),
        causes=service.ledger.causes(campaign_id),
        holds=service.holds(campaign_id) if campaign.opened else {},
        left_out={name: campaign.counts[name] for name in LEFT_OUT if campaign.counts.get(name)},
        why=pause_in_words(campaign.reason) if campaign.state is CampaignState.PAUSED else None,
        meaning=meaning,
        ending=ending,
        pause_words=pause_words,
        test_numbers=here.settings.test_numbers,
        State=CampaignState,
    )


@pages.get("/<campaign_id>/left-out")
def left_out(campaign_id: str) -> str:
    """Show the rows of the list that are left out, each with its reason."""
    campaign = desk().client.campaigns.get(campaign_id)
    first = max(0, request.args.get("from", 0, type=int))
    rows = itertools.islice(desk().client.campaigns.left_out(campaign_id), first, first + LEFT_SHOWN)
    return render_template("campaigns/left_out.html", campaign=campaign, rows=list(rows), first=first, shown=LEFT_SHOWN)


@pages.get("/<campaign_id>/evidence.zip")
@operators_only
def evidence(campaign_id: str) -> Response:
    """Return the evidence pack: the faxes, why they were allowed and their results, with a signed manifest."""
    desk().client.campaigns.get(campaign_id)
    looked(f"the evidence of campaign {campaign_id}")
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        path = Path(folder) / "evidence.zip"
        campaign_pack(desk().ledger, campaign_id, path)
        packed = io.BytesIO(path.read_bytes())
    return send_file(packed, "application/zip", as_attachment=True, download_name=f"{campaign_id}-evidence.zip")


@pages.post("/<campaign_id>/start")
def start(campaign_id: str) -> AnyResponse:
    """Start it, now or at a time."""

    def do() -> str:
        at = request.form.get("at", "").strip()
        moment = parse_moment(at, "at") if at else None
        campaign = desk().client.campaigns.start(campaign_id, at=moment, reason=checked_reason(), operator=you().name)
        if campaign.start_at:
            return f"It starts at {campaign.start_at:%Y-%m-%d %H:%M} UTC with {counted(campaign.rows, 'recipient')}."
        return f"It is started, with {counted(campaign.rows, 'recipient')}."

    return _act("start", campaign_id, do)


@pages.post("/<campaign_id>/pause")
def pause(campaign_id: str) -> AnyResponse:
    """Begin no more rows."""

    def do() -> str:
        campaign = desk().client.campaigns.pause(campaign_id, reason=checked_reason(), operator=you().name)
        left = campaign.pending + campaign.open.get(State.HELD, 0) + campaign.open.get(State.QUEUED, 0)
        waiting = f"{counted(left, 'recipient')} {'waits' if left == 1 else 'wait'}"
        return f"It is paused. {waiting} until it is resumed; faxes already at Telnyx continue."

    return _act("pause", campaign_id, do)


@pages.post("/<campaign_id>/resume")
def resume(campaign_id: str) -> AnyResponse:
    """Let it continue."""

    def do() -> str:
        campaign = desk().client.campaigns.resume(campaign_id, reason=checked_reason(), operator=you().name)
        return f"It continues, with {counted(campaign.rows - campaign.ended, 'recipient')} left."

    return _act("resume", campaign_id, do)


@pages.post("/<campaign_id>/finish")
def finish(campaign_id: str) -> AnyResponse:
    """Give up the rows that Telnyx never accepted, that wait for their document, or that missed their time."""

    def do() -> str:
        why = checked_reason()
        _, given_up = desk().client.campaigns.finish(campaign_id, reason=why, operator=you().name)
        acted("campaign.given_up", campaign_id, reason=why, count=given_up)
        return f"{counted(given_up, 'recipient')} given up; all others continue."

    return _act("finish", campaign_id, do)


@pages.post("/<campaign_id>/cancel")
def cancel(campaign_id: str) -> AnyResponse:
    """Send no more rows."""

    def do() -> str:
        if request.form.get("sure") != "yes":
            raise BadInput("cancel: confirm it; what is cancelled is never sent")
        campaign = desk().client.campaigns.cancel(
            campaign_id,
            reason=checked_reason(),
            also_in_flight=request.form.get("also_in_flight") == "yes",
            operator=you().name,
        )
        return f"It is stopped: {counted_are(campaign.cancelled, 'recipient')} left out."

    return _act("cancel", campaign_id, do)


@pages.post("/<campaign_id>/cap")
def cap(campaign_id: str) -> AnyResponse:
    """Set its cost cap."""

    def do() -> str:
        amount = request.form.get("amount", "").strip()
        try:
            wanted = float(amount) if amount else None
        except ValueError:
            raise BadInput(
                f"amount: {amount!r} is not an amount; write it like 250 or 250.50, or leave it empty"
            ) from None
        desk().client.campaigns.set_cap(campaign_id, wanted, reason=checked_reason(), operator=you().name)
        return "It has no cap." if wanted is None else f"It may cost {wanted:.2f}."

    return _act("cap", campaign_id, do)


@pages.post("/<campaign_id>/retry")
def retry(campaign_id: str) -> AnyResponse:
    """Make chosen rows pending again."""

    def do() -> str:
        row, to = request.form.get("row", type=int), request.form.get("to", "").strip() or None
        made = desk().client.campaigns.retry(
            campaign_id,
            request.form.getlist("cause"),
            rows={row: to} if row else None,
            reason=checked_reason(),
            operator=you().name,
        )
        again = counted_are(made.rows, "recipient")
        return f"{again} pending again, as generation {made.campaign.generation}. Start it next."

    return _act("retry", campaign_id, do)


@pages.post("/<campaign_id>/test")
def test(campaign_id: str) -> AnyResponse:
    """Send the fax of a row to the test numbers."""

    def do() -> str:
        why = checked_reason()
        row = request.form.get("row", type=int)
        sent = desk().client.campaigns.test(campaign_id, row=row)
        acted("campaign.tested", campaign_id, reason=why, row=sent[0].row, jobs=[one.job_id for one in sent])
        return f"{counted(len(sent), 'test fax')} of row {sent[0].row} to your own numbers."

    return _act("test", campaign_id, do)


@pages.post("/<campaign_id>/purge")
def purge(campaign_id: str) -> AnyResponse:
    """Delete it."""

    def do() -> str:
        if request.form.get("sure") != "yes":
            raise BadInput("purge: confirm it; what is purged can no longer be reported")
        why = checked_reason()
        desk().client.campaigns.purge(campaign_id, operator=you().name)
        acted("campaign.purged", campaign_id, reason=why)
        return f"Campaign {campaign_id} is deleted."

    return act("purge", campaign_id, do, back=url_for(".page"))


@pages.get("/<campaign_id>/report.zip")
@operators_only
def report(campaign_id: str) -> Response:
    """Return the report as files: delivered rows, rows not delivered and why, open rows, and a page for people."""
    looked(f"the report of campaign {campaign_id}")
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        made = write_report(desk().client.campaigns.ledger, campaign_id, Path(folder) / "report")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in made.files.values():
                archive.write(path, path.name)
    packed.seek(0)
    return send_file(packed, "application/zip", as_attachment=True, download_name=f"{campaign_id}-report.zip")


def _act(name: str, campaign_id: str, do: Callable[[], str]) -> AnyResponse:
    return act(f"campaign {name}", campaign_id, do, back=url_for(".one", campaign_id=campaign_id))
