"""A worker's collaborators on a real Valkey, with doubles of Telnyx, links and messages."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Self

import httpx
from celery import Celery

from faxdispatch.calling.openings import Calendar
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import (
    Agenda,
    Barrier,
    Campaigns,
    Charges,
    Clock,
    Identity,
    Inbox,
    Ledger,
    Limits,
    Observations,
    Presence,
    Questions,
    Rules,
    Scripts,
    Witness,
    connect,
)
from faxdispatch.settings import Settings
from faxdispatch.telnyx import ClientStack, Fax, SendRequest, TelnyxClient
from worker.context import Collaborators

SENDER = "+13125550299"


class Lent:
    """A double of Telnyx's client, lent as the stack of clients lends one."""

    @contextmanager
    def borrow(self) -> Iterator[Self]:
        yield self


class Telnyx(Lent):
    """Records the requested sends, and accepts them unless `answer` is an error, another fax, or a function that
    returns one.

    A function gets the request; the fax is accepted unless it gives another.
    """

    def __init__(self) -> None:
        self.asked: list[SendRequest] = []
        self.answer: Exception | Fax | Callable[[SendRequest], Fax | None] = lambda _: None
        self._numbers = itertools.count(1)

    @property
    def called(self) -> list[str]:
        """The recipients' numbers, in the order of the requests."""
        return [request.to for request in self.asked]

    def send_fax(self, request: SendRequest, *, deadline: float) -> Fax:
        assert deadline > 0
        self.asked.append(request)
        accepted = Fax(id=f"fax-{next(self._numbers)}", status="queued")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, Fax) else self.answer(request) or accepted


def clients(answer: Callable[[httpx.Request], httpx.Response]) -> ClientStack:
    """Return real clients of a Telnyx that answers in this process."""
    http = httpx.MockTransport(answer)
    return ClientStack(
        lambda: TelnyxClient("https://telnyx.example/v2", "KEY0123456789", http=http, sleep=lambda _: None)
    )


def celery_app(w: Collaborators) -> Celery:
    """Return an app in this process with the tasks of a worker."""
    app = Celery("here", set_as_current=False)
    app.loader.import_default_modules()
    app.collaborators = w
    return app


def at_work(redis_url: str, *, channels: int = 5, settings: dict[str, Any] | None = None, **own: Any) -> Collaborators:
    """Return the doubles of a worker that sends for connection `c1`, as fast as a test wants."""
    usual = {"fax_connection_id": "c1", "fax_from": SENDER, "fax_rate": 1000, "fax_channels": channels}
    scripts = Scripts(connect(redis_url), Rules(rate=1000, channels=channels))
    return collaborators(scripts, Settings(**usual | (settings or {})), **own)


def collaborators(scripts: Scripts, settings: Settings, **own: Any) -> Collaborators:
    """Return the doubles; `own` replaces any of them. By default nothing is sent and no message waits."""
    usual: dict[str, Any] = {
        "ledger": Ledger(scripts),
        "observations": Observations(scripts),
        "agenda": Agenda(scripts),
        "limits": Limits(scripts),
        "campaigns": Campaigns(scripts),
        "inbox": Inbox(scripts),
        "questions": Questions(scripts),
        "charges": Charges(scripts),
        "barrier": Barrier(scripts.redis),
        "clock": Clock(scripts),
        "presence": Presence(scripts),
        "watch": SimpleNamespace(closed=None, witness=Witness(scripts, Identity(scripts))),
        "account": SimpleNamespace(known=lambda: "account"),
        "telnyx": None,
        "post": lambda *_: None,
        "calendar": Calendar(),
        "backlog": lambda _: 0,
    }
    return Collaborators(settings=settings, **(usual | own))


def create(w: Collaborators, job_id: str = "job", **options: Any) -> str:
    """Record a fax as a producer does, and return its job."""
    fax = SendFax.decode({"to": "+13125550200", "media_name": "letter", **options})
    return w.ledger.create(job_id, fax, source="producer")["job"]
