"""Each row of a list that is not faxed is recorded with its reason and shown in files and reports."""

import csv

import pytest

from faxdispatch import FaxClient
from faxdispatch.campaign.report.files import write_report
from faxdispatch.ledger import CHUNK

LIST = """Clinic,Fax
A,(415) 555-0101
B,(415) 555-0102
"=C()",(415) 555-0101
D,
E,12
F,(415) 555-0103
G,(415) 555-0104
"""
LEFT = [
    (3, "duplicate", "duplicate of row 1"),
    (4, "no number", "no number"),
    (5, "invalid", "the cell in column Fax is too short"),
    (6, "suppressed", "suppressed"),
    (7, "quarantined", "quarantined"),
]


@pytest.fixture
def client(redis_url, desk):
    client = FaxClient(redis_url, region="US", ledger=desk.ledger)
    client.suppressions.add("+14155550103", reason="asked")
    desk.redis.zadd("fax:quarantined", {"+14155550104": 4_000_000_000_000})
    return client


@pytest.fixture
def a_list(tmp_path):
    path = tmp_path / "recall.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_campaign_remembers_who_was_left_out_and_why(client, a_list):
    made = client.campaigns.create(a_list, media_name="letter")

    left = list(client.campaigns.left_out("recall"))
    assert made.campaign.rows == 2
    assert [(one.row, one.kind) for one in left] == [(row, kind) for row, kind, _ in LEFT]
    assert all(one.reason.startswith(said) for one, (_, _, said) in zip(left, LEFT, strict=True))
    assert left[0].cells == ["=C()", "(415) 555-0101"]
    assert (left[0].to, left[1].to) == ("+14155550101", None)


def test_chunks_without_any_recipient_are_remembered_too(client, desk):
    rows = [{"clinic": "A", "fax": f"+1415{2_000_000 + row}" if row == 2500 else ""} for row in range(1, 3001)]
    client.campaigns.create(rows, campaign_id="sparse", media_name="letter")

    assert len(list(client.campaigns.left_out("sparse"))) == 2999
    assert [found.row for found in client.find(campaign_id="sparse")] == [2500]
    assert desk.campaigns.audit("sparse").faults == ()
    assert desk.redis.exists(f"fax:campaign:sparse:left:{2999 // CHUNK}")


def test_a_continued_import_remembers_each_row_once(client, a_list, desk):
    client.campaigns.create(a_list, media_name="letter")
    before = list(client.campaigns.left_out("recall"))
    desk.redis.hset("fax:campaign:recall", "state", "draft")
    client.suppressions.remove("+14155550103", reason="mistake")

    client.campaigns.create(a_list, media_name="letter")

    assert list(client.campaigns.left_out("recall")) == before


def test_the_report_begins_with_them(client, a_list, tmp_path, desk):
    client.campaigns.create(a_list, media_name="letter", operator="ada")
    client.campaigns.start("recall", operator="ada")
    desk.campaigns.feed("recall", [], tags=[], generation=1, cursor=None, limit=1, sender=None)

    report = write_report(desk.campaigns, "recall", tmp_path / "report")

    lines = read(report.files["left_out"])
    assert [(line["row"], line["not faxed"]) for line in lines] == [(str(row), kind) for row, kind, _ in LEFT]
    assert lines[0]["Clinic"] == "'=C()"
    page = report.files["page"].read_text(encoding="utf-8")
    assert "Of 7 rows of the list, 2 are included and 5 are not." in page
    assert page.index("Of 7 rows") < page.index("<h2>Outcomes</h2>")
    assert "<td>started by</td><td>ada</td>" in page
    assert "@media print" in page


def test_the_report_shows_when_each_attempt_began(client, a_list, tmp_path, desk):
    client.campaigns.create(a_list, media_name="letter")
    client.campaigns.start("recall")
    desk.feed(1, name="recall")
    desk.send("recall-1")
    desk.report("recall-1", "failed", "user_busy")
    desk.retry("recall-1", delay=0)
    [submitted] = desk.published("job.submitted")

    report = write_report(desk.campaigns, "recall", tmp_path / "report")

    shown = {line["row"]: line["tried at (UTC)"] for line in read(report.files["open"])}
    assert shown == {"1": submitted.occurred_at.strftime("%Y-%m-%d %H:%M:%S"), "2": ""}


@pytest.mark.parametrize("command", [("check",), ("create", "--media-name", "letter")])
def test_the_commands_write_a_file_of_all_that_are_not_faxed(cli, client, a_list, command):
    result = cli("campaign", command[0], str(a_list), *command[1:], FAX_DEFAULT_REGION="US")

    path = a_list.with_name("recall.left-out.csv")
    assert path.name in result.out + result.err
    lines = read(path)
    assert [(line["row"], line["not faxed"]) for line in lines] == [(str(row), kind) for row, kind, _ in LEFT]
    assert [line["row"] for line in lines if line["not faxed"] == "invalid"] == ["5"]
