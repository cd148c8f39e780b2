"""`python -m tests.deploy.advisories LOCK…`: ask pip-audit for known weaknesses of what is locked.

Exit code 1 where there are any. If the list cannot be reached, this is reported but is not a failure, so that
`make check` works without a network.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_OPTIONS = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "10", "--format", "json")
_PATIENCE = 180
"""Seconds for one file."""


def main(locks: Sequence[str]) -> int:
    """Audit each file; return the exit code."""
    return max([_audit(lock) for lock in locks], default=0)


def _audit(lock: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, *_OPTIONS]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE).stdout
        packages = json.loads(said)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        packages = []
    return judge(lock, packages)


def judge(lock: str, packages: Sequence[dict[str, Any]]) -> int:
    """Print what pip-audit found of each package; return the exit code; it passes over what it cannot look up."""
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        print(f"advisories: {lock}: skipped, the list of known weaknesses cannot be reached")
        return 0
    weak = [package for package in known if package["vulns"]]
    print(f"advisories: {lock}: {len(known)} of {len(packages)} packages looked up, {len(weak)} with known weaknesses")
    for package in weak:
        for found in package["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"  {package['name']} {package['version']}: {found['id']}, fixed in {fixed}")
    return int(bool(weak))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
