"""Metrics for Prometheus: how webhooks are handled, and the state of the ledger."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import (
    Account,
    Agenda,
    Campaigns,
    Charges,
    DayCharges,
    Figures,
    Ledger,
    Limits,
    Scripts,
    Traffic,
    Watch,
)
from faxdispatch.ledger.measures import BOUNDS, Measures, read_measures
from faxdispatch.reasons.failures import REASONS
from webhook.breaker import Breaker
from webhook.campaign_figures import campaign_figures
from webhook.labels import Labels

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0)
_LAG = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21600)


class Metrics:
    """A separate registry, so that one process can have two apps.

    `outcomes` are all possible outcomes. Each is exported as 0 from the start, since an alert on an increase would miss
    a series that appears for the first time.
    """

    def __init__(self, outcomes: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        requests = Counter(
            "faxdispatch_webhook_requests",
            "Webhook requests by outcome. Alert on differs, foreign, unreadable, stale and unavailable.",
            ["outcome"],
            registry=self.registry,
        )
        self._counts = {outcome: requests.labels(outcome) for outcome in outcomes}
        self._seconds = Histogram(
            "faxdispatch_webhook_seconds",
            "Time until the answer; Telnyx gives up after two seconds.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._lag = Histogram(
            "faxdispatch_webhook_lag_seconds",
            "Time from an event, by Telnyx's clock, until it was recorded here.",
            buckets=_LAG,
            registry=self.registry,
        )

        self._failures = Counter(
            "faxdispatch_fax_failures",
            "Failed attempts and inbound faxes that webhooks reported, by Telnyx's reason and internal reason.",
            ["reason", "internal_reason"],
            registry=self.registry,
        )
        self._reasons, self._internal = Labels(frozenset(REASONS)), Labels()

    def count(self, outcome: str, seconds: float) -> None:
        """Count a webhook request."""
        self._counts[outcome].inc()
        self._seconds.observe(seconds)

    def late_by(self, seconds: float) -> None:
        """Record how old an event was when it was recorded; since clocks differ, it may seem to be in the future."""
        self._lag.observe(max(0.0, seconds))

    def failed(self, reason: str | None, internal: str | None) -> None:
        """Count a failed fax, with Telnyx's two words for the reason."""
        self._failures.labels(self._reasons.bound(reason or ""), self._internal.bound(internal or "")).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)


class LedgerGauges:
    """The ledger's figures, read from Redis at most once in `max_age` seconds, however often they are requested.

    They are left out while Redis does not answer; `faxdispatch_ledger_up` says so. `connections` are ours. A job can
    name any connection; all others are counted together.
    """

    def __init__(
        self, scripts: Scripts, breaker: Breaker, *, connections: frozenset[str] = frozenset(), max_age: float = 2.0
    ) -> None:
        self._ledger, self._agenda, self._limits = Ledger(scripts), Agenda(scripts), Limits(scripts)
        self._charges, self._watch, self._campaigns = Charges(scripts), Watch(scripts), Campaigns(scripts)
        self._breaker = breaker
        # If our connections are known, all others share one label; otherwise the first ones get labels of their own.
        self._connections = Labels(connections, most=0) if connections else Labels()
        self._places = Labels()
        self._causes = Labels(frozenset(REASONS))
        self._max_age = max_age
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._figures: list[Metric] = []

    def describe(self) -> list[Metric]:
        """Return nothing: otherwise the registry would collect, and so ask Redis, when this is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        with self._lock:
            if time.monotonic() - self._read_at >= self._max_age:
                self._figures = self._look()
                self._read_at = time.monotonic()
            yield from self._figures

    def _look(self) -> list[Metric]:
        up = GaugeMetricFamily("faxdispatch_ledger_up", "1 while Redis answers.")
        try:
            figures = self._breaker.call(self._read)
        except Unavailable:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *figures]

    def _read(self) -> list[Metric]:
        jobs = _family(
            "faxdispatch_jobs", "Jobs by state; for end states, all jobs that ever ended in that state.", "state"
        )
        for state, number in self._ledger.counts().items():
            jobs.add_metric([state.value], number)
        overdue = GaugeMetricFamily(
            "faxdispatch_overdue_seconds", "How long the oldest overdue appointment has waited for a scheduler."
        )
        overdue.add_metric([], self._agenda.overdue())
        held = _family("faxdispatch_held", "Held jobs by reason.", "reason")
        for summed in self._ledger.holds():
            held.add_metric([summed.reason.value], summed.count)
        return [
            jobs,
            overdue,
            held,
            *_traffic(self._limits.connections(), self._connections),
            *_account(self._limits.account()),
            *_charged(self._charges.days()),
            *_watched(figures := self._watch.figures()),
            _unread(figures.unread, self._places),
            *_measured(read_measures(self._ledger.scripts), self._causes),
            *campaign_figures(self._campaigns),
        ]


def _traffic(connections: Iterable[Traffic], labels: Labels) -> Iterator[Metric]:
    calls = _family("faxdispatch_calls_in_flight", "Faxes in flight.", "connection")
    channels = _family(
        "faxdispatch_channels", "Faxes that may be in flight at once, or the current estimate of that.", "connection"
    )
    waiting = _family("faxdispatch_waiting", "Faxes that wait for a free channel.", "connection")
    paused = _family("faxdispatch_connection_paused", "1 for a paused connection.", "connection")
    sums: dict[str, list[float]] = {}
    for traffic in connections:
        figures = sums.setdefault(labels.bound(traffic.connection), [0.0] * 4)
        for place, number in enumerate((traffic.in_flight, traffic.channels, traffic.waiting, bool(traffic.pause))):
            figures[place] += number
    for label, (in_flight, free, in_line, pauses) in sums.items():
        calls.add_metric([label], in_flight)
        channels.add_metric([label], free)
        waiting.add_metric([label], in_line)
        if pauses:
            paused.add_metric([label], pauses)
    yield from (calls, channels, waiting, paused)


def _account(account: Account) -> Iterator[Metric]:
    for name, text, number in (
        ("account_calls_in_flight", "Faxes in flight on all connections.", account.in_flight),
        (
            "account_channels",
            "Faxes that may be in flight on all connections at once; absent while this is unknown.",
            account.channels,
        ),
        ("spent_today", "Estimated cost of today's faxes (UTC).", account.spent),
        ("spend_cap", "Most that today's faxes may cost; absent without a cap.", account.cap),
    ):
        if number is not None:
            yield GaugeMetricFamily(f"faxdispatch_{name}", text, value=number)


def _charged(days: Sequence[DayCharges]) -> Iterator[Metric]:
    if days and days[0].drift is not None:
        yield GaugeMetricFamily(
            "faxdispatch_charges_drift_ratio",
            "How much more Telnyx charged than was estimated, on the last day that is known: 0.1 is 10 percent more, "
            "-0.1 is 10 percent less.",
            value=days[0].drift,
        )


def _watched(figures: Figures) -> Iterator[Metric]:
    oldest = _family(
        "faxdispatch_oldest_seconds",
        "The longest time that a job has been in this state; for accepted, the longest time without news from Telnyx.",
        "state",
    )
    for state, age in figures.oldest.items():
        oldest.add_metric([state.value], age)
    yield oldest
    leads = int(figures.leader is not None)
    for name, text, number in (
        ("dead_letters", "Messages that the workers could not carry out.", figures.dead_letters),
        ("strays", "Surplus faxes that are to be cancelled at Telnyx.", figures.strays),
        (
            "quarantined",
            "Signed webhooks that were unreadable, or for a connection that is not ours.",
            figures.quarantined,
        ),
        ("questions", "Producers' questions to Telnyx that wait for their share of the rate.", figures.questions),
        ("documents_wanted", "Documents of inbound faxes that are not here yet.", figures.documents_wanted),
        ("documents_given_up", "Documents of inbound faxes that could not be fetched.", figures.documents_given_up),
        ("workers", "Worker processes that reported within the last minute.", figures.workers),
        (
            "ledger_behind",
            "1 while the ledger has gone back in time and is not recovered. Nothing is sent then.",
            int(figures.ledger_behind),
        ),
        (
            "scheduler_leads",
            "1 while some worker's scheduler leads. Without a leader, due jobs are not handled.",
            leads,
        ),
    ):
        yield GaugeMetricFamily(f"faxdispatch_{name}", text, value=number)
    ahead = _family(
        "faxdispatch_clock_ahead_seconds", "Seconds by which a clock is ahead of Redis' clock; 0 is correct.", "clock"
    )
    for clock, seconds in (("worker", figures.workers_clock_ahead), ("telnyx", figures.telnyx_clock_ahead)):
        if seconds is not None:
            ahead.add_metric([clock], seconds)
    yield ahead
    if figures.inbound_behind is not None:
        yield GaugeMetricFamily(
            "faxdispatch_inbound_behind_seconds",
            "Age of the time at which the next listing of inbound faxes begins; grows while no listing completes.",
            value=figures.inbound_behind,
        )


def _measured(measures: Measures, causes: Labels) -> Iterator[Metric]:
    ended = CounterMetricFamily(
        "faxdispatch_ended", "Jobs that ended; failed jobs by cause.", labels=["state", "cause"]
    )
    failed: dict[str, int] = {}
    for cause, count in measures.failed.items():
        label = causes.bound(cause)
        failed[label] = failed.get(label, 0) + count
    for label, count in failed.items():
        ended.add_metric(["failed", label], count)
    ended.add_metric(["delivered", ""], measures.delivered)
    ended.add_metric(["cancelled", ""], measures.cancelled)
    took = HistogramMetricFamily("faxdispatch_delivery_seconds", "Time from a fax being recorded to its delivery.")
    within = [(f"{bound}.0", float(count)) for bound, count in zip(BOUNDS, measures.delivered_within, strict=True)]
    took.add_metric([], [*within, ("+Inf", measures.delivered)], sum_value=None)
    waits = _family(
        "faxdispatch_limiter_wait_seconds", "The longest time that a fax has waited for this limit.", "limit"
    )
    for limit, seconds in measures.waits.items():
        waits.add_metric([limit.value], seconds)
    yield from (ended, took, waits)


def _unread(places: Mapping[str, int], labels: Labels) -> Metric:
    unread = _family("faxdispatch_unread_messages", "Messages for the workers in places that no worker reads.", "place")
    for place, count in places.items():
        unread.add_metric([labels.bound(place)], count)
    return unread


def _family(name: str, text: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=[label])
