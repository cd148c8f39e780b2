"""A worker that gets more than a thousand messages with small faults continues to work."""

import os
import random
from pathlib import Path

import pytest

from faxdispatch import State
from tests.worker.mutations import mutated
from worker.messaging.transport import TAKEN

MESSAGES = 1200
BOUND = 64_000_000
"""Bytes by which a worker's memory may grow; all messages together have a fiftieth of that."""


def memory(process_id: int) -> int:
    """The bytes of a process that are in memory."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the size of a process is read from /proc")
def test_malformed_messages_neither_stop_a_worker_nor_fill_its_memory(stack):
    roll, before = random.Random(13), stack.redis.xlen("fax:events")
    process = stack.processes["worker"].pid
    size = memory(process)
    stack.redis.lpush("fax.send", *(mutated(f"flow-fuzz-{number}", roll) for number in range(MESSAGES)))
    stack.until(lambda: not (stack.redis.llen("fax.send") or stack.redis.hlen(TAKEN)))
    # Some are equal in all relevant parts; each other one has an event.
    assert stack.redis.xlen("fax:events") - before > MESSAGES / 2
    assert stack.processes["worker"].pid == process
    assert memory(process) - size < BOUND
    assert stack.wait_for(stack.send()).state is State.DELIVERED
