"""Watching a fax to its end, and what is said where the watching ends before it."""

from types import SimpleNamespace

import pytest

from faxdispatch.cli.waiting import wait_for
from faxdispatch.errors import Unavailable


@pytest.mark.parametrize("end", [KeyboardInterrupt(), Unavailable("Redis is away")])
def test_who_can_watch_no_longer_is_told_that_the_fax_goes_on(capsys, end):
    def status(job_id: str, *, history: bool) -> None:
        raise end

    with pytest.raises(type(end)):
        wait_for(SimpleNamespace(status=status), "job-1")

    assert "the fax goes on: faxdispatch status job-1" in capsys.readouterr().err
