"""The magic numbers of the simulator."""

import pytest

from faxdispatch.reasons.failures import REASONS
from simulator.numbers import SCENARIOS, scenario_for, table

ALWAYS = [nn for nn, each in SCENARIOS.items() if each.stage and each.times is None and not each.needs]
FIRST = [nn for nn, each in SCENARIOS.items() if each.times is not None]


def number(nn, area="415"):
    return f"+1{area}55501{nn:02}"


@pytest.mark.parametrize("nn", ALWAYS)
def test_a_failing_number_fails_for_its_reason(sim, inbox, nn):
    fax = sim.ended(sim.send(to=number(nn)))
    assert (fax["status"], fax["failure_reason"]) == ("failed", SCENARIOS[nn].reason or None)
    sim.idle()
    payload = inbox.events[-1]["data"]["payload"]
    assert (inbox.types[-1], payload["failure_reason"]) == ("fax.failed", SCENARIOS[nn].reason or None)


@pytest.mark.parametrize("nn", FIRST)
def test_a_number_that_fails_first_is_delivered_then(sim, nn):
    scenario = SCENARIOS[nn]
    outcomes = [sim.ended(sim.send(to=number(nn)))["failure_reason"] for _ in range(scenario.times + 2)]
    assert outcomes == [scenario.reason] * scenario.times + [None, None]


def test_first_failures_are_counted_for_each_number(sim):
    outcomes = [sim.ended(sim.send(to=number(2, area)))["status"] for area in ("415", "312", "415", "312")]
    assert outcomes == ["failed", "failed", "delivered", "delivered"]


@pytest.mark.parametrize("to", [number(0), number(1), number(99), "+14155550223", "+442071838750"])
def test_other_numbers_are_delivered(sim, to):
    assert sim.ended(sim.send(to=to))["status"] == "delivered"


def test_some_numbers_need_other_settings(sim):
    assert sim.ended(sim.send(to=number(5)))["failure_reason"] == "fax_signaling_error"
    assert sim.ended(sim.send(to=number(5), t38_enabled=False))["status"] == "delivered"
    assert sim.ended(sim.send(to=number(6), t38_enabled=False))["status"] == "failed"
    assert sim.ended(sim.send(to=number(6), t38_enabled=False, quality="normal"))["status"] == "delivered"


def test_a_dropped_fax_says_how_many_pages_went_through(sim, inbox):
    sim.send(to=number(4))
    sim.idle()
    assert inbox.events[-1]["data"]["payload"]["page_count"] == 1


def test_a_fax_can_be_delivered_without_a_webhook(sim, inbox):
    fax = sim.ended(sim.send(to=number(8)))
    sim.idle()
    assert fax["status"] == "delivered"
    assert inbox.types == ["fax.queued", "fax.media.processed", "fax.sending.started"]


def test_there_is_a_number_for_every_known_reason():
    missing = set(REASONS) - {each.reason for each in SCENARIOS.values()}
    assert missing == set(), "give each a number from 55 to 99: `_LATER` in simulator/numbers.py"


def test_the_area_code_does_not_matter_and_only_the_fictional_range_is_magic():
    assert scenario_for("+12125550110") is scenario_for("+19075550110") is SCENARIOS[10]
    assert scenario_for("+12125550210").stage is None
    assert scenario_for("+442125550110").stage is None


def test_the_control_api_shows_the_table(sim):
    assert sim.control.get("/numbers").json()["data"] == table()
