"""Campaigns against many thousand orders of steps and crashes, as `test_ledger_model` does it for single faxes.

After each step the audit must be silent. Then everything runs to its end, and each row is compared with Telnyx's faxes.
"""

from tests.ledger.campaign_walk import CampaignWalk


def test_no_order_of_steps_and_crashes_loses_a_row_or_sends_it_twice(redis_url: str, seed: int) -> None:
    walk = CampaignWalk(redis_url, seed)
    with walk.explained():
        for _ in range(300):
            walk.step()
            walk.check()
        walk.calm()
        walk.account()
