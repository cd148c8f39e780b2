"""Actions on all faxes of a search, and erasing a person: the count is shown first, then a reason required."""

import io
import json
import re
import zipfile

import pytest

from tests.campaign.rows import CAMPAIGN, Rows
from tests.console.conftest import NUMBER

OTHER = "+14155550188"


@pytest.fixture
def sent(desk):
    """Two ended faxes of a ward and one that is open."""
    jobs = [desk.client.send(to=to, media_name="letter", tags=["ward"]).job_id for to in (NUMBER, OTHER, NUMBER)]
    for job in jobs[:2]:
        desk.ledger.cancel(job, source="producer")
    return jobs


def acted(desk):
    """The operators' actions by the events."""
    events = [fields for _, fields in desk.ledger.redis.xrange("fax:events") if fields["type"] == "operator.acted"]
    return [json.loads(fields["data"]) for fields in events]


def count(page: str) -> str:
    return re.search(r'name="count" value="([0-9]+)"', page)[1]


def test_matching_faxes_are_sent_again_after_their_count_was_confirmed(sent, desk, operator):
    page = operator.text("/faxes/all/again?q=ward")
    assert "2 faxes are sent again" in page
    assert "1 more fax is open and not sent again" in page
    assert NUMBER not in page

    assert "reason: is missing" in operator.post("/faxes/all/again?q=ward", reason=" ", count=count(page)).text
    assert "look again" in operator.post("/faxes/all/again?q=ward", reason="the line was down", count=3).text
    assert len(list(desk.client.find(tag="ward"))) == 3

    answer_page = operator.post("/faxes/all/again?q=ward", reason="the line was down", count=count(page)).text
    assert "2 faxes are sent again." in answer_page
    assert {found.to for found in desk.client.find(tag="ward", state="queued")} == {NUMBER, OTHER}
    again = {desk.ledger.job(one.job_id).request.resend_of for one in desk.client.find(tag="ward", state="queued")}
    assert again == {None, *sent[:2]}
    assert "had been sent again before" in operator.post("/faxes/all/again?q=ward", reason="x", count=2).text
    assert len(list(desk.client.find(tag="ward"))) == 5
    [event] = [json.loads(e["data"]) for _, e in desk.ledger.redis.xrange("fax:events") if "jobs.resent" in e["data"]][
        :1
    ]
    assert (event["operator"], event["reason"], event["count"]) == ("olga", "the line was down", 2)


def test_a_search_has_an_evidence_pack(sent, operator, caplog):
    with caplog.at_level("INFO", "console.access"):
        answer = operator.get(f"/faxes/all/evidence.zip?q=%2B{NUMBER[1:]}")
    assert "the evidence of 2 faxes" in caplog.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        faxes = [json.loads(line) for line in packed.read("faxes.jsonl").splitlines()]
    assert {fax["job_id"] for fax in faxes} == {sent[0], sent[2]}


@pytest.mark.parametrize("path", ["/faxes/all/again", "/faxes/all/evidence.zip", "/faxes/all/again?state=&q="])
def test_an_action_without_a_filter_is_refused(sent, operator, path):
    answer = operator.get(path)
    assert answer.status_code == 400
    assert "all faxes at once are not allowed" in answer.text


def test_a_search_without_results_has_no_evidence_pack(operator):
    answer = operator.get("/faxes/all/evidence.zip?q=nobody")
    assert (answer.status_code, "nothing to prove" in answer.text) == (400, True)


@pytest.mark.parametrize("path", ["/faxes/all/again?q=ward", "/faxes/all/evidence.zip?q=ward", "/erase/"])
def test_viewers_can_do_nothing_with_matching_faxes(sent, viewer, path):
    assert viewer.get(path).status_code == 403
    assert viewer.post(path, by="tag", value="ward", reason="x", sure="yes", count=2).status_code == 403


def test_a_person_is_erased_with_a_count_before_and_a_receipt_after(sent, desk, operator):
    assert "Erase a person" in operator.text("/erase/")
    page = operator.text("/erase/?by=number&value=(415)+555-0187")
    assert "2 faxes to this number" in page
    assert "1 of them is open and will be left" in page
    asked = {"by": "number", "value": "(415) 555-0187", "reason": "asked by letter of May 7"}
    assert "confirm it" in operator.post("/erase/", **asked).text
    assert "reason: is missing" in operator.post("/erase/", **asked | {"reason": ""}, sure="yes").text

    receipt = operator.post("/erase/", **asked, sure="yes").text
    assert "Erased, but for open faxes" in receipt
    assert sent[2] in receipt
    assert "letter" in receipt, "the document that is left at Telnyx is named"
    assert NUMBER not in receipt
    desk.ledger.cancel(sent[2], source="producer")
    assert "<h1>Erased</h1>" in operator.post("/erase/", **asked, sure="yes").text
    assert list(desk.client.find(number=NUMBER)) == []
    assert [found.to for found in desk.client.find(tag="ward")] == [OTHER]
    action = acted(desk)[-1]
    assert (action["operator"], action["reason"]) == ("olga", "asked by letter of May 7")


def test_what_cannot_be_erased_is_reported(operator):
    assert "number:" in operator.text("/erase/?by=number&value=nonsense")
    assert "0 faxes with this tag" in operator.text("/erase/?by=tag&value=nobody")
    assert "give a number, a job or a tag" in operator.post("/erase/", by="tag", value=" ", reason="x", sure="yes").text


def test_a_row_whose_job_is_gone_has_its_page_with_what_happened(desk, redis_url, viewer):
    rows = Rows(redis_url, [("A",), ("B",)])
    rows.desk.scripts.now = None
    rows.send(1)
    rows.desk.report(rows.job(1), "delivered", pages=1, seconds=30)
    desk.ledger.redis.delete(f"fax:job:{rows.job(1)}")
    page = viewer.text(f"/faxes/{rows.job(1)}")
    assert "Delivered <time" in page
    assert "Telnyx, by webhook" in page
    assert f"/campaigns/{CAMPAIGN}" in page
