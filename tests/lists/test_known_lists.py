"""Every list with a known answer faxes exactly those numbers, as far as the list alone shows."""

from collections import Counter
from contextlib import nullcontext

import pytest

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.errors import BadInput
from faxdispatch.lists.checking import check
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.rows import Row
from tests.lists.known import BOOKS, TEXTS

_OPTIONS = {"--region": "region", "--column": "column", "--sheet": "sheet"}
_FLAGS = {"--personalised": {"personalised": True}, "--include-hidden": {"include_hidden": True}, "--strict": {},
          "--field": {"fields": {"opt_out": None}}}  # fmt: skip
_OF_CREATE = ("1 of 2 rows cannot", "no row that can be sent")
"""Refusals of campaigns, not of lists."""
LISTS = [known for known in (*TEXTS, *BOOKS) if not known.environment and known.refused not in _OF_CREATE]


def options_of(known):
    """Return the words of the command as arguments of `check`."""
    found = {}
    for at, word in enumerate(known.options):
        if word in _OPTIONS:
            found[_OPTIONS[word]] = known.options[at + 1]
        found |= _FLAGS.get(word, {})
    return found


@pytest.mark.parametrize("known", LISTS, ids=[known.name for known in LISTS])
def test_a_list_faxes_whom_it_should(known, tmp_path):
    path = known.write(tmp_path)
    with pytest.raises(BadInput, match=known.refused) if known.refused else nullcontext():
        assert faxed(path, options_of(known)) == Counter(number for number, _ in known.faxed)


def faxed(path, options):
    """Return how often each number is faxed."""
    with check(path, Reading(**options), policy=NumberPolicy(region="US")) as checking:
        return Counter(row.to for row in checking if isinstance(row, Row))
