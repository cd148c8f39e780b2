"""`faxdispatch suppress`: numbers to which no campaign sends."""

import json

import pytest

from faxdispatch.ledger import Suppressions

NUMBER, OTHER = "+14152000001", "+14152000002"


@pytest.fixture
def known(ledger):
    return Suppressions(ledger.scripts)


@pytest.fixture
def a_file(surroundings, tmp_path):
    surroundings.setenv("FAX_DEFAULT_REGION", "US")

    def write(text, name="never.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


def test_adding_changing_and_removing_a_number_show_reason_and_operator(cli, known, redis):
    words = ["suppress", "add", NUMBER, "--reason", "asked by telephone", "--source", "call of May 4"]
    assert cli(*words, USER="ada").out == "+1******0001 gets no campaigns\n"
    assert cli(*words).out == "+1******0001 was on the list already, with the same reason, source and end\n"
    changed = cli(*words, "--until", "2090-01-01T00:00:00Z", "--json")
    assert changed.json == {"outcome": "changed", "number": "+1******0001"}
    assert known.get(NUMBER).until.year == 2090
    assert cli("suppress", "remove", NUMBER, "--reason", "asked again").out == "+1******0001 gets campaigns again\n"

    answer = [(fields["type"], json.loads(fields["data"])) for _, fields in redis.xrange("fax:events")]
    about = {"number": NUMBER, "operator": "ada"}
    until = 3786912000000
    said = {"reason": "asked by telephone", "origin": "call of May 4"}
    assert answer == [
        ("number.suppressed", about | said),
        ("number.suppressed", about | said | {"until": until}),
        ("number.unsuppressed", about | {"reason": "asked again"}),
    ]
    assert not any("2000001" in fields["id"] for _, fields in redis.xrange("fax:events"))


def test_a_number_that_is_not_on_the_list_has_exit_code_1(cli):
    assert cli("suppress", "check", NUMBER).out == "+1******0001: not on the list\n"
    for words in (["check", NUMBER], ["check", NUMBER, "--json"], ["remove", NUMBER, "--reason", "x"]):
        assert cli("suppress", *words).code == 1


def test_a_file_is_imported_twice_without_a_change_and_its_bad_rows_are_reported(cli, a_file, known):
    listed = a_file("Name;Fax\nA;415-200-0001\nB;(415) 200-0002 ext. 5\nC;nonsense\n")
    words = ["suppress", "import", listed, "--reason", "asked", "--json"]

    first, second = cli(*words), cli(*words)

    assert (first.code, second.code) == (1, 1)
    assert [(one.json["added"], one.json["same"], one.json["invalid"]) for one in (first, second)] == [
        (2, 0, 1),
        (0, 2, 1),
    ]
    assert known.among([NUMBER, OTHER]) == {NUMBER, OTHER}
    assert known.get(NUMBER).source == "never.csv"
    assert "line 4: the cell in column Fax is not a telephone number" in cli(*words[:-1]).err


def test_numbers_that_the_file_itself_marks_as_opted_out_are_imported(cli, a_file, known):
    cli(
        "suppress",
        "import",
        a_file("Fax,Opt out,Notes\n415-200-0001,x,\n415-200-0002,,do not fax\n"),
        "--reason",
        "law",
    )

    assert known.among([NUMBER, OTHER]) == {NUMBER, OTHER}


def test_an_export_is_imported_as_it_was(cli, a_file, known, redis, tmp_path):
    cli("suppress", "add", NUMBER, "--reason", "=asked, twice", "--source", "letter")
    cli("suppress", "add", OTHER, "--reason", "court", "--until", "2090-01-01T00:00:00Z")
    before = {one.number: (one.reason, one.source, one.until) for one in known.all()}
    assert cli("suppress", "export", "out.csv").code == 0
    redis.delete("fax:suppressed", "fax:suppressed:until")

    assert cli("suppress", "import", "out.csv").code == 0

    assert {one.number: (one.reason, one.source, one.until) for one in known.all()} == before
    assert cli("suppress", "export", "out.csv").code == 2
    assert len(cli("suppress", "export").out.splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "415-200-0001", "--reason", "x"], "number: is not in E.164 form"),
        (["add", NUMBER], "--reason"),
        (["add", NUMBER, "--reason", " "], "reason: "),
        (["add", NUMBER, "--reason", "x", "--until", "2020-01-01T00:00:00Z"], "until: has already passed"),
        (["add", NUMBER, "--reason", "x", "--until", "2030-01-01"], "until: '2030-01-01' has no time zone"),
        (["add", NUMBER, "--reason", "x", "--source", " "], "source: "),
        (["import", "missing.csv", "--reason", "x"], "missing.csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_is_bad_usage_and_changes_nothing(cli, known, words, message):
    result = cli("suppress", *words)

    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert known.count() == 0
