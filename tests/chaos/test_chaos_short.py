"""A short seeded run of `make chaos`: a handful of injections on real processes, judged by the simulator."""

from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.report import as_text
from tests.chaos.run import Plan, run


@pytest.mark.timeout(390)
def test_a_handful_of_faults_loses_and_doubles_nothing(tmp_path: Path) -> None:
    faults = ["worker-kill", "dies-claimed", "valkey-kill", "drop-after", "webhook-lost", "link-error"]
    assert set(faults) <= set(FAULTS)
    result = run(Plan(jobs=120, seed=20, faults=faults, injections=6, workers=2, patience=300), tmp_path)
    assert result.verdict.ok, as_text(result)
    assert len(result.injections) == 6
