"""The frame around all commands: help, version, exit codes, one line for an error."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

from faxdispatch.cli import app
from faxdispatch.cli.groups import first_line
from faxdispatch.errors import (
    AccountRefused,
    BadInput,
    FaxError,
    IdempotencyConflict,
    InvalidJob,
    Misconfigured,
    NotKnown,
    OutcomeUnknown,
    Unavailable,
)
from faxdispatch.text.privacy import EXAMPLE
from tests.conftest import free_port

WITHOUT_EXTRA = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"typer", "rich", "httpx", "nacl"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from faxdispatch.cli import main
main()
"""


@pytest.fixture
def raising(monkeypatch):
    """Make a command that raises an error."""

    def make(error):
        def command():
            raise error

        module = type(sys)("commands_of_a_test")
        module.command = command
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(app.COMMANDS, "raise", f"{module.__name__}:command")

    return make


def test_the_version_is_that_of_the_package(cli):
    assert cli("--version").out == f"faxdispatch {version('faxdispatch')}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_the_help_names_every_command(cli, arguments):
    result = cli(*arguments)

    assert result.code == 0
    assert all(f"  {name} " in result.out for name in app.COMMANDS)


def test_every_module_with_a_command_is_in_the_list():
    folder = Path(app.__file__).parent
    places = [place.partition(":")[0] for place in app.COMMANDS.values()]
    found = [
        file.stem
        for file in folder.glob("*.py")
        for command in [rf"^(app = Group\(|def {file.stem}\((?s:.*?)\) -> (Answer|Rows))"]
        if re.search(command, file.read_text(), re.MULTILINE)
    ]

    assert len(found) > 20
    assert [name for name in found if f"faxdispatch.cli.{name}" not in places] == [], "add it to COMMANDS of cli/app.py"


def test_the_docs_name_every_command():
    root = Path(__file__).parents[2]
    documented = "".join(page.read_text() for page in [root / "README.md", *(root / "docs").glob("*.md")])

    assert [name for name in app.COMMANDS if not re.search(rf"(faxdispatch|make) {name}\b", documented)] == []


def test_without_arguments_the_help_is_shown(cli):
    assert "Usage: faxdispatch" in "".join(str(part) for part in vars(cli()).values())


HELP_OF_EACH = """
import os, sys, typer.rich_utils
import faxdispatch.client, faxdispatch.broker.connection, faxdispatch.telnyx.client
from faxdispatch.cli.app import COMMANDS, run

for name in COMMANDS:
    print("==", name, flush=True)
    if not os.fork():
        code = run([name, "--help"])
        sys.stdout.flush()
        os._exit(code)
    _, status = os.wait()
    assert status == 0, name
"""
"""Each command in a process that has loaded no other command; what most of them load is loaded once."""


def test_every_command_explains_itself():
    words = [sys.executable, "-X", "utf8", "-c", HELP_OF_EACH]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stderr) == (0, "")
    for name, text in zip(app.COMMANDS, done.stdout.split("== ")[1:], strict=True):
        first, _, usage = text.partition("\n")
        assert first == name
        assert usage.strip().lower().startswith("usage: "), name


def test_each_group_shows_one_line_of_each_of_its_commands_which_begins_the_help_of_that(cli):
    groups = [((), typer.main.get_command(app.app))]
    for path, group in groups:
        output = cli(*path, "--help").out
        shown = {name: command for name, command in group.commands.items() if not command.hidden}
        for name, command in shown.items():
            line = command.help.partition("\n")[0] if name != "simulate" else first_line(app.COMMANDS[name])
            assert re.search(rf"^  {name} +{re.escape(line)}$", output, re.MULTILINE), (path, name, line)
            if hasattr(command, "commands"):
                groups.append(((*path, name), command))
    assert len(groups) > 12


def options(command):
    """All options of a command and of those below it."""
    for one in getattr(command, "commands", {}).values():
        yield from options(one)
    yield from (one for one in command.params if one.param_type_name == "option")


def test_each_switch_has_one_name_and_no_value_is_named_by_its_type_in_python():
    found = list(options(typer.main.get_command(app.app)))

    assert len(found) > 200
    for one in found:
        if one.is_flag:
            assert len([name for name in one.opts if name.startswith("--")]) == 1, one.opts
        else:
            assert one.metavar or one.type_descriptor.is_choice, one.opts


@pytest.mark.parametrize(
    "words", ["status --state nosuch", "holds --reason nosuch", "console user add x --role nosuch"]
)
def test_a_wrong_choice_is_named_with_the_right_ones_and_nothing_else(cli, words):
    result = cli(*words.split())

    assert result.code == 2
    assert re.search(r"^Error: Invalid value for '--\w+': 'nosuch' is not one of '\w+', ", result.err, re.MULTILINE)


ADDRESS = "https://example.com/a.pdf"


@pytest.mark.parametrize(
    "words",
    [
        "status", "status job-1", "cancel job-1", "sync job-1", "refresh fax-1", "holds", "events", "events --follow",
        "events --group g", "campaign report spring", "campaign plan spring",
        f"send +13125550123 --media {ADDRESS}",
    ],
)  # fmt: skip
def test_a_redis_that_is_down_is_reported_in_one_line_without_its_password(cli, words):
    result = cli(*words.split(), REDIS_URL=f"redis://:secret@127.0.0.1:{free_port()}/0")

    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(r"faxdispatch: .*(Redis|broker).*\n", result.err)
    assert "secret" not in result.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        *((f"{command} nobody", "job nobody: not known") for command in ("status", "cancel", "sync")),
        ("resolve nobody --failed --reason x --yes", "job nobody: not known"),
        ("release nobody --reason x", "job nobody: not known"),
        *((f"deadletters {command} none", "dead letter none: not known") for command in ("show", "redrive", "drop")),
        *((f"campaign {command} none", "campaign none: not known") for command in ("report", "watch", "status")),
        ("campaign plan none", "none"),
        *((f"inbound {command} nobody", "inbound find") for command in ("show", "fetch")),
    ],
)
def test_what_is_not_known_is_reported_in_one_line_and_nothing_is_recorded(cli, redis, words, text):
    result = cli(*words.split())

    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(rf"faxdispatch: .*{text}.*\n", result.err)
    assert redis.dbsize() == 0


def test_a_misspelt_command_is_bad_usage_and_the_right_one_is_offered(cli):
    result = cli("statu")

    assert result.code == 2
    assert "status" in result.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidJob([("to", "wrong")]), 2),
        (Misconfigured("FAX_RATE: wrong"), 2),
        (NotKnown("job a: not known here"), 1),
        (IdempotencyConflict("k", "a"), 1),
        (Unavailable("Redis did not answer"), 1),
        (AccountRefused("no funds"), 1),
        (OutcomeUnknown("timed out"), 1),
        (FaxError("several\nlines"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_one_line_and_an_exit_code(cli, raising, error, code):
    raising(error)

    result = cli("raise")

    assert result.code == code
    assert result.err == f"faxdispatch: {' '.join(str(error).split())}\n"


def test_an_error_shows_no_numbers_and_keys(cli, raising):
    raising(FaxError("+13125550123 with KEY0123456789ABCDEF at redis://:pass@host/0"))

    err = cli("raise").err

    assert not any(secret in err for secret in ("+13125550123", "KEY0123456789ABCDEF", "pass"))


def test_an_error_shows_the_example_by_which_a_number_is_written(cli, raising):
    raising(BadInput(f"write it like {EXAMPLE}, not +13125550123"))

    assert cli("raise").err == f"faxdispatch: write it like {EXAMPLE}, not +1******0123\n"


def test_a_bug_is_not_hidden(cli, raising):
    raising(ZeroDivisionError("a bug"))

    with pytest.raises(ZeroDivisionError):
        cli("raise")


def test_an_interruption_ends_with_the_usual_code(cli, raising):
    raising(KeyboardInterrupt())

    assert cli("raise").code == 130


def test_without_the_extra_it_says_what_to_install():
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTRA], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "faxdispatch: typer is not installed; install faxdispatch with its extra [app]\n"


SAY = "from faxdispatch.cli import app, main; app.COMMANDS['say'] = 'faxdispatch.cli.output:show'; main()"
"""A command that writes a line and needs nothing."""


def test_a_character_that_the_terminal_does_not_have_is_shown_by_its_number():
    terminal = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", SAY, "say", "--line", "ä日".encode()],
        capture_output=True,
        env=terminal,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"\xe4\\u65e5\n", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("asked", ["say", "--help", "--version"])
def test_a_full_disk_is_reported_in_one_line(asked):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        words = [sys.executable, "-c", SAY, asked]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "faxdispatch: standard output cannot be written: No space left on device\n"
