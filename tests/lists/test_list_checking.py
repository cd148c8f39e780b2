"""Each row counts once: sent, bad, or left out with the reason; and a row's own options are read."""

import random
from array import array

import pytest

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.lists.checking import check
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.rows import LeftOut, Row, Why
from faxdispatch.lists.seen import Seen

A, B, C = "+13125550100", "+13125550101", "+13125550102"
LINK = "https://example.com/{}.pdf"


def test_one_number_in_three_forms_is_one_recipient_and_two_duplicates(checked):
    result = checked("fax\n3125550100\n3125550101\n(312) 555-0100\n\n+1 312 555 0100\n")

    assert result.sent == [(1, 2, A), (2, 3, B)]
    assert result.left_out == [(3, "duplicate of row 1"), (4, "duplicate of row 1")]


def test_rows_that_send_something_else_to_one_number_are_kept_apart(checked):
    rows = [LINK.format(1), LINK.format(2), LINK.format(1)]

    result = checked("fax,media_url\n" + "".join(f"3125550100,{link}\n" for link in rows))

    assert [row.fields for row in result.found if isinstance(row, Row)] == [
        {"media_url": rows[0]},
        {"media_url": rows[1]},
    ]
    assert result.left_out == [(3, "duplicate of row 1")]


def test_a_reference_alone_does_not_keep_rows_apart(checked):
    result = checked("fax,reference\n3125550100,one\n3125550100,two\n")

    assert result.left_out == [(2, "duplicate of row 1")]


def test_all_rows_of_a_personalised_list_are_kept(checked):
    assert checked("fax\n3125550100\n3125550100\n", personalised=True).numbers == [A, A]


def test_suppressed_and_quarantined_numbers_are_left_out_and_looked_up_in_batches(checked):
    asked = []

    def stopped(numbers):
        asked.append(len(numbers))
        return {number: why for number, why in ((A, Why.SUPPRESSED), (B, Why.QUARANTINED)) if number in numbers}

    rows = "".join(f"31255{number}\n" for number in range(50200, 52700))
    result = checked(f"fax\n3125550100\n3125550101\n3125550100\nnone\n{rows}", stopped=stopped)

    assert result.left_out[:4] == [(1, "suppressed"), (2, "quarantined"), (3, "suppressed"), (4, "no number")]
    assert (result.summary.suppressed, result.summary.quarantined) == (2, 1)
    assert len(asked) == 3
    assert max(asked) <= 1000


def test_counts_add_up_and_valid_rows_are_broken_down(checked):
    result = checked(
        "Name,Fax\na,3125550100\nb,8005550100\nc,+44 161 999 8888\nd,416-555-0199\ne,312-555-0199\nf,\ng,911\n"
        "h,312.555.0100\ni,k\nj,N/A\n",
        own_numbers=["+13125550199"],
    )
    summary = result.summary

    assert (summary.rows, summary.valid, summary.invalid, summary.no_number, summary.duplicate) == (10, 5, 2, 2, 1)
    assert (summary.toll_free, summary.foreign, summary.own_number) == (1, 2, 1)
    assert (summary.unconfirmed, summary.shared_cost) == (0, 0)
    assert summary.countries == {"GB": 1, "CA": 1}
    assert [(bad.row, bad.line, bad.column, bad.value, bad.reason) for bad in summary.bad] == [
        (7, 8, "Fax", "911", "is an emergency number; faxes are never sent to one"),
        (9, 10, "Fax", "k", "is not a telephone number: write it like +12025550199, or leave the cell empty"),
    ]


def test_numbers_of_new_area_codes_are_sent_to_and_counted_apart(checked):
    result = checked("fax\n6792345678\n+1 729 234 5678\n3125550100\n")

    assert result.numbers == ["+16792345678", "+17292345678", "+13125550100"]
    assert (result.summary.valid, result.summary.unconfirmed) == (3, 2)


def test_shared_cost_numbers_are_refused_or_counted_apart_as_the_policy_says(checked):
    rows = "fax\n+49 180 1234567\n+44 844 123 4567\n+44 118 912 3456\n"
    refused = checked(rows)
    allowed = checked(rows, policy=NumberPolicy(region="US", shared_cost=True))

    assert (refused.summary.valid, refused.summary.invalid) == (1, 2)
    assert (allowed.summary.valid, allowed.summary.shared_cost) == (3, 2)


def test_where_only_some_numbers_may_be_called_all_other_rows_are_invalid(checked):
    policy = NumberPolicy(region="US", only=frozenset({"+13125550100"}))
    result = checked("fax\n3125550100\n3125550101\n", policy=policy)

    assert result.numbers == ["+13125550100"]
    assert "FAX_TEST_ONLY" in result.bad[0][2]


def test_only_the_first_bad_rows_are_kept(checked):
    result = checked("fax\n3125550100\n" + "12\n" * 50, first_bad=3)

    assert result.summary.invalid == 50
    assert [bad.row for bad in result.summary.bad] == [2, 3, 4]


def test_a_region_that_is_given_is_the_country_of_numbers_without_plus(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("fax\n030 20930\n")

    with check(path, Reading(region="DE"), policy=NumberPolicy(region="US")) as checking:
        assert [row.to for row in checking] == ["+493020930"]


FIELDS = "fax,media,from,quality,window,timezone,priority,ref\n"


@pytest.mark.parametrize(
    ("name", "ours", "other"),
    [
        ("Country", "USA", "Mexico"),
        ("Country", "", "MX"),
        ("Country Code", "1", "+52"),
        ("Business Country/Region", "Canada", "México"),
    ],
)
def test_a_number_without_plus_of_another_country_is_refused(checked, name, ours, other):
    result = checked(
        f"Name,{name},Fax\na,{ours},3125550100\nb,{other},5512345678\nc,{other},+52 55 1234 5678\nd,{other},\n"
    )

    assert result.numbers == ["+13125550100", "+525512345678"]
    assert [row for row, _, reason in result.bad if f"its recipient is in {other}" in reason] == [2]


def test_a_number_of_leeds_is_not_called_in_turin(checked):
    result = checked("Name,Fax,Country\na,0113 496 0000,UK\nb,06 698 12345,Italy\n", region="IT")

    assert result.numbers == ["+390669812345"]


@pytest.mark.parametrize(
    "cells",
    ["TX,CA,DE,NY", "AL,AL,AR,AZ", "Georgia,Texas,Ohio", "CA,ON,DE,QC", "NY,,TX,DE", "IN,IN,OH,MI", "GA,US,TX,FL"],
)
def test_states_in_a_column_of_countries_decide_nothing(checked, cells):
    rows = [f"31255501{at:02},{cell}" for at, cell in enumerate(cells.split(","))]
    result = checked("\n".join(["Fax,Country", *rows]))

    assert not result.bad
    assert "column 'Country' is not used: it seems to have no countries" in result.guessed


@pytest.mark.parametrize(
    "cell",
    ["UK", "England", "Deutschland", "D", "Schweiz/CH", "CH - Schweiz", "Germany (DE)", "+49", "0049", "Georgia", "DEU",
     "Ungarn", "Vietnam", "Côte d'Ivoire", "日本", "DE", "AL"],
)  # fmt: skip
def test_a_country_is_known_by_every_usual_name(checked, cell):
    result = checked(f"Fax,Country\n3125550100,USA\n3125550101,{cell}\n3125550102,United States\n")

    assert result.numbers == ["+13125550100", "+13125550102"]
    assert f"its recipient is in {cell}: write it" in result.bad[0][2]


@pytest.mark.parametrize(
    "cell", ["U.S.", "U.S.A.", "US", "1", "001", "TX, USA", "", "n/a", "NA", "-", "Canada", "Elbonia"]
)
def test_at_home_or_nowhere_known_a_number_is_taken(checked, cell):
    assert not checked(f'Fax,Country\n3125550100,USA\n3125550101,"{cell}"\n3125550102,United States\n').bad


@pytest.mark.parametrize(("name", "region", "cells"), [("Land", "DE", "BE HE BY"), ("CC", "US", "351 204 900")])
def test_german_states_and_cost_centres_are_no_countries(checked, name, region, cells):
    numbers = {"DE": "030 23125", "US": "31255501"}
    rows = [f"{numbers[region]}{at:02},{cell}" for at, cell in enumerate(cells.split())]

    assert not checked("\n".join([f"Fax,{name}", *rows]), region=region).bad


def test_a_column_of_other_lands_decides_nothing(checked):
    assert len(checked("Name,Land,Fax\na,12 acres,3125550100\nb,5,3125550101\n").numbers) == 2


def test_a_rows_own_options_are_read(checked):
    result = checked(
        f'{FIELDS}3125550100,{LINK.format(1)},(312) 555-0199,Very High,"mon-fri 08:00-17:00",America/Chicago,Urgent,7\n'
        "3125550101,letter-1,,,,,,\n"
    )

    assert [row.fields for row in result.found] == [
        {
            "media_url": LINK.format(1),
            "from": "+13125550199",
            "quality": "very_high",
            "window": {"start": "08:00:00", "end": "17:00:00", "days": ["mon", "tue", "wed", "thu", "fri"]},
            "zone": "America/Chicago",
            "priority": "urgent",
            "reference": "7",
        },
        {"media_name": "letter-1"},
    ]


@pytest.mark.parametrize(
    ("cells", "column", "value", "reason"),
    [
        ("http://a.com/b,,,,,,", "media", "http://a.com/b", "must begin with https://"),
        ("ftp://a.com/b,,,,,,", "media", "ftp://a.com/b", "must begin with https://"),
        ("https://,,,,,,", "media", "https://", "names no host"),
        (f"{'x' * 256},,,,,,", "media", f"{'x' * 120}…", "String should have at most 255 characters"),
        (",12,,,,,", "from", "12", "is too short for a telephone number of its country: write it like +12025550199"),
        (
            ",,best,,,,",
            "quality",
            "best",
            "Input should be 'normal', 'high', 'very_high', 'ultra_light' or 'ultra_dark'",
        ),
        (",,,always,,,", "window", "always", "'always' is not like 'mon-fri 08:00-17:00'"),
        (",,,25:00-26:00,,,", "window", "25:00-26:00", "start: "),
        (",,,,CST,,", "timezone", "CST", "'CST' is not an IANA time zone such as America/Chicago"),
        (",,,,,asap,", "priority", "asap", "Input should be 'urgent', 'normal' or 'bulk'"),
        (f",,,,,,{'x' * 4001}", "ref", f"{'x' * 120}…", "String should have at most 4000 characters"),
    ],
)
def test_a_wrong_value_makes_a_bad_row_that_names_its_column(checked, cells, column, value, reason):
    result = checked(f"{FIELDS}3125550100,{cells}\n3125550101,,,high,,UTC,bulk,\n")

    bad = result.summary.bad[0]
    assert (bad.row, bad.line, bad.column, bad.value) == (1, 2, column, value)
    assert bad.reason.startswith(reason)
    assert result.numbers == [B]


def test_a_column_that_is_only_named_like_a_field_is_not_taken(checked):
    result = checked("Fax,Priority,Zone\n3125550100,High,East\n3125550101,Low,West\n")

    assert result.table.fields == {}
    assert result.numbers == [A, B]
    assert "column 'Priority' is not used: nothing in it is a priority of a fax" in result.guessed


def test_fields_that_are_given_override_the_names_of_columns(checked):
    content = "Fax,Media,Letter,Priority\n3125550100,a,b,High\n"

    assert checked(content, fields={"media": "Letter", "priority": None}).found[0].fields == {"media_name": "b"}
    assert checked(content, fields={"priority": 4}).summary.invalid == 1


def test_an_unused_column_of_send_times_is_reported(checked):
    assert "column 'send_after' is not used" in checked("fax,send_after\n3125550100,2026-01-01\n").guessed


def test_a_left_out_row_names_its_recipient(checked):
    result = checked("fax\n3125550100\n312-555-0100\n")

    assert result.found[1] == LeftOut(2, 3, Why.DUPLICATE, "duplicate of row 1", A, ("312-555-0100",))


def test_the_first_row_of_each_key_is_remembered_as_by_a_dict():
    chance = random.Random(3)
    seen, known = Seen(), {}
    for row in range(1, 30_000):
        key = chance.choice(
            (chance.randint(1, 9000), chance.randint(1, 1 << 128), 1 << 64, chance.randint(1, 99) << 64)
        )
        assert seen.firsts([key], [row]) == [known.get(key, 0)]
        known.setdefault(key, row)


def test_whole_ranges_of_numbers_are_looked_up_in_a_few_steps(monkeypatch):
    steps = 0

    class Counting(array):
        def __getitem__(self, at):
            nonlocal steps
            steps += isinstance(at, int)
            return super().__getitem__(at)

    monkeypatch.setattr("faxdispatch.lists.seen.array", Counting)
    ranges = [13125550000 + 10_007 * number for number in range(10)]
    keys = [begin + number for begin in ranges for number in range(1000)]
    seen = Seen()

    assert seen.firsts(keys, range(1, len(keys) + 1)) == [0] * len(keys)
    assert steps < 6 * len(keys)
