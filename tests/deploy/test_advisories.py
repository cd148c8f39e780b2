"""What `make check` reports about known weaknesses in our dependencies."""

import pytest

from tests.deploy.advisories import judge

FINE = {"name": "celery", "version": "5.7.0", "vulns": []}
WEAK = {"name": "flask", "version": "3.1.3", "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["3.1.4"]}]}
UNKNOWN = {"name": "redis", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "code", "message"),
    [
        ([], 0, "x.lock: skipped, the list of known weaknesses cannot be reached"),
        # pip-audit itself finds no weakness in what it cannot look up, and says that all is well.
        ([UNKNOWN, UNKNOWN], 0, "x.lock: skipped, the list of known weaknesses cannot be reached"),
        ([FINE, UNKNOWN], 0, "1 of 2 packages looked up, 0 with known weaknesses"),
        ([FINE, WEAK], 1, "flask 3.1.3: PYSEC-0000-1, fixed in 3.1.4"),
    ],
)
def test_packages_that_were_not_looked_up_are_not_counted(capsys, packages, code, message):
    assert judge("x.lock", packages) == code
    assert message in capsys.readouterr().out
