"""Refusing to start: one line, and an exit code that tells a wrong setting from a Redis that is away."""

import subprocess
import sys
from pathlib import Path

import pytest

from faxdispatch.supervisor.roles import environment

NOWHERE = "redis://:hush@127.0.0.1:1/0"
GOOD = {"REDIS_URL": NOWHERE, "TELNYX_API_KEY": "KEY", "FAX_FROM": "+13125550100"}


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"REDIS_URL": "http://:hush@localhost"}, 2, "REDIS_URL"),
        ({"CELERY_BROKER_URL": "carrier-pigeon://:hush@localhost"}, 2, "CELERY_BROKER_URL"),
        ({"FAX_FROM": "(312) 555-0123"}, 2, "FAX_FROM"),
        ({"TELNYX_API_KEY": ""}, 2, "TELNYX_API_KEY"),
        ({}, 1, "Redis did not answer"),
    ],
)
def test_it_says_in_one_line_why_it_does_not_start(tmp_path: Path, changes: dict[str, str], code: int, named: str):
    done = subprocess.run(
        [sys.executable, "-m", "worker"],
        cwd=tmp_path,
        env=environment(GOOD | changes, inherit=False),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    [line] = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (code, "")
    assert named in line
    assert "hush" not in line
