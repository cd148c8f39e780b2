"""Rows that failed are tried again as a new generation."""

import pytest

from faxdispatch import BadInput, Conflict, NotKnown
from faxdispatch.campaign import CampaignState
from faxdispatch.campaign.retrying import WORDS
from faxdispatch.reasons.failures import REASONS
from faxdispatch.states import State
from tests.ledger.campaign_desk import number_of


def test_chosen_rows_are_tried_again_as_a_new_generation_and_no_others(service, finished, desk, events):
    name = finished("user_busy", None, "receiver_no_answer", "user_busy", "cancelled", "success", "89999")

    retried = service.retry(name, ["busy", "cancelled"], reason="after lunch", operator="ada")

    assert (retried.rows, retried.campaign.state, retried.campaign.generation) == (3, "checked", 2)
    assert [result.row for result in service.results(name) if result.code == "p"] == [1, 4, 5]
    assert service.audit(name).faults == ()
    assert events("campaign.retried") == [
        {"campaign_id": name, "generation": 2, "reason": "after lunch", "operator": "ada"}
    ]
    service.start(name)
    desk.feed(name=name)
    assert desk.ledger.job(f"{name}-1_2").state is State.QUEUED
    assert service.audit(name).faults == ()


def test_a_row_is_tried_again_at_a_corrected_number(service, client, finished, desk):
    name = finished("user_busy", None, "user_busy")

    retried = service.retry(name, rows={1: "(415) 555-0177", 3: None})

    assert retried.rows == 2
    service.start(name)
    desk.feed(name=name)
    assert desk.ledger.job(f"{name}-1_2").request.to == "+14155550177"
    assert desk.ledger.job(f"{name}-3_2").request.to == number_of(3)
    assert [found.job_id for found in client.find(number="+14155550177")] == [f"{name}-1_2"]
    assert list(client.find(number=number_of(1))) == []
    assert service.audit(name).faults == ()


def test_only_rows_that_have_failed_are_tried_again_by_their_number(service, finished):
    name = finished("user_busy", None)
    with pytest.raises(Conflict, match="row 2 is delivered; only failed or cancelled rows"):
        service.retry(name, rows={2: None})
    with pytest.raises(BadInput, match=r"to: .*emergency"):
        service.retry(name, rows={1: "911"})
    with pytest.raises(NotKnown, match="has no row 9"):
        service.retry(name, rows={9: None})
    assert service.get(name).generation == 1


@pytest.mark.parametrize(
    ("word", "chosen"),
    [
        ("failed", [1, 3, 5, 6]), ("busy", [1]), ("user_busy", [1]), ("no_answer", [3]), ("success", [4]),
        ("contradiction", [4]), ("number", [6]), ("89999", [5]), ("cancelled", [7]),
    ],
)  # fmt: skip
def test_a_selector_chooses_the_rows_it_names(service, finished, word, chosen):
    name = finished("user_busy", None, "receiver_no_answer", "success", "89999", "destination_invalid", "cancelled")

    service.retry(name, [word])

    assert [result.row for result in service.results(name) if result.code == "p"] == chosen


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "cause: choose rows by"),
        (["unknown"], "unknown faxes have not ended"),
        (["bussy"], "cause: bussy is unknown"),
    ],
)
def test_a_selector_that_matches_nothing_is_refused(service, finished, words, message):
    name = finished("user_busy")

    with pytest.raises(BadInput, match=message):
        service.retry(name, words)

    assert service.get(name).state is CampaignState.FINISHED


def test_no_generation_begins_if_no_row_ended_that_way(service, finished):
    name = finished("user_busy", None)

    with pytest.raises(Conflict, match="no row ended in this way"):
        service.retry(name, ["no_answer"])

    assert (service.get(name).state, service.get(name).generation) == ("finished", 1)


def test_more_rows_may_be_chosen_until_the_generation_is_started(service, finished):
    name = finished("user_busy", "receiver_no_answer", "user_busy")
    service.retry(name, ["busy"])

    assert service.retry(name, ["no_answer"]).campaign.pending == 3
    assert service.retry(name, ["busy"]).rows == 0
    service.start(name)
    with pytest.raises(Conflict, match="cannot be tried again: it is running"):
        service.retry(name, ["busy"])

    assert (service.get(name).generation, service.audit(name).faults) == (2, ())


def test_every_kind_of_failure_is_a_selector():
    assert {cause.kind for cause in REASONS.values()} <= set(WORDS)
