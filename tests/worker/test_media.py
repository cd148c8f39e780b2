"""Documents of campaigns are extended at Telnyx while they are needed; a missing one pauses the campaign."""

import json
from datetime import timedelta

import httpx
import pytest

from faxdispatch import Conflict
from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.campaign.making import Maker
from faxdispatch.campaign.service import CampaignService
from faxdispatch.ledger import CampaignMedia, Campaigns, Clock, Scripts, connect
from faxdispatch.settings import Settings
from faxdispatch.states import CampaignState
from faxdispatch.telnyx.media.uploads import KEEP
from tests.worker.doubles import clients, collaborators
from worker.media import AT_A_TIME, keep_media


class Telnyx:
    """A media storage: names, with the time until which each is kept; None means forever."""

    def __init__(self, now):
        self.now, self.there, self.given = now, {}, []
        self.status = 200

    def __call__(self, request):
        name = request.url.path.rpartition("/")[2]
        if self.status != 200 or name not in self.there:
            return httpx.Response(404 if self.status == 200 else self.status, json={"errors": []})
        if request.method == "PUT":
            self.given.append(name)
            self.there[name] = self.now + timedelta(seconds=json.loads(request.content)["ttl_secs"])
        end = self.there[name]
        return httpx.Response(200, json={"data": {"media_name": name, "expires_at": end and end.isoformat()}})


@pytest.fixture
def world(redis_url):
    scripts = Scripts(connect(redis_url))
    telnyx = Telnyx(Clock(scripts).now())
    w = collaborators(scripts, Settings(), telnyx=clients(telnyx))
    policy = NumberPolicy(region="US")
    ledger = Campaigns(scripts)
    maker = Maker(ledger, policy=policy, store=lambda document, until=None: "")
    service = CampaignService(ledger, maker, policy=policy, send=lambda job: "")
    service.create([{"fax": "+14152000001"}], name="spring", media_name="letter")
    return w, telnyx, service, CampaignMedia(scripts)


def ends(media):
    return dict(media.all("spring"))


def test_a_document_that_would_expire_before_its_campaign_ends_is_extended(world):
    w, telnyx, _, media = world
    soon, later = telnyx.now + timedelta(days=2), telnyx.now + timedelta(days=20)
    telnyx.there = {"soon": soon, "later": later, "kept": None, "unasked": later}
    media.note("spring", {"soon": soon, "later": soon, "kept": soon, "unasked": later})

    assert keep_media(w)
    assert not keep_media(w)

    assert telnyx.given == ["soon"]
    end = ends(media)
    assert abs(end["soon"] - telnyx.now - KEEP) < timedelta(minutes=1)
    assert abs(end["later"] - later) < timedelta(seconds=2)
    assert end["kept"] is None


def test_documents_are_extended_some_per_message(world):
    w, telnyx, _, media = world
    soon = telnyx.now + timedelta(hours=1)
    telnyx.there = {f"document-{n}": soon for n in range(AT_A_TIME + 1)}
    media.note("spring", telnyx.there)

    assert [keep_media(w), keep_media(w), keep_media(w)] == [True, True, False]
    assert len(telnyx.given) == AT_A_TIME + 1


def test_a_document_that_is_gone_stops_the_campaign_until_it_is_there_again(world):
    w, _, service, media = world
    service.start("spring")
    media.note("spring", {"letter": w.clock.now()})

    assert keep_media(w)
    assert not keep_media(w)

    campaign = service.get("spring")
    assert (campaign.state, campaign.reason) == (CampaignState.PAUSED, "documents_gone")
    with pytest.raises(Conflict, match="Telnyx no longer stores 1 document of its rows"):
        service.resume("spring")
    media.note("spring", {"letter": None})
    assert service.resume("spring").state is CampaignState.RUNNING


def test_a_campaign_that_is_over_needs_nothing_and_an_outage_is_waited_for(world):
    w, telnyx, service, media = world
    media.note("spring", {"letter": telnyx.now})
    telnyx.status = 503

    assert not keep_media(w)
    telnyx.status = 200
    service.cancel("spring", reason="over")
    assert not keep_media(w)
    assert media.gone("spring") == 0
