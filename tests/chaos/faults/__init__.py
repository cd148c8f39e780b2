"""The table of faults. To add one, write an entry in one of the modules here, or a module and name it below."""

from tests.chaos.faults.broker import BROKER
from tests.chaos.faults.failpoints import FAILPOINTS
from tests.chaos.faults.fault import Fault, NotNow
from tests.chaos.faults.links import LINKS
from tests.chaos.faults.processes import PROCESSES
from tests.chaos.faults.restore import RESTORE
from tests.chaos.faults.telnyx import TELNYX
from tests.chaos.faults.webhooks import WEBHOOKS

FAULTS: dict[str, Fault] = {
    fault.name: fault for fault in (*PROCESSES, *FAILPOINTS, *BROKER, *RESTORE, *TELNYX, *WEBHOOKS, *LINKS)
}
"""Every fault by its name."""

__all__ = ["FAULTS", "Fault", "NotNow"]
