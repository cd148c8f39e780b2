"""Asks the hook, and makes the changes that it wants."""

import itertools
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Self

from faxdispatch.errors import InvalidJob
from faxdispatch.events import Event
from faxdispatch.hooks import CHANGEABLE, Answer, Change
from faxdispatch.jobs import SendFax
from faxdispatch.settings import Settings
from worker.hook.breaker import Breaker
from worker.hook.pool import Pool
from worker.hook.wire import START, HookFailed, read_answer, write_question

TIMEOUT = 5.0
"""How many seconds an answer may take; nothing is sent without it."""
FAILURES = 3
"""Number of failures in a row after which the hook is not asked for a while."""
PAUSE = 30.0
"""How many seconds it is not asked."""


class Hook:
    """The callable at `path` (`package.module:callable`), in separate processes; threads may share it.

    `timeout` is how many seconds an answer may take, including the wait for a free process but not its start. `size` is
    the maximum number of processes: as many as threads ask. The first question starts the first process.
    """

    def __init__(self, path: str, *, timeout: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout = timeout
        self._pool = Pool(path, size)
        self._numbers = itertools.count(START + 1)
        self._breaker = Breaker(failures=FAILURES, pause=PAUSE, clock=clock)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Make the hook that the environment names, or None if it names none."""
        if settings.fax_policy_hook is None:
            return None
        return cls(
            settings.fax_policy_hook,
            timeout=TIMEOUT,
            size=settings.fax_worker_concurrency,
        )

    def ask(self, job: SendFax, history: Sequence[Event], now: datetime) -> Answer:
        """Return the hook's answer. `job` has its job_id, `now` is aware.

        After three failures in a row, counting all threads together, it is not asked for 30 s.

        Raises:
            HookFailed: it crashed, raised, took too long, gave a useless answer, or is not asked. Its process is ended;
                the next question starts a new one.
        """
        with self._breaker.watched(job.job_id or ""):
            number = next(self._numbers)
            question = write_question(number, job, history, now)
            with self._pool.borrow(self._timeout) as (process, left):
                return read_answer(number, process.ask(question, time.monotonic() + left))

    def close(self) -> None:
        """End its processes. Questions that are under way may fail; later ones do."""
        self._pool.close()


def apply(change: Change, job: SendFax, *, region: str | None = None) -> SendFax:
    """Return the job with the changes.

    `region` (ISO 3166, two letters) is the country of a sender's number that is written without `+`.

    Raises:
        HookFailed: a field may not be changed, or its new value is wrong.
    """
    forbidden = sorted(change.fields.keys() - CHANGEABLE)
    if forbidden:
        allowed = ", ".join(sorted(CHANGEABLE))
        raise HookFailed(f"the policy hook wants to change {', '.join(forbidden)}; it may change only {allowed}")
    try:
        return SendFax.decode(job.model_dump(exclude_unset=True) | change.fields, region=region)
    except InvalidJob as error:
        raise HookFailed(f"the policy hook's change is wrong: {error}") from None
