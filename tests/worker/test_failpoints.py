"""Malformed failpoints are refused; the chaos tests show that they kill the process."""

import pytest

from faxdispatch.errors import Misconfigured
from worker.failpoints import POINTS, failpoints


@pytest.mark.parametrize("word", ["nowhere=1", "claimed=2", "claimed=often", "=1"])
def test_a_misspelt_failpoint_is_refused(word: str) -> None:
    with pytest.raises(Misconfigured, match="FAX_DANGEROUS_FAILPOINTS"):
        failpoints((word,))


def test_without_failpoints_nothing_happens() -> None:
    reached = failpoints(())
    for point in POINTS:
        reached(point)
