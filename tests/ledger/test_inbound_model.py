"""Random walks of inbound faxes: in any order of steps, each fax has exactly one state."""

import random
from contextlib import suppress

from faxdispatch.errors import Conflict, NotKnown
from faxdispatch.ledger import DocumentPlace
from tests.ledger.test_ledger_inbound import DAY, LINK, Post

FAXES = ("a", "b", "c")
SETS = {
    "fax:coming": DocumentPlace.COMING,
    "fax:documents:wanted": DocumentPlace.WANTED,
    "fax:documents:given_up": DocumentPlace.GIVEN_UP,
    "fax:documents:stored": DocumentPlace.STORED,
}
STATUSES = ("initiated", "receiving", "media.processing", "received", "failed", "sung")


class Walk:
    """One walk, and the conditions that must hold after each step."""

    def __init__(self, url: str, seed: int) -> None:
        self.post = Post(url, documents_kept=DAY * 20, delete_after=3600)
        self.dice = random.Random(seed)
        self.ever_received: set[str] = set()
        self.ever_wanted: set[str] = set()
        self.serial = 0

    def step(self) -> None:
        act = self.dice.choice([self.say, self.say, self.say, self.take, self.store, self.fail, self.again, self.wait])
        act(self.dice.choice(FAXES))
        self.check()

    def say(self, fax: str) -> None:
        status, source = self.dice.choice(STATUSES), self.dice.choice(["webhook", "listing", "poll"])
        self.serial += self.dice.choice([0, 1])
        link = LINK if self.dice.random() < 0.5 and status in {"received", "failed"} else None
        self.post.say(status, fax, source=source, media_url=link, event_id=f"{source}-{fax}-{status}-{self.serial}")
        if status == "received":
            self.ever_received.add(fax)

    def take(self, _: str) -> None:
        taken = self.post.inbox.take(lease=120)
        if taken:
            self.ever_wanted.add(taken.fax_id)
        self.post.inbox.due()

    def store(self, fax: str) -> None:
        # A worker stores what it was given, sometimes late, when it is no longer wanted.
        if fax in self.ever_wanted:
            self.post.store(fax)

    def fail(self, fax: str) -> None:
        self.post.fail(fax, refused=self.dice.random() < 0.5, give_up=DAY)

    def again(self, fax: str) -> None:
        with suppress(NotKnown, Conflict):
            self.post.inbox.again(fax)

    def wait(self, fax: str) -> None:
        self.post.later(self.dice.choice([1, 60, 3600, DAY]))
        for old in self.post.inbox.outlived():
            self.post.inbox.removed(old.fax_id)
        for gone in self.post.agenda.deletions():
            assert self.standing(gone) not in {DocumentPlace.WANTED, DocumentPlace.GIVEN_UP, DocumentPlace.COMING}
            self.post.agenda.deleted(gone)

    def standing(self, fax: str) -> DocumentPlace | None:
        row = self.post.redis.hgetall(f"fax:inbound:{fax}")
        return DocumentPlace(row["place"]) if row else None

    def check(self) -> None:
        for fax in FAXES:
            found = [place for key, place in SETS.items() if self.post.redis.zscore(key, fax) is not None]
            place = self.standing(fax)
            assert found == ([place] if place in SETS.values() else []), f"{fax} says {place}, stands in {found}"
            if fax in self.ever_received:
                assert place not in {None, DocumentPlace.COMING, DocumentPlace.NONE}, f"{fax} was received, is {place}"


def test_an_inbound_fax_is_in_exactly_the_set_of_its_state_and_a_received_one_is_never_forgotten(
    redis_url: str, seed: int
):
    walk = Walk(redis_url, seed)
    for _ in range(150):
        walk.step()
