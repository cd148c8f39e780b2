"""Which account an API key belongs to: keys of one account are distinguished from those of another."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from faxdispatch.errors import AccountRefused, NoSuchResource, NotSent, OutcomeUnknown, RateLimited
from faxdispatch.ledger import Identity, Scripts, connect
from faxdispatch.settings import Settings
from faxdispatch.telnyx.account.key import OtherAccount, account_of_key, recognise


class Telnyx:
    """Answers about a key as the test wants; without `owner`, it answers 404."""

    def __init__(self, owner: str | None, *applications: str) -> None:
        self.owner, self.applications = owner, applications

    def whoami(self) -> Any:
        if self.owner is None:
            raise NoSuchResource("no such path", status=404)
        return SimpleNamespace(identity=self.owner)

    def list_applications(self, *, page_size: int) -> Iterator[Any]:
        del page_size
        return (SimpleNamespace(id=name) for name in self.applications)


@pytest.fixture
def identity(redis_url: str) -> Identity:
    return Identity(Scripts(connect(redis_url)))


def settings(key: str) -> Settings:
    return Settings(telnyx_api_key=key)


ALIKE = [
    (Telnyx("org", "1"), Telnyx("org", "1")),
    (Telnyx("org", "1"), Telnyx("org")),
    (Telnyx("org", "1"), Telnyx(None, "1", "2")),
    (Telnyx(None, "1", "2"), Telnyx("org", "2")),
]
UNLIKE = [
    (Telnyx("org", "1"), Telnyx("other", "1")),
    (Telnyx(None, "1"), Telnyx(None, "2")),
    (Telnyx("org", "1"), Telnyx(None)),
    (Telnyx(None), Telnyx(None)),
]


@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_a_new_key_of_the_account_is_taken_and_remembered(identity: Identity, first: Any, second: Any) -> None:
    account = recognise(settings("old"), identity, first)
    assert account_of_key(settings("new"), identity) is None
    assert recognise(settings("new"), identity, second) == account
    assert account_of_key(settings("new"), identity) == account


@pytest.mark.parametrize(("first", "second"), UNLIKE)
def test_a_key_that_is_not_surely_of_the_account_is_refused_with_the_way_out(
    identity: Identity, first: Any, second: Any
) -> None:
    account = recognise(settings("old"), identity, first)
    with pytest.raises(OtherAccount, match="ledger adopt"):
        recognise(settings("new"), identity, second)
    assert identity.account == account
    assert recognise(settings("old"), identity, first) == account


def test_after_a_person_moves_the_ledger_the_old_key_belongs_to_another_account(identity: Identity) -> None:
    account = recognise(settings("old"), identity, Telnyx("org", "1"))
    moved = recognise(settings("new"), identity, Telnyx("other", "2"), reason="we have moved", operator="me")
    assert moved != account
    assert account_of_key(settings("new"), identity) == moved
    with pytest.raises(OtherAccount):
        account_of_key(settings("old"), identity)
    with pytest.raises(OtherAccount):
        recognise(settings("third"), identity, Telnyx("org", "1"))


def test_a_telnyx_that_does_not_answer_makes_no_account(identity: Identity) -> None:
    class Busy(Telnyx):
        def whoami(self) -> Any:
            raise RateLimited("slow", status=429, retry_after=1)

    with pytest.raises(RateLimited):
        recognise(settings("new"), identity, Busy("org", "1"))
    assert identity.account is None


def test_where_telnyx_does_not_name_the_account_the_key_stands_for_it(identity: Identity) -> None:
    class Silent(Telnyx):
        def list_applications(self, *, page_size: int) -> Iterator[Any]:
            raise NoSuchResource("no such path", status=404)

    silent: Any = Silent(None)
    account = recognise(settings("old"), identity, silent)

    assert recognise(settings("old"), identity, silent) == account
    with pytest.raises(OtherAccount):
        recognise(settings("new"), identity, silent)


@pytest.mark.parametrize(
    "error",
    [
        NoSuchResource("no such path", status=404),
        AccountRefused("not for this key", status=403),
        OutcomeUnknown("no list", status=200),
    ],
    ids=lambda error: str(error.status),
)
def test_a_key_of_no_known_account_is_accepted_by_a_ledger_without_an_account(identity: Identity, error: Any) -> None:
    class Silent(Telnyx):
        def whoami(self) -> Any:
            raise error

        def list_applications(self, *, page_size: int) -> Iterator[Any]:
            raise error

    account = recognise(settings("only"), identity, Silent(None))
    assert account_of_key(settings("only"), identity) == account
    with pytest.raises(OtherAccount):
        recognise(settings("new"), identity, Silent(None))


@pytest.mark.parametrize("error", [AccountRefused("no such key", status=401), NotSent("refused")])
def test_an_invalid_key_makes_no_account(identity: Identity, error: Any) -> None:
    class Refusing(Telnyx):
        def whoami(self) -> Any:
            raise error

    with pytest.raises(type(error)):
        recognise(settings("only"), identity, Refusing("org"))
    assert identity.account is None
