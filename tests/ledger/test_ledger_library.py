import re
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest

from faxdispatch.ledger import library
from faxdispatch.ledger.rules import Rules
from faxdispatch.settings import Settings
from tests.ledger.lua_keys import headed

RULES = Rules().arguments()
LEDGER = Path(library.__file__).parent
LUA = files("faxdispatch.ledger").joinpath("lua")
NAMES = sorted(library.places())


@pytest.mark.parametrize("name", NAMES)
def test_every_script_compiles_and_ends_with_its_own_text(name, ledger):
    text = library.script(name, RULES)
    last = [line for line in LUA.joinpath(f"{library.places()[name]}.lua").read_text().splitlines() if line][-1]

    assert text.rstrip().endswith(last)
    assert ledger.redis.script_load(text)


def test_a_script_carries_only_what_it_uses():
    text = library.script("reserve", RULES)

    assert "local function next_slot(" in text
    assert "local function emit(" not in text


def test_a_script_carries_only_the_rules_it_uses():
    assert "local RULES = {interval = " in library.script("reserve", RULES)
    assert "page_price" not in library.script("reserve", RULES)


def test_every_rule_is_used_by_a_script():
    text = "".join(file.read_text() for folder in LUA.iterdir() for file in folder.iterdir())
    used = {name for names in re.findall(r"\ba\.(\w+)|ruled\('(\w+)'\)", text) for name in names if name}
    rules = Rules(connection_rate=1, day_cap=1, delete_after=1, documents_kept=1).arguments()
    given = "".join(file.read_text() for file in LEDGER.rglob("*.py") if file.name != "rules.py")

    assert set(rules) - used == set()
    assert [name for name in used - set(rules) if not re.search(rf"\b{name}=|\"{name}\"", given)] == []


VARIABLES = {"hint_after": "fax_read_timeout", "poll_after": "fax_settle", "reconcile_every": "fax_settle"}
"""The setting from which a rule is derived."""
SET = {
    rule.name: VARIABLES.get(rule.metadata["setting"], rule.metadata["setting"])
    for rule in fields(Rules)
    if rule.metadata.get("setting")
}


@pytest.mark.parametrize("rule", [name for name, setting in SET.items() if setting in Settings.model_fields])
def test_a_change_of_a_setting_reaches_the_scripts(rule):
    changed = Rules.from_settings(Settings(**{SET[rule]: 7777 if rule == "events_maxlen" else 7}))

    assert getattr(changed, rule) != getattr(Rules(), rule)
    assert changed.arguments() != RULES


def test_a_function_stands_before_its_uses():
    text = library.script("claim", RULES)

    places = [text.index(f"local {name}") for name in ("RULES", "a = ", "function load(", "function save(")]
    assert places == sorted(places)
    assert (
        text.index("local function move(") < text.index("local function finish(") < text.index("local function claim(")
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_script_ends_by_a_reply_which_writes_what_it_changed(name):
    text = LUA.joinpath(f"{library.places()[name]}.lua").read_text()
    ends = [line for line in text.splitlines() if line.startswith("return") or " then return reply" in line]

    assert ends
    assert all("return reply(" in line for line in ends), ends


@pytest.mark.parametrize("name", NAMES)
def test_every_script_says_at_its_top_which_keys_it_touches(name):
    text = LUA.joinpath(f"{library.places()[name]}.lua").read_text()

    assert text == headed(name), "python -m tests.ledger.lua_keys writes it"
