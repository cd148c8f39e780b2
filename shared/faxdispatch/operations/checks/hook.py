"""Check of the policy hook: whether a worker could use it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from faxdispatch.errors import Misconfigured
from faxdispatch.operations.checks.finding import Finding, fail, ok, warn
from faxdispatch.settings import Settings
from faxdispatch.supervisor.checkout import checkout

PATIENCE = 30.0
"""Seconds that importing it may take, as in a worker."""

_NAME = "policy hook"
_WITHHELD = {"TELNYX_API_KEY", "REDIS_URL", "CELERY_BROKER_URL"}
_REMEDY = "nothing is sent without its answer; fix FAX_POLICY_HOOK, PYTHONPATH or the module: docs/policy-hook.md"


def check_hook(settings: Settings) -> Iterator[Finding]:
    """Start a process of the hook as a worker does, from the worker's folder, without a question."""
    if settings.fax_policy_hook is None:
        return
    try:
        folder = checkout()
    except Misconfigured:
        yield warn(
            _NAME, "cannot be tried here: the worker's code is not installed", "run doctor where the workers run"
        )
        return
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours
            [sys.executable, "-m", "worker.hook.child", settings.fax_policy_hook],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name.upper() not in _WITHHELD},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # Its output is not shown, since it may quote a fax; its answer is enough.
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield fail(_NAME, f"{settings.fax_policy_hook} was not imported within {PATIENCE:g} s", _REMEDY)
        return
    yield _judged(settings.fax_policy_hook, done)


def _judged(path: str, done: subprocess.CompletedProcess[bytes]) -> Finding:
    # Its first line says whether the hook could be imported; then it ends, since there is no question.
    try:
        said = json.loads(done.stdout.partition(b"\n")[0])
        if "failed" in said:
            return fail(_NAME, str(said["failed"]), _REMEDY)
    except (ValueError, TypeError):
        return fail(_NAME, f"{path}: its process ended with exit code {done.returncode} and said nothing", _REMEDY)
    return ok(_NAME, f"{path} can be imported")
