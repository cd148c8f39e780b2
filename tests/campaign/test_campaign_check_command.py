"""`faxdispatch campaign check`: what it prints, what it writes, and its exit codes."""

import json
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner, Result

from faxdispatch.cli.campaigns.making import check
from faxdispatch.cli.output import answered
from faxdispatch.errors import BadInput, Misconfigured, Unavailable
from faxdispatch.ledger import Scripts, Suppression, Suppressions, connect
from tests.conftest import free_port
from tests.documents.preflight.made import letter

GOOD = "Name,Fax\nBob,3125550100\nAl,3125550101\n"
BAD = f"{GOOD}Cy,312-555-0102 x12\n=cmd,1.3E+10\nDi,\n"


@pytest.fixture
def command(no_settings, tmp_path) -> Callable[..., Result]:
    """Run the command in an empty folder, without settings unless they are given."""
    app = typer.Typer(rich_markup_mode=None)
    app.command()(answered(check))

    def run(content: str, *arguments: str, **variables: str) -> Result:
        (tmp_path / "list.csv").write_text(content, "utf-8")
        for name, value in ({"FAX_DEFAULT_REGION": "US"} | variables).items():
            no_settings.setenv(name, value)
        return CliRunner().invoke(app, ["list.csv", *arguments])

    return run


def test_a_list_without_bad_rows_ends_with_0_and_writes_nothing(command, tmp_path):
    result = command(GOOD)

    assert result.exit_code == 0
    assert "column of the fax numbers: 'Fax'" in result.stdout
    assert [line.split() for line in result.stdout.splitlines() if line.startswith("valid")] == [["valid", "2"]]
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


def test_bad_rows_end_with_1_and_are_shown_and_written(command, tmp_path):
    result = command(BAD, "--limit", "1")

    assert result.exit_code == 1
    assert (
        "line 4, '312-555-0102 x12': the cell in column Fax has extension 12, which a fax call cannot dial"
        in result.stdout
    )
    assert "1.3E+10" not in result.stdout
    assert "and 1 more; all invalid rows are in list.bad.csv" in result.stdout
    assert '"\'=cmd"' in (tmp_path / "list.bad.csv").read_text("utf-8")


def test_a_list_with_nothing_to_send_ends_with_1(command):
    assert command("Name,Fax\nBob,N/A\n").exit_code == 1


def test_json_has_all_that_is_known(command):
    found = json.loads(command(BAD, "--json").stdout)

    counts = {name: found[name] for name in ("rows", "valid", "invalid", "no_number", "duplicate", "foreign")}
    assert counts == {"rows": 5, "valid": 2, "invalid": 2, "no_number": 1, "duplicate": 0, "foreign": 0}
    assert (found["column"], found["delimiter"], found["bad_rows_file"]) == ("Fax", ",", "list.bad.csv")
    assert found["bad_rows"][0]["line"] == 4
    assert found["asked"] == {"suppressed": False, "quarantined": False}


def test_a_file_of_bad_rows_is_not_overwritten(command, tmp_path):
    command(BAD)
    assert "all invalid rows are in list.bad-2.csv" in command(BAD).stdout

    refused = command(BAD, "--bad-rows", "list.bad.csv")

    assert isinstance(refused.exception, BadInput)
    assert "list.bad.csv: exists" in str(refused.exception)


def test_options_override_the_guesses(command):
    found = json.loads(
        command(
            "Name|Fax|Else\nBob|x|030 20930\n",
            *("--column", "Else", "--region", "de", "--delimiter", "pipe", "--encoding", "latin-1", "--json"),
        ).stdout
    )

    assert (found["valid"], found["foreign"], found["column"], found["delimiter"]) == (1, 0, "Else", "|")
    assert found["encoding"] == "latin-1 (as given)"


def test_columns_of_fields_can_be_given_and_taken_away(command):
    content = "Fax,Link,priority\n3125550100,http://a.com/b,urgent\n"

    assert command(content).exit_code == 0
    result = command(content, "--field", "media=Link", "--field", "priority=", "--json")

    assert json.loads(result.stdout)["fields"] == {"media": "Link"}
    assert result.exit_code == 1


def test_without_redis_it_says_that_no_suppression_list_was_checked(command):
    assert "REDIS_URL is not set: suppressed and quarantined numbers were not looked up" in command(GOOD).stderr


def test_numbers_in_quarantine_are_left_out(command, redis_url):
    with connect(redis_url) as redis:
        redis.zadd("fax:quarantined", {"+13125550100": 9e12, "+13125550101": 1})

        found = json.loads(command(GOOD, "--json", REDIS_URL=redis_url).stdout)

    assert (found["valid"], found["quarantined"], found["asked"]["quarantined"]) == (1, 1, True)


def test_suppressed_numbers_are_left_out(command, redis_url):
    with connect(redis_url) as redis:
        Suppressions(Scripts(redis)).add(Suppression("+13125550100", "asked", "letter"))

        found = json.loads(command(GOOD, "--json", REDIS_URL=redis_url).stdout)

    assert (found["valid"], found["suppressed"], found["asked"]["suppressed"]) == (1, 1, True)


def test_a_redis_that_does_not_answer_ends_the_check(command):
    assert isinstance(command(GOOD, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0").exception, Unavailable)


def test_our_own_number_is_warned_about(command):
    assert "these faxes would come back to FAX_FROM" in command(GOOD, FAX_FROM="+13125550101").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--region", "USA"], "region: 'USA' is not a country"),
        (["--encoding", "klingon"], "encoding: 'klingon' is not known"),
        (["--column", "Telex"], "has no column 'Telex'"),
        (["--field", "media"], "field: 'media' is not of the form FIELD=COLUMN"),
    ],
)
def test_wrong_usage_is_reported(command, arguments, message):
    refused = command(GOOD, *arguments)

    assert isinstance(refused.exception, BadInput)
    assert message in str(refused.exception)


def test_wrong_settings_are_reported(command):
    assert isinstance(command(GOOD, FAX_ZONE="Mars").exception, Misconfigured)


def test_the_document_and_the_cover_for_all_rows_are_checked_as_well(command, tmp_path):
    (tmp_path / "letter.pdf").write_bytes(letter(pages=2))
    asked = ["--media", "letter.pdf", "--cover", "Dear {name}"]

    assert command(GOOD, *asked).exit_code == 0
    result = command("Name,Fax\nBob,3125550100\n日,3125550101\n", *asked, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["valid"], answer["invalid"]) == (1, 1, 1)
    assert answer["bad_rows"][0]["reason"].startswith("no font has the character 日")
    assert "日" in (tmp_path / "list.bad.csv").read_text("utf-8")
    result = command("Name,Fax\nBob,3125550100\n,3125550101\n", *asked)
    assert (result.exit_code, "cover: {name} is empty in 1 row, first in line 3" in result.stdout) == (0, True)
    assert isinstance(command(GOOD, "--media", "letter.pdf", "--cover", "Dear {doctor}").exception, BadInput)
    assert isinstance(command(GOOD, "--media", "missing.pdf").exception, BadInput)


def test_a_row_without_a_document_is_bad_where_there_is_none_for_all(command, tmp_path):
    (tmp_path / "letter.pdf").write_bytes(letter())
    rows = "Media,Fax\nletter.pdf,3125550100\n,3125550101\n"

    alone = json.loads(command(rows, "--json").stdout)
    (tmp_path / "list.bad.csv").unlink()
    (tmp_path / "list.left-out.csv").unlink()
    assert (alone["valid"], alone["invalid"]) == (1, 1)
    assert "media" in alone["bad_rows"][0]["reason"]
    assert json.loads(command(rows, "--json", "--media-name", "stored").stdout)["valid"] == 2
