"""The faults that the judge of a run accepts after the ledger was restored from a copy, and those that it reports."""

from collections import Counter
from typing import Any

import pytest

from faxdispatch import State
from faxdispatch.telnyx.client_state import encode_client_state
from tests.chaos.judge import Evidence, judge
from tests.chaos.lists import Ended, List, judge_lists
from tests.chaos.orders import Order
from tests.chaos.restoring import Gone

BEFORE, BETWEEN, AFTER = 5.0, 15.0, 25.0
GONE = Gone(10, 20)
ROWS = List("spring", ["+12125550132", "+12128000001"], BETWEEN)


def evidence(order: Order, *faxes: dict[str, Any]) -> Evidence:
    return Evidence([order], {}, [], dict.fromkeys(State, 0), {}, {"client_states": {}}, [*faxes], [], {}, gone=[GONE])


def order(given: float) -> Order:
    return Order("key", "+12125550100", frozenset({State.DELIVERED}), False, 1, None, {"job"}, given=given)


@pytest.mark.parametrize(("given", "lost"), [(BEFORE, True), (BETWEEN, False), (AFTER, True)])
def test_an_order_may_be_forgotten_only_where_it_was_given_after_the_copy(given: float, lost: bool) -> None:
    assert bool(judge(evidence(order(given))).lost) is lost


def test_an_order_that_telnyx_knows_may_not_be_forgotten() -> None:
    fax = {"client_state": encode_client_state("job", 1), "created_at": "1", "updated_at": "1", "status": "delivered"}
    assert judge(evidence(order(BETWEEN), fax)).lost


@pytest.mark.parametrize(
    ("codes", "delivered", "right"),
    [
        ("fd", ["spring-2"], True), ("--", [], True), ("fp", [], True), ("fd", [], False),
        ("fd", ["spring-2", "spring-2"], True), ("f-", ["spring-2"], False), ("ff", ["spring-2"], False),
    ],
)  # fmt: skip
def test_a_row_ends_as_at_telnyx(codes: str, delivered: list[str], right: bool) -> None:
    found = {"spring": Ended(dict(zip(ROWS.jobs(), codes, strict=True)), ())}
    assert (judge_lists([ROWS], found, {}, Counter(delivered), GONE.has) == []) is right


def test_a_list_that_was_given_before_the_copy_may_not_be_forgotten() -> None:
    early = List(ROWS.id, ROWS.numbers, BEFORE)
    assert len(judge_lists([early], {}, {}, Counter(), GONE.has)) == len(early.numbers)
    assert judge_lists([ROWS], {}, {"spring-2": "d"}, Counter(["spring-2"]), GONE.has) == []
