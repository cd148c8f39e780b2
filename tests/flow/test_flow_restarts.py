"""Messages that come again too soon, and a deploy under load: no second call, no unknown job."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from faxdispatch import State
from tests.flow.harness import Flow, installation, restart
from worker.messaging.transport import TAKEN

WAITING = 12


def test_a_message_that_comes_again_during_its_call_makes_no_second_call(tmp_path):
    # With a long settle time, no listing occupies the threads meanwhile.
    settings = {"FAX_WORKER_CONCURRENCY": "1", "FAX_READ_TIMEOUT": "15", "FAX_SETTLE": "60"}
    with installation(tmp_path, workers=2, **settings) as flow:
        flow.sim.faults(latency_ms=9000)
        flow.kill("worker2", signal.SIGSTOP)
        job_id = flow.send()
        flow.wait_for(job_id, State.SUBMITTING)
        # As when its worker is taken for dead.
        (message,) = (text for text in flow.redis.hvals(TAKEN) if text.startswith("fax.send\n"))
        flow.redis.rpush(*message.split("\n", 1))
        flow.kill("worker2", signal.SIGCONT)
        flow.until(lambda: flow.redis.llen("fax.send") == 0)
        assert flow.status(job_id).state is State.SUBMITTING
        flow.sim.no_faults()
        assert flow.wait_for(job_id).state is State.DELIVERED
        assert {number: sends["posts"] for number, sends in flow.sim.sends(job_id).items()} == {1: 1}


def test_a_rolling_restart_under_load_leaves_no_unknown_job_and_does_not_stop_the_work(tmp_path):
    with installation(tmp_path, workers=2, FAX_CHANNELS="4") as flow, under_load(flow) as jobs:
        for name in ("worker", "worker2"):
            flow.until(lambda: flow.sim.report()["delivered"] >= 3)
            before = flow.sim.report()["accepted_total"]
            restart(flow, name)
            assert flow.sim.report()["accepted_total"] > before
        for job_id in jobs():
            assert flow.wait_for(job_id).state is State.DELIVERED
        events = Counter(event.type for event in flow.events())
        assert events["job.unknown"] == 0
        assert events["job.submitted"] == flow.sim.report()["accepted_total"] == len(jobs())


@contextmanager
def under_load(flow: Flow) -> Iterator[Callable[[], list[str]]]:
    """Keep a dozen faxes waiting at any time. Return a function that ends this and returns the faxes."""
    sent: list[str] = []
    enough = Event()

    def feed() -> None:
        while not enough.wait(0.1):
            if len(sent) - flow.sim.report()["accepted_total"] < WAITING:
                sent.append(flow.send())

    def end() -> list[str]:
        enough.set()
        feeder.join()
        return sent

    feeder = Thread(target=feed)
    feeder.start()
    try:
        yield end
    finally:
        end()
