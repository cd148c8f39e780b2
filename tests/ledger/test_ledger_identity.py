"""Two ledgers on one account: each claims only its own faxes."""

import pytest
from redis import Redis

from faxdispatch.errors import Misconfigured
from faxdispatch.ledger import Observation, connect
from faxdispatch.states import State
from faxdispatch.telnyx.client_state import Mark, decode_client_state, encode_client_state
from tests.ledger.desk import Desk


@pytest.fixture
def two(redis_url: str) -> tuple[Desk, Desk]:
    """Two ledgers on two databases of one server."""
    return Desk(redis_url), Desk(redis_url.removesuffix("/0") + "/1")


def seen(ledger: str | None, **more: str) -> Observation:
    facts = {"event_id": "e1", "digest": "d", "event_type": "fax.delivered", "source": "webhook", **more}
    return Observation(fax_id="theirs", job_id="row-1", attempt=1, ledger=ledger, status="delivered", **facts)


def test_a_ledger_has_one_id_for_ever(two: tuple[Desk, Desk]) -> None:
    first, second = two
    assert first.ledger.identity.id == first.another().ledger.identity.id
    assert first.ledger.identity.id != second.ledger.identity.id


def test_a_client_state_names_ledger_job_and_attempt(two: tuple[Desk, Desk]) -> None:
    ledger = two[0].ledger.identity.id
    assert decode_client_state(encode_client_state("row-1", 2, ledger)) == Mark("row-1", 2, ledger)
    assert decode_client_state(encode_client_state("row-1", 2)) == Mark("row-1", 2, None)


@pytest.mark.parametrize("source", ["webhook", "listing", "poll"])
def test_a_fax_of_another_ledger_moves_no_job_of_the_same_name(two: tuple[Desk, Desk], source: str) -> None:
    ours, theirs = two
    ours.create("row-1")
    assert ours.observations.record(seen(theirs.ledger.identity.id, source=source))["outcome"] == "foreign"
    assert ours.state("row-1") is State.QUEUED
    ours.send("row-1")
    assert (
        ours.observations.record(seen(theirs.ledger.identity.id, source=source, event_id="e2"))["outcome"] == "foreign"
    )
    assert ours.state("row-1") is State.ACCEPTED
    assert ours.agenda.surplus_faxes() == []


@pytest.mark.parametrize("named", [True, False])
def test_a_fax_of_this_ledger_is_taken_with_and_without_its_id(two: tuple[Desk, Desk], named: bool) -> None:
    ours, _ = two
    ours.create("row-1")
    ledger = ours.ledger.identity.id if named else None
    assert ours.observations.record(seen(ledger))["outcome"] == "recorded"
    assert ours.state("row-1") is State.DELIVERED


def test_after_another_account_was_adopted_neither_keys_nor_applications_of_the_old_one_prove_anything(
    two: tuple[Desk, Desk],
) -> None:
    def belongs(key: str, account: str, application: str, reason: str | None = None) -> bool:
        facts = {"key": key, "account": account, "applications": [application], "reason": reason}
        return two[0].ledger.identity.belongs(owner=None, **facts)

    assert belongs("old", "account-1", "app-1")
    assert belongs("new", "account-2", "app-2", reason="the number moved")
    assert not belongs("old", "account-1", "app-1")
    assert not belongs("another", "account-1", "app-1")
    assert belongs("second", "account-2", "app-2")


@pytest.mark.parametrize("path", ["prod", "staging", "0/prod", "-1"])
def test_a_name_is_not_a_database_number(path: str) -> None:
    with pytest.raises(Misconfigured, match="not the number of a database"):
        connect(f"redis://127.0.0.1:6379/{path}")


@pytest.mark.parametrize(("path", "database"), [("", 0), ("/", 0), ("/3", 3), ("?db=4", 4)])
def test_a_number_is_a_database_number(path: str, database: int) -> None:
    client: Redis = connect(f"redis://127.0.0.1:6379{path}")
    assert client.connection_pool.connection_kwargs.get("db", 0) == database
