"""Limits hold for all workers together. The simulator measures."""

import pytest

from faxdispatch import State
from tests.flow.harness import fresh_number, installation

RATE, CHANNELS = 4, 2


@pytest.fixture
def pair(tmp_path):
    """An installation with two workers and tight limits."""
    with installation(tmp_path, workers=2, FAX_RATE=str(RATE), FAX_CHANNELS=str(CHANNELS)) as flow:
        yield flow


def test_two_workers_keep_to_one_rate_and_one_number_of_channels(pair):
    shared_line = fresh_number()
    jobs = [pair.send() for _ in range(12)] + [pair.send(to=shared_line) for _ in range(3)]
    for job_id in jobs:
        assert pair.wait_for(job_id).state is State.DELIVERED
    report = pair.sim.report()
    assert report["accepted_total"] == len(jobs)
    assert report["max_channels_used"] <= CHANNELS
    assert report["overlaps"] == 0
    # Calls that were spaced by the limiter arrive closer together when the machine is busy; twice the rate would
    # mean that each worker counts alone.
    assert report["max_calls_per_second"] < 2 * RATE
