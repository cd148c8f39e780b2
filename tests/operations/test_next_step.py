"""The display of a connection's pause whose time is over."""

from faxdispatch.ledger.limits import read_pause
from faxdispatch.operations.next_step import pause_line

NOW = 2_000_000_000_000
PAST, COMING = str(NOW - 1), str(NOW + 60_000)


def test_a_pause_that_a_probe_must_end_shows_no_time_in_the_past() -> None:
    pause = read_pause({"reason": "telnyx_failing", "until": PAST, "tries": "2"}, NOW)
    assert pause is not None
    assert pause_line(pause) == "paused (telnyx_failing) until a fax that is tried now has gone through"


def test_any_other_pause_is_over_after_its_time() -> None:
    assert read_pause({"reason": "no_funds", "until": PAST}, NOW) is None
    pause = read_pause({"reason": "no_funds", "until": COMING}, NOW)
    assert pause is not None
    assert pause_line(pause) == "paused (no_funds) until 2033-05-18 03:34:20Z"
