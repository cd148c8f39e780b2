"""The report of a campaign in a real Valkey, recipient by recipient."""

import csv
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from faxdispatch.campaign.causes import in_words
from faxdispatch.campaign.report.files import ADDED, write_report
from faxdispatch.campaign.report.html import tag
from faxdispatch.campaign.report.totals import SHOWN, Timeline, Totals
from faxdispatch.errors import BadInput, NotKnown, Unavailable
from faxdispatch.ledger import Campaigns, Rules, Scripts, connect
from faxdispatch.ledger.campaign import CANCELLED, FAILED
from faxdispatch.lists.badrows import safe_cell
from faxdispatch.reasons.failures import REASONS
from faxdispatch.reasons.words import OWN, REFUSALS, TELNYX, short, with_words
from faxdispatch.states import CampaignState
from tests.campaign.rows import CAMPAIGN, COLUMNS, Rows
from tests.conftest import free_port
from tests.ledger.steps import START

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SOURCES = Path(__file__).parents[2]
LISTS = [
    ["Müller, Sohn", "415-200-0001", "Ulm"],
    ["=cmd|' /C calc'!A0", "415-200-0002", 'two\nlines "quoted"'],
    ["Young", "415-200-0003", "Reno"],
    ["Zahn", "+14152000004", "Bern"],
    ["Last", "415-200-0005", ""],
]


@pytest.fixture
def rows(redis_url):
    return Rows(redis_url, LISTS)


@pytest.fixture
def ended(rows):
    """Five rows: one delivered, one failed, one suppressed, and two that have not ended."""
    rows.deliver(1)
    rows.fail(2, "user_busy")
    rows.desk.redis.hset("fax:suppressed", rows.number(3), "{}")
    rows.open(3)
    rows.open(4)
    return rows


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(rows: Rows, folder: Path, **options):
    return write_report(rows.campaigns, CAMPAIGN, folder, now=NOW, **options)


def test_each_row_is_in_exactly_one_file_with_its_own_cells(ended, tmp_path):
    report = write(ended, tmp_path)

    found = {kind: read(report.files[kind]) for kind in ("delivered", "failed", "open")}
    assert {kind: [row["row"] for row in lines] for kind, lines in found.items()} == {
        "delivered": ["1"],
        "failed": ["2", "3"],
        "open": ["4", "5"],
    }
    for line in (line for lines in found.values() for line in lines):
        assert [line[name] for name in COLUMNS] == [safe_cell(cell) for cell in LISTS[int(line["row"]) - 1]]


def test_a_delivered_row_shows_its_result(ended, tmp_path):
    line = read(write(ended, tmp_path).files["delivered"])[0]

    moment = datetime.fromtimestamp(START // 1000, UTC)
    assert {name: line[name] for name in line if name not in COLUMNS} == {
        "row": "1", "number dialled": "'+14152000001", "sender": "", "document": "letter", "result": "delivered",
        "attempts": "1", "tried at (UTC)": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "pages": "2", "seconds": "60", "cost": "0.0190",
        "ended at (UTC)": moment.strftime("%Y-%m-%d %H:%M:%S"), "cause": "", "cause in words": "",
        "fax id": "recall-1-1", "generation": "1",
    }  # fmt: skip


def test_the_manual_explains_every_column():
    rows_of_tables = [
        line.split("|")[1]
        for line in (SOURCES / "docs" / "campaigns.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    assert set(ADDED) <= {name for names in rows_of_tables for name in re.findall("`([^`]+)`", names)}


def test_a_row_without_delivery_says_why_in_words(ended, tmp_path):
    busy, suppressed = read(write(ended, tmp_path).files["failed"])

    assert (busy["result"], busy["cause"], busy["cause in words"]) == ("failed", "user_busy", "The line was busy.")
    assert (suppressed["result"], suppressed["cause"]) == ("suppressed", "suppressed")
    assert suppressed["cause in words"] == OWN["suppressed"]


def test_an_open_row_shows_no_end(ended, tmp_path):
    waiting, pending = read(write(ended, tmp_path).files["open"])

    assert (waiting["result"], pending["result"]) == ("under way", "not sent yet")
    assert {waiting[name] for name in ("attempts", "cost", "ended at (UTC)", "cause in words")} == {""}


def test_a_row_that_was_cancelled_unsent_says_so(rows, tmp_path):
    rows.deliver(1)
    rows.move(CampaignState.CANCELLED)
    rows.campaigns.sweep(CAMPAIGN)

    lines = read(write(rows, tmp_path).files["failed"])

    assert [line["result"] for line in lines] == ["cancelled"] * 4
    assert {line["cause in words"] for line in lines} == {"Cancelled before it was sent."}


def test_no_cell_is_a_formula_for_a_spreadsheet(ended, tmp_path):
    report = write(ended, tmp_path)

    cells = [
        cell for kind in ("delivered", "failed", "open") for line in read(report.files[kind]) for cell in line.values()
    ]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []
    assert "'+14152000004" in cells


def test_a_column_of_the_list_keeps_its_name_and_the_reports_own_is_renamed(redis_url, tmp_path):
    rows = Rows(redis_url, [["a", "b"]], columns=("Result", "fax result"))

    with write(rows, tmp_path).files["open"].open(encoding="utf-8-sig") as file:
        names = next(csv.reader(file))

    assert names[:2] == ["Result", "fax result"]
    assert "fax fax result" in names
    assert len({name.casefold() for name in names}) == len(names)


def test_columns_without_names_are_numbered_and_cells_beyond_the_last_are_kept(redis_url, tmp_path):
    rows = Rows(redis_url, [["a", "b"], ["c", "d", "e"], []], columns=())

    with write(rows, tmp_path).files["open"].open(encoding="utf-8-sig") as file:
        head, first, second, third = csv.reader(file)

    assert head[:3] == ["column 1", "column 2", "row"]
    assert (first[:3], second[:3], second[-1], third[:3]) == (["a", "b", "1"], ["c", "d", "2"], "e", ["", "", "3"])


def test_rows_of_several_chunks_and_blocks_keep_their_cells(redis_url, tmp_path):
    rows = Rows(redis_url, [[f"n{row}", "", ""] for row in range(1, 2502)])
    for row in (1000, 1001, 1024, 1025, 2048, 2049, 2501):
        rows.deliver(row)

    report = write(rows, tmp_path)

    delivered, still = read(report.files["delivered"]), read(report.files["open"])
    found = [(line["row"], line["fax id"]) for line in delivered]
    assert found == [(str(row), f"recall-{row}-1") for row in (1000, 1001, 1024, 1025, 2048, 2049, 2501)]
    assert len(still) == 2501 - 7
    assert all(line["Praxis"] == f"n{line['row']}" for line in [*delivered, *still])


def test_a_row_that_was_tried_again_is_reported_with_its_last_generation(rows, tmp_path):
    for row in (1, 3, 4, 5):
        rows.deliver(row)
    rows.fail(2, "user_busy")
    rows.finish()
    rows.campaigns.again(CAMPAIGN, [2], generation=2)
    rows.move(CampaignState.RUNNING)
    rows.deliver(2)

    report = write(rows, tmp_path)

    assert [line["generation"] for line in read(report.files["delivered"])] == ["1", "2", "1", "1", "1"]
    assert read(report.files["failed"]) == []
    assert rows.campaigns.causes(CAMPAIGN) == {}


def test_causes_are_counted_as_rows_end(ended):
    assert ended.campaigns.causes(CAMPAIGN) == {"suppressed": 1, "user_busy": 1}


def test_nothing_is_overwritten_unless_it_is_asked_for(ended, tmp_path):
    first = write(ended, tmp_path)
    before = first.files["delivered"].read_bytes()
    ended.desk.redis.hset("fax:suppressed", ended.number(5), "{}")
    ended.open(5)

    with pytest.raises(BadInput, match=r"recall-delivered\.csv.*--force"):
        write(ended, tmp_path)
    assert first.files["delivered"].read_bytes() == before
    assert [line["row"] for line in read(write(ended, tmp_path, force=True).files["open"])] == ["4"]


def test_a_report_that_breaks_off_leaves_no_file(ended, tmp_path):
    def break_off(done: int, total: int) -> None:
        raise Unavailable("Redis is away")

    with pytest.raises(Unavailable):
        write(ended, tmp_path, on_progress=break_off)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_reported(ended, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(BadInput, match="cannot be written"):
        write(ended, tmp_path / "file")


def test_a_campaign_that_is_not_known_makes_no_folder(redis_url, tmp_path):
    with pytest.raises(NotKnown):
        write_report(Campaigns(Scripts(connect(redis_url), Rules())), "none", tmp_path / "there")

    assert not (tmp_path / "there").exists()


def test_an_unreachable_redis_is_not_an_empty_report(tmp_path):
    away = Campaigns(Scripts(connect(f"redis://127.0.0.1:{free_port()}/0"), Rules()))

    with pytest.raises(Unavailable):
        write_report(away, CAMPAIGN, tmp_path)

    assert list(tmp_path.iterdir()) == []


class _Markup(HTMLParser):
    """Collects what a page would load, run or show."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "xlink:href", "action", "data"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        self.text.append(data)


def markup(page: str) -> _Markup:
    parsed = _Markup()
    parsed.feed(page)
    return parsed


def test_the_page_stands_alone(ended, tmp_path):
    page = write(ended, tmp_path).files["page"].read_text(encoding="utf-8")

    found = markup(page)
    assert not found.addresses
    assert not found.handlers
    assert not {"script", "link", "iframe", "img", "object", "base"}.intersection(found.tags)
    assert "url(" not in page
    assert "@import" not in page


def test_no_cell_or_name_can_become_markup(redis_url, tmp_path):
    evil = ['"><script>alert(1)</script>', "<img src=x onerror=alert(1)>", "</table>&lt;b&gt;"]
    rows = Rows(redis_url, [evil], columns=("<b>a</b>", "b", "c"))
    rows.fail(1, "<i>reason</i>")

    found = markup(write(rows, tmp_path).files["page"].read_text(encoding="utf-8"))

    assert not {"script", "img", "b", "i"}.intersection(found.tags)
    assert not found.handlers
    assert {*evil, "<b>a</b>", "<i>reason</i>"} <= set(found.text)


def test_no_attribute_can_end_before_its_end():
    assert tag("p", "a<b", title='"><script>') == '<p title="&quot;&gt;&lt;script&gt;">a&lt;b</p>'


def test_the_page_tells_outcomes_causes_deliveries_cost_and_the_first_failures(ended, tmp_path):
    found = markup(write(ended, tmp_path).files["page"].read_text(encoding="utf-8"))

    text = "\n".join(found.text)
    assert "Campaign recall is running. As of 2026-11-23 09:30 UTC." in text
    for words in ("The line was busy.", OWN["suppressed"], "Young", "One column is 1 minute; UTC.", "0.02"):
        assert words in text
    assert found.tags.count("svg") >= 4


def test_the_page_of_a_campaign_that_has_not_begun_says_so(rows, tmp_path):
    text = "\n".join(markup(write(rows, tmp_path).files["page"].read_text(encoding="utf-8")).text)

    assert "Nothing has been delivered yet." in text
    assert "No fax has ended without delivery." in text


def test_the_page_of_a_paused_campaign_says_why(rows, tmp_path):
    rows.move(CampaignState.PAUSED, reason="error_burst")

    page = write(rows, tmp_path).files["page"].read_text(encoding="utf-8")
    assert "Campaign recall is paused because too many" in page


def test_the_page_shows_the_first_failures_only_and_says_of_how_many(redis_url, tmp_path):
    rows = Rows(redis_url, [[f"name {row}", "", ""] for row in range(1, SHOWN + 3)])
    rows.move(CampaignState.CANCELLED)
    rows.campaigns.sweep(CAMPAIGN)

    text = markup(write(rows, tmp_path).files["page"].read_text(encoding="utf-8")).text

    assert f"The first {SHOWN} of {SHOWN + 2} that were not delivered" in text
    assert f"name {SHOWN}" in text
    assert f"name {SHOWN + 1}" not in text


def test_every_failure_reason_of_telnyx_has_plain_words():
    assert TELNYX.keys() == REASONS.keys()
    assert all("_" not in words and words.endswith(".") for words in [*TELNYX.values(), *OWN.values()])


def test_every_cause_of_our_own_has_plain_words():
    literal = re.compile(r"""\bcause ?= ?['"]([a-z_]+)['"]""")
    sources = [*SOURCES.glob("worker/**/*.py"), *SOURCES.glob("shared/faxdispatch/ledger/**/*.*")]
    given = {cause for path in sources if path.suffix in {".py", ".lua"} for cause in literal.findall(path.read_text())}

    assert {"operator", "number_quarantined", "send_by", "lease_expired"} <= given
    assert given <= OWN.keys()


@pytest.mark.parametrize(
    ("cause", "code", "words"),
    [
        ("10017", FAILED, f"Telnyx refused the request (code 10017): {REFUSALS['10017']}"),
        ("19999", FAILED, "Telnyx refused the request (code 19999): Nothing more is known here about that code."),
        ("brand_new", FAILED, "It failed for a reason that is not known here: brand_new"),
        (None, FAILED, ""),
        ("user_busy", CANCELLED, "Cancelled. The attempt before that: The line was busy."),
        ("campaign", CANCELLED, OWN["campaign"]),
    ],
)
def test_a_cause_in_words(cause, code, words):
    assert in_words(cause, code) == words


def test_a_code_is_never_shown_without_words():
    assert short("10016") == "10016: A number in the request is not written as +, country code and number"
    assert short("19999") == "19999: Nothing more is known here about that code"
    assert short("user_busy") == "user_busy"


def test_json_with_a_cause_has_it_in_words_as_well():
    assert list(with_words({"state": "failed", "cause": "10016", "attempt": 1}).items()) == [
        ("state", "failed"),
        ("cause", "10016"),
        ("cause_in_words", in_words("10016", FAILED)),
        ("attempt", 1),
    ]
    assert with_words({"cause": None}) == {"cause": None, "cause_in_words": None}


def test_a_timeline_counts_every_delivery_however_long_it_lasts():
    timeline = Timeline()
    for hour in range(24 * 40):
        timeline.add(NOW + timedelta(hours=hour))

    spans = timeline.spans()
    assert sum(count for _, count in spans) == 24 * 40
    assert len(spans) <= 48
    steps = {(later - earlier).total_seconds() for (earlier, _), (later, _) in pairwise(spans)}
    assert steps == {timeline.seconds}


def test_a_timeline_does_not_depend_on_the_order_of_deliveries():
    moments = [NOW + timedelta(minutes=minute) for minute in (0, 300, 7, 90, 301, 2)]
    forth, back = Timeline(), Timeline()
    for moment in moments:
        forth.add(moment)
    for moment in reversed(moments):
        back.add(moment)

    assert forth.spans() == back.spans()


def test_the_totals_are_the_sums_of_the_rows(ended, tmp_path):
    ended.deliver(5)
    report = write(ended, tmp_path)

    lines = [line for kind in ("delivered", "failed") for line in read(report.files[kind])]
    delivered = [line for line in lines if line["result"] == "delivered"]
    found = report.as_data()
    assert found["results"] == {
        "delivered": 2, "failed": 1, "cancelled": 0, "suppressed": 1, "under_way": 1, "not_sent_yet": 0
    }  # fmt: skip
    assert found["pages"] == sum(int(line["pages"]) for line in delivered) == 4
    assert found["seconds"] == sum(int(line["seconds"] or 0) for line in lines) == 120
    assert found["cost"] == pytest.approx(sum(float(line["cost"] or 0) for line in lines))
    assert found["cost"] > 0


def test_totals_without_rows_are_empty():
    totals = Totals()

    assert (totals.rows, totals.deliveries.spans(), totals.shown) == (0, [], [])
