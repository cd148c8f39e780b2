"""The report for the judge of a test: the posted faxes, their results, and all faults."""

from typing import Any

from simulator.context import Simulation
from simulator.tally import Sends


def report(sim: Simulation) -> dict[str, Any]:
    """Return everything by which a test can judge a client."""
    tally = sim.tally
    return {
        "simulation": True,
        "posts_total": tally.posts,
        "accepted_total": tally.accepted,
        "delivered": tally.endings["delivered"],
        "failed": tally.endings["failed"],
        "inbound": tally.inbound,
        "deleted": tally.deleted,
        "refreshes": tally.refreshes,
        "downloads": {name: tally.downloads[name] for name in _DOWNLOAD_COUNTS},
        "in_process": sim.network.in_process,
        "failure_reasons": dict(tally.reasons),
        "overlaps": tally.overlaps,
        "max_calls_per_second": tally.meter.most_in_a_second,
        "max_channels_used": sim.network.most_calls,
        "max_in_process": sim.network.most_in_process,
        "calls_total": tally.meter.total,
        "calls": dict(tally.calls),
        "faults_injected": dict(sim.faults.injected),
        "webhooks": {name: tally.webhooks[name] for name in _WEBHOOK_COUNTS} | {"pending": sim.courier.pending},
        "violations_total": tally.violations_total,
        "violations": list(tally.violations),
        "client_states": {state: _shown(sends) for state, sends in tally.sends.items()},
    }


_DOWNLOAD_COUNTS = ("ok", "expired", "failed")
_WEBHOOK_COUNTS = ("sent", "lost", "doubled", "refused", "abandoned", "without_url")


def _shown(sends: Sends) -> dict[str, Any]:
    return {
        "posts": sends.posts,
        "accepted": len(sends.faxes),
        "fax_ids": [fax.id for fax in sends.faxes],
        "statuses": [fax.status for fax in sends.faxes],
        "failure_reasons": [fax.failure_reason for fax in sends.faxes],
    }
