"""Policy hooks of tests: their processes end with the test."""

import pytest

from tests.worker.hook.harness import AMPLE, source_of
from worker.hook import Hook
from worker.hook import process as process_module


@pytest.fixture
def hooked(tmp_path, monkeypatch):
    """Make a hook of the body of `check(job, history, now)`, or of a whole module."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(process_module, "LAST_WORDS", AMPLE)
    made = []

    def make(body="", *, module=None, path="rules:check", timeout=AMPLE, size=2):
        source = module if module is not None else source_of(body)
        (tmp_path / "rules.py").write_text(source, encoding="utf-8")
        made.append(Hook(path, timeout=timeout, size=size))
        return made[-1]

    yield make
    for hook in made:
        hook.close()
