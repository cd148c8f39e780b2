"""A document's stored name is stable, unique to its fax, and never outside its folder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxdispatch.storage.naming import checked_name, stored_name

ODD = [
    "", "..", "../../etc/passwd", "/etc/passwd", "a/b", "a_b", "a\\b", "a.b", ".hidden", "-rf", "a\0b", "a\nb", "a b",
    "C:\\x", "ä", "\ud800", "\ud801", "x" * 65, "x" * 200, "x" * 201, "%2e%2e%2f",
]  # fmt: skip


def test_a_plain_id_is_the_name():
    assert stored_name("f72eebbe-f9b6-4f0f-b652-03e742e110d5", ".pdf") == "f72eebbe-f9b6-4f0f-b652-03e742e110d5.pdf"


@pytest.mark.parametrize("fax_id", ODD)
def test_an_unusual_id_gets_a_safe_and_stable_name(fax_id):
    name = stored_name(fax_id, ".pdf")

    assert checked_name(name) == name
    assert name.endswith(".pdf")
    assert len(name) < 120
    assert stored_name(fax_id, ".pdf") == name


def test_no_two_odd_ids_share_a_name():
    assert len({stored_name(fax_id, ".pdf") for fax_id in ODD}) == len(ODD)


def test_an_id_made_to_look_like_the_name_of_another_gets_a_name_of_its_own():
    taken = stored_name("a/b", ".pdf").removesuffix(".pdf")

    assert stored_name(taken, ".pdf") != f"{taken}.pdf"


@given(st.text(max_size=80), st.text(max_size=80))
def test_names_are_safe_and_different_for_different_ids(one, other):
    names = [stored_name(fax_id, ".pdf") for fax_id in (one, other)]

    assert [checked_name(name) for name in names] == names
    assert (names[0] == names[1]) == (one == other)


@pytest.mark.parametrize("suffix", ["", "pdf", "/x", "./x", ".PDF", ".a.b.c", ". "])
def test_an_invalid_suffix_is_a_bug(suffix):
    with pytest.raises(ValueError, match="suffix"):
        stored_name("a", suffix)


@pytest.mark.parametrize("name", ["", ".", "..", ".a", "a/b", "a\\b", "../a", "a\n", "-a", "a..b", "a" * 201, "ä.pdf"])
def test_a_name_of_another_form_is_refused(name):
    with pytest.raises(ValueError, match="not the name"):
        checked_name(name)
