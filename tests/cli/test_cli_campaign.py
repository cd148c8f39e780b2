"""`faxdispatch campaign`: from a list to a campaign, and what an operator commands."""

import io
import json

import pytest
from openpyxl import Workbook

from faxdispatch.campaign import CampaignState
from faxdispatch.cli.campaigns import COMMANDS
from faxdispatch.jobs import SendFax
from faxdispatch.states import State
from tests.documents.preflight.made import letter
from tests.ledger.steps import pause

LIST = "Name,Fax\nA,(415) 200-0001\nB,nonsense\nC,415-200-0003\nD,\n"
OWN = "+14155559001"


@pytest.fixture
def a_list(surroundings, tmp_path):
    """A list in the present folder; numbers without + are American."""
    surroundings.setenv("FAX_DEFAULT_REGION", "US")
    surroundings.setenv("USER", "ada")

    def write(text=LIST, name="recall.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture
def made(cli, a_list):
    """A campaign of two rows that waits for its start."""
    assert cli("campaign", "create", a_list(), "--media-name", "letter").code == 0
    return "recall"


@pytest.fixture
def events(redis):
    def of_kind(kind):
        found = [fields for _, fields in redis.xrange("fax:events") if fields["type"] == kind]
        return [json.loads(fields["data"]) for fields in found]

    return of_kind


def end(desk, campaign, row, cause):
    waiting = [State.QUEUED, State.HELD]
    desk.ledger.end(f"{campaign}-{row}", event="job.exhausted", cause=cause, states=waiting)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(cli, name):
    result = cli("campaign", name, "--help")

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Usage: ")


def test_a_campaign_is_made_of_a_list_and_says_how_it_was_understood(cli, a_list, tmp_path):
    result = cli("campaign", "create", a_list(), "--media-name", "letter", "--name", "May recall")

    assert (result.code, result.out) == (0, "campaign may-recall: 2 rows, checked\n")
    assert "column of the fax numbers: 'Fax'" in result.err
    assert "line 3, 'nonsense': the cell in column Fax is not a telephone number: write it like" in result.err
    assert "all invalid rows are in recall.bad.csv" in result.err
    assert "nonsense" in (tmp_path / "recall.bad.csv").read_text(encoding="utf-8-sig")


def test_every_option_for_all_rows_reaches_the_campaign(cli, a_list):
    words = ["--media", "https://example.com/a.pdf", "--id", "spring", "--from", "(415) 200-0999", "--quality", "high"]
    words += ["--window", "mon-fri 08:00-17:00", "--priority", "normal", "--tag", "a", "--tag", "b", "--cap", "12.5"]
    words += ["--connection", "17", "--max-attempts", "3", "--pages", "2", "--webhook-url", "https://example.com/hook"]
    words += ["--send-by", "2030-01-01T00:00:00Z"]

    made = cli("campaign", "create", a_list(), *words, "--json").json

    assert (made["id"], made["outcome"], made["cap"], made["rows"]) == ("spring", "created", 12.5, 2)
    days = ["mon", "tue", "wed", "thu", "fri"]
    assert made["options"] | {"from": "…", "send_by": "…"} == {
        "media_url": "https://example.com/a.pdf", "from": "…", "quality": "high", "connection_id": "17",
        "window": {"start": "08:00:00", "end": "17:00:00", "days": days}, "priority": "normal", "tags": ["a", "b"],
        "max_attempts": 3, "pages": 2, "webhook_url": "https://example.com/hook", "send_by": "…",
    }  # fmt: skip
    assert made["list"]["invalid"] == 1


def test_a_column_may_have_the_document_of_each_row(cli, a_list, desk):
    listed = a_list("Fax,Letter\n415-200-0001,doc-1\n415-200-0001,doc-2\n")

    assert cli("campaign", "create", listed, "--media-column", "Letter").code == 0

    assert [fields["media_name"] for _, _, fields in desk.campaigns.rows("recall")] == ["doc-1", "doc-2"]


def test_a_local_document_is_uploaded_once(cli, a_list, telnyx, tmp_path):
    (tmp_path / "a.pdf").write_bytes(letter())

    first = cli("campaign", "create", a_list(), "--media", "a.pdf", "--json")
    again = cli("campaign", "create", a_list(), "--media", "a.pdf", "--json")

    assert (first.code, first.json["outcome"], again.json["outcome"]) == (0, "created", "same")
    assert first.json["options"]["media_name"].startswith("fd-")
    assert (
        cli("campaign", "create", a_list(name="b.csv"), "--media-name", first.json["options"]["media_name"]).code == 0
    )


def test_what_looks_wrong_in_the_document_of_all_rows_is_reported(cli, a_list, telnyx, tmp_path):
    (tmp_path / "a.pdf").write_bytes(letter(""))

    made = cli("campaign", "create", a_list(), "--media", "a.pdf")

    assert (made.code, "document: page 1: is blank" in made.err) == (0, True)


def test_a_cover_takes_its_fields_from_the_columns_of_each_row(cli, a_list, desk):
    listed = a_list("Fax,Dr Name,Note\n415-200-0001,Łukasz,x\n415-200-0002,,y\n415-200-0003,日,z\n")
    asked = ["campaign", "create", listed, "--media-name", "letter"]

    unknown = cli(*asked, "--cover", "Dear {doctor}")
    assert (unknown.code, desk.campaigns.ids()) == (2, [])
    assert "cover: there is no {doctor}; there are Dr Name, Fax, Note" in unknown.err
    made = cli(*asked, "--cover", "Dear {dr_name}, {pages} pages", "--json")
    assert "cover: {dr_name} is empty in 1 row, first in line 3" in made.err

    assert (made.code, made.json["list"]["invalid"]) == (0, 1)
    assert "the character 日 (U+65E5" in next(iter(desk.campaigns.left_out("recall"))).reason
    assert [fields["cover_fields"] for _, _, fields in desk.campaigns.rows("recall")] == [
        {"dr_name": "Łukasz"}, {"dr_name": ""},
    ]  # fmt: skip


def test_the_same_list_again_says_so_and_another_one_is_refused(cli, made, a_list):
    again = cli("campaign", "create", a_list(), "--media-name", "letter")
    other = cli("campaign", "create", a_list("Fax\n415-200-0009\n"), "--media-name", "letter")

    assert (again.code, again.out) == (0, "campaign recall: 2 rows, checked\n")
    assert "nothing was changed" in again.err
    assert (other.code, other.out) == (1, "")
    assert "campaign recall: exists already, checked, with another list or other options" in other.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["recall.csv"], "media: no document is given"),
        (["recall.csv", "--media-name", "a", "--media", "https://example.com/a.pdf"], "both are given"),
        (["recall.csv", "--media", "missing.pdf"], "missing.pdf: cannot be read"),
        (["missing.csv", "--media-name", "a"], "missing.csv: cannot be read"),
        (["none/missing.csv", "--media-name", "a"], "none/missing.csv: cannot be read"),
        (["recall.csv", "--media-name", "a", "--column", "Phone"], "column: recall.csv has no column 'Phone'"),
        (["recall.csv", "--media-name", "a", "--region", "Mars"], "region: 'Mars' is not a country"),
        (["recall.csv", "--media-name", "a", "--field", "zone"], "field: 'zone' is not of the form"),
        (["recall.csv", "--media-name", "a", "--window", "always"], "window: 'always' is not like"),
        (["recall.csv", "--media-name", "a", "--send-by", "soon"], "send-by: 'soon' is not a time"),
        (["recall.csv", "--media-name", "a", "--send-by", "2030-01-01"], "send-by: '2030-01-01' has no time zone"),
        (["recall.csv", "--media-name", "a", "--id", "a b"], "id: 'a b' is not a valid id"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_with_a_campaign_is_bad_usage_and_leaves_none(cli, a_list, words, message):
    a_list()

    result = cli("campaign", "create", *words)

    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert cli("campaign", "list").out == "there is no campaign\n"


def test_a_campaign_goes_from_start_to_its_end_by_commands(cli, made, events):
    assert cli("campaign", "start", made).out == "campaign recall: running\n"
    paused = cli("campaign", "pause", made, "--reason", "wrong page", "--operator", "bob")
    assert paused.out == "campaign recall: paused (wrong page)\n"
    assert cli("campaign", "resume", made).out == "campaign recall: running\n"
    assert cli("campaign", "cancel", made, "--yes", "--reason", "over").out == "campaign recall: cancelled (over)\n"

    assert [events(f"campaign.{kind}")[0]["operator"] for kind in ("started", "paused", "cancelled")] == [
        "ada", "bob", "ada",
    ]  # fmt: skip
    assert cli("campaign", "resume", made).code == 1
    assert "cannot be resumed: it is cancelled" in cli("campaign", "resume", made).err


def test_create_may_start_at_once_but_starts_nothing_twice(cli, a_list, made):
    words = ["campaign", "create", a_list(), "--media-name", "letter", "--start"]
    assert cli(*words).out == "campaign recall: 2 rows, running\n"
    cli("campaign", "pause", made, "--reason", "x")

    assert cli(*words).out == "campaign recall: 2 rows, paused (x)\n"


def test_irreversible_commands_ask_for_confirmation(cli, made):
    for command in ("cancel", "finish", "purge"):
        result = cli("campaign", command, made)
        assert (result.code, result.out) == (2, "")
        assert "Nobody can confirm this here: add --yes" in result.err

    assert cli("campaign", "status", made, "--json").json["state"] == "checked"


def test_a_start_may_be_planned(cli, made):
    result = cli("campaign", "start", made, "--at", "2090-05-01T08:00:00-05:00")

    assert result.out == "campaign recall: checked, starts at 2090-05-01 13:00:00Z\n"
    assert cli("campaign", "start", made, "--at", "2020-05-01T08:00:00-05:00").code == 2


def test_the_status_counts_rows_that_add_up_and_says_why_they_wait_and_failed(cli, made, desk):
    cli("campaign", "start", made)
    desk.feed(name=made)
    end(desk, made, 1, "user_busy")
    cli("campaign", "pause", made, "--reason", "wrong page")
    desk.picked()

    answer = cli("campaign", "status", made, "--json").json
    lines = cli("campaign", "status", made).out

    assert answer["rows"] == 2 == answer["pending"] + sum(answer["open"].values()) + answer["failed"]
    assert (answer["holds"], answer["causes"]) == ({"campaign_paused": 1}, {"user_busy": 1})
    for words in (
        "paused (wrong page)",
        "held for campaign_paused; what ends it: ",
        "1  ended for user_busy",
        "2  rows\n",
    ):
        assert words in lines
    assert "2 rows of the list are not sent: invalid 1, no number 1" in lines
    assert "faxdispatch campaign resume recall continues it" in lines


def test_the_status_says_where_only_the_connection_is_paused(cli, made, desk):
    cli("campaign", "start", made)
    desk.feed(name=made)
    pause(desk.scripts, "c", "account_disabled", delay=3600)

    lines = cli("campaign", "status", made, FAX_CONNECTION_ID="c").out
    answer = cli("campaign", "status", made, "--json").json

    assert "campaign recall (recall): running" in lines
    assert "faxdispatch resume c ends it sooner" in lines
    assert answer["connection"]["paused"]["reason"] == "account_disabled"


@pytest.mark.parametrize(
    ("reason", "words"),
    [("error_burst", "too many of its last attempts failed"), ("spend_cap", "more than its cap leaves")],
)
def test_a_pause_that_nobody_commanded_is_explained(cli, made, desk, reason, words):
    cli("campaign", "start", made)
    desk.campaigns.move(made, CampaignState.PAUSED, event="campaign.paused", reason=reason)

    assert words in cli("campaign", "status", made).out


def test_campaigns_are_listed_and_it_says_if_there_are_more(cli, a_list, made):
    cli("campaign", "create", a_list("Fax\n415-200-0009\n", "b.csv"), "--media-name", "letter")

    assert {json.loads(line)["id"] for line in cli("campaign", "list", "--json").out.splitlines()} == {"b", "recall"}
    few = cli("campaign", "list", "--limit", "1")
    assert (few.out.count("\n"), few.err) == (2, "faxdispatch: 2 in all; --limit shows more\n")


def test_chosen_rows_are_tried_again(cli, made, desk):
    cli("campaign", "start", made)
    desk.feed(name=made)
    end(desk, made, 1, "user_busy")
    end(desk, made, 3, "receiver_no_answer")
    desk.feed(name=made)

    result = cli("campaign", "retry", made, "--cause", "busy", "--start", "--json")

    assert (result.code, result.json["retried"], result.json["state"], result.json["pending"]) == (0, 1, "running", 1)
    assert "1 row is pending again, in generation 2" in result.err
    assert "cannot be tried again: it is running" in cli("campaign", "retry", made, "--cause", "busy").err


def test_an_audit_that_finds_a_fault_has_exit_code_1(cli, made, redis):
    assert cli("campaign", "audit", made).out == "campaign recall: 2 rows, all accounted for\n"
    redis.hincrby("fax:campaign:recall", "p", 1)

    result = cli("campaign", "audit", made)
    answer = cli("campaign", "audit", made, "--json")

    assert (result.code, answer.code) == (1, 1)
    assert "2 rows are marked 'p', 3 are counted" in result.out
    assert len(answer.json["faults"]) == len(result.out.splitlines())


def test_a_test_goes_to_the_allowed_numbers_alone(cli, made, ledger):
    refused = cli("campaign", "test", made)
    assert (refused.code, refused.out) == (2, "")
    assert "FAX_TEST_NUMBERS: not set" in refused.err

    (sent,) = cli("campaign", "test", made, "--json", FAX_TEST_NUMBERS=OWN).json

    assert (sent["row"], sent["to"]) == (1, "+1******9001")
    assert ledger.job(sent["job_id"]).request.to == OWN
    other = cli("campaign", "test", made, "--to", "+14152000003")
    assert (other.code, "+1******0003 is not among FAX_TEST_NUMBERS" in other.err) == (2, True)


def test_invalid_test_numbers_are_reported_only_where_they_are_needed(cli, made):
    refused = cli("campaign", "status", made, FAX_TEST_NUMBERS=f"{OWN},12")

    assert (refused.code, "FAX_TEST_NUMBERS: entry 2: " in refused.err) == (2, True)
    assert cli("send", OWN, "--media-name", "letter").code == 0


def test_a_cap_is_set_and_taken_away(cli, made):
    assert cli("campaign", "cap", made, "12.5").out == "campaign recall: spent 0.00 of 12.50; checked\n"
    assert cli("campaign", "cap", made, "--none").out == "campaign recall: spent 0.00, no cap; checked\n"
    for words in ([], ["3", "--none"], ["0"], ["nan"]):
        assert cli("campaign", "cap", made, *words).code == 2


def test_a_purged_campaign_is_gone(cli, made, redis):
    assert cli("campaign", "purge", made, "--yes").out == "campaign recall: purged\n"

    assert redis.keys("fax:campaign:*") == []
    assert cli("campaign", "status", made).err == "faxdispatch: campaign recall: not known here\n"


def test_no_command_shows_the_number_of_a_sender(cli, a_list):
    cli("campaign", "create", a_list(), "--media-name", "letter", "--from", "415-200-0999")

    for words in (["status", "recall"], ["list"], ["audit", "recall"]):
        assert "4152000999" not in cli("campaign", *words, "--json").out


def test_every_send_option_can_be_given_for_all_rows(cli, a_list, desk):
    options = {
        "--from": "+13125550199", "--connection": "1234", "--quality": "high", "--black-threshold": "60",
        "--preview-format": "pdf", "--from-display-name": "Clinic", "--webhook-url": "https://hooks.example/fax",
        "--client-state": "batch 7", "--priority": "normal", "--max-attempts": "3", "--pages": "2", "--tag": "recall",
        "--send-by": "2099-01-01T00:00:00+00:00", "--window": "mon-fri 08:00-17:00", "--media": "https://files.example/letter.pdf",
    }  # fmt: skip
    switches = ("--no-t38", "--monochrome", "--store-media", "--store-preview")
    words = [word for pair in options.items() for word in pair]
    assert cli("campaign", "create", a_list(), *words, *switches).code == 0

    asked = desk.campaigns.get("recall").options
    of_a_row = {
        "to", "media_name", "idempotency_key", "send_at", "job_id", "resend_of", "document_name", "cover",
        "cover_fields",
    }  # fmt: skip
    names = {field.alias or name for name, field in SendFax.model_fields.items()}
    assert set(asked) == names - of_a_row
    assert (asked["t38_enabled"], asked["monochrome"], asked["client_state"]) == (False, True, "batch 7")


def test_strict_accepts_a_list_with_a_footer_and_a_header_in_mid_file(cli, a_list):
    text = "Name,Fax\na,415-200-0001\nName,Fax\nPage 1 of 1,\n"

    assert cli("campaign", "create", a_list(text), "--media-name", "letter", "--strict").code == 0


@pytest.mark.parametrize("text", ["Fax\n415-200-0001\nnonsense\n", "Name,Fax\na,415-200-0001\nb,\n"])
def test_strict_creates_nothing_from_a_list_with_a_row_that_cannot_be_sent(cli, a_list, text):
    result = cli("campaign", "create", a_list(text), "--media-name", "letter", "--strict")

    assert result.code == 2
    assert "1 of 2 rows cannot be sent, and with strict no row is sent then" in result.err
    assert cli("campaign", "status", "recall").code == 1
    assert cli("campaign", "create", a_list(text), "--media-name", "letter").code == 0


def test_strict_makes_a_campaign_where_every_row_can_be_sent(cli, a_list):
    assert cli("campaign", "create", a_list("Fax\n415-200-0001\n"), "--media-name", "letter", "--strict").code == 0


def test_the_sheet_of_a_workbook_can_be_named(cli, a_list, desk, tmp_path):
    book = Workbook()
    book.active.title = "Old"
    for sheet, last in ((book.active, 1), (book.create_sheet("New"), 2)):
        sheet.append(["Fax"])
        sheet.append([f"415200000{last}"])
    book.save(tmp_path / "recall.xlsx")
    a_list()
    result = cli("campaign", "create", "recall.xlsx", "--media-name", "letter", "--sheet", "New")

    assert result.code == 0
    [row] = desk.campaigns.rows("recall")
    assert "+14152000002" in row


def test_a_list_may_come_from_a_pipe(cli, surroundings, tmp_path):
    def piped(*words):
        surroundings.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LIST.encode())))
        return cli("campaign", words[0], "-", *words[1:], FAX_DEFAULT_REGION="US")

    checked = piped("check")
    planned = piped("plan", "--media-name", "letter", "--json")
    made = piped("create", "--media-name", "letter", "--name", "Recall")
    again = piped("create", "--media-name", "letter", "--name", "Recall")

    assert checked.code == 1
    assert "all invalid rows are in stdin.bad.csv" in checked.out
    assert planned.json["recipients"] == 2
    assert made.out == again.out == "campaign recall: 2 rows, checked\n"
    assert "nonsense" in (tmp_path / "stdin.bad.csv").read_text(encoding="utf-8-sig")
