"""Keeps every job moving: handles appointments, free channels, failures and surplus faxes.

Every worker process has one, as a thread; a lease in Redis lets one of them work. Everything it does may be done twice.
"""

import logging
import random
import time
from collections.abc import Callable
from threading import Event, Thread

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from faxdispatch.errors import InvalidJob, NotKnown, Unavailable
from faxdispatch.jobs import URGENT, CancelFax, SendFax, SyncStatus
from faxdispatch.ledger import Appointment, JobView, Picked, Scope
from faxdispatch.reasons.failures import Counter, Kind
from faxdispatch.states import State
from worker.context import Collaborators
from worker.messaging.reminders import CHECKS, DISPATCH, Ask, Attempt, Attempts, Reconcile
from worker.policy import Failure, GiveUp, Retry, changes, climbed, decide
from worker.scheduling.asking import Asking
from worker.scheduling.feeding import Feeder
from worker.scheduling.housekeeping import Housekeeping
from worker.sending.attempt import closed
from worker.sending.stages import LATER_VERSION

log = logging.getLogger(__name__)

ROWS = 50
"""Rows of campaigns in one message."""
SINGLES = 16
"""Other jobs in one message: as many as a worker may call for at once. One, if a policy hook must decide about each."""
TICK = 0.1
"""Seconds between two looks at what is due."""
LEASE = 5.0
"""Seconds that a leader may be silent before another takes over."""
APPLY = 0.2
"""Seconds between two attempts of the others to lead; free channels are idle that long when a leader resigns."""
CROWD = 100
"""If the queue of sends has this many messages, a queued job's message is assumed to wait among them …"""
FAITH = 3
"""… for this many checks of that job, the pauses between which double."""
SHOW_UP = 5.0
"""Seconds between two reports that the worker lives."""
COMPLAIN = 600.0
"""Seconds between two log lines about a clock."""


class Scheduler:
    """The scheduler of one worker process."""

    def __init__(self, w: Collaborators, name: str) -> None:
        self._w = w
        self._name = name
        self._stop = Event()
        self._thread = Thread(target=self._run, name="scheduler", daemon=True)
        self._seen_at = self._complained_at = float("-inf")
        self._campaigns = Feeder(w)
        self._housekeeping = Housekeeping(w)
        self._asking = Asking(w)
        self._singles = 1 if w.hook else SINGLES
        self._work: dict[State, Callable[[Appointment], None]] = {
            State.SUBMITTING: self._doubt,
            State.UNKNOWN: self._reconcile,
            State.ACCEPTED: self._ask,
            State.DECIDING: self._decide,
        }

    def start(self) -> None:
        """Start a thread for it."""
        self._thread.start()

    def stop(self) -> None:
        """End, and let another process lead at once."""
        self._stop.set()
        # A worker may be told to end before it was ready.
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def tick(self) -> None:
        """Do everything that is due now.

        Raises:
            Unavailable: Redis or the broker cannot be reached. Jobs that were taken keep their next appointment.
        """
        due, hints = self._w.agenda.due(), []
        crowded = any(a.state is State.QUEUED for a in due) and self._w.backlog(SendFax.QUEUE) > CROWD
        for appointment in due:
            # In a flood, a job's own message is still on its way; a second one for each job would double the flood.
            if appointment.state not in {State.QUEUED, State.HELD}:
                self._attend(appointment)
            elif appointment.cancel_requested:
                # A cancel that was requested while the ledger was behind; see `cancel.lua`.
                self._ask(appointment)
            elif not (crowded and appointment.state is State.QUEUED and appointment.hints <= FAITH):
                hints.append(appointment.job_id)
        self._post_jobs(hints, self._singles)
        if not closed(self._w):
            self._campaigns.feed()
            self._dispatch(self._w.agenda.pick())
        # A ledger that went back in time takes faxes that it has forgotten for surplus ones.
        for fax_id in () if self._w.watch.witness.behind else self._w.agenda.surplus_faxes():
            self._w.post(CancelFax.TASK, CancelFax.QUEUE, {"fax_id": fax_id})
        self._asking.run()
        self._housekeeping.run()

    def _dispatch(self, picked: list[Picked]) -> None:
        """Send workers the jobs whose turn it is: urgent ones one by one, the others many at a time."""
        for job in picked:
            if job.urgent:
                self._w.post(Attempt.TASK, URGENT, {"job_id": job.job_id})
        self._post_jobs([job.job_id for job in picked if job.row and not job.urgent], ROWS)
        self._post_jobs([job.job_id for job in picked if not job.row and not job.urgent], self._singles)

    def _post_jobs(self, jobs: list[str], many: int) -> None:
        for at in range(0, len(jobs), many):
            self._w.post(Attempts.TASK, DISPATCH, {"jobs": jobs[at : at + many]})

    def _run(self) -> None:
        while not self._stop.wait(TICK):
            try:
                self._show_up()
                if self._w.agenda.lead(lease=LEASE):
                    self.tick()
                else:
                    self._stop.wait(APPLY)
            except (Unavailable, KombuError, RedisError, OSError) as error:
                log.warning("scheduler: %s; trying again", error)
                self._stop.wait(0.5)
            except Exception:
                log.exception("scheduler: unexpected error; it continues")
                self._stop.wait(1)
        try:
            self._w.agenda.resign()
        except Unavailable:
            log.info("scheduler: Redis cannot be reached; the lease will expire by itself")

    def _show_up(self) -> None:
        """Report, every few seconds, that this worker lives and how it sees the clocks."""
        now = time.monotonic()
        if now - self._seen_at < SHOW_UP:
            return
        wrong = self._w.presence.show_up(self._name, self._w.telnyx_clock.now()).wrong_clocks()
        self._seen_at = now
        if wrong and now - self._complained_at > COMPLAIN:
            self._complained_at = now
            log.warning("%s; set every clock by NTP", ", and ".join(wrong))

    def _attend(self, appointment: Appointment) -> None:
        """Handle an appointment. If that fails, it is repeated later and delays no other."""
        about = {"job": appointment.job_id}
        try:
            self._work[appointment.state](appointment)
        except InvalidJob as error:
            log.warning(LATER_VERSION, appointment.job_id, error, extra=about)
        except (Unavailable, KombuError, RedisError, OSError):
            raise
        except Exception:
            log.exception("job %s: unexpected error", appointment.job_id, extra=about)

    def _doubt(self, appointment: Appointment) -> None:
        log.warning(
            "job %s attempt %d: its worker is gone",
            appointment.job_id,
            appointment.attempt,
            extra={"job": appointment.job_id},
        )
        self._w.ledger.doubt(
            appointment.job_id,
            appointment.attempt,
            cause="lease_expired",
            look_after=self._w.settings.reconcile_every,
            facts={},
            source="scheduler",
        )

    def _reconcile(self, appointment: Appointment) -> None:
        self._w.post(Reconcile.TASK, CHECKS, {"job_id": appointment.job_id})

    def _ask(self, appointment: Appointment) -> None:
        if appointment.cancel_requested:
            self._w.post(CancelFax.TASK, CancelFax.QUEUE, {"job_id": appointment.job_id})
        else:
            about = {"job_id": appointment.job_id}
            self._w.post(Ask.TASK, CHECKS, {"task": SyncStatus.TASK, "payload": about})

    def _decide(self, appointment: Appointment) -> None:
        try:
            decide_job(self._w.ledger.job(appointment.job_id).known(), self._w)
        except NotKnown:
            log.info("job %s is gone", appointment.job_id, extra={"job": appointment.job_id})


def decide_job(job: JobView, w: Collaborators) -> None:
    """Let the failure policy decide about a job whose attempt failed, and record the decision."""
    failure = Failure(
        reason=job.cause or "unknown",
        dials=job.dials,
        connects=job.connects,
        tries=job.tries,
        max_attempts=job.request.max_attempts or w.settings.fax_max_attempts,
        ladder_step=job.ladder_step,
        send_by=job.request.send_by,
    )
    # Jitter keeps recipients whose faxes failed together from being called together again.
    verdict = decide(failure, w.now(), w.settings, jitter=random.uniform(-1, 1))  # noqa: S311
    # A call that was answered costs its minutes, but Telnyx does not say how many for a failed fax.
    spent = None if verdict.counter is Counter.CONNECT else 0
    if isinstance(verdict, GiveUp):
        w.ledger.end(
            job.job_id,
            event="job.exhausted",
            cause=failure.reason,
            states=[State.DECIDING],
            attempt=job.attempt,
            facts={"kind": verdict.kind, "why": verdict.why, "attempts": job.attempt},
            counter=verdict.counter,
            blames_number=verdict.blames_number,
            spent=spent,
            source="scheduler",
        )
    else:
        _retry(job, failure.reason, verdict, spent, w)


def _retry(job: JobView, reason: str, verdict: Retry, spent: int | None, w: Collaborators) -> None:
    step = verdict.ladder_step
    if step > job.ladder_step:
        step = climbed(job.request, step, w.settings)
    w.ledger.retry(
        job.job_id,
        job.attempt,
        delay=verdict.delay,
        counter=verdict.counter,
        ladder_step=step,
        tries=verdict.tries,
        capacity=_full(reason) if verdict.kind is Kind.CAPACITY else None,
        pause=reason if verdict.kind in {Kind.ACCOUNT, Kind.SPEND} else None,
        spent=spent,
        facts={"reason": reason, "kind": verdict.kind, "changed": changes(step, w.settings)},
    )


def _full(reason: str) -> Scope:
    """Return the account or connection that had run out of channels.

    A profile may serve several connections; each of them learns it separately.
    """
    return "account" if reason == "user_channel_limit_exceeded" else "connection"
