"""Runs a canary: tries each link up to the recorded fax, then follows the fax through the others."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

from faxdispatch.calling.numbers import normalise
from faxdispatch.canary.judgement import Seen, Wish, judge, over
from faxdispatch.canary.links import Link, Mark, Verdict
from faxdispatch.canary.page import canary_page
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput, FaxError, NoSuchResource, TelnyxError, Unavailable
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import JobView, Limits, Scripts, Watch
from faxdispatch.operations.checks.environment import check_environment
from faxdispatch.operations.checks.finding import Level
from faxdispatch.settings import Settings
from faxdispatch.stream.places import Delivery, follow, last_id, open_stream, place
from faxdispatch.telnyx.account.shared_rate import account

TAG = "canary"
"""The tag of every canary."""

LIFE = timedelta(hours=1)
"""No attempt begins later than this: a canary that nobody watches any more must not call a number at night."""

TTL = 2 * LIFE
"""The longest time for which Telnyx keeps the document."""

WORKER_WAIT = 15.0
"""Seconds to wait for a worker; workers report every five."""

_EVERY = 0.3
"""Seconds between two checks."""

_ASK_EVERY = 30.0
"""Seconds between two questions to Telnyx while no webhook comes."""

_REMEDIES = {
    Link.REDIS: "start it, or fix REDIS_URL",
    Link.DOCUMENT: "check TELNYX_API_KEY and the network; faxdispatch doctor shows more",
}

Tell = Callable[[tuple[Verdict, ...]], None]


def number_of(to: str | None, settings: Settings) -> str:
    """Return the number, in E.164, to which a canary may be sent: `to`, or the first of FAX_TEST_NUMBERS.

    Raises:
        BadInput: no number is given or set, it is not a number, or the settings do not allow faxes there.
    """
    if to is None and not settings.test_numbers:
        raise BadInput("TO: not given, and FAX_TEST_NUMBERS is not set; name a number of your own in either")
    try:
        number = normalise(to, region=settings.fax_default_region) if to else settings.test_numbers[0]
        settings.number_policy.check(number)
    except ValueError as problem:
        raise BadInput(f"TO: {problem}") from None
    return number


class Broken(Exception):
    """A link does not work."""

    def __init__(self, detail: str, remedy: str) -> None:
        self.detail = detail
        self.remedy = remedy
        super().__init__(detail)


class Canary:
    """One canary. `tell` is called repeatedly with all verdicts so far.

    `to` is in E.164; `timeout` is in seconds, for everything together. `note` is called with lines beside the verdicts.
    """

    def __init__(
        self,
        settings: Settings,
        to: str,
        *,
        timeout: float,
        expect_inbound: bool,
        tell: Tell,
        note: Callable[[str], None],
    ) -> None:
        self.job_id = uuid4().hex
        self.to = to
        self.view: JobView | None = None
        """The job as last seen, or None before it is recorded."""
        self.verdicts: tuple[Verdict, ...] = ()
        """The verdicts so far, in the order of the links."""
        self._settings = settings
        self._wish = Wish(settings.webhook_url, inbound=expect_inbound, stores=settings.fax_inbound_dir is not None)
        self._tell = tell
        self._note = note
        self._begun = time.monotonic()
        self._timeout = timeout
        self._start = "0"

    @property
    def seconds(self) -> float:
        """The seconds that it has taken so far."""
        return time.monotonic() - self._begun

    @property
    def ok(self) -> bool:
        """Return whether every required link works."""
        held = {verdict.link for verdict in self.verdicts if verdict.mark is Mark.OK}
        return all(link in held for link in Link if self._wish.demands(link))

    def as_data(self) -> dict[str, Any]:
        """Return the result for programs."""
        return {
            "ok": self.ok,
            "to": self.to,
            "job_id": self.view and self.view.job_id,
            "fax_id": self.view and self.view.fax_id,
            "state": self.view and self.view.state,
            "page_count": self.view and self.view.page_count,
            "seconds": round(self.seconds, 3),
            "links": [verdict.as_data() for verdict in self.verdicts],
        }

    def run(self) -> None:
        """Go through the links up to the first one that does not work.

        Raises:
            Unavailable: Redis was lost while the fax was followed; the fax continues.
        """
        steps: dict[Link, Callable[[], str]] = {
            Link.SETTINGS: self._check_settings,
            Link.REDIS: self._reach_redis,
            Link.WORKER: self._find_worker,
            Link.DOCUMENT: self._store,
            Link.JOB: self._record,
        }
        for link, step in steps.items():
            self._say(_tried(link, step))
            if self.verdicts[-1].mark is Mark.BROKEN:
                self._say(*(Verdict(rest, Mark.UNTRIED) for rest in list(Link)[len(self.verdicts) :]))
                return
        before = self.verdicts
        with closing(self._looks()) as looks:
            for seen in looks:
                self.view = seen.job
                self.verdicts = (*before, *judge(seen, self._wish))
                self._tell(self.verdicts)
                if over(self.verdicts):
                    # By now the job's state is that of its last event.
                    self.view = self._client.status(self.job_id, history=True)
                    return

    def tidy(self) -> None:
        """Delete the document at Telnyx if the fax has ended; otherwise it expires there."""
        if self.view is None or not self.view.finished:
            return
        try:
            with account(self._settings, self._note) as telnyx:
                telnyx.delete_media(self._media_name)
        except NoSuchResource:
            return
        except TelnyxError as error:
            name = self._media_name
            self._note(f"the document {name} could not be deleted at Telnyx, which deletes it by itself later: {error}")

    @property
    def _media_name(self) -> str:
        return f"{TAG}-{self.job_id}.pdf"

    @cached_property
    def _scripts(self) -> Scripts:
        return Scripts.from_settings(self._settings)

    @cached_property
    def _client(self) -> FaxClient:
        return FaxClient.from_env(self._settings)

    def _say(self, *verdicts: Verdict) -> None:
        self.verdicts = (*self.verdicts, *verdicts)
        self._tell(self.verdicts)

    def _check_settings(self) -> str:
        wrong = [finding for finding in check_environment(self._settings) if finding.level is Level.FAIL]
        if wrong:
            remedy = "set them in the environment or in .env; faxdispatch doctor and .env.example explain them"
            raise Broken("; ".join(f"{finding.name}: {finding.detail}" for finding in wrong), remedy)
        if self._settings.sender is None:
            raise Broken("FAX_FROM: not set", "set it to a number of the account, like +12025550199")
        return "complete"

    def _reach_redis(self) -> str:
        self._scripts.clock()
        return "answers"

    def _find_worker(self) -> str:
        watch, end = Watch(self._scripts), min(WORKER_WAIT, self._timeout)
        began = time.monotonic()
        while not (workers := watch.figures().workers):
            if time.monotonic() - began >= end:
                remedy = "start one (python -m worker, or faxdispatch up) on this REDIS_URL; nothing was sent"
                raise Broken("no worker has reported in the last minute", remedy)
            time.sleep(_EVERY)
        return f"{workers} alive"

    def _store(self) -> str:
        page = canary_page(
            job_id=self.job_id,
            connection_id=str(self._settings.connection_id),
            sender=str(self._settings.sender),
            moment=datetime.now(UTC),
        )
        with account(self._settings, self._note) as telnyx:
            telnyx.upload_media(page, media_name=self._media_name, ttl_seconds=int(TTL.total_seconds()))
        return f"{self._media_name}, {len(page)} bytes, in Telnyx's media storage"

    def _record(self) -> str:
        job = canary_job(self.job_id, self.to, self._media_name, self._settings, moment=datetime.now(UTC))
        try:
            with closing(open_stream(self._settings.redis)) as redis:
                self._start = last_id(redis)
            self._client.send(job)
            self.view = self._client.status(self.job_id)
        except Unavailable as error:
            remedy = f"faxdispatch status {self.job_id} shows whether it was recorded nevertheless; then run it again"
            raise Broken(str(error), remedy) from error
        return f"as {self.job_id}"

    def _looks(self) -> Generator[Seen, None, None]:
        """Yield the observations, repeatedly, until the time is over.

        The job is read first and then the events up to that moment, so that events explain every state of the job.
        """
        deliveries: list[Delivery] = []
        loose: list[Delivery] = []
        with closing(open_stream(self._settings.redis)) as redis:
            looked = asked = time.monotonic()
            job, known = self._client.status(self.job_id, history=True), place(last_id(redis))
            for delivery in follow(redis, self._start, block=_EVERY):
                if delivery is not None and delivery.entry_id != self._start:
                    deliveries += [delivery] if delivery.event.job_id == self.job_id else []
                    loose += [delivery] if _of_no_job(delivery) else []
                early = time.monotonic() - looked < _EVERY
                if delivery is not None and (early or place(delivery.entry_id) < known):
                    continue
                yield self._seen(job, deliveries, loose)
                looked = time.monotonic()
                if looked - asked >= _ASK_EVERY and not _spoken(deliveries):
                    self._client.sync(job_id=self.job_id)
                    asked = looked
                job, known = self._client.status(self.job_id, history=True), place(last_id(redis))

    def _seen(self, job: JobView, deliveries: list[Delivery], loose: list[Delivery]) -> Seen:
        ends = (job.sender or self._settings.sender, self.to)
        back = {d.event.fax_id for d in loose if (d.event.data.get("from"), d.event.data.get("to")) == ends}
        pauses = {known.connection: known.pause for known in Limits(self._scripts).connections()}
        return Seen(
            job,
            tuple(deliveries),
            tuple(delivery for delivery in loose if delivery.event.fax_id in back),
            now=datetime.fromtimestamp(self._scripts.clock() / 1000, UTC),
            pause=pauses.get(job.connection_id or ""),
            out_of_time=self.seconds >= self._timeout,
        )


def canary_job(job_id: str, to: str, media_name: str, settings: Settings, *, moment: datetime) -> SendFax:
    """Return the fax: one page, dialled once, and soon or not at all.

    It names neither fax application nor sender, so that the workers use theirs, as for every such fax.

    Raises:
        InvalidJob: it cannot go to that number.
    """
    options = {
        "job_id": job_id,
        "idempotency_key": f"{TAG}-{job_id}",
        "to": to,
        "media_name": media_name,
        "max_attempts": 1,
        "pages": 1,
        "send_by": moment + LIFE,
        "tags": (TAG,),
    }
    return SendFax.decode(options, region=settings.fax_default_region)


def _tried(link: Link, step: Callable[[], str]) -> Verdict:
    began = time.monotonic()
    try:
        verdict = Verdict(link, Mark.OK, step())
    except Broken as broken:
        return Verdict(link, Mark.BROKEN, broken.detail, broken.remedy)
    except FaxError as error:
        return Verdict(link, Mark.BROKEN, str(error), _REMEDIES.get(link, "faxdispatch doctor shows more"))
    return replace(verdict, seconds=time.monotonic() - began)


def _of_no_job(delivery: Delivery) -> bool:
    return not delivery.event.job_id and delivery.event.type.startswith("fax.")


def _spoken(deliveries: list[Delivery]) -> bool:
    return any(delivery.event.source == "webhook" for delivery in deliveries)
