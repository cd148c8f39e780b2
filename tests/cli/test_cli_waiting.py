"""Watching a fax to its end, and what is shown if the watching ends earlier."""

from types import SimpleNamespace

import pytest

from faxdispatch.cli.send import wait_for
from faxdispatch.client import following
from faxdispatch.errors import Unavailable


@pytest.mark.parametrize("end", [KeyboardInterrupt(), Unavailable("Redis is away")])
def test_if_watching_ends_early_it_says_that_the_fax_continues(capsys, monkeypatch, end):
    monkeypatch.setattr(following, "AWAY", -1)

    def status(job_id: str, *, history: bool) -> None:
        raise end

    with pytest.raises(type(end)):
        wait_for(SimpleNamespace(status=status), "job-1")

    assert "the fax continues: faxdispatch status job-1" in capsys.readouterr().err


def test_an_outage_of_redis_does_not_end_the_watching(capsys, monkeypatch):
    monkeypatch.setattr(following, "EVERY", 0)
    delivered = SimpleNamespace(finished=True, history=())
    answers = iter([Unavailable("Redis is away"), Unavailable("Redis is away"), delivered])

    def status(job_id: str, *, history: bool) -> SimpleNamespace:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert wait_for(SimpleNamespace(status=status), "job-1") is delivered
    assert capsys.readouterr().err.count("Redis cannot be reached; the fax continues") == 1
