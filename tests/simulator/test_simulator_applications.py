"""Fax applications of the simulator."""

import pytest

GOOD = {"application_name": "router", "webhook_event_url": "https://example.com/hook"}


def create(sim, **changes):
    return sim.api.post("/fax_applications", json=GOOD | changes)


def names(sim, **params):
    answer = sim.api.get("/fax_applications", params=params)
    assert answer.status_code == 200, answer.text
    return [each["application_name"] for each in answer.json()["data"]]


def test_created_with_defaults_it_shows_every_documented_field(sim):
    answer = create(sim)
    made = answer.json()["data"]
    assert answer.status_code == 201
    assert made | {"id": 0, "created_at": 0, "updated_at": 0} == {
        "id": 0,
        "record_type": "fax_application",
        "active": True,
        "anchorsite_override": "Latency",
        "application_name": "router",
        "webhook_event_url": "https://example.com/hook",
        "webhook_event_failover_url": "",
        "webhook_timeout_secs": None,
        "tags": [],
        "inbound": {
            "channel_limit": None,
            "sip_subdomain": None,
            "sip_subdomain_receive_settings": "from_anyone",
        },
        "outbound": {"channel_limit": None},
        "created_at": 0,
        "updated_at": 0,
    }
    assert int(made["id"]) > 2**53
    assert sim.api.get(f"/fax_applications/{made['id']}").json()["data"] == made


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"application_name": ""}, "/application_name"),
        ({"webhook_event_url": "example.com"}, "/webhook_event_url"),
        ({"webhook_timeout_secs": 31}, "/webhook_timeout_secs"),
        ({"webhook_timeout_secs": "5"}, "/webhook_timeout_secs"),
        ({"active": "true"}, "/active"),
        ({"anchorsite_override": "Berlin"}, "/anchorsite_override"),
        ({"tags": "a"}, "/tags"),
        ({"tags": [1]}, "/tags"),
        ({"inbound": {"channel_limit": "3"}}, "/inbound/channel_limit"),
        ({"inbound": {"sip_subdomain_receive_settings": "all"}}, "/inbound/sip_subdomain_receive_settings"),
        ({"outbound": {"profile": "1"}}, "/outbound/profile"),
        ({"outbound": []}, "/outbound"),
        ({"webhook_api_version": "2"}, "/webhook_api_version"),
        ({"fax_email_recipient": "a@example.com"}, "/fax_email_recipient"),
    ],
)
def test_a_wrong_application_is_refused_with_a_pointer(sim, changes, pointer):
    answer = create(sim, **changes)
    assert answer.status_code == 422
    assert [each["source"]["pointer"] for each in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("name", list(GOOD))
def test_name_and_url_are_required_even_for_an_update(sim, method, name):
    path = "/fax_applications" + (f"/{sim.connection_id}" if method == "PATCH" else "")
    body = {key: value for key, value in GOOD.items() if key != name}
    answer = sim.api.request(method, path, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (422, {"pointer": f"/{name}"})


def test_update_keeps_what_is_not_given(sim):
    outbound = {"channel_limit": 5, "outbound_voice_profile_id": "9"}
    made = create(sim, tags=["a"], outbound=outbound).json()["data"]
    changes = GOOD | {"outbound": {"channel_limit": 7}, "fax_email_recipient": "a@example.com", "active": False}
    changed = sim.api.patch(f"/fax_applications/{made['id']}", json=changes).json()["data"]
    assert changed["outbound"] == {"channel_limit": 7, "outbound_voice_profile_id": "9"}
    assert (changed["tags"], changed["active"], "fax_email_recipient" in changed) == (["a"], False, False)
    assert changed["updated_at"] > made["updated_at"]


def test_delete_answers_200_with_the_object_and_then_404(sim):
    made = create(sim).json()["data"]
    answer = sim.api.delete(f"/fax_applications/{made['id']}")
    assert (answer.status_code, answer.json()["data"]) == (200, made)
    for method in ("GET", "DELETE", "PATCH"):
        assert sim.api.request(method, f"/fax_applications/{made['id']}", json=GOOD).status_code == 404


def test_list_filters_by_name_and_profile(sim):
    create(sim, application_name="Alpha One", outbound={"outbound_voice_profile_id": "77"})
    create(sim, application_name="alphabet")
    create(sim, application_name="beta")
    assert set(names(sim, **{"filter[application_name][contains]": "ALPHA"})) == {"Alpha One", "alphabet"}
    assert names(sim, **{"filter[outbound_voice_profile_id]": "77"}) == ["Alpha One"]


def test_list_sorts_both_ways_and_newest_first_by_default(sim):
    sim.api.delete(f"/fax_applications/{sim.connection_id}")
    for name in ("bbb", "aaa", "ccc"):
        create(sim, application_name=name, active=name != "aaa")
    assert names(sim) == ["ccc", "aaa", "bbb"]
    assert names(sim, sort="created_at") == ["bbb", "aaa", "ccc"]
    assert names(sim, sort="application_name") == ["aaa", "bbb", "ccc"]
    assert names(sim, sort="-application_name") == ["ccc", "bbb", "aaa"]
    assert names(sim, sort="active")[0] == "aaa"


def test_list_has_pages(sim):
    for name in ("bbb", "aaa"):
        create(sim, application_name=name)
    answer = sim.api.get("/fax_applications", params={"page[size]": 2, "page[number]": 2}).json()
    assert len(answer["data"]) == 1
    assert answer["meta"] == {"page_number": 2, "page_size": 2, "total_pages": 2, "total_results": 3}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filter[application_name][contains]", "ab"),
        ("filter[application_name]", "alpha"),
        ("filter[active]", "true"),
        ("sort", "updated_at"),
        ("page[size]", "251"),
    ],
)
def test_wrong_parameters_are_400(sim, name, value):
    answer = sim.api.get("/fax_applications", params={name: value})
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (400, {"parameter": name})


def test_applications_take_only_json(sim):
    assert sim.api.post("/fax_applications", data=GOOD).status_code == 415
