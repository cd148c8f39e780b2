"""A canary follows its fax however fast that is."""

from itertools import islice

from faxdispatch import FaxClient
from faxdispatch.canary.course import Canary
from faxdispatch.canary.judgement import Wish, judge
from faxdispatch.canary.links import Link, Mark
from faxdispatch.ledger import Scripts, connect
from faxdispatch.settings import Settings
from faxdispatch.states import State
from tests.ledger.campaign_desk import CampaignDesk

NUMBER = "+13125550123"


def test_a_fax_that_ended_before_the_first_look_is_judged_by_all_of_its_events(
    desk: CampaignDesk, client: FaxClient, redis_url: str
) -> None:
    settings = Settings(_env_file=None, redis_url=redis_url)
    canary = Canary(settings, NUMBER, timeout=60, expect_inbound=False, tell=lambda _: None, note=lambda _: None)
    canary._client, canary._scripts = client, Scripts(connect(redis_url))
    client.send(job_id=canary.job_id, to=NUMBER, media_name="letter")
    desk.send(canary.job_id)
    desk.report(canary.job_id, "delivered")

    [seen] = islice(canary._looks(), 1)

    marks = {verdict.link: verdict.mark for verdict in judge(seen, Wish(None, inbound=False, stores=False))}
    assert seen.job.state is State.DELIVERED
    assert (marks[Link.TAKEN], marks[Link.ACCEPTED], marks[Link.DELIVERED]) == (Mark.OK, Mark.OK, Mark.OK)
