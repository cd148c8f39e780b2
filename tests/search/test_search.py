"""Every fax is found once by all its known facts, the newest first."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faxdispatch import FaxClient
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Rules
from faxdispatch.ledger.index import BLOCK, Index
from faxdispatch.search import STATES, Found, Search
from faxdispatch.states import State
from tests.ledger.campaign_desk import CampaignDesk, job, number_of
from tests.ledger.steps import START

FAX = "0b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


@pytest.fixture
def desk(redis_url: str) -> Iterator[CampaignDesk]:
    made = CampaignDesk(redis_url)
    yield made
    made.redis.close()


def ids(faxes: Any) -> list[str]:
    return [found.job_id for found in faxes]


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(START / 1000, UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize("job_id", [FAX.replace("-", ""), FAX, "invoice-2026_7"])
def test_a_fax_is_found_by_everything_that_is_known_of_it(desk: CampaignDesk, client: FaxClient, job_id: str) -> None:
    asked = SendFax(to="+14155550123", media_name="letter", tags=("ward-7", "urgent"), idempotency_key="k 1")
    desk.create("other", group="ward-8")
    desk.ledger.create(job_id, asked, source="producer")
    desk.send(job_id)
    desk.report(job_id, "failed", "user_busy")
    for open_state in ("deciding", "open"):
        assert ids(client.find(state=open_state, number=asked.to)) == [job_id]
    desk.end(job_id)

    ways: list[dict[str, Any]] = [
        {"number": "(415) 555-0123"}, {"number": "0014155550123"}, {"job_id": job_id}, {"fax_id": f"{job_id}-1"},
        {"idempotency_key": "k 1"}, {"tag": "ward-7"}, {"tag": "urgent"}, {"state": "failed"},
        {"state": ["failed", "cancelled"]}, {"cause": "wrong"},
    ]  # fmt: skip
    for way in ways:
        assert ids(client.find(**way)) == [job_id], way
        assert ids(client.find(**{"state": "ended"} | way, since=at(-5), until=at(5))) == [job_id], way
        assert ids(client.find(**way, until=at(-5))) == [], way
        assert ids(client.find(**way, since=at(5))) == [], way
        assert ids(client.find(**way | {"state": "delivered"})) == [], way
    [found] = client.find(job_id=job_id)
    assert (found.to, found.state, found.cause, found.attempts) == (asked.to, "failed", "wrong", 1)
    assert (found.sender, found.document, found.tags) == ("+14155550299", "letter", asked.tags)
    assert found.recorded_at == at(0)
    assert found.ended_at == at(0)


def test_a_search_without_a_match_finds_nothing(desk: CampaignDesk, client: FaxClient) -> None:
    desk.create("a", group="x")
    desk.run(1, 2)

    for way in (
        {"number": "+14155559999"},
        {"job_id": "b"},
        {"job_id": "spring-9"},
        {"job_id": "autumn-1"},
        {"fax_id": FAX},
        {"idempotency_key": "k"},
        {"tag": "y"},
        {"cause": "user_busy"},
        {"state": "delivered"},
    ):
        assert ids(client.find(**way)) == [], way
    with pytest.raises(NotKnown):
        list(client.find(campaign_id="autumn"))


def test_a_row_is_found_as_long_as_its_campaign_is_kept(desk: CampaignDesk, client: FaxClient) -> None:
    desk.run(1, 2, 3, 1001)
    desk.feed(2)
    for row in (1, 2):
        desk.picked()
        desk.admit(job(row))
        desk.claim(job(row))
        desk.ledger.accept(job(row), 1, f"{job(row)}-1", source="worker")
    desk.deliver(1)
    desk.report(job(2), "failed", "user_busy")
    desk.end(job(2))
    desk.redis.delete(f"fax:job:{job(1)}", f"fax:job:{job(2)}", f"fax:fax:{job(1)}-1", f"fax:fax:{job(2)}-1")

    [arrived] = client.find(number=number_of(1))
    [failed] = client.find(fax_id=f"{job(2)}-1")
    assert (arrived.job_id, arrived.state, arrived.pages) == (job(1), "delivered", 1)
    assert (failed.job_id, failed.state, failed.cause) == (job(2), "failed", "wrong")
    assert (failed.campaign_id, failed.row, failed.ended_at) == ("spring", 2, at(0))
    assert ids(client.find(job_id=job(2))) == [job(2)]
    assert ids(client.find(cause="wrong")) == [job(2)]
    assert ids(client.find(state="pending")) == [job(3), job(1001)]
    assert ids(client.find(campaign_id="spring")) == [job(1), job(2), job(3), job(1001)]


def test_a_fax_with_a_uuid_is_found_in_the_record_of_its_row(desk: CampaignDesk, client: FaxClient) -> None:
    desk.run(3, 1500)
    desk.feed()
    asked = job(1500)
    desk.admit(asked)
    desk.claim(asked)
    desk.ledger.accept(asked, 1, FAX, source="worker")
    desk.ledger.end(asked, event="job.exhausted", cause="wrong", states=[State.ACCEPTED], attempt=1)
    desk.redis.delete(f"fax:job:{asked}", f"fax:fax:{FAX}")

    assert ids(client.find(fax_id=FAX)) == [asked]
    assert ids(client.find(fax_id=FAX, state="delivered")) == []


def test_an_ended_row_is_still_found_as_a_job(desk: CampaignDesk, client: FaxClient) -> None:
    desk.scripts.now = None
    desk.run(1, 2, 3)
    client.suppressions.add(number_of(2), reason="asked")
    desk.feed(2)
    desk.send_row(1)
    desk.deliver(1)
    kept = client.status(job(1), history=True)
    desk.redis.delete(f"fax:job:{job(1)}", f"fax:history:{job(1)}")

    view = client.status(job(1), history=True)

    same = {"job_id", "state", "attempt", "fax_id", "cause", "page_count", "campaign_id", "row", "spent"}
    assert view.model_dump(include=same) == kept.model_dump(include=same)
    assert (view.request.to, view.request.media_name) == (number_of(1), "letter")
    assert [event.type for event in view.history][::3] == ["job.queued", "fax.delivered"]
    assert view.submitted_at
    suppressed = client.status(job(2))
    assert (suppressed.state, suppressed.cause, suppressed.finished) == (State.CANCELLED, "suppressed", True)
    waiting = client.status(job(3))
    assert (waiting.state, waiting.attempt, waiting.finished) == (State.QUEUED, 0, False)
    with pytest.raises(NotKnown):
        client.status(job(4))


def test_an_open_row_is_found_with_its_state(desk: CampaignDesk, client: FaxClient) -> None:
    desk.run(1, 2)
    desk.feed(1)
    assert ids(client.find(state="queued")) == [job(1)]
    assert ids(client.find(state="pending")) == [job(2)]
    assert ids(client.find(state="open", number=number_of(1))) == [job(1)]


def test_faxes_come_newest_first_and_campaigns_by_their_creation(desk: CampaignDesk, client: FaxClient) -> None:
    desk.create("a")
    desk.later(10)
    desk.draft(1, 2, name="old")
    desk.later(10)
    desk.create("b")
    desk.later(10)
    desk.draft(1, name="new")
    desk.later(10)
    desk.create("c")

    assert ids(client.find()) == ["c", "new-1", "b", "old-1", "old-2", "a"]


def brute(faxes: list[Found], **way: Any) -> list[str]:
    return [f.job_id for f in faxes if all(way[name] in {None, getattr(f, name)} for name in way)]


def test_pages_together_give_the_whole_wherever_they_are_split(desk: CampaignDesk, client: FaxClient) -> None:
    chance = random.Random(7)
    for turn in range(6):
        desk.later(5)
        desk.draft(*sorted(chance.sample(range(1, 1500), 8)), name=f"c{turn}")
        for n in range(12):
            desk.later(chance.random())
            desk.create(f"{turn}-{n}", to=f"+141520000{chance.randrange(10):02}", group=chance.choice("xyz"))
            if chance.random() < 0.5:
                desk.ledger.cancel(f"{turn}-{n}", source="producer")
    every = list(client.find())
    assert len(every) == len(set(ids(every))) == 6 * 20
    moments = [found.recorded_at for found in every]
    assert moments == sorted(moments, reverse=True)

    search = Search(desk.ledger)
    for way in ({}, {"state": "cancelled"}, {"to": "+14152000003"}, {"state": "pending"}):
        wanted = client.wanted(**{"number" if name == "to" else name: value for name, value in way.items()})
        for limit, effort in ((1, 2), (7, None), (1000, 1)):
            seen, cursor = [], None
            while True:
                page = search.page(wanted, after=cursor, limit=limit, effort=effort)
                assert len(page.faxes) <= limit
                seen += ids(page.faxes)
                cursor = page.cursor
                if cursor is None:
                    break
            assert seen == brute(every, **way), (way, limit, effort)


def test_time_bounds_select_single_faxes_exactly(desk: CampaignDesk, client: FaxClient) -> None:
    for n in range(50):
        desk.create(f"j{n}")
        desk.later(1.5)

    found = ids(client.find(since=at(15), until=at(30)))

    assert found == [f"j{n}" for n in range(19, 9, -1)]


def test_time_bounds_select_rows_by_their_end(desk: CampaignDesk, client: FaxClient) -> None:
    desk.run(1, 2, 3)
    desk.later(100)
    desk.feed(1)
    desk.ledger.cancel(job(1), source="x")
    assert ids(client.find(since=at(50))) == [job(1)]
    assert ids(client.find(until=at(50))) == [job(2), job(3)]


def test_the_index_forgets_a_fax_when_the_ledger_does(redis_url: str) -> None:
    day = 86_400.0
    desk = CampaignDesk(redis_url, Rules(retention=day))
    index = Index(desk.scripts)
    kept = [uuid.uuid4().hex if n % 3 else f"own-{n}" for n in range(20)]
    for job_id in kept[:10]:
        desk.create(job_id)
    desk.redis.hset("fax:index", "next", BLOCK)
    for job_id in kept[10:]:
        desk.create(job_id)
    for job_id in kept[:9]:
        desk.ledger.cancel(job_id, source="x")
        desk.redis.delete(f"fax:job:{job_id}")
    index.sweep()
    assert desk.redis.exists("fax:index:0")

    desk.later(day + 1)
    index.sweep()
    # One job of the block is still open, so only its record is left.
    assert ids(FaxClient(redis_url, ledger=desk.ledger).find())[-1] == kept[9]
    assert desk.scripts.raw.get("fax:index:0").strip(b"\0")[:1] == b"o"
    assert desk.redis.hgetall("fax:index:0:names:0") == {"9": "own-9"}

    desk.ledger.cancel(kept[9], source="x")
    desk.redis.delete(f"fax:job:{kept[9]}")
    index.sweep()
    assert not desk.redis.exists("fax:index:0")
    assert desk.redis.hget("fax:index", "first") == str(BLOCK)
    assert len(ids(FaxClient(redis_url, ledger=desk.ledger).find())) == 10


def test_faxes_in_many_blocks_are_read_together(desk: CampaignDesk, client: FaxClient) -> None:
    names = [f"own-{block}" for block in range(12)]
    for block, name in enumerate(names):
        desk.redis.hset("fax:index", "next", block * BLOCK)
        desk.create(name, group="rare")
    before = desk.calls()
    assert ids(client.find(tag="rare")) == names[::-1]
    commands = desk.calls() - before
    # The newest block by itself, and then all others.
    assert commands["evalsha"] == 2, commands


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"number": "abc"}, "number:"),
        ({"number": ""}, "number: is empty"),
        ({"state": "gone"}, "state: gone; choose from open, ended"),
        ({"state": []}, "state: is empty"),
        ({"colour": "red"}, "colour: no such search field"),
        ({"since": datetime(2026, 1, 1)}, "since: has no time zone"),  # noqa: DTZ001
        ({"since": at(1), "until": at(1)}, "until: must be after since"),
    ],
)
def test_wrong_filters_are_reported(client: FaxClient, words: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        client.find(**words)


def test_every_name_of_a_state_is_accepted(client: FaxClient, desk: CampaignDesk) -> None:
    desk.create("a")
    desk.draft(1)
    assert {state: ids(client.find(state=state)) for state in STATES if ids(client.find(state=state))} == {
        "open": ["a", job(1)],
        "pending": [job(1)],
        "queued": ["a"],
    }


def test_an_invalid_cursor_is_refused(client: FaxClient) -> None:
    with pytest.raises(BadInput, match="after: is not a cursor"):
        client.search.page(client.wanted(), after="7")
