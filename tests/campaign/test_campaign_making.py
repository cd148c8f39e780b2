"""How a list becomes a campaign, and what its rows may say for themselves."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import BadInput, Conflict
from faxdispatch.campaign import CampaignState, Reading
from faxdispatch.campaign.identity import LONGEST, check_id, id_from
from faxdispatch.ledger import CHUNK
from tests.campaign.conftest import rows
from tests.ledger.campaign_desk import number_of

SOON = timedelta(hours=1)
WITHOUT_EXTRA = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"typer", "rich", "httpx", "nacl", "openpyxl", "pypdf", "tenacity"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from faxdispatch import FaxClient
assert not any(name.startswith("faxdispatch.campaign") for name in sys.modules)
client = FaxClient(sys.argv[1])
print(client.campaigns.create([{"fax": "+14152000001"}], name="spring", media_name="letter").campaign.rows)
print(client.suppressions.add("+14152000001", reason="asked"))
"""


def test_a_file_becomes_a_campaign_that_waits_for_its_start(service, a_list):
    path = a_list("Name,Fax\nA,(415) 200-0001\nB,nonsense\nC,415-200-0003\nC again,415-200-0003\nD,\n")

    made = service.create(path, media_url="https://example.com/a.pdf", tags=("may",), cap=12.5, operator="ada")

    campaign = made.campaign
    assert (made.outcome, campaign.id, campaign.name, campaign.state) == ("created", "recall", "recall", "checked")
    assert (campaign.rows, campaign.pending, campaign.columns, campaign.cap) == (2, 2, ("Name", "Fax"), 12.5)
    names = ("rows", "valid", "invalid", "no_number", "duplicate")
    assert [campaign.counts[name] for name in names] == [5, 2, 1, 1, 1]
    assert campaign.options == {"media_url": "https://example.com/a.pdf", "priority": "bulk", "tags": ["may"]}
    assert list(service.ledger.rows("recall")) == [(1, number_of(1), {}), (3, number_of(3), {})]
    listed = [(one.row, one.line, one.cells) for one in service.ledger.listed("recall")]
    assert listed == [(1, 2, ["A", "(415) 200-0001"]), (3, 4, ["C", "415-200-0003"])]
    assert service.audit("recall").faults == ()


def test_rows_from_a_program_become_a_campaign_as_rows_of_a_file_do(service):
    made = service.create(iter(rows(3)), name="Recall, May 2026", media_name="letter")

    assert (made.campaign.id, made.campaign.name, made.campaign.rows) == ("recall-may-2026", "Recall, May 2026", 3)
    assert service.create(iter(rows(3)), name="Recall, May 2026", media_name="letter").outcome == "same"


def test_rows_are_kept_in_the_chunk_of_their_number_whatever_is_left_out(service):
    listed = [{"fax": number_of(row) if row % 2 and not 1000 < row < 2002 else "none"} for row in range(1, 2200)]

    campaign = service.create(listed, campaign_id="odd", media_name="letter").campaign

    wanted = [row for row in range(1, 2200) if row % 2 and not 1000 < row < 2002]
    assert [row for row, _, _ in service.ledger.rows("odd")] == wanted
    assert [result.row for result in service.results("odd")] == wanted
    assert [row for chunk in range(3) for row, _, _ in service.ledger.pending_rows("odd", chunk)] == wanted
    assert (campaign.rows, service.audit("odd").faults) == (len(wanted), ())


def test_the_same_list_again_changes_nothing(service, a_list, desk):
    path = a_list(f"Fax\n{number_of(1)}\n")
    service.create(path, media_name="letter")
    service.start("recall")
    before = {key: desk.redis.dump(key) for key in desk.redis.keys("fax:campaign*")}

    made = service.create(path, media_name="letter")

    assert (made.outcome, made.campaign.state, made.summary) == ("same", "running", None)
    assert {key: desk.redis.dump(key) for key in desk.redis.keys("fax:campaign*")} == before


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (f"Fax\n{number_of(1)}\n{number_of(2)}\n", {}),
        (None, {"quality": "high"}),
        (None, {"reading": Reading(column="Fax")}),
    ],
    ids=["list", "options", "reading"],
)
def test_another_list_or_other_options_under_the_same_id_are_a_conflict(service, a_list, text, options):
    path = a_list(f"Fax\n{number_of(1)}\n")
    service.create(path, media_name="letter")

    with pytest.raises(Conflict, match=r"campaign recall: exists already, checked, with another list or other options"):
        service.create(a_list(text) if text else path, media_name="letter", **options)

    assert service.get("recall").rows == 1


def test_a_send_by_that_has_passed_is_refused_unless_the_campaign_is_there(service, desk):
    until = datetime.now(UTC) + SOON
    with pytest.raises(BadInput, match="send_by: has already passed"):
        service.create(rows(1), campaign_id="spring", media_name="letter", send_by=datetime.now(UTC) - SOON)
    assert service.list() == []

    service.create(rows(1), campaign_id="spring", media_name="letter", send_by=until.isoformat())
    desk.scripts.now = round((until + SOON).timestamp() * 1000)
    assert service.create(rows(1), campaign_id="spring", media_name="letter", send_by=until).outcome == "same"


def test_an_interrupted_import_continues_and_skips_nothing(service, monkeypatch, desk):
    listed = rows(3 * CHUNK + 7)
    add, calls = service.ledger.add_chunk, []

    def fails_at_the_third(campaign_id, chunk, *parts):
        calls.append(chunk)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return add(campaign_id, chunk, *parts)

    monkeypatch.setattr(service.ledger, "add_chunk", fails_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        service.create(listed, campaign_id="spring", media_name="letter")
    assert (service.get("spring").state, service.get("spring").rows) == ("draft", 2 * CHUNK)
    with pytest.raises(Conflict, match="its list was not read completely"):
        service.start("spring")

    made = service.create(listed, campaign_id="spring", media_name="letter")

    assert (made.outcome, made.campaign.state, made.campaign.rows) == ("continued", "checked", len(listed))
    assert [to for _, to, _ in service.ledger.rows("spring")] == [row["fax"] for row in listed]
    assert service.audit("spring").faults == ()


def test_a_campaign_that_is_cancelled_while_it_is_read_in_stays_so(service, monkeypatch):
    add = service.ledger.add_chunk

    def cancelled_meanwhile(*arguments):
        service.cancel("spring")
        return add(*arguments)

    monkeypatch.setattr(service.ledger, "add_chunk", cancelled_meanwhile)
    with pytest.raises(Conflict, match="was cancelled or purged while its list was being read"):
        service.create(rows(3), campaign_id="spring", media_name="letter")

    assert service.get("spring").state is CampaignState.CANCELLED


def test_a_list_without_a_row_that_can_be_sent_leaves_no_campaign(service, a_list, tmp_path):
    path = a_list("Name,Fax\nA,12\nB,none\n")

    with pytest.raises(BadInput, match="no row that can be sent: 1 invalid, 1 no number; the first bad one, line 2: "):
        service.create(path, media_name="letter", bad_rows=tmp_path / "bad.csv")

    assert service.list() == []
    assert "12" in (tmp_path / "bad.csv").read_text(encoding="utf-8-sig")
    assert service.create(a_list(f"Fax\n{number_of(1)}\n"), media_name="letter").outcome == "created"


def test_a_file_that_is_there_is_not_overwritten_with_bad_rows(service, tmp_path):
    (tmp_path / "bad.csv").write_text("mine")

    with pytest.raises(BadInput, match="exists and is not overwritten"):
        service.create(rows(1), campaign_id="spring", media_name="letter", bad_rows=tmp_path / "bad.csv")

    assert service.list() == []


def test_suppressed_and_quarantined_numbers_are_left_out(service, desk, client):
    client.suppressions.add(number_of(1), reason="asked")
    desk.redis.zadd("fax:quarantined", {number_of(1): 10**14, number_of(2): 10**14, number_of(3): 1})

    campaign = service.create(rows(3), campaign_id="spring", media_name="letter").campaign

    assert [row for row, _, _ in service.ledger.rows("spring")] == [3]
    assert (campaign.counts["suppressed"], campaign.counts["quarantined"]) == (1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "media: no document is given"),
        ({"media_name": "a", "media_url": "https://example.com/a.pdf"}, "both are given"),
        ({"media_name": "a", "quality": "best"}, "quality: "),
        ({"media_name": "a", "to": number_of(1)}, "to: cannot be given for a campaign: it comes from the list"),
        ({"media_name": "a", "send_at": datetime.now(UTC)}, "send_at: cannot be given for a campaign: it is set by"),
        ({"media_name": "a", "colour": "red"}, "colour: unknown option"),
        ({"media_name": "a", "cap": 0}, "cap: 0 is not an amount"),
        ({"media_name": "a", "cap": float("nan")}, "cap: nan is not an amount"),
        ({"media_name": "a", "campaign_id": "has space"}, "id: 'has space' is not a valid id"),
        ({"media_name": "a", "campaign_id": "x" * (LONGEST + 1)}, "id: "),
        ({"media_name": "a", "campaign_id": None}, "name: is missing"),
        ({"media_name": "a", "campaign_id": None, "name": "?!"}, "name: no id can be made from"),
        ({"media_name": "a", "name": "May\u202e"}, r"name: May\u202e has invisible characters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_a_campaign_is_reported_before_anything_is_recorded(service, options, message):
    with pytest.raises(BadInput) as refused:
        service.create(rows(1), **{"campaign_id": "spring"} | options)

    assert message in str(refused.value)
    assert service.list() == []


@pytest.mark.parametrize(
    "name", ["Recall, May 2026.csv", "Écho №7", "x" * 100, "-- 9 --", "may-2026-", "a" * 39 + " b"]
)
def test_a_name_gives_an_id_that_commands_take(name):
    made = id_from(name)

    assert check_id(made) == made == made.strip("-")


# What a row says for itself -----------------------------------------------------------------------------------------


def test_a_row_can_set_its_own_document_sender_window_zone_priority_and_reference(service, desk):
    listed = [
        {
            "fax": number_of(1), "media": "https://example.com/own.pdf", "from": "415-200-0999", "quality": "high",
            "window": "", "timezone": "America/Chicago", "priority": "normal", "reference": "case 7",
        },
        {"fax": number_of(2), "window": "mon-fri 09:00-10:00", "timezone": "Europe/Berlin"},
        {"fax": number_of(3), "window": "08:00-09:00 Asia/Tokyo", "timezone": "Europe/Berlin"},
        {"fax": number_of(4)},
    ]  # fmt: skip
    window = {"start": "08:00", "end": "17:00"}
    for row in listed[1:]:
        row.update({name: "" for name in listed[0] if name not in row})

    service.create(listed, campaign_id="spring", media_name="letter", window=window)

    fields = {row: values for row, _, values in service.ledger.rows("spring")}
    assert fields[1] == {
        "media_url": "https://example.com/own.pdf", "media_name": None, "from": "+14152000999", "quality": "high",
        "window": {"start": "08:00:00", "end": "17:00:00", "zone": "America/Chicago"}, "priority": "normal",
        "client_state": "case 7",
    }  # fmt: skip
    assert fields[2]["window"]["zone"] == "Europe/Berlin"
    assert fields[3]["window"]["zone"] == "Asia/Tokyo"
    assert fields[4] == {}


def test_a_row_that_would_send_nothing_is_a_bad_row_and_all_others_are_sent(service, tmp_path):
    listed = [{"fax": number_of(1), "media": "https://example.com/1.pdf"}, {"fax": number_of(2), "media": ""}]

    made = service.create(listed, campaign_id="spring", bad_rows=tmp_path / "bad.csv")

    assert (made.campaign.rows, made.campaign.counts["valid"], made.campaign.counts["invalid"]) == (1, 1, 1)
    assert made.bad_rows == tmp_path / "bad.csv"
    assert "exactly one of media_url and media_name is needed" in made.bad_rows.read_text(encoding="utf-8-sig")


# Without the extra --------------------------------------------------------------------------------------------------


def test_a_plain_install_has_campaigns_and_suppressions_and_loads_them_only_when_they_are_asked_for(redis_url):
    command = [sys.executable, "-c", WITHOUT_EXTRA, redis_url]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("1\nadded\n", "")
