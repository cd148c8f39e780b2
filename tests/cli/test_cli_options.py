"""Options that several commands have."""

import inspect
import io
from contextlib import nullcontext
from dataclasses import dataclass, fields
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from faxdispatch.cli.campaigns.making import check, create, plan
from faxdispatch.cli.lists import Form
from faxdispatch.cli.options import Operator, Options, Reason, spread
from faxdispatch.cli.output import confirm
from faxdispatch.cli.send import send
from faxdispatch.cli.sending import Documents, Sending
from faxdispatch.errors import BadInput
from faxdispatch.jobs import SendFax


@dataclass(frozen=True, kw_only=True)
class Colours(Options):
    """Two options of a test."""

    ink: Annotated[str, typer.Option(help="Of letters.")] = "black"
    paper: str = "white"


def command(function):
    app = typer.Typer(rich_markup_mode=None)
    app.command()(spread(function))
    return lambda *words: CliRunner().invoke(app, words)


def test_the_fields_of_a_class_of_options_are_options_of_a_command():
    def paint(what: str, colours: Colours, twice: bool = False) -> None:
        print(what, colours.ink, colours.paper, twice)

    run = command(paint)

    assert run("a", "--ink", "red").output == "a red white False\n"
    assert run("a", "--paper", "grey", "--twice").output == "a black grey True\n"
    assert "Of letters." in run("--help").output


def test_the_operator_is_the_user_unless_another_is_named(monkeypatch):
    def say(operator: Operator = None) -> None:
        print(operator)

    run = command(say)
    monkeypatch.setenv("USER", "ada")

    assert run().output == "ada\n"
    assert run("--operator", "bob").output == "bob\n"


def test_an_empty_reason_is_refused_before_anything_is_done():
    done = []

    def act(reason: Reason) -> None:
        done.append(reason)

    result = command(act)("--reason", " ")

    assert isinstance(result.exception, BadInput)
    assert done == []


@pytest.mark.parametrize(("answer", "goes_on"), [("y", True), ("n", False), ("", False)])
def test_a_person_at_a_terminal_is_asked_and_only_a_yes_goes_on(monkeypatch, capsys, answer, goes_on):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))

    with nullcontext() if goes_on else pytest.raises(typer.Exit, check=lambda end: end.exit_code == 1):
        confirm("Delete a for good?", yes=False)

    assert "Delete a for good? [y/N]" in capsys.readouterr().err


def test_every_option_of_a_fax_is_a_field_of_its_request():
    known = {field.alias or name for name, field in SendFax.model_fields.items()}

    assert {one.name.rstrip("_") for one in fields(Sending)} <= known
    assert set(Sending(from_="a", tags=["b"], quality=None).asked()) == {"from", "tags"}


@pytest.mark.parametrize("function", [check, plan, create], ids=lambda one: one.__name__)
def test_one_command_line_serves_to_check_plan_and_create_a_campaign(function):
    taken = {one.annotation for one in inspect.signature(function).parameters.values()}

    assert {Documents, Sending, Form} <= taken


def test_a_single_fax_has_the_options_of_a_campaign():
    assert Sending in {one.annotation for one in inspect.signature(send).parameters.values()}


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["campaign", "plan", "may-recall", "--column", "Fax"], "--column"),
        (["campaign", "plan", "may-recall", "--personalised", "--media-dir", "."], "--personalised, --media-dir"),
        (["status", "--history"], "--history"),
        (["status", "--no-history"], "--history"),
        (["status", "job-1", "--limit", "3"], "--limit"),
        (["holds", "--limit", "3"], "--limit"),
        (["events", "--name", "me"], "--name"),
        (["find", "--job", "job-1", "--evidence", "a.zip", "--csv"], "--csv"),
        (["find", "--job", "job-1", "--evidence", "a.zip", "--full"], "--full"),
        (["recover", "--late"], "--late"),
        (["preview", "a.pdf", "--row", "2"], "--row"),
        (["preview", "a.pdf", "--list", "l.csv"], "--list"),
        (["preview", "a.pdf", "--cover-field", "name=A"], "--cover-field"),
        (["send", "+13125550123", "--media", "a.pdf", "--cover-field", "name=A"], "--cover-field"),
    ],
    ids=" ".join,
)
def test_an_option_that_would_have_no_effect_is_refused(cli, tmp_path, words, option):
    result = cli(*words)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"faxdispatch: {option}: ")
    assert result.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
