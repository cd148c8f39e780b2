"""`.env.example` and the settings say the same."""

import re
from pathlib import Path

import pytest

from faxdispatch.settings import Settings

TEXT = (Path(__file__).parent.parent / ".env.example").read_text(encoding="utf-8")
GIVEN = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", TEXT, re.MULTILINE))
SETTINGS = {name.upper() for name in Settings.model_fields}


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """No setting comes from anywhere."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_the_example_names_exactly_the_settings_there_are():
    assert set(GIVEN) == SETTINGS


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_the_example_shows_the_default_of_each_setting(name, bare):
    bare.setenv(name, GIVEN[name])

    assert getattr(Settings.load(), name.lower()) == Settings.model_fields[name.lower()].default


def test_each_setting_in_the_example_has_one_line_of_comment_above_it():
    bare_ones = re.findall(r"^(?!# [^-]).*\n#?([A-Z_]+)=", TEXT, re.MULTILINE)

    assert bare_ones == []


def test_the_example_as_it_is_changes_nothing(bare, tmp_path):
    defaults = Settings.load()

    (tmp_path / ".env").write_text(TEXT, encoding="utf-8")

    assert Settings.load() == defaults


def test_the_example_with_every_line_in_force_changes_nothing(bare, tmp_path):
    defaults = Settings.load()
    in_force = re.sub(r"^#([A-Z_]+=)", r"\1", TEXT, flags=re.MULTILINE)

    (tmp_path / ".env").write_text(in_force, encoding="utf-8")

    assert Settings.load() == defaults
