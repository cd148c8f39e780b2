"""`faxdispatch campaign report` and `campaign watch`, on a campaign in a real Valkey."""

import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from faxdispatch.campaign.planning.pace import Pace
from faxdispatch.cli.campaigns.watch import Standing, line, view
from faxdispatch.errors import Unavailable
from faxdispatch.states import CampaignState
from tests.campaign.rows import CAMPAIGN, Rows
from tests.conftest import free_port

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LISTS = [["Müller", "415-200-0001", "Ulm"], ["Young", "415-200-0002", "Reno"]]


@pytest.fixture
def rows(redis_url):
    rows = Rows(redis_url, LISTS)
    rows.deliver(1)
    rows.fail(2, "user_busy")
    return rows


def test_a_report_writes_its_files_into_the_given_folder_and_names_them(cli, rows, tmp_path):
    result = cli("campaign", "report", CAMPAIGN, "--to", str(tmp_path / "out"))

    assert result.code == 0
    assert result.out.splitlines()[0] == "1 delivered, 1 failed"
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == [
        "recall-delivered.csv", "recall-failed.csv", "recall-left-out.csv", "recall-open.csv", "recall.html",
    ]  # fmt: skip
    assert [line.rsplit("/", 1)[-1] for line in result.out.splitlines()[1:]] == [
        "recall-left-out.csv", "recall-delivered.csv", "recall-failed.csv", "recall-open.csv", "recall.html",
    ]  # fmt: skip


def test_a_report_for_programs_has_the_sums(cli, rows):
    answer = cli("campaign", "report", CAMPAIGN, "--json").json

    assert answer["rows"] == 2
    assert answer["results"] == {
        "delivered": 1, "failed": 1, "cancelled": 0, "suppressed": 0, "under_way": 0, "not_sent_yet": 0
    }  # fmt: skip
    assert (answer["pages"], answer["seconds"], answer["cost"]) == (2, 60, 0.019)
    assert set(answer["files"]) == {"left_out", "delivered", "failed", "open", "page"}


def test_a_second_report_overwrites_nothing_without_force(cli, rows, tmp_path):
    cli("campaign", "report", CAMPAIGN)
    before = (tmp_path / "recall.html").stat().st_mtime_ns

    refused = cli("campaign", "report", CAMPAIGN)
    assert (refused.code, refused.out) == (2, "")
    assert "--force" in refused.err
    assert (tmp_path / "recall.html").stat().st_mtime_ns == before
    assert cli("campaign", "report", CAMPAIGN, "--force").code == 0


# Watching --------------------------------------------------------------------------------------------------------


def test_watching_a_finished_campaign_ends_at_once_with_its_sums(cli, rows):
    rows.finish()

    result = cli("campaign", "watch", CAMPAIGN)

    assert result.code == 0
    assert len(result.out.splitlines()) == 1
    for words in ("finished: 2 of 2 ended (100.0 %)", "1 delivered", "1 failed", "causes: 1 user_busy"):
        assert words in result.out


def test_watching_ends_if_redis_is_down(cli):
    result = cli("campaign", "watch", CAMPAIGN, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert (result.code, result.out) == (1, "")
    assert "Redis cannot be reached" in result.err
    assert "continues" not in result.err


def test_watching_says_that_the_campaign_continues_if_redis_goes_away_meanwhile(cli, rows, monkeypatch):
    def away(_):
        raise Unavailable("Redis cannot be reached")

    monkeypatch.setattr("time.sleep", away)

    result = cli("campaign", "watch", CAMPAIGN)

    assert (result.code, len(result.out.splitlines())) == (1, 1)
    assert f"the campaign continues: faxdispatch campaign status {CAMPAIGN}" in result.err


def test_watching_with_json_prints_one_object_per_line(cli, rows):
    rows.finish()

    answer = [json.loads(text) for text in cli("campaign", "watch", CAMPAIGN, "--json").out.splitlines()]

    assert [one["state"] for one in answer] == ["finished"]
    assert answer[0]["causes"] == {"user_busy": 1}
    assert (answer[0]["ended"], answer[0]["per_minute"], answer[0]["channels_in_use"]) == (2, None, 0)


def test_watching_a_cancelled_campaign_ends_with_code_1_when_nothing_is_under_way_any_more(cli, redis_url):
    rows = Rows(redis_url, LISTS)
    rows.move(CampaignState.CANCELLED)
    rows.campaigns.sweep(CAMPAIGN)

    result = cli("campaign", "watch", CAMPAIGN)

    assert result.code == 1
    assert "2 cancelled" in result.out


def test_a_watched_campaign_is_followed_until_it_is_finished(cli, rows, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: rows.finish())

    result = cli("campaign", "watch", CAMPAIGN)

    assert [text.split("  ")[1].split(":")[0] for text in result.out.splitlines()] == ["running", "finished"]


def standing(rows: Rows, **facts) -> Standing:
    known = {"causes": {"user_busy": 1}, "in_flight": 3, "channels": 8, "per_minute": 42.0, "finish": NOW}
    return Standing(rows.campaigns.get(CAMPAIGN), **(known | facts))


def shown(standing: Standing) -> str:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(view(standing))
    return captured.get()


def test_a_line_shows_rate_channels_and_expected_end(rows):
    text = line(standing(rows))

    assert "42 faxes a minute, ends about 2026-11-23 09:30:00Z (an estimate)" in text
    assert "3 of 8 channels in use" in text


def test_a_terminal_shows_progress_pace_and_results(rows):
    text = shown(standing(rows))

    assert "2 of 2 ended (100.0 %); 42 faxes a minute" in text
    assert "3 of 8 channels in use" in text
    assert "━━━" in text
    for words in ("1  delivered", "1  failed", "The line was busy."):
        assert words in text


def test_a_paused_campaign_is_shown_with_the_reason_in_words(rows):
    rows.move(CampaignState.PAUSED, reason="error_burst")

    for text in (line(standing(rows)), shown(standing(rows, finish=None))):
        assert "paused because too many of its last" in text


def test_a_name_with_markup_is_shown_as_it_is(redis_url):
    rows = Rows(redis_url, LISTS)
    rows.desk.redis.hset(f"fax:campaign:{CAMPAIGN}", "name", "[red]sale[/red]")

    assert "[red]sale[/red]" in shown(standing(rows))


def test_the_pace_is_that_of_the_last_minute():
    pace = Pace()
    assert pace.per_minute is None
    for second in range(0, 301, 10):
        pace.look(second, 10 * second if second <= 200 else 2000 + (second - 200))

    assert pace.per_minute == pytest.approx(60)


def test_a_stalled_campaign_has_a_pace_of_zero():
    pace = Pace()
    pace.look(0, 5)
    pace.look(30, 5)

    assert pace.per_minute == 0


def test_a_new_generation_begins_a_new_count():
    pace = Pace()
    for second, ended in ((0, 100), (10, 110), (20, 50), (30, 60)):
        pace.look(second, ended)

    assert pace.per_minute == pytest.approx(60)
