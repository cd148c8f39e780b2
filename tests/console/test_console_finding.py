"""One search box answers "did our fax arrive?", whatever is entered."""

import pytest

from console.finding import Asked, look
from faxdispatch.jobs import SendFax
from tests.campaign.rows import CAMPAIGN, Rows
from tests.console.conftest import NUMBER, Browser
from tests.ledger.steps import admit_one, claim_one, of_tomorrow

LISTS = [("Praxis Süd", "0101", "Köln"), ("Praxis Nord", "0102", "Kiel")]


@pytest.fixture
def sent(desk):
    """A fax that Telnyx has, and others."""
    for n in range(30):
        desk.client.send(to=f"+1415555{1000 + n}", media_name="letter", tags=["may"])
    job = SendFax(to=NUMBER, media_name="letter", tags=["recall"], idempotency_key="order 7/2")
    desk.ledger.create("job-7", job, source="producer")
    admit_one(desk.ledger, "job-7", connection="c", sender="+14155550199")
    claim_one(desk.ledger, "job-7", owner="w", lease=60, facts={})
    desk.ledger.accept("job-7", 1, "11111111-2222-3333-4444-555555555555", source="worker")
    return "job-7"


@pytest.mark.parametrize(
    "typed",
    [
        "(415) 555-0187", "415.555.0187", "+14155550187", "14155550187", "001 415 555 0187", "job-7", "order 7/2",
        "11111111-2222-3333-4444-555555555555", "recall",
    ],
)  # fmt: skip
def test_a_fax_is_found_by_all_that_is_known_of_it(sent, desk, viewer, typed):
    page = viewer.client.get("/faxes/", query_string={"q": typed}).text
    assert 'href="/faxes/job-7"' in page
    assert "1 found by" in page
    assert NUMBER not in page.split("found by")[1]


def test_without_a_search_term_faxes_come_newest_first(sent, viewer):
    first = viewer.text("/faxes/")
    assert "Those recorded last" in first
    assert "+1******0187" in first
    older = first.split("Older single faxes")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "+1******1000" in viewer.text(older)


def test_it_says_if_nothing_is_found(sent, viewer):
    page = viewer.client.get("/faxes/", query_string={"q": "415 555 0100"}).text
    assert "No such fax is known here. The search was for +1******0100" in page
    page = viewer.client.get("/faxes/", query_string={"q": "nonsense<b>"}).text
    assert "is not a number, job" in page
    assert "<b>" not in page.split("<main")[1].split("nonsense")[1][:20]


def test_filters_narrow_a_search_and_wrong_ones_are_reported(sent, viewer):
    assert "1 found by" not in viewer.text("/faxes/?q=4155550187&state=delivered")
    assert 'href="/faxes/job-7"' in viewer.text("/faxes/?q=4155550187&state=accepted")
    assert "is not a time" in viewer.text("/faxes/?since=yesterday")
    assert viewer.get("/faxes/?state=nonsense").status_code == 400
    assert 'href="/faxes/job-7"' in viewer.text("/faxes/?state=open&since=2020-01-01")


def test_a_recipient_of_a_campaign_is_found_with_what_became_of_it(desk, redis_url, viewer):
    rows = Rows(redis_url, LISTS)
    rows.send(1)
    rows.desk.report(rows.job(1), "failed", "receiver_unallocated_number")
    rows.desk.give_up(rows.job(1))
    page = viewer.client.get("/faxes/", query_string={"q": rows.number(1)}).text
    assert f'<a href="/campaigns/{CAMPAIGN}">{CAMPAIGN}</a>, 1<' in page
    fax_page = viewer.text(f"/faxes/{rows.job(1)}")
    assert "Not delivered" in fax_page
    assert "Not started yet" in viewer.client.get("/faxes/", query_string={"q": rows.number(2)}).text
    assert f"/faxes/{rows.job(2)}" in viewer.text(f"/faxes/?campaign={CAMPAIGN}")
    assert "Not started yet" in viewer.text(f"/faxes/{rows.job(2)}")


def test_campaigns_are_looked_through_a_part_at_a_time(desk, redis_url, viewer):
    rows = Rows(redis_url, [("x", str(n), "y") for n in range(20_000)])
    asked = {"q": rows.number(19_900)}
    page = viewer.client.get("/faxes/", query_string=asked).text
    assert "data-further" in page
    onward = page.split('id="further" href="')[1].split('"')[0].replace("&amp;", "&")
    assert f"/faxes/{rows.job(19_900)}" in viewer.text(onward)


def test_a_search_term_is_read_as_what_it_looks_like(desk):
    assert Asked.read({"q": " (415) 555-0187 "}).is_number
    assert not Asked.read({"q": "e690dc6a424a42cb88cd6ca9e1f6d056"}).is_number
    assert not Asked.read({"q": "may-2026"}).is_number
    assert look(desk.client, Asked.read({"q": "12345"})).what == "a tag"


def test_without_a_region_a_number_is_looked_for_in_the_country_of_the_sender(sent, users, build):
    client = build(fax_default_region=None).test_client()
    viewer = Browser(client)
    viewer.sign_in("vera")
    assert 'href="/faxes/job-7"' in client.get("/faxes/", query_string={"q": "(415) 555-0187"}).text


def test_a_fax_of_a_later_version_is_shown_as_far_as_it_is_known(sent, desk, viewer):
    of_tomorrow(desk.ledger.redis, sent)
    left_out = desk.client.send(to=NUMBER, media_name="letter").job_id
    desk.ledger.redis.hset(f"fax:job:{left_out}", "state", "of_tomorrow")

    note = "A later version recorded it with of_tomorrow, which this one does not know."
    assert note in viewer.text("/faxes/?q=recall")
    assert viewer.text(f"/faxes/?q={NUMBER}").count("/faxes/job-7") == 1
    for search in ("", f"?q={NUMBER}"):
        assert f"this one cannot read it ({left_out})" in viewer.text(f"/faxes/{search}")
    assert "may match, too" not in viewer.text("/faxes/?q=job-7")
    assert note in viewer.text("/faxes/job-7")
