"""`faxdispatch campaign plan`, on lists and on campaigns in a real Valkey."""

import pytest

from faxdispatch.calling.costs import PAGES_GUESS
from faxdispatch.documents.preflight.report import Report, warning
from faxdispatch.ledger import Limits, Rules, Scripts, Suppression, Suppressions, connect
from tests.campaign.rows import CAMPAIGN, Rows
from tests.documents.blank import blank_pdf

LIST = "Name,Fax #\nA,312-555-0123\nB,212-555-0124\nC,(310) 555-0125\nD,no fax\nA,312-555-0123\n"
PRICES = {"FAX_DEFAULT_REGION": "US", "FAX_PRICE_PAGE": "0.01", "FAX_PRICE_MINUTE": "0.1", "FAX_CHANNELS": "2"}


@pytest.fixture
def listed(surroundings, tmp_path):
    """A list of three recipients, one of them twice, and a document of four pages, in the present folder."""
    for name, value in PRICES.items():
        surroundings.setenv(name, value)
    (tmp_path / "list.csv").write_text(LIST)
    (tmp_path / "letter.pdf").write_bytes(blank_pdf(4))
    return tmp_path


def test_pages_are_those_of_the_document_itself(cli, listed):
    answer = cli("campaign", "plan", "list.csv", "--media", "letter.pdf", "--json").json

    assert (answer["recipients"], answer["pages"], answer["pages_guessed_for"]) == (3, 12, 0)
    # Four pages of 45 seconds are three minutes.
    assert answer["cost_low"] == pytest.approx(3 * (4 * 0.01 + 3 * 0.1))
    assert answer["cost_high"] > answer["cost_low"]
    assert answer["estimate"] is True


def test_rows_that_are_not_sent_are_reported_and_not_counted(cli, listed, redis_url):
    Suppressions(Scripts(connect(redis_url), Rules())).add(Suppression("+12125550124", reason="asked", source="phone"))

    answer = cli("campaign", "plan", "list.csv", "--media", "letter.pdf", "--json").json

    assert answer["recipients"] == 2
    assert any(remark.startswith("3 rows are not sent") for remark in answer["remarks"])


def test_numbers_in_quarantine_are_not_counted(cli, listed, redis):
    redis.zadd("fax:quarantined", {"+12125550124": 10**14})

    assert cli("campaign", "plan", "list.csv", "--media", "letter.pdf", "--json").json["recipients"] == 2


@pytest.mark.parametrize(
    ("channels", "kept", "left"), [("4", "auto", 3), ("3", "auto", 3), ("9", "5", 4), ("1", "5", 1)]
)
def test_channels_reserved_for_other_classes_are_not_counted(cli, listed, channels, kept, left):
    asked = ["campaign", "plan", "list.csv", "--media", "letter.pdf", "--json"]

    assert cli(*asked, FAX_CHANNELS=channels, FAX_URGENT_CHANNELS=kept).json["channels"] == left
    assert cli(*asked, FAX_ACCOUNT_CHANNELS="2").json["channels"] == min(left, 2)


def test_limits_that_an_operator_set_are_those_of_the_plan(cli, listed, redis_url):
    Limits(Scripts(connect(redis_url), Rules())).change({"channels": 3, "rate": 5.0}, reason="r", operator="o")

    answer = cli("campaign", "plan", "list.csv", "--media", "letter.pdf", "--json", FAX_URGENT_CHANNELS="0").json

    assert (answer["channels"], answer["rate"]) == (3, 5.0)


def test_the_plan_says_that_it_is_an_estimate_and_on_what_it_is_based(cli, listed):
    lines = cli("campaign", "plan", "list.csv", "--media", "letter.pdf", FAX_CHANNELS="1").out.splitlines()

    assert lines[0] == "All figures are estimates."
    assert "recipients: 3, with 12 pages in all" in lines
    assert any(line.startswith("assumed: 1 at once, 20 new ones a second") for line in lines)
    assert any(line.startswith("delayed most by: only 1 at once") for line in lines)


def test_pages_of_an_unreadable_document_are_estimated_and_it_says_so(cli, listed, tmp_path):
    (tmp_path / "letter.rtf").write_bytes(b"{\\rtf1 a letter}")

    answer = cli("campaign", "plan", "list.csv", "--media", "letter.rtf", "--json").json

    assert (answer["pages"], answer["pages_guessed_for"]) == (3 * PAGES_GUESS, 3)
    assert any("are not known and count as 3" in remark for remark in answer["remarks"])


def test_documents_of_some_rows_are_examined_and_their_mean_counts_for_the_others(cli, surroundings, tmp_path):
    rows = "".join(f"312-555-01{n},https://files.example/{n}.pdf\n" for n in range(23, 29))
    (tmp_path / "own.csv").write_text(f"Fax #,media\n{rows}")
    surroundings.setattr("faxdispatch.campaign.planning.inputs.read", lambda url, _: Report(3 if "23" in url else 6))

    answer = cli("campaign", "plan", "own.csv", "--sample", "2", "--json", FAX_DEFAULT_REGION="US").json

    assert (answer["pages"], answer["pages_guessed_for"]) == (3 + 6 + 4 * 5, 4)


def test_a_link_that_cannot_be_fetched_is_reported_without_its_secret(cli, listed, surroundings):
    silent = Report(findings=(warning("link", "could not be read: files.example took longer than 20 s"),))
    surroundings.setattr("faxdispatch.campaign.planning.inputs.read", lambda *_: silent)

    result = cli("campaign", "plan", "list.csv", "--media", "https://files.example/a.pdf?token=secret")

    assert "note: a linked document: could not be read: files.example took longer than 20 s" in result.out
    assert "secret" not in result.out + result.err


def test_hours_and_start_move_the_end(cli, listed):
    asked = ["campaign", "plan", "list.csv", "--media", "letter.pdf", "--retry-share", "0", "--json"]
    window = ["--window", "mon-fri 08:00-17:00 America/Chicago", "--at", "2026-11-28T10:00:00-06:00"]

    answer = cli(*asked, *window).json

    assert answer["start"] == "2026-11-28T16:00:00+00:00"
    assert answer["end_low"].startswith("2026-11-30T14:0")
    assert answer["delays"][0]["what"] == "windows"


def test_a_cap_that_is_too_low_is_reported(cli, listed):
    asked = ["campaign", "plan", "list.csv", "--media", "letter.pdf"]

    assert "the cap leaves 0.50; it is reached" in cli(*asked, "--cap", "0.5").out
    assert "cap leaves" not in cli(*asked, "--cap", "50").out


def test_nothing_is_recorded_by_planning(cli, listed, redis):
    cli("campaign", "plan", "list.csv", "--media", "letter.pdf")

    assert redis.keys("*") == []


def test_a_campaigns_plan_covers_the_rows_that_have_not_begun(cli, redis_url):
    rows = Rows(redis_url, [["a"], ["b"], ["c"]], columns=("name",))
    rows.deliver(1)
    rows.open(2)

    answer = cli("campaign", "plan", CAMPAIGN, "--pages", "2", "--json").json

    assert (answer["recipients"], answer["pages"]) == (1, 2)
    assert any(remark.startswith("1 row is under way") for remark in answer["remarks"])


def test_options_replace_those_of_the_campaign_that_is_planned(cli, redis_url):
    Rows(redis_url, [["a"], ["b"]], columns=("name",))
    asked = ["campaign", "plan", CAMPAIGN, "--at", "2027-05-03T00:00:00+00:00", "--json"]

    assert cli(*asked, "--window", "mon-fri 08:00-17:00 UTC").json["end_low"].startswith("2027-05-03T08:")
    assert "the cap leaves 0.01" in str(cli(*asked, "--cap", "0.01", FAX_PRICE_PAGE="1").json["remarks"])
    for option in ("--pages", "--max-attempts"):
        refused = cli(*asked, option, "0")
        assert (refused.code, option[2:].replace("-", "_") in refused.err) == (2, True)


def test_a_wrong_option_is_reported_by_its_name(cli, listed):
    result = cli("campaign", "plan", "list.csv", "--media", "letter.pdf", "--at", "tomorrow")

    assert (result.code, result.out) == (2, "")
    assert "tomorrow" in result.err


def test_a_list_without_a_document_is_refused(cli, listed):
    result = cli("campaign", "plan", "list.csv")

    assert result.code == 2
    assert "media" in result.err


def test_the_pages_of_a_cover_count_too_and_rows_whose_cover_cannot_be_set_are_reported(cli, listed):
    asked = ["campaign", "plan", "list.csv", "--media", "letter.pdf", "--json"]

    assert cli(*asked, "--cover", "Dear {name}").json["pages"] == 3 * 5
    assert cli(*asked, "--cover", "Dear {name}\n" + "line\n" * 60).json["pages"] == 3 * 6
    (listed / "list.csv").write_text(LIST.replace("B,", ","))
    answer = cli(*asked, "--cover", "Dear {name}").json
    assert any("cover: {name} is empty in 1 row, first in line 3" in remark for remark in answer["remarks"])
    (listed / "list.csv").write_text(LIST.replace("B,", "日,"), "utf-8")
    answer = cli(*asked, "--cover", "Dear {name}").json
    assert (answer["recipients"], answer["pages"]) == (2, 10)
    assert any(remark.startswith("3 rows are not sent") for remark in answer["remarks"])
    assert "there is no {doctor}" in cli(*asked, "--cover", "Dear {doctor}").err


def test_links_that_are_not_checked_are_reported(cli, surroundings, tmp_path):
    (tmp_path / "list.csv").write_text(
        "Fax,Media\n+13125550123,https://127.0.0.1/1\n+13125550124,https://127.0.0.1/2\n"
    )

    answer = cli("campaign", "plan", "list.csv", "--sample", "0", "--json").json
    assert answer["links"] == {"asked": 0, "rows_not_asked": 2}
    assert "links of rows: 0 different ones were asked, those of 2 rows were not" in answer["remarks"]
    answer = cli("campaign", "plan", "list.csv", "--sample", "0", "--json", FAX_LINK_CHECK="head").json
    assert (answer["links"], answer["recipients"]) == ({"asked": 2, "rows_not_asked": 0}, 0)
