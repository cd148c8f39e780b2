"""A worker's collaborators on a real Valkey; Telnyx, links and messages are the test's."""

from types import SimpleNamespace
from typing import Any

from faxdispatch.calling.openings import Calendar
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
    Scripts,
    Witness,
)
from faxdispatch.settings import Settings
from worker.context import Collaborators


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
