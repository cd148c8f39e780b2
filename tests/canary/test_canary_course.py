"""A canary follows its fax even if that is very fast."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from faxdispatch import FaxClient
from faxdispatch.canary.course import Canary
from faxdispatch.canary.judgement import Seen, Wish, judge
from faxdispatch.canary.links import Link, Mark
from faxdispatch.ledger import Scripts, connect
from faxdispatch.settings import Settings
from faxdispatch.states import State
from tests.ledger.campaign_desk import CampaignDesk

NUMBER = "+13125550123"


@pytest.fixture
def canary(desk: CampaignDesk, client: FaxClient, redis_url: str) -> Canary:
    """A canary whose fax is recorded."""
    settings = Settings(_env_file=None, redis_url=redis_url)
    canary = Canary(settings, NUMBER, timeout=60, expect_inbound=False, tell=lambda _: None, note=lambda _: None)
    canary._client, canary._scripts = client, Scripts(connect(redis_url))
    client.send(job_id=canary.job_id, to=NUMBER, media_name="letter")
    return canary


def end(desk: CampaignDesk, canary: Canary) -> Seen:
    """Let the fax be delivered; return the first look at it."""
    desk.send(canary.job_id)
    desk.report(canary.job_id, "delivered")
    [seen] = islice(canary._looks(), 1)
    return seen


def test_a_fax_that_ended_before_the_first_look_is_judged_by_all_of_its_events(
    desk: CampaignDesk, canary: Canary
) -> None:
    seen = end(desk, canary)

    marks = {verdict.link: verdict.mark for verdict in judge(seen, Wish(None, inbound=False, stores=False))}
    assert seen.job.state is State.DELIVERED
    assert (marks[Link.TAKEN], marks[Link.ACCEPTED], marks[Link.DELIVERED]) == (Mark.OK, Mark.OK, Mark.OK)


def test_the_result_says_what_the_job_became_though_it_was_read_before_its_events(
    desk: CampaignDesk, client: FaxClient, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = client.status(canary.job_id, history=True)
    seen = replace(end(desk, canary), job=queued, out_of_time=True)

    def looks() -> Iterator[Seen]:
        yield seen

    monkeypatch.setattr(canary, "_looks", looks)
    for step in ("_check_settings", "_reach_redis", "_find_worker", "_store", "_record"):
        monkeypatch.setattr(canary, step, str)

    canary.run()

    assert canary.view is not None
    assert canary.view.state is State.DELIVERED
