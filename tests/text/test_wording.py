"""Counts and money are written as people write them."""

import pytest

from faxdispatch.text.wording import counted, counted_are, of_cap


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (0, "fax", "0 faxes"), (1, "fax", "1 fax"), (2, "fax", "2 faxes"), (1, "row", "1 row"),
        (1_000_000, "row", "1,000,000 rows"), (1, "dead letter", "1 dead letter"),
        (3, "dead letter", "3 dead letters"), (2, "inbound fax", "2 inbound faxes"), (2, "match", "2 matches"),
    ],
)  # fmt: skip
def test_one_takes_the_singular_and_all_others_the_plural(count, noun, words):
    assert counted(count, noun) == words


def test_the_verb_goes_with_the_count():
    assert [counted_are(count, "row") for count in (0, 1, 2)] == ["0 rows are", "1 row is", "2 rows are"]


def test_no_cap_is_written_as_such():
    assert of_cap(0, None) == "0.00, no cap"
    assert of_cap(1234.5, 2000) == "1,234.50 of 2,000.00"
