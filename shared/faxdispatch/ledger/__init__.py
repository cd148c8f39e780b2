"""The records of all jobs, in Redis. Every move of a job and its event are one atomic write.

The writes are Lua scripts in `lua/`; each may be repeated after a time-out without a second effect. The classes here
group them by who uses them:

    Ledger        the moves of one job: create, hold, admit, end, …; those of its attempts (claim, accept, …) are
                  Attempts, and its part for reading is Rows
    Observations  what Telnyx reports about a fax
    Inbox         inbound faxes, and where their documents are
    Campaigns     lists of many recipients, and the result of each row
    CampaignMedia the stored documents that rows name, and until when Telnyx keeps each
    Agenda        which jobs must be looked at now, and by which process
    Limits        the rate, channels, pauses and money that all workers share
    Charges       what Telnyx charged for each day's faxes
    Suspects      numbers that are not called any more
    Suppressions  numbers that no campaign sends to
    Questions     producers' questions to Telnyx
    DeadLetters   messages that are not jobs
    Clock         the time that all processes share
    Presence      which workers run, and how they see the clocks
    Overview      the state of everything, at one moment
    Watch         the figures that an operator watches
    Identity      which ledger this is
    Epoch         whether the ledger went back in time
    Barrier       when a write is safe from a crash
    Upkeep        removes what has expired
"""

from typing import TYPE_CHECKING

from faxdispatch.lazy import loader

_PLACES = {
    "attempts": ("CallOutcome", "Claim", "Scope"),
    "campaign": ("Campaign", "job_of_row"),
    "campaign_media": ("CampaignMedia",),
    "campaign_results": ("Audit", "RowResult"),
    "campaign_rows": ("CHUNK", "CampaignRow", "LeftOutRow", "ListedRow"),
    "campaigns": ("Campaigns",),
    "charges": ("Charges", "DayCharges"),
    "clock": ("Clock",),
    "connection": ("Patience", "connect"),
    "deadletters": ("DeadLetter", "DeadLetters"),
    "durability": ("Barrier", "Durability", "DurabilityCheck", "NotSafe", "Server", "measure"),
    "epoch": ("Behind", "Epoch", "Witness"),
    "group_commit": ("GroupCommit",),
    "health": ("Figures", "Watch"),
    "identity": ("Identity",),
    "inbound": ("DocumentPlace", "Due", "InboundFax", "Inbox", "ListedPlace"),
    "jobs": ("Ledger", "New"),
    "limits": ("Account", "Limits", "Pause", "Traffic"),
    "number_quarantine": ("Suspect", "Suspects"),
    "observations": ("Observation", "Observations"),
    "overview": ("Overview", "Sample", "newest_events", "read_overview", "samples", "take_sample"),
    "presence": ("Presence", "Worker"),
    "questions": ("Question", "Questions"),
    "rows": ("Held", "Place"),
    "rules": ("Rules",),
    "schedule": ("Agenda", "Appointment", "Picked"),
    "scripts": ("Scripts",),
    "suppressions": ("Changed", "Suppression", "Suppressions"),
    "upkeep": ("Upkeep",),
    "view": ("JobView",),
}
"""The modules with the names that they define; each is loaded when one of its names is first used."""

if TYPE_CHECKING:
    from faxdispatch.ledger.attempts import CallOutcome, Claim, Scope
    from faxdispatch.ledger.campaign import Campaign, job_of_row
    from faxdispatch.ledger.campaign_media import CampaignMedia
    from faxdispatch.ledger.campaign_results import Audit, RowResult
    from faxdispatch.ledger.campaign_rows import CHUNK, CampaignRow, LeftOutRow, ListedRow
    from faxdispatch.ledger.campaigns import Campaigns
    from faxdispatch.ledger.charges import Charges, DayCharges
    from faxdispatch.ledger.clock import Clock
    from faxdispatch.ledger.connection import Patience, connect
    from faxdispatch.ledger.deadletters import DeadLetter, DeadLetters
    from faxdispatch.ledger.durability import Barrier, Durability, DurabilityCheck, NotSafe, Server, measure
    from faxdispatch.ledger.epoch import Behind, Epoch, Witness
    from faxdispatch.ledger.group_commit import GroupCommit
    from faxdispatch.ledger.health import Figures, Watch
    from faxdispatch.ledger.identity import Identity
    from faxdispatch.ledger.inbound import DocumentPlace, Due, InboundFax, Inbox, ListedPlace
    from faxdispatch.ledger.jobs import Ledger, New
    from faxdispatch.ledger.limits import Account, Limits, Pause, Traffic
    from faxdispatch.ledger.number_quarantine import Suspect, Suspects
    from faxdispatch.ledger.observations import Observation, Observations
    from faxdispatch.ledger.overview import Overview, Sample, newest_events, read_overview, samples, take_sample
    from faxdispatch.ledger.presence import Presence, Worker
    from faxdispatch.ledger.questions import Question, Questions
    from faxdispatch.ledger.rows import Held, Place
    from faxdispatch.ledger.rules import Rules
    from faxdispatch.ledger.schedule import Agenda, Appointment, Picked
    from faxdispatch.ledger.scripts import Scripts
    from faxdispatch.ledger.suppressions import Changed, Suppression, Suppressions
    from faxdispatch.ledger.upkeep import Upkeep
    from faxdispatch.ledger.view import JobView
else:
    __getattr__ = loader(__name__, _PLACES)

__all__ = [
    "CHUNK",
    "Account",
    "Agenda",
    "Appointment",
    "Audit",
    "Behind",
    "CallOutcome",
    "Campaign",
    "CampaignMedia",
    "CampaignRow",
    "ListedRow",
    "Campaigns",
    "Changed",
    "Charges",
    "Claim",
    "Clock",
    "DayCharges",
    "DeadLetter",
    "DeadLetters",
    "DocumentPlace",
    "Due",
    "Durability",
    "Epoch",
    "Barrier",
    "Figures",
    "GroupCommit",
    "Held",
    "Identity",
    "InboundFax",
    "Inbox",
    "JobView",
    "DurabilityCheck",
    "Ledger",
    "ListedPlace",
    "LeftOutRow",
    "Limits",
    "New",
    "NotSafe",
    "Observation",
    "Observations",
    "Overview",
    "Patience",
    "Pause",
    "Picked",
    "Place",
    "Presence",
    "Question",
    "Questions",
    "RowResult",
    "Rules",
    "Sample",
    "Scope",
    "Scripts",
    "Server",
    "Suppression",
    "Suppressions",
    "Suspect",
    "Suspects",
    "Traffic",
    "Upkeep",
    "Watch",
    "Witness",
    "Worker",
    "connect",
    "job_of_row",
    "measure",
    "newest_events",
    "read_overview",
    "samples",
    "take_sample",
]
