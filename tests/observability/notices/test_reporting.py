"""Each incident is sent once, by whichever process finds it first, with the command that fixes it."""

from datetime import timedelta

import pytest

from faxdispatch.ledger import Limits, Scripts, connect
from faxdispatch.observability.notices.channels import channels
from faxdispatch.observability.notices.reporting import EVERY, QUIET, Reporter
from faxdispatch.states import CampaignState
from tests.ledger.campaign_desk import CampaignDesk
from tests.ledger.steps import pause
from tests.observability.notices.conftest import Receiver

NUMBER = "+13125550123"


@pytest.fixture
def look(desk: CampaignDesk, receiver: Receiver, redis_url: str):
    """Let a new process look, the usual time or longer after the last one."""
    desk.scripts.now = desk.scripts.clock()

    def look(*, later: timedelta = timedelta(seconds=EVERY), address: str = "") -> None:
        desk.scripts.now += round(later.total_seconds() * 1000)
        desk.scripts.redis.delete("fax:notices:turn")
        scripts = Scripts(connect(redis_url))
        scripts.now = desk.scripts.now
        Reporter(scripts, channels(address or receiver.signed), settle=600).look()

    look()
    return look


def test_an_incident_is_sent_once_by_all_processes_and_again_if_it_recurs(desk, look, receiver):
    limits = Limits(desk.scripts)
    pause(limits._scripts, "app-1", "telnyx_failing", delay=10**6)
    look()
    look()
    [notice] = receiver.received()
    assert notice["incident"] == "connection:app-1"
    assert notice["command"] == "faxdispatch resume app-1"
    assert "Telnyx answers with server errors" in notice["text"]

    limits.resume("app-1", reason="fixed")
    look()
    pause(limits._scripts, "app-1", "telnyx_failing", delay=10**6)
    look()
    assert len(receiver.posted) == 1  # it came and went

    limits.resume("app-1", reason="fixed")
    look()
    look(later=QUIET + timedelta(seconds=EVERY))
    pause(limits._scripts, "app-1", "telnyx_failing", delay=10**6)
    look()
    assert len(receiver.posted) == 2


def test_a_notice_that_did_not_arrive_is_sent_again(desk, look, receiver):
    Limits(desk.scripts).pause("app-1", delay=10**6)
    receiver.status = 500
    look()
    receiver.status = 200
    look()
    look()
    assert len(receiver.posted) == 2


def test_one_process_looks_at_a_time(desk, look, receiver, redis_url):
    Limits(desk.scripts).pause("app-1", delay=10**6)
    look()
    receiver.posted.clear()
    desk.scripts.redis.delete("fax:notices")
    Reporter(Scripts(connect(redis_url)), channels(receiver.signed), settle=600).look()
    assert receiver.posted == []


def test_all_kinds_of_incident_are_sent_without_recipients_numbers(desk, look, receiver, redis_url):
    redis = desk.scripts.redis
    redis.delete("fax:workers")
    redis.hset("fax:ledger", "behind", "1")
    redis.zadd("fax:documents:given_up", {"fax-1": 1})
    redis.zadd("fax:since:unknown", {"job-1": desk.scripts.now - 3_600_000})
    desk.run(1, name="paused")
    desk.go(CampaignState.PAUSED, name="paused", reason=f"a call from {NUMBER}")
    desk.run(1, name="costly", cap=10.0)
    redis.set("fax:spend:campaign:costly", 8_000_000)
    look()
    assert receiver.titles() == [
        "A send has been unknown for too long", "Campaign costly is near its cap", "Campaign paused is paused",
        "Inbound documents were given up", "No worker is running", "The ledger went back in time",
    ]  # fmt: skip
    assert all(one["command"].startswith("faxdispatch ") for one in receiver.received())
    assert NUMBER[-6:] not in str(receiver.received())


def test_the_end_of_a_campaign_is_sent_unless_it_ended_before_notices_were_set_up(desk, look, receiver):
    redis = desk.scripts.redis
    for name, ended in (("old", -1), ("new", 1)):
        desk.draft(1, name=name)
        redis.hset(f"fax:campaign:{name}", mapping={"state": "finished", "changed": desk.scripts.now + ended * 60_000})
    look()
    assert receiver.titles() == ["Campaign new is finished"]


def test_apprise_sends_it_too(desk, look, receiver):
    Limits(desk.scripts).pause("app-1", delay=10**6)
    look(address=receiver.chat)
    [notice] = receiver.received()
    assert (notice["title"], notice["type"]) == ("Connection app-1 is paused", "failure")
    assert notice["message"].endswith("faxdispatch resume app-1")
