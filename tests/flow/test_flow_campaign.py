"""A campaign through real processes."""

import pytest

from faxdispatch.ledger import CampaignRow, Campaigns, Rules, Scripts, connect
from faxdispatch.states import CampaignState
from tests.flow.harness import TOKEN, installation

ROWS = 300


@pytest.fixture
def flow(tmp_path):
    with installation(tmp_path, workers=2, FAX_CHANNELS="20", FAX_RATE="200") as flow:
        yield flow


def test_every_row_of_a_campaign_is_sent_once_and_the_books_are_right(flow):
    campaigns = Campaigns(Scripts(connect(flow.redis_url), Rules()))
    assert campaigns.open("recall", name="Recall", options={"media_name": "flow-document"}, fingerprint="f") == "created"
    rows = [CampaignRow(r, f"+1{300 + r % 90}55501{'01' if r % 50 == 0 else '00'}", {}, [str(r)]) for r in range(1, ROWS + 1)]
    assert campaigns.add_chunk("recall", 0, rows) == "added"
    assert campaigns.add_chunk("recall", 0, rows) == "same"
    campaigns.move("recall", CampaignState.CHECKED, event="campaign.checked")
    campaigns.move("recall", CampaignState.RUNNING, event="campaign.started")
    flow.until(lambda: campaigns.get("recall").state is CampaignState.FINISHED)
    audit = campaigns.audit("recall")
    print(audit)
    print(list(campaigns.results("recall"))[:3])
    assert audit.faults == ()
