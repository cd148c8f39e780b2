"""Links in the documentation lead somewhere, its code blocks are code, and what it names exists."""

import ast
import re
import subprocess
import textwrap
import tomllib
from pathlib import Path

import markdown
import pytest
import typer

from faxdispatch.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "simulator").glob("*.md")]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def blocks(*languages: str) -> list[object]:
    return [
        pytest.param(textwrap.dedent(code), id=f"{page.name}:{number}")
        for page in PAGES
        for number, (_, language, code) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
        if language in languages
    ]


def calls(page: Path) -> set[str]:
    """Every command that a page names, with its options."""
    text = page.read_text(encoding="utf-8")
    listed = "".join(code for _, language, code in BLOCK.findall(text) if language == "sh").replace("\\\n", " ")
    named = re.findall(r"`(faxdispatch [^`]+)`", " ".join(BLOCK.sub("", text).split()))
    lines = [line.partition(" #")[0] for line in [*listed.splitlines(), *named]]
    found = [re.search(r"(?:^|worker |console |-- |bin/)faxdispatch ([a-z].*)", line) for line in lines]
    return {call[1] for call in found if call}


def anchors(page: Path) -> set[str]:
    parser = markdown.Markdown(extensions=["toc", "fenced_code"])
    return set(re.findall(r'id="([^"]+)"', parser.convert(page.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("code", blocks("python"))
def test_a_python_block_compiles(code: str):
    compile(code, "a block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("code", blocks("sh", "bash"))
def test_a_shell_block_is_shell(code: str):
    done = subprocess.run(["bash", "-n"], input=code, capture_output=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stderr) == (0, "")


# The changelog also names what is gone.
@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name)
def test_the_commands_that_a_page_names_exist(page: Path):
    for call in calls(page):
        words, command = call.split(), typer.main.get_command(app)
        while words and hasattr(command, "commands"):
            assert words[0] in command.commands, call
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        named = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert named <= options | {"--help"} or command.context_settings.get("ignore_unknown_options"), call


def test_the_page_of_the_architecture_names_each_room_on_its_floor():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    floors = next(one["layers"] for one in contracts if one.get("containers") == ["faxdispatch"])
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = page.split("| floor |")[1].split("\n\n")[0].splitlines()[2:]

    assert [sorted(re.findall(r"`(\w+)`", row.split("|")[1])) for row in rows] == [
        sorted(floor.split(" | ")) for floor in floors
    ]


# The changelog also names files that were removed.
@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name)
def test_tests_and_measurements_that_a_page_names_exist(page: Path):
    text = " ".join(page.read_text(encoding="utf-8").split())
    for name in re.findall(r"\bbench\.([a-z_]+)", text):
        assert (ROOT / "bench" / f"{name}.py").exists(), name
    for name, quoted, word in re.findall(r'\b(tests/[a-z/_]+\.py)(?:`)?(?: -k (?:"([^"]+)"|([a-z_]+)))?', text):
        assert (ROOT / name).exists(), name
        tests = re.findall(r"def (test_\w+)", (ROOT / name).read_text(encoding="utf-8"))
        for wanted in filter(None, (quoted or word).split(" or ")):
            assert any(wanted in test for test in tests), f"{name} -k {wanted}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path):
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
