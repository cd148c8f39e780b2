"""The memory of all jobs, in Redis. Every move of a job and the event that tells of it are one atomic write.

The writes are Lua scripts in `lua/`; each may be repeated after a time-out without a second effect. The classes here
group them by who uses them:

    Ledger        what becomes of one job: create, admit, claim, accept, …; its part for reading is Rows
    Observations  what Telnyx says of a fax
    Agenda        which jobs must be looked at now, and who looks
    Limits        the rate, pauses and channels that all workers share
    DeadLetters   messages that were no jobs
    Watch         the figures that an operator watches
    Fence         when a write is safe from a crash
"""

from faxdispatch.ledger.agenda import Agenda, Appointment
from faxdispatch.ledger.connection import Patience, connect
from faxdispatch.ledger.deadletters import DeadLetter, DeadLetters
from faxdispatch.ledger.durability import Durability, Fence, durability
from faxdispatch.ledger.jobs import Ledger
from faxdispatch.ledger.limits import Limits
from faxdispatch.ledger.observations import Observation, Observations
from faxdispatch.ledger.rows import Place
from faxdispatch.ledger.scripts import Scripts
from faxdispatch.ledger.view import JobView
from faxdispatch.ledger.watch import Figures, Watch

__all__ = [
    "Agenda",
    "Appointment",
    "DeadLetter",
    "DeadLetters",
    "Durability",
    "Fence",
    "Figures",
    "JobView",
    "Ledger",
    "Limits",
    "Observation",
    "Observations",
    "Patience",
    "Place",
    "Scripts",
    "Watch",
    "connect",
    "durability",
]
