"""Campaigns in the browser: their pages and each command of an operator."""

import io
import json
import re
import zipfile

import openpyxl
import pytest

from faxdispatch.documents.local import Document
from faxdispatch.states import CampaignState
from tests.campaign.rows import CAMPAIGN, Rows
from tests.conftest import eventually
from tests.console.conftest import Browser
from tests.documents.blank import blank_pdf

LISTS = [("Praxis <b>Süd</b>", "0101", "Köln"), ("Praxis Nord", "0102", "Kiel"), ("Praxis Ost", "0103", "Görlitz")]
LIST = """Clinics of May;;
Name;Fax No.;City
"<script>alert(1)</script>";(415) 555-0101;Bonn
Nord;415-555-0102;Kiel
Again;415 555 0101;Bonn
Short;555-01;Ulm
Nobody;;Trier
"""


@pytest.fixture
def rows(desk, redis_url):
    """A campaign that runs, of three rows."""
    return Rows(redis_url, LISTS)


def last_event(desk, kind):
    for _, fields in desk.scripts.redis.xrevrange("fax:events"):
        if fields["type"] == kind:
            return json.loads(fields["data"])
    return None


def test_a_campaign_shows_counts_causes_and_an_end(rows, viewer):
    rows.send(1)
    rows.desk.report(rows.job(1), "delivered", pages=1, seconds=30)
    page = viewer.text(f"/campaigns/{CAMPAIGN}")
    assert "1 of 3 recipients has ended" in page
    assert "2 pending" in page
    assert "It ends about" in page
    assert 'href="/campaigns/recall"' in viewer.text("/campaigns/")


def test_each_command_takes_a_reason_and_is_an_event_with_its_operator(rows, desk, operator):
    where = f"/campaigns/{CAMPAIGN}"
    assert "reason: is missing" in operator.post(f"{where}/pause").text
    assert rows.campaigns.get(CAMPAIGN).state is CampaignState.RUNNING

    page = operator.post(f"{where}/pause", reason="wrong page 2").text
    assert "It is paused. 3 recipients wait until it is resumed; faxes already at Telnyx continue" in page
    assert "It is paused: wrong page 2." in page
    assert "It does not end while it is paused." in page
    assert last_event(desk, "campaign.paused")["operator"] == "olga"

    assert "It continues, with 3 recipients left." in operator.post(f"{where}/resume", reason="fixed").text
    assert "It may cost 12.50." in operator.post(f"{where}/cap", amount="12.50", reason="budget").text
    said = last_event(desk, "campaign.capped")
    assert (said["cap"], said["operator"], said["reason"]) == (12.5, "olga", "budget")
    assert "is not an amount; write it like" in operator.post(f"{where}/cap", amount="much", reason="budget").text

    assert "confirm it" in operator.post(f"{where}/cancel", reason="over").text
    assert (
        "It is stopped: 3 recipients are left out" in operator.post(f"{where}/cancel", reason="over", sure="yes").text
    )
    assert last_event(desk, "campaign.cancelled")["operator"] == "olga"

    assert "is deleted" in operator.post(f"{where}/purge", reason="a trial", sure="yes").text
    assert last_event(desk, "operator.acted")["action"] == "campaign.purged"


def test_rows_that_telnyx_never_took_are_given_up(rows, desk, operator):
    where = f"/campaigns/{CAMPAIGN}"
    rows.open(1, 2, 3)  # the whole list is tried once before any row is tried again
    rows.desk.picked()
    job = rows.job(1)
    for attempt in range(1, rows.desk.scripts.rules.most_untaken + 1):
        assert (rows.desk.admit(job), rows.desk.claim(job)) == ("go", "claimed")
        rows.desk.ledger.doubt(job, attempt, cause="500", look_after=15, facts={})
        for look in "abc":
            rows.desk.ledger.not_listed(job, attempt, look=f"{attempt}{look}", settle=0, enough=3)
    assert "1 recipient is held for that now" in operator.text(where)
    assert "reason: is missing" in operator.post(f"{where}/finish").text
    assert "1 recipient given up" in operator.post(f"{where}/finish", reason="down for days").text
    assert last_event(desk, "job.exhausted")["operator"] == "olga"
    acted = last_event(desk, "operator.acted")
    assert (acted["action"], acted["reason"], acted["count"]) == ("campaign.given_up", "down for days", 1)
    assert rows.campaigns.causes(CAMPAIGN) == {"never_accepted": 1}


def test_a_refused_command_says_why(rows, operator):
    page = operator.post(f"/campaigns/{CAMPAIGN}/retry", reason="x", cause="failed").text
    assert "cannot be tried again: it is running" in page


def test_the_report_is_for_operators_and_holds_every_row(rows, operator, viewer, caplog):
    assert viewer.get(f"/campaigns/{CAMPAIGN}/report.zip").status_code == 403
    with operator.get(f"/campaigns/{CAMPAIGN}/report.zip") as answer:
        packed = zipfile.ZipFile(io.BytesIO(answer.data))
    ends = ("-delivered.csv", "-failed.csv", "-open.csv", ".html")
    assert set(packed.namelist()) >= {f"{CAMPAIGN}{end}" for end in ends}
    assert packed.read(f"{CAMPAIGN}-open.csv").decode().count("Praxis") >= 3


@pytest.fixture
def draft(desk, operator):
    """The address of a draft with a messy list."""
    file = (io.BytesIO(LIST.encode("cp1252")), "clinics May.csv")
    answer = operator.client.post("/drafts/", data={"csrf_token": operator.token(), "list": file})
    assert answer.status_code == 303
    return answer.location


def test_a_list_is_understood_and_what_is_wrong_is_reported_row_by_row(draft, operator):
    page = operator.text(draft)
    assert "Of 5 rows, 2 are included and 3 are not." in page
    for words in ("Fax No.", "semicolon", "duplicate of row 1", "has no area code", "no number"):
        assert words in page
    assert "<script>alert" not in page
    assert "4155550101" not in page.replace(" ", "").replace("-", "")


def test_without_a_region_the_page_says_where_to_choose_the_country(users, build):
    operator = Browser(build(fax_default_region=None).test_client())
    operator.sign_in("olga")
    file = (io.BytesIO(LIST.encode("cp1252")), "clinics.csv")
    form = {"csrf_token": operator.token(), "list": file}
    where = operator.client.post("/drafts/", data=form).location
    page = operator.text(where)
    assert "write it with + and country code, like +12025550199" in page
    assert "The country of numbers without + is not set" in page
    assert "numbers without + is not set" not in operator.post(f"{where}/reading", region="us").text


def test_what_is_wrong_with_many_rows_is_reported_once_with_how_many(operator):
    rows = [f"Nobody {n};;yes" for n in range(30)] + [f"Short {n};555-{n:02};yes" for n in range(7)]
    rows += [f"Out {n};(415) 555-01{n:02};no" for n in range(12)] + ["Good;(415) 555-0199;yes"]
    rows += ["Twice;(415) 555-0199;yes"] * 3
    text = "\n".join(["Name;Fax;Consent", *rows])
    form = {"csrf_token": operator.token(), "list": (io.BytesIO(text.encode()), "名簿.csv")}
    where = operator.client.post("/drafts/", data=form).location
    page = operator.text(where)
    assert "Of 53 rows, 1 is included and 52 are not." in page
    assert "New campaign: 名簿" in page
    for words in ("30 no number", "7 invalid", "12 opted out", "3 duplicate"):
        assert words in page
    assert page.count("<tr>") < 25, "what is alike is shown once"
    groups = dict(re.findall(r'<td class="n"><a href="([^"]+)#problems">([0-9]+)<', page))
    assert sorted(map(int, groups.values())) == [3, 7, 12, 30]
    assert "the cell in column " in page
    first = next(link for link, count in groups.items() if count == "7").replace("&amp;", "&")
    one_by_one = operator.text(first)
    assert one_by_one.count('<td class="n">') == 7
    assert "By reason" in one_by_one
    assert operator.text(f"{where}?every=1").count('<td class="n">') == 50


def test_a_document_that_cannot_be_faxed_is_named_as_its_sender_knows_it_and_replaces_none(draft, operator):
    def add(content):
        return operator.post(f"{draft}/document", document=(io.BytesIO(content), "Our letter.pdf")).text

    assert "Our letter.pdf</b>, 2 pages" in add(blank_pdf(2))
    for content, problem in ((b"", "is empty"), (b"<!doctype html><p>Hello", "is a web page, not a document")):
        page = add(content)
        assert f">Our letter.pdf: {problem}" in page
        assert "Our letter.pdf</b>, 2 pages" in page


def test_a_web_page_is_kept_as_the_pdf_that_is_faxed(draft, operator, monkeypatch):
    pages = []

    def converted(content, name):
        pages.append((content, name))
        return Document(blank_pdf(3), ".pdf", name)

    monkeypatch.setattr("console.drafts.web_page", converted)
    page = operator.post(f"{draft}/document", document=(io.BytesIO(b"<p>Hello"), "Our page.HTML")).text

    assert "Our page.HTML</b>, 3 pages" in page
    assert pages == [(b"<p>Hello", "Our page.HTML")]


def test_an_archive_that_no_column_names_is_reported_where_it_is_seen(operator):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.pdf", blank_pdf())
    archive.seek(0)
    listed = io.BytesIO(b"Name,Fax\nA,(415) 555-0199\n")
    form = {"csrf_token": operator.token(), "list": (listed, "a.csv"), "archive": (archive, "letters.zip")}
    where = operator.client.post("/drafts/", data=form).location
    page = eventually(lambda: found if "is included" in (found := operator.text(where)) else None)
    assert '<p class="said doubt">No column names documents, so letters.zip is not used' in page
    assert '<details class="act" open><summary>Documents of rows: letters.zip' in page


def test_what_follows_a_finished_step_appears_with_it(draft, operator):
    def live(page):
        return page.partition('<div id="live"')[2].rpartition("</div>")[0]

    page = eventually(lambda: found if "are included" in (found := operator.text(draft)) else None)
    assert "On to the document" in live(page)
    operator.post(f"{draft}/document", media="letter")
    page = eventually(lambda: found if "Ends, if started now" in (found := operator.text(f"{draft}/plan")) else None)
    assert "Create the campaign" in live(page)


def test_how_a_list_is_read_can_be_corrected(draft, operator):
    page = operator.post(f"{draft}/reading", column="1").text
    assert "0 are included" in page or "which column" in page or "Of 5 rows" in page
    page = operator.post(f"{draft}/reading", column="2", region="us").text
    assert "2 are included" in page
    assert "is not a country" in operator.post(f"{draft}/reading", region="XX").text


def test_another_sheet_of_a_workbook_is_read(desk, operator):
    book = openpyxl.Workbook()
    book.active.title = "May"
    for sheet, number in ((book.active, "415-555-0101"), (book.create_sheet("June"), "415-555-0102")):
        for row in (("Name", "Fax"), (f"Clinic of {sheet.title}", number)):
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    form = {"csrf_token": operator.token(), "list": (file, "two sheets.xlsx")}
    where = operator.client.post("/drafts/", data=form).location
    for sheet in ("June", "May"):
        operator.post(f"{where}/reading", sheet=sheet)
        assert eventually(lambda sheet=sheet: f"Clinic of {sheet}" in operator.text(where))
    facts = operator.text(where).partition("What was understood")[2].partition("</dl>")[0]
    assert "workbook (XLSX)" in facts
    assert "Separator" not in facts


def test_left_out_rows_are_shown_in_the_lists_own_columns(draft, operator):
    operator.text(draft)
    with operator.get(f"{draft}/left-out.csv") as answer:
        text = answer.data.decode("utf-8-sig")
    assert text.splitlines()[0] == '"Name";"Fax No.";"City";"line";"reason"'
    assert [line.split(";")[-1] for line in text.splitlines()[1:]] == [
        '"duplicate of row 1"',
        '"the cell in column Fax No. has no area code: write the number with it"',
        '"no number"',
    ]


def test_a_draft_becomes_a_campaign_and_nothing_is_sent_before_its_start(draft, desk, operator):
    answer = operator.post(
        f"{draft}/document", name="May clinics", media="letter", cap="5", window="mon-fri 08:00-17:00"
    )
    assert "Saved." in answer.text
    page = eventually(lambda: found if "Ends, if started now" in (found := operator.text(f"{draft}/plan")) else None)
    assert "2 recipients" in page
    made = operator.post(f"{draft}/create")
    assert made.request.path == "/campaigns/may-clinics"
    campaign = desk.client.campaigns.get("may-clinics")
    assert (campaign.state, campaign.rows, campaign.cap) == (CampaignState.CHECKED, 2, 5)
    assert "Nothing is sent before you start it" in made.text
    assert desk.ledger.counts()["queued"] == 0
    assert "It is started, with 2 recipients." in operator.post("/campaigns/may-clinics/start", reason="agreed").text
    assert last_event(desk, "campaign.started")["reason"] == "agreed"


def test_a_document_is_shown_as_it_is_printed(draft, operator):
    page = operator.post(f"{draft}/document", name="x", document=(io.BytesIO(blank_pdf(2)), "letter.pdf")).text
    assert "letter.pdf" in page
    assert "Page 2 of 2" in page
    for lines in (98, 196):
        answer = operator.get(f"{draft}/pages/2.png?lines={lines}")
        assert answer.data.startswith(b"\x89PNG")
        assert answer.data[24] == 1, "one bit a dot"
    assert "has no page 3" in operator.get(f"{draft}/pages/3.png").text


def planned(operator, draft):
    return eventually(lambda: found if "in all." in (found := operator.text(f"{draft}/plan")) else None)


def test_a_cover_is_shown_as_a_row_gets_it_and_its_page_is_planned(draft, operator):
    operator.get(draft)
    answer = operator.post(
        f"{draft}/document", name="x", document=(io.BytesIO(blank_pdf(2)), "letter.pdf"), cover="{doctor}"
    )
    assert "cover: there is no {doctor}; there are City, Fax No., Name" in answer.text
    assert ">{doctor}</textarea>" in answer.text
    operator.post(f"{draft}/document", name="x", document=(io.BytesIO(blank_pdf(2)), "letter.pdf"))
    bare = operator.get(f"{draft}/pages/1.png").data

    answer = operator.post(f"{draft}/document", name="x", cover="# Fax\r\nTo:\t{name}").text

    assert "Page 3 of 3" in answer
    first, second = (operator.get(f"{draft}/pages/1.png?row={row}").data for row in (1, 2))
    assert len({bare, first, second}) == 3
    assert operator.get(f"{draft}/pages/2.png?row=2").data == bare
    assert "2 recipients, 6 pages in all." in planned(operator, draft)


def test_a_row_whose_cover_cannot_be_set_is_reported(operator):
    listed = io.BytesIO("Name,Fax\n京,4155550101\nNord,4155550102\n".encode())
    form = {"csrf_token": operator.token("/drafts/"), "list": (listed, "a.csv")}
    where = operator.client.post("/drafts/", data=form).location
    operator.get(where)
    letter = (io.BytesIO(blank_pdf(1)), "letter.pdf")
    page = operator.post(f"{where}/document", name="x", document=letter, cover="{name}").text

    assert "no font has the character 京" in page
    assert "document?row=2" in page
    assert "1 row is left out, such as row 1: no font has the character 京" in planned(operator, where)


def test_another_document_of_the_same_name_is_planned_anew(draft, operator):
    for pages in (2, 5):
        operator.post(f"{draft}/document", name="x", document=(io.BytesIO(blank_pdf(pages)), "letter.pdf"))
        assert f"2 recipients, {2 * pages} pages in all." in planned(operator, draft)


def test_a_document_that_cannot_be_faxed_is_refused(draft, operator):
    page = operator.post(f"{draft}/document", name="x", document=(io.BytesIO(b"<html>no</html>"), "page.pdf")).text
    assert "is a web page, not a document" in page


def test_documents_of_rows_come_in_an_archive(users, build, monkeypatch):
    class Storage:
        def keep(self, document, *, until=None):
            return document.media_name

        def find(self, name):
            return None

    monkeypatch.setattr("faxdispatch.telnyx.media.uploads.Uploads.from_settings", lambda *_: Storage())
    app = build(telnyx_api_key="KEY")
    operator = Browser(app.test_client())
    operator.sign_in("olga")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("letters/a.pdf", blank_pdf(2))
    packed.seek(0)
    text = "Fax;Letter\n415-555-0101;a.pdf\n415-555-0102;missing.pdf\n"
    form = {"csrf_token": operator.token(), "list": (io.BytesIO(text.encode()), "referrals.csv")}
    where = operator.client.post("/drafts/", data=form).location

    answer_page = operator.post(f"{where}/archive", archive=(packed, "letters.zip")).text
    assert "No column names documents, so letters.zip is not used" in answer_page
    operator.post(f"{where}/reading", **{"field.media": "2"})
    answer_page = eventually(lambda: page if "1 invalid" in (page := operator.text(where)) else None)
    assert "Of 2 rows, 1 is included and 1 is not." in answer_page
    assert "is neither a file in the archive letters.zip nor stored at Telnyx" in answer_page
    page = eventually(lambda: found if "Ends, if started now" in (found := operator.text(f"{where}/plan")) else None)
    assert "1 recipient, 2 pages in all" in page
    assert operator.post(f"{where}/create").request.path == "/campaigns/referrals"
    [(_, _, fields)] = app.extensions["desk"].client.campaigns.ledger.rows("referrals")
    assert (fields["document_name"], fields["pages"]) == ("a.pdf", 2)
    assert "choose a ZIP file" in operator.post(f"{where}/archive").text


def test_the_campaign_keeps_its_left_out_rows_and_offers_an_evidence_pack(draft, desk, operator, viewer):
    operator.post(f"{draft}/document", name="Proof", media="letter")
    operator.post(f"{draft}/create")
    page = viewer.text("/campaigns/proof/left-out")
    for words in ("duplicate of row 1", "has no area code", "no number", "Ulm"):
        assert words in page
    assert "5550101" not in page.replace("-", "").replace(" ", "")
    assert viewer.get("/campaigns/proof/evidence.zip").status_code == 403
    with operator.get("/campaigns/proof/evidence.zip") as answer:
        names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert any("manifest" in name for name in names)


def test_only_operators_may_draft(draft, viewer):
    assert viewer.get(draft).status_code == 403
    assert viewer.get("/drafts/").status_code == 403
    assert viewer.get("/drafts/../../etc").status_code in {403, 404}


def test_a_draft_is_dropped_with_its_files(draft, desk, operator):
    assert "is dropped" in operator.post(f"{draft}/drop").text
    assert operator.get(draft).status_code == 404
    assert not list((desk.settings.fax_data_dir / "console" / "drafts").glob("*/list/*"))
