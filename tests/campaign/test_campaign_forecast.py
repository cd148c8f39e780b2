"""When a running campaign will end, whatever delays it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from faxdispatch.campaign.planning.forecast import Forecaster
from faxdispatch.ledger import Account, CampaignRow, Campaigns, Pause, Rules, Scripts, Traffic, connect
from faxdispatch.settings import Settings
from faxdispatch.states import CampaignState
from tests.campaign.conftest import rows
from tests.ledger.campaign_desk import CampaignDesk, job

NOW = datetime(2026, 5, 7, 18, 0, tzinfo=UTC)
"""A Thursday, 13:00 in Chicago."""
FREE = Account(in_flight=0, channels=None, spent=0.0, cap=None, shut_until=None, rate=20.0)
HOUR = timedelta(hours=1)


class Running:
    """A campaign of so many rows, all to numbers in Chicago."""

    def __init__(self, url, rows=3000, options=None, **settings):
        self.campaigns = Campaigns(Scripts(connect(url), Rules()))
        self.campaigns.open("c", name="c", options={"media_name": "m", "pages": 1} | (options or {}), fingerprint="f")
        for chunk in range(0, rows, 1000):
            count = min(1000, rows - chunk)
            found = [CampaignRow(chunk + n, f"+1312{2_000_000 + chunk + n}", {}, ()) for n in range(1, count + 1)]
            self.campaigns.add_chunk("c", chunk // 1000, found)
        for state in (CampaignState.CHECKED, CampaignState.RUNNING):
            self.campaigns.move("c", state, event=f"campaign.{state}")
        given = {"redis_url": url, "fax_max_attempts": 1, "fax_default_region": "US"}
        self.forecaster = Forecaster(self.campaigns, Settings.load(**(given | settings)))

    def forecast(self, *, channels=10, pause=None, account=FREE, per_minute=None):
        traffic = Traffic("x", in_flight=0, channels=channels, waiting=0, pause=pause)
        return self.forecaster.of(self.campaigns.get("c"), NOW, traffic=traffic, account=account, per_minute=per_minute)


def test_channels_and_the_length_of_calls_decide_the_end(redis_url):
    # 20 s of setup and 45 s a page.
    assert Running(redis_url).forecast(channels=10).low == NOW + timedelta(minutes=325)
    assert Running(redis_url).forecast(channels=20).low == NOW + timedelta(minutes=162.5)


def test_the_observed_pace_counts_more_than_the_settings(redis_url):
    assert Running(redis_url).forecast(per_minute=600).low == NOW + timedelta(minutes=5)


def test_a_paused_connection_adds_its_pause(redis_url):
    found = Running(redis_url).forecast(pause=Pause("spend_cap", NOW + 6 * HOUR), per_minute=600)
    assert found.waits_until == NOW + 6 * HOUR
    assert found.low == NOW + 6 * HOUR + timedelta(minutes=5)


def test_hours_in_which_the_window_is_closed_are_taken_into_account(redis_url):
    window = {"start": "08:00", "end": "17:00", "days": ["mon", "tue", "wed", "thu", "fri"]}
    running = Running(redis_url, options={"window": window})
    # 325 minutes of calls: four hours until 17:00 in Chicago, the others the next morning from 8:00 on.
    found = running.forecast(channels=10)
    assert found.low == datetime(2026, 5, 8, 14, 25, tzinfo=UTC)


def test_rows_that_all_wait_for_their_window_are_taken_into_account(redis_url, service, desk):
    window = {"start": "08:00", "end": "17:00", "days": ["sat"]}
    service.create(rows(2), campaign_id="spring", media_name="letter", window=window)
    service.start("spring")
    desk.feed(name="spring")
    campaign, forecaster = desk.campaigns.get("spring"), Forecaster(desk.campaigns, Settings.load(redis_url=redis_url))

    found = forecaster.of(campaign, NOW, traffic=None, account=FREE)

    assert (campaign.pending, campaign.opened) == (0, 2)
    # Saturday, 8:00 in San Francisco, and one call.
    assert found.low == datetime(2026, 5, 9, 15, 2, 35, tzinfo=UTC)


def test_the_daily_cap_is_taken_into_account(redis_url):
    running = Running(redis_url, rows=1000, fax_price_page=0.01, fax_price_minute=0.0)
    found = running.forecast(channels=1000, account=replace(FREE, cap=6.0))
    # 600 faxes today, the rest from midnight UTC on.
    assert found.low >= datetime(2026, 5, 8, 0, 0, tzinfo=UTC)


def test_retries_make_it_late(redis_url):
    found = Running(redis_url, fax_max_attempts=5).forecast()
    assert found.high > found.low


def test_a_campaign_with_nothing_left_has_no_forecast(redis_url):
    running = Running(redis_url, rows=10)
    running.campaigns.move("c", CampaignState.CANCELLED, event="campaign.cancelled")
    assert running.forecast() is None


def test_a_forecast_costs_the_same_for_many_rows(redis_url):
    running = Running(redis_url, rows=12_000)
    running.forecast()
    with running.campaigns._scripts.redis.monitor() as watched:
        running.forecast()
        running.campaigns._scripts.redis.ping()
        seen = []
        for command in watched.listen():
            seen.append(command["command"].split()[0])
            if seen[-1] == "PING":
                break
    assert len(seen) < 8


def test_a_campaign_ends_no_earlier_than_the_next_attempt_of_a_row_that_waits_for_it(redis_url):
    """The rows that wait may be the only ones left, and a stalled campaign has no pace that says so."""
    desk = CampaignDesk(redis_url)
    desk.run(1, 2, name="c")
    desk.feed(name="c")
    desk.picked()
    for row, delay in ((1, 60), (2, 1200)):
        desk.send(job(row, campaign="c"))
        desk.report(job(row, campaign="c"), "failed", "user_busy")
        desk.retry(job(row, campaign="c"), delay=delay)
    forecaster = Forecaster(desk.campaigns, Settings.load(redis_url=redis_url, fax_default_region="US"))
    now = datetime.fromtimestamp(desk.ledger.scripts.clock() / 1000, UTC)

    found = forecaster.of(desk.campaigns.get("c"), now, traffic=None, account=FREE)

    assert now + timedelta(minutes=20) < found.low < now + timedelta(minutes=25)
    assert found.high > found.low
