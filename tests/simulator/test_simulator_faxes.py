"""Listing, reading, cancelling, renewing and deleting faxes of the simulator."""

import httpx
import pytest

A, B = "+14155550001", "+14155550002"


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [fax["id"] for fax in answer.json()["data"]]


def test_list_is_newest_first_and_shows_the_same_as_get(sim):
    sent = [sim.send(to=A)["id"] for _ in range(3)]
    assert ids(sim.list()) == sent[::-1]
    sim.idle()
    assert sim.list().json()["data"][0] == sim.fax(sent[-1])


def test_filters_by_number_and_direction_combine(sim):
    to_a, to_b = sim.send(to=A), sim.send(to=B)
    other = sim.send(to=A, **{"from": "+13125550009"})
    inbound = sim.control.post("/inbound", json={"from": A, "to": B}).json()["data"]
    assert ids(sim.list(to=A)) == [other["id"], to_a["id"]]
    assert ids(sim.list(to=A, from_="+13125550000")) == [to_a["id"]]
    assert ids(sim.list(to=B, direction="outbound")) == [to_b["id"]]
    assert ids(sim.list(direction="inbound")) == [inbound["id"]]
    assert ids(sim.list(to=B, direction="inbound", from_=A)) == [inbound["id"]]
    assert ids(sim.list(to="+19995550000")) == []


@pytest.mark.parametrize(("operator", "found"), [("gte", [2, 1]), ("gt", [2]), ("lte", [1, 0]), ("lt", [0])])
def test_date_filters_are_exact_to_the_microsecond(sim, operator, found):
    sent = [sim.send(to=A) for _ in range(3)]
    params = {f"filter[created_at][{operator}]": sent[1]["created_at"]}
    assert ids(sim.list(**params)) == [sent[at]["id"] for at in found]


def test_date_filters_make_a_window_and_take_offsets(sim):
    sent = [sim.send(to=A) for _ in range(4)]
    window = {
        "filter[created_at][gt]": sent[0]["created_at"].replace("Z", "+00:00"),
        "filter[created_at][lt]": sent[3]["created_at"],
    }
    assert ids(sim.list(to=A, **window)) == [sent[2]["id"], sent[1]["id"]]


@pytest.mark.parametrize(
    "query",
    [
        {"filter[status][eq]": "queued"},
        {"filter[client_state][eq]": "YQ=="},
        {"filter[to]": A},
        {"filter[from][ne]": A},
        {"filter[direction][eq]": "out"},
        {"filter[to][eq]": "14155550001"},
        {"filter[created_at][gte]": "yesterday"},
        {"filter[created_at][gte]": "2026-01-01T00:00:00"},
        {"filter[created_at][eq]": "2026-01-01T00:00:00Z"},
        {"sort": "created_at"},
        {"page[number]": "0"},
        {"page[number]": "one"},
        {"page[size]": "0"},
        {"page[size]": "251"},
        {"page": "1"},
    ],
)
def test_unknown_filters_and_wrong_values_are_400(sim, query):
    answer = sim.list(**query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"parameter": next(iter(query))}


def test_an_unencoded_plus_is_refused_rather_than_answered_with_nothing(sim):
    assert sim.api.get("/faxes?filter[to][eq]=+14155550001").status_code == 400


def test_pages_cover_everything_once(sim):
    sent = [sim.send(to=A)["id"] for _ in range(5)]
    pages = [sim.list(**{"page[number]": str(at), "page[size]": "2"}) for at in (1, 2, 3, 4)]
    assert [fax for page in pages for fax in ids(page)] == sent[::-1]
    meta = {"page_number": 2, "page_size": 2, "total_pages": 3, "total_results": 5}
    assert pages[1].json()["meta"] == meta


def test_an_empty_list_has_no_pages(sim):
    meta = {"page_number": 1, "page_size": 20, "total_pages": 0, "total_results": 0}
    assert sim.list().json() == {"data": [], "meta": meta}


@pytest.mark.parametrize("identity", ["0ccc7b54-4df3-4bca-a65a-3da1ecc777f0", "nonsense"])
@pytest.mark.parametrize(
    ("method", "suffix"),
    [("GET", ""), ("DELETE", ""), ("POST", "/actions/cancel"), ("POST", "/actions/refresh")],
)
def test_an_unknown_fax_is_404_with_code_404(sim, identity, method, suffix):
    answer = sim.api.request(method, f"/faxes/{identity}{suffix}")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "404"


def cancel(sim, fax):
    return sim.api.post(f"/faxes/{fax['id']}/actions/cancel")


def test_cancel_is_accepted_and_ends_as_failed_by_webhook(sim, inbox):
    fax = sim.send(to="+14155550109")
    sim.wait_for(fax["id"], "sending")
    answer = cancel(sim, fax)
    assert (answer.status_code, answer.json()) == (202, {"data": {"result": "ok"}})
    assert sim.ended(fax)["failure_reason"] == "sender_canceled"
    sim.idle()
    assert inbox.types[-1] == "fax.failed"
    assert inbox.events[-1]["data"]["payload"]["failure_reason"] == "sender_canceled"


def test_a_cancelled_call_frees_its_line(sim):
    first = sim.send(to="+14155550109")
    sim.wait_for(first["id"], "sending")
    cancel(sim, first)
    sim.ended(first)
    second = sim.send(to="+14155550109")
    sim.wait_for(second["id"], "sending")
    cancel(sim, second)
    assert sim.ended(second)["failure_reason"] == "sender_canceled"


def test_cancelling_twice_ends_the_fax_once(sim, inbox):
    fax = sim.send(to="+14155550109")
    first, second = (cancel(sim, fax).status_code for _ in range(2))
    # The second is accepted as well, unless the fax has ended by then.
    assert (first, second in {202, 422}) == (202, True)
    sim.idle()
    assert inbox.types.count("fax.failed") == 1
    assert sim.report()["in_process"] == 0


def test_cancel_of_an_inbound_fax_is_422_90081(sim):
    fax = sim.control.post("/inbound", json={"from": A, "to": B}).json()["data"]
    answer = cancel(sim, fax)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "90081")


def test_a_cancel_can_come_too_late(sim):
    sim.faults(speed=2)
    fax = sim.send(to="+14155550107")
    assert cancel(sim, fax).status_code == 202
    assert sim.ended(fax)["status"] == "delivered"


def refresh(sim, fax):
    return sim.api.post(f"/faxes/{fax['id']}/actions/refresh")


def test_an_inbound_link_expires_and_refresh_makes_a_new_one(sim, inbox):
    sim.faults(media_link_secs=0)
    given = {"from": A, "to": B, "pages": 2, "webhook_url": inbox.url}
    fax = sim.ended(sim.control.post("/inbound", json=given).json()["data"])
    assert httpx.get(fax["media_url"]).status_code == 403
    sim.faults(media_link_secs=600)
    answer = refresh(sim, fax)
    assert (answer.status_code, answer.json()) == (200, {"data": {"result": "ok"}})
    renewed = sim.fax(fax["id"])["media_url"]
    assert renewed != fax["media_url"]
    assert httpx.get(renewed).content.startswith(b"%PDF")


def test_refresh_of_an_outbound_fax_is_refused(sim):
    assert refresh(sim, sim.send()).status_code == 422


def test_parameters_are_refused_where_there_are_none(sim):
    fax = sim.send()
    assert sim.api.get(f"/faxes/{fax['id']}?include=pages").status_code == 400
    assert sim.api.post("/faxes?test=1", json=sim.request()).status_code == 400
