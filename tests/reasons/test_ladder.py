"""The allowed content of FAX_LADDER, and the reports of mistakes in it."""

import pytest

from faxdispatch.errors import Misconfigured
from faxdispatch.jobs import SendFax
from faxdispatch.reasons.ladder import read_ladder
from faxdispatch.settings import Settings


def load(monkeypatch, tmp_path, ladder):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAX_LADDER", ladder)
    return Settings.load()


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("t38_enabled=false", (("t38_enabled", False),)),
        ("quality=normal,t38_enabled=false", (("quality", "normal"), ("t38_enabled", False))),
        (" monochrome = true , black_threshold = 80 ,", (("monochrome", True), ("black_threshold", 80))),
        ("quality=ultra_light,quality=normal", (("quality", "ultra_light"), ("quality", "normal"))),
        ("none", ()),
    ],
)
def test_a_ladder_is_options_and_values_in_their_order(text, steps):
    assert read_ladder(text) == steps


@pytest.mark.parametrize("ladder", ["t38_enabled=false,quality=very_high", "monochrome=true,black_threshold=100"])
def test_every_step_is_an_option_that_a_fax_can_be_sent_with(ladder):
    fax = SendFax(to="+13125550123", media_name="a.pdf", **dict(read_ladder(ladder)))

    assert {name: getattr(fax, name) for name, _ in read_ladder(ladder)} == dict(read_ladder(ladder))


@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("t38=false", "t38_enabled, quality, monochrome, black_threshold"),
        ("to=+13125550123", "t38_enabled, quality, monochrome, black_threshold"),
        ("quality", "write option=value"),
        ("=normal", "write option=value"),
        ("None", "none alone"),
        ("quality=low", "'normal', 'high', 'very_high', 'ultra_light' or 'ultra_dark'"),
        ("quality=", "'normal'"),
        ("t38_enabled=never", "true or false"),
        ("monochrome=", "true or false"),
        ("black_threshold=0", "greater than or equal to 1"),
        ("black_threshold=101", "less than or equal to 100"),
        ("black_threshold=dark", "integer"),
    ],
)
def test_an_invalid_entry_is_reported_with_what_is_allowed(monkeypatch, tmp_path, word, allowed):
    with pytest.raises(Misconfigured) as refused:
        load(monkeypatch, tmp_path, f"monochrome=true,{word}")

    message = str(refused.value)
    assert message.startswith(f"FAX_LADDER: {word!r}: ")
    assert allowed in message


def test_all_invalid_entries_are_reported_at_once():
    with pytest.raises(ValueError, match=r"'quality=low': .*; 't38=1': "):
        read_ladder("quality=low,monochrome=true,t38=1")


def test_none_cannot_be_combined_with_steps():
    with pytest.raises(ValueError, match=r"'none': .*none alone"):
        read_ladder("none,quality=normal")


def test_an_empty_variable_is_the_default_and_none_is_no_ladder(monkeypatch, tmp_path):
    default = (("t38_enabled", False), ("quality", "normal"), ("monochrome", True))

    assert load(monkeypatch, tmp_path, "").fax_ladder == default
    assert load(monkeypatch, tmp_path, "none").fax_ladder == ()


@pytest.mark.parametrize("value", ["0", "51", "often"])
def test_tries_after_a_connected_call_are_one_to_fifty(monkeypatch, tmp_path, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAX_MAX_CONNECTS", value)

    with pytest.raises(Misconfigured, match=r"^FAX_MAX_CONNECTS: "):
        Settings.load()
