"""What a person can do with one fax or one connection: cancel, refresh, sync, resolve, release, pause, resume."""

from typing import Annotated

from faxdispatch.calling.written import parse_span
from faxdispatch.cli.lines import state_line
from faxdispatch.cli.options import Operator, Reason, Yes, argument, option
from faxdispatch.cli.output import Answer, confirm, note
from faxdispatch.cli.resources import NO_SUCH_FAX, account, known
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput
from faxdispatch.ledger import JobView, Limits, Scripts
from faxdispatch.operations.at_telnyx import cancel_fax, cancel_job_of, renewed_link
from faxdispatch.operations.job_of_fax import ledger_of, marked
from faxdispatch.reasons.holds import MEANINGS
from faxdispatch.reasons.verdicts import check, consequence
from faxdispatch.settings import Settings
from faxdispatch.states import WAIVABLE, HoldReason, State, Verdict
from faxdispatch.text.wording import clock

Job = Annotated[str, argument("Id of the job.")]
OneJob = Annotated[str | None, argument("Id of the job.")]
FaxId = Annotated[str | None, option("Telnyx's id of the fax, instead of the job's.", "--fax-id")]

_CANCELLED = {
    "cancelled": "cancelled: nothing had left",
    "wished": "Telnyx is asked to cancel; an event reports the result",
    "over": "nothing to cancel: the job had ended already",
    "accepted": "Telnyx has accepted the request; faxdispatch faxes show {} tells how the fax ends",
}


def cancel(job: OneJob = None, fax_id: FaxId = None) -> Answer:
    """Cancel a fax, at once if it has not left, otherwise at Telnyx.

    The workers ask Telnyx, and an event reports the result. If TELNYX_API_KEY is set, the command itself asks Telnyx to
    cancel a fax of --fax-id that belongs to no open job here. If REDIS_URL is set, Redis must answer. Exit code 1 if it
    is too late.
    """
    settings = Settings.load()
    if fax_id is None or job is not None or settings.telnyx_api_key is None:
        outcome = FaxClient.from_env(settings).cancel(job_id=job, fax_id=fax_id)
        return _answer(_CANCELLED[outcome], outcome=outcome, job_id=job, fax_id=fax_id)
    return _cancel_fax(fax_id, settings)


def _cancel_fax(fax_id: str, settings: Settings) -> Answer:
    """Cancel a fax through its job, if it has one here, so that it is not sent again; otherwise at Telnyx."""
    ledger = ledger_of(settings)
    # The ledger is asked first, and the command is refused if Redis cannot be reached: a fax that is cancelled without
    # its job is sent again.
    job_id = ledger.job_of_fax(fax_id) if ledger else None
    if job_id and (outcome := FaxClient.from_env(settings).cancel(fax_id=fax_id)) != "over":
        return _answer(
            f"job {job_id}: {_CANCELLED[outcome]}", outcome=outcome, through="job", fax_id=fax_id, job_id=job_id
        )
    with account(settings) as telnyx, known(f"fax {fax_id}", NO_SUCH_FAX):
        fax = telnyx.get_fax(fax_id)
        job_id = None
        if ledger:
            client = FaxClient.from_env(settings)
            job_id = cancel_job_of(fax, ledger, lambda job_id: client.cancel(job_id=job_id))
        cancel_fax(telnyx, fax)
    if (mark := marked(fax)) and (ledger is None or not marked(fax, ledger)):
        whose = "no REDIS_URL is set" if ledger is None else "it belongs to another ledger"
        note(f"it belongs to job {mark.job_id}, which may send it again: {whose}, so use faxdispatch cancel there")
    words = _CANCELLED["accepted"].format(fax_id) + (f"; its job {job_id} is cancelled too" if job_id else "")
    return _answer(words, outcome="accepted", through="telnyx", fax_id=fax_id, job_id=job_id)


def refresh(fax_id: Annotated[str, argument("Telnyx's id of the inbound fax.", metavar="FAX_ID")]) -> Answer:
    """Renew the expired media link of an inbound fax, and print it.

    It is printed in full: anyone who has it can read the fax, for about ten minutes. If TELNYX_API_KEY is not set,
    the workers ask Telnyx, and the event fax.refreshed has the link.
    """
    settings = Settings.load()
    if settings.telnyx_api_key is None:
        FaxClient.from_env(settings).refresh(fax_id)
        return _answer("requested; the event fax.refreshed has the link", outcome="wished", fax_id=fax_id)
    with account(settings) as telnyx, known(f"fax {fax_id}", NO_SUCH_FAX):
        link = renewed_link(telnyx, fax_id)
    return Answer({"fax_id": fax_id, "media_url": link}, link)


def sync(job: OneJob = None, fax_id: FaxId = None) -> Answer:
    """Let the workers read a fax's status from Telnyx and record it.

    This needs no API key. `faxdispatch faxes show` prints what Telnyx says and records nothing.
    """
    FaxClient.from_env().sync(job_id=job, fax_id=fax_id)
    words = "requested; see faxdispatch status or faxdispatch events"
    return _answer(words, outcome="wished", job_id=job, fax_id=fax_id)


def _answer(words: str, **data: str | None) -> Answer:
    given = {name: value for name, value in data.items() if value is not None}
    return Answer(given, words, ok=data["outcome"] != "over")


def resolve(
    job: Job,
    reason: Annotated[str, option("How you know, for readers of the history.")],
    accepted: Annotated[str | None, option("Telnyx has it as this fax.", metavar="FAX_ID")] = None,
    not_sent: Annotated[bool, option("Telnyx never had it. It is sent again: twice, if you are wrong.")] = False,
    failed: Annotated[bool, option("The attempt is over: the job ends as failed.")] = False,
    operator: Operator = None,
    yes: Yes = False,
) -> Answer:
    """Settle by hand an attempt whose outcome is unknown.

    Look into Telnyx's portal first. --accepted also serves for an attempt that was given up, as long as the next
    has not begun, and --failed for a fax that Telnyx no longer knows.
    """
    verdict = _verdict(accepted, not_sent=not_sent, failed=failed)
    check(verdict, reason=reason, fax_id=accepted)
    client = FaxClient.from_env()
    view = client.status(job)
    confirm(f"Resolve it this way? {_standing(view)} {consequence(verdict, accepted)}", yes=yes)
    # The decision applies to the attempt that was shown, since another one may have begun meanwhile.
    outcome = client.resolve(job, verdict, reason=reason, fax_id=accepted, operator=operator, attempt=view.attempt)
    view = client.status(job)
    before = " (it was recorded before)" if outcome == "repeated" else ""
    return Answer(
        {"outcome": outcome, "job_id": job, "verdict": verdict, "state": view.state},
        f"{verdict}{before}; the job is now {state_line(view)}",
    )


def release(job: Job, reason: Reason, operator: Operator = None, yes: Yes = False) -> Answer:
    """End the hold of a fax, if it concerns that fax alone.

    Such holds are its time, its window, the policy hook or a retry. Holds that it shares with others, such as a free
    channel or the end of a pause, cannot be waived for one fax.
    """
    client = FaxClient.from_env()
    view = client.status(job)
    # If a fax cannot be released, say so before asking for confirmation.
    if view.state is State.HELD and view.hold_reason in WAIVABLE:
        meaning = MEANINGS[HoldReason(view.hold_reason)].text
        confirm(f"Release it? {_standing(view)} {meaning} It is then sent as soon as possible.", yes=yes)
    waived = client.release(job, reason=reason, operator=operator)
    return Answer(
        {"outcome": "released", "job_id": job, "waived": waived},
        f"job {job}: {waived} no longer holds it; faxdispatch status {job} shows what comes next",
    )


def pause(
    connection: Annotated[str, argument("Id of the fax application.")],
    reason: Reason,
    lasts: Annotated[str, option("How long, like 30m, 12h or 2d; resume ends it before.", "--for")] = "1h",
    anyway: Annotated[bool, option("Pause it although nothing here knows it.")] = False,
    operator: Operator = None,
) -> Answer:
    """Send nothing on a connection for a while; its faxes wait.

    Faxes that Telnyx already has continue. A longer pause that already exists stays as it is. A connection that no
    setting names and no fax was sent on is refused, since it may be a typing error.
    """
    seconds, settings = parse_span(lasts, "for"), Settings.load()
    limits = Limits(Scripts.from_settings(settings))
    if not anyway and connection not in settings.known_connections and not limits.connection(connection):
        raise BadInput(
            f"CONNECTION: no setting names {connection}, and no fax was sent on it; faxdispatch apps list shows the "
            "ids, and --anyway pauses it nevertheless"
        )
    until = limits.pause(connection, why=reason, delay=seconds, operator=operator)
    return Answer(
        {"outcome": "paused", "connection_id": connection, "until": until.replace(microsecond=0)},
        f"connection {connection}: paused until {clock(until)}",
    )


def resume(
    connection: Annotated[str, argument("Id of the fax application.")],
    reason: Reason = "resumed by hand",
    operator: Operator = None,
) -> Answer:
    """End the pause of a connection before its time.

    Fix its cause first. Exit code 1 if the connection was not paused.
    """
    settings = Settings.load()
    limits = Limits(Scripts.from_settings(settings))
    resumed = limits.resume(connection, reason=reason, operator=operator)
    return Answer(
        {"outcome": "resumed" if resumed else "running", "connection_id": connection},
        f"connection {connection}: {'continues' if resumed else 'was not paused'}",
        ok=resumed,
    )


def _verdict(accepted: str | None, *, not_sent: bool, failed: bool) -> Verdict:
    given = {Verdict.ACCEPTED: accepted is not None, Verdict.NOT_SENT: not_sent, Verdict.FAILED: failed}
    said = [verdict for verdict, is_given in given.items() if is_given]
    if len(said) != 1:
        raise BadInput("give exactly one of --accepted FAX_ID, --not-sent and --failed")
    return said[0]


def _standing(view: JobView) -> str:
    attempt = f", attempt {view.attempt}," if view.attempt else ""
    return f"Job {view.job_id}{attempt} is {state_line(view)}."
