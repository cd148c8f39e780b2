"""Builds the worker from its parts; no other module builds any."""

import gc
import logging
import os
import socket
import sys
import time
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from kombu.entity import Exchange, Queue

from faxdispatch.broker.connection import broker_app, post, waiting
from faxdispatch.broker.unread import Lookout
from faxdispatch.errors import BadInput, FaxError, Unavailable
from faxdispatch.jobs import JOBS, URGENT, CancelFax, SendFax
from faxdispatch.ledger import (
    Agenda,
    Barrier,
    Campaigns,
    Charges,
    Clock,
    Inbox,
    Ledger,
    Limits,
    Observations,
    Presence,
    Questions,
    Scripts,
    Witness,
)
from faxdispatch.ledger.connection import refuse_unfit
from faxdispatch.ledger.refusals import passes
from faxdispatch.observability import sentry, tracing
from faxdispatch.observability.logs import set_up
from faxdispatch.observability.notices.reporting import Reporter
from faxdispatch.redis.address import RedisAddress
from faxdispatch.settings import Settings
from faxdispatch.storage.store import open_store
from faxdispatch.telnyx import ClientStack, TelnyxClock
from faxdispatch.telnyx.throttle import Throttle
from worker.account import Account
from worker.context import Collaborators
from worker.hook import Hook
from worker.messaging import transport
from worker.messaging.gate import MAX_BYTES, Gate, refuse_compressed
from worker.messaging.reminders import CHECKS, DISPATCH, REMINDERS
from worker.scheduling.scheduler import SINGLES, Scheduler
from worker.watch import Watch

if TYPE_CHECKING:
    from faxdispatch.fetching.link import Links

log = logging.getLogger(__name__)

QUEUES = (URGENT, CancelFax.QUEUE, DISPATCH, CHECKS, SendFax.QUEUE)
"""In the order in which they are served.

First comes urgent work, then jobs that were given a channel, then our own questions, and last messages of producers,
since there may be very many.
"""

LARGEST_INBOUND = 100_000_000
"""Bytes of the largest document of an inbound fax that is fetched: a fax of hundreds of pages has less."""
THREADS_A_DOCUMENT_SLOT = 4
"""One thread in so many may fetch documents."""


def build(settings: Settings) -> Celery:
    """Build the Celery app with everything that its tasks use.

    Raises:
        Misconfigured: a setting is missing or wrong, or the API key belongs to another account than the ledger's.
        Unavailable: Redis did not answer.
    """
    settings.require("redis_url", "telnyx_api_key")
    refuse_unfit(settings.redis, settings.broker)
    if settings.sender is None:
        log.warning("FAX_FROM is not set: a fax that names no sender is held")
    namespace = RedisAddress.read(settings.redis).namespace
    app = broker_app(
        "faxdispatch", settings.broker, namespace=namespace, visibility_timeout=settings.visibility_timeout
    )
    queues = [app.named(queue) for queue in QUEUES]
    transport.install(app, max_bytes=MAX_BYTES, together=1 if settings.fax_policy_hook else SINGLES)
    refuse_compressed()
    app.conf.update(
        imports=("worker.tasks",),
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=True,
        task_queues=[Queue(name, Exchange(name), routing_key=name) for name in queues],
        # Threads: as measured, a gevent worker's unacknowledged messages are never delivered again.
        worker_pool="threads",
        worker_concurrency=settings.fax_worker_concurrency,
        worker_prefetch_multiplier=1,
        # After a lost connection, Celery would take fewer messages at first, and then let each thread of the pool raise
        # that number on the connection from which the main thread reads. On RabbitMQ, the two wait forever for each
        # other's answers.
        worker_enable_prefetch_count_reduction=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_consumer="worker.messaging.consumer:GatedConsumer",
        # Otherwise any app on the broker could make our workers read other queues, stop, or end.
        worker_enable_remote_control=False,
        control_exchange=app.named("fax.control.celery"),
        event_exchange=app.named("fax.events.celery"),
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_max_retries=None,
    )
    app.gate = Gate([kind.TASK for kind in (*JOBS, *REMINDERS)], max_bytes=MAX_BYTES)
    app.collaborators = _collaborators(settings, app)
    _attend(app, settings)
    return app


def _collaborators(settings: Settings, app: Celery) -> Collaborators:
    scripts = Scripts.from_settings(settings)
    barrier = Barrier(scripts.redis, replicas=settings.fax_replicas, lossy_allowed=settings.fax_dangerous_lossy_redis)
    ledger, limits = Ledger(scripts), Limits(scripts)
    watch = Watch(barrier, Witness(scripts, ledger.identity))
    watch.look()
    ledger.identity.note_replicas(settings.fax_replicas)
    throttle = Throttle(limits, telnyx_clock := TelnyxClock())
    telnyx = ClientStack.from_settings(
        settings, before_call=throttle.before_call, after_response=throttle.after_response
    )
    account = Account(settings, ledger.identity, telnyx)
    account.find()

    def send_message(name: str, queue: str, payload: dict[str, Any]) -> None:
        post(app, name, queue, payload)

    return Collaborators(
        settings=settings,
        ledger=ledger,
        observations=Observations(scripts, known_connections=settings.known_connections),
        agenda=Agenda(scripts),
        limits=limits,
        campaigns=Campaigns(scripts),
        inbox=Inbox(scripts),
        questions=Questions(scripts),
        charges=Charges(scripts),
        store=open_store(settings.fax_inbound_dir) if settings.fax_inbound_dir else None,
        links=_links(settings) if settings.fax_inbound_dir else None,
        document_slots=BoundedSemaphore(max(1, settings.fax_worker_concurrency // THREADS_A_DOCUMENT_SLOT)),
        barrier=barrier,
        watch=watch,
        clock=Clock(scripts),
        presence=Presence(scripts),
        telnyx_clock=telnyx_clock,
        account=account,
        telnyx=telnyx,
        post=send_message,
        calendar=settings.calendar,
        hook=Hook.from_settings(settings),
        backlog=lambda queue: waiting(app, queue),
        look_out=Lookout(app).look,
    )


def _links(settings: Settings) -> "Links":
    # Few workers fetch documents, and httpcore takes a megabyte.
    from faxdispatch.fetching.link import Links  # noqa: PLC0415

    return Links(max_bytes=LARGEST_INBOUND, unchecked_origins=settings.fax_dangerous_inbound_origins)


def _attend(app: Celery, settings: Settings) -> None:
    """Let the scheduler live as long as the worker accepts messages."""
    scheduler = Scheduler(app.collaborators, f"{socket.gethostname()}:{os.getpid()}")
    reporter = Reporter.from_settings(settings)

    @setup_logging.connect(weak=False)
    def keep_logging(**_: Any) -> None:
        """Replace Celery's own set-up, which would take over the root logger."""

    @worker_ready.connect(weak=False)
    def ready(**_: Any) -> None:
        app.collaborators.watch.start()
        scheduler.start()
        if reporter:
            reporter.start()
        # These objects live as long as the process, so the collector need not go through them again and again.
        gc.collect()
        gc.freeze()
        log.info("ready: %d threads, %s", settings.fax_worker_concurrency, settings.telnyx_base_url)

    @worker_shutting_down.connect(weak=False)
    def leaving(**_: Any) -> None:
        scheduler.stop()

    @worker_shutdown.connect(weak=False)
    def gone(**_: Any) -> None:
        """Close the hook: the last task has ended, so it is no longer asked."""
        if app.collaborators.hook:
            app.collaborators.hook.close()


def _built(settings: Settings) -> Celery:
    """Build the app once Redis no longer refuses temporarily; see `passes`."""
    while True:
        try:
            return build(settings)
        except Unavailable as error:
            if not passes(error.__cause__):
                raise
            log.warning("%s; waiting for it", error)
            time.sleep(1)


def make() -> Celery:
    """Build the app from the environment; a mistake there ends the process with one message."""
    try:
        settings = Settings.load()
        set_up(settings)
        sentry.set_up(settings, "worker")
        tracing.set_up(settings, "faxdispatch-worker")
        logging.getLogger("celery").setLevel(logging.WARNING)
        return _built(settings)
    except FaxError as error:
        print(f"worker: {error}", file=sys.stderr)
        raise SystemExit(2 if isinstance(error, BadInput) else 1) from None


app = make()
