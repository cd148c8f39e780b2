"""An application is set up once, for any answer of Telnyx and any number of runs."""

import json

import httpx
import pytest

from faxdispatch.errors import AccountRefused, BadInput, OutcomeUnknown
from faxdispatch.settings import Settings
from faxdispatch.telnyx import TelnyxClient
from faxdispatch.telnyx.applications import Outcome, Wanted, carry_out, make_plan

URL = "https://fax.example.com/webhooks/telnyx"
WANTED = Wanted(webhook_url=URL)


class Telnyx:
    """Applications in memory; a test says which answers are lost and how late a new one is listed."""

    def __init__(self):
        self.applications = {}
        self.creations = 0
        self.changes = []
        self.creation_answer = None
        self.listings_without = 0
        self.listing_answers = []

    def add(self, name="faxdispatch", **fields):
        identity = str(10**18 + len(self.applications))
        outbound = {"channel_limit": None}
        self.applications[identity] = {
            "id": identity, "application_name": name, "webhook_event_url": URL, "outbound": outbound, **fields
        }  # fmt: skip
        return identity

    def __call__(self, request):
        identity = request.url.path.removeprefix("/v2/fax_applications").strip("/")
        body = json.loads(request.content) if request.content else {}
        if request.method == "POST":
            return self._create(body)
        if not identity:
            return self._list(request.url.params)
        if identity not in self.applications:
            return httpx.Response(404, json={"errors": [{"code": "10005", "title": "none"}]})
        if request.method == "PATCH":
            self.changes.append(body)
            self.applications[identity] |= body
        return httpx.Response(200, json={"data": self.applications[identity]})

    def _create(self, body):
        self.creations += 1
        if self.creation_answer == "lost before":
            return httpx.Response(503)
        made = self.applications[self.add(**{"name": body.pop("application_name")} | body)]
        return httpx.Response(500) if self.creation_answer == "lost" else httpx.Response(201, json={"data": made})

    def _list(self, params):
        if self.listing_answers:
            return self.listing_answers.pop(0)
        if self.creations and self.listings_without:
            self.listings_without -= 1
            return httpx.Response(200, json={"data": [], "meta": {"total_pages": 0}})
        contains = params.get("filter[application_name][contains]", "").lower()
        assert not contains or len(contains) >= 3
        found = [each for each in self.applications.values() if contains in each["application_name"].lower()]
        return httpx.Response(200, json={"data": found, "meta": {"total_pages": 1}})


@pytest.fixture
def telnyx():
    return Telnyx()


@pytest.fixture
def client(telnyx):
    with TelnyxClient("https://api.test/v2", "KEY1", http=httpx.MockTransport(telnyx), sleep=lambda _: None) as made:
        yield made


def setup(client, wanted=WANTED, pauses=None, **where):
    return carry_out(client, make_plan(client, wanted, **where), sleep=(pauses or []).append)


def test_the_first_run_creates_an_application_and_the_second_changes_nothing(client, telnyx):
    wanted = Wanted(
        name="ours",
        webhook_url=URL,
        failover_url="https://b.example.com",
        timeout_secs=9,
        outbound_voice_profile_id="7",
    )
    made = setup(client, wanted)
    plan = make_plan(client, wanted)
    assert plan.differences == ()
    assert carry_out(client, plan) == made
    assert (telnyx.creations, telnyx.changes) == (1, [])
    assert telnyx.applications[made.id] == {
        "id": made.id,
        "application_name": "ours",
        "webhook_event_url": URL,
        "webhook_event_failover_url": "https://b.example.com",
        "webhook_timeout_secs": 9,
        "outbound": {"outbound_voice_profile_id": "7"},
    }


def test_a_creation_whose_answer_was_lost_is_found_and_not_repeated(client, telnyx):
    telnyx.creation_answer = "lost"
    calls = []
    plan = make_plan(client, WANTED)
    made = carry_out(client, plan, sleep=lambda _: None, on_unknown=calls.append)
    assert [made.id] == list(telnyx.applications)
    assert telnyx.creations == 1
    assert isinstance(calls[0], OutcomeUnknown)


def test_a_creation_that_is_listed_late_is_looked_for_at_growing_pauses(client, telnyx):
    telnyx.creation_answer, telnyx.listings_without = "lost", 3
    pauses = [0]
    assert setup(client, pauses=pauses).id in telnyx.applications
    assert telnyx.creations == 1
    assert pauses[1:] == sorted(set(pauses[1:]))
    assert len(pauses) == 5


def test_a_search_that_fails_does_not_hide_that_the_outcome_is_unknown(client, telnyx):
    telnyx.creation_answer = "lost"
    plan = make_plan(client, WANTED)
    telnyx.listing_answers = [httpx.Response(401), httpx.Response(429)]
    assert carry_out(client, plan, sleep=lambda _: None).id in telnyx.applications


def test_a_creation_that_is_never_found_stays_unknown_and_is_not_repeated(client, telnyx):
    telnyx.creation_answer = "lost before"
    with pytest.raises(OutcomeUnknown, match="may have been created: check with faxdispatch apps list"):
        setup(client)
    assert telnyx.creations == 1


def test_after_a_crash_behind_the_creation_the_next_run_uses_what_exists(client, telnyx):
    identity = telnyx.add()
    assert setup(client).id == identity
    assert (telnyx.creations, telnyx.changes) == (0, [])


def test_only_an_exact_name_is_the_same(client, telnyx):
    telnyx.add("faxdispatch-2")
    telnyx.add("FaxDispatch")
    made = setup(client)
    assert (made.application_name, telnyx.creations) == ("faxdispatch", 1)


def test_a_name_too_short_to_search_for_is_still_found(client, telnyx):
    telnyx.add("xyz")
    identity = telnyx.add("fd")
    assert setup(client, Wanted(name="fd", webhook_url=URL)).id == identity


def test_several_applications_of_one_name_are_reported_with_their_ids(client, telnyx):
    ids = [telnyx.add(), telnyx.add()]
    with pytest.raises(BadInput, match=f"{ids[0]}, {ids[1]}; say which with --id"):
        setup(client)
    assert setup(client, application_id=ids[1]).id == ids[1]


def test_the_connection_of_the_environment_comes_before_the_name(client, telnyx):
    telnyx.add()
    ours = telnyx.add("another")
    assert setup(client, connection_id=ours).id == ours
    assert telnyx.applications[ours]["application_name"] == "another"


def test_a_connection_that_telnyx_does_not_know_gives_way_to_the_name(client, telnyx):
    identity = telnyx.add()
    assert setup(client, connection_id="77").id == identity


@pytest.mark.parametrize("setting", ["unknown", "not set", "ours"])
def test_only_a_connection_that_telnyx_does_not_know_is_to_be_replaced(client, telnyx, setting):
    settings = Settings(fax_connection_id={"unknown": "77", "not set": "", "ours": telnyx.add()}[setting])
    plan = make_plan(client, WANTED, connection_id=settings.connection_id)
    missing = Outcome(plan, plan.found, dry_run=False).missing(settings, named=False)
    assert any("which is no fax application of this account" in line for line in missing) is (setting == "unknown")


def test_the_connection_in_use_is_not_renamed(client, telnyx):
    ours = telnyx.add("production")
    with pytest.raises(BadInput, match=f"--id {ours} to rename it"):
        setup(client, Wanted(name="canary", webhook_url=URL), connection_id=ours)
    assert (telnyx.creations, telnyx.changes) == (0, [])


def test_an_application_named_by_its_id_is_renamed(client, telnyx):
    ours = telnyx.add("production")
    assert setup(client, Wanted(name="renamed"), application_id=ours).application_name == "renamed"


def test_an_id_that_telnyx_does_not_know_makes_no_application(client, telnyx):
    with pytest.raises(BadInput, match="no fax application 77"):
        setup(client, application_id="77")
    assert telnyx.creations == 0


def test_only_what_differs_is_changed_and_the_rest_of_its_object_is_kept(client, telnyx):
    identity = telnyx.add(tags=["a"], outbound={"channel_limit": 4, "outbound_voice_profile_id": "7"})
    setup(client, Wanted(webhook_url=URL, outbound_voice_profile_id="8"))
    (change,) = telnyx.changes
    assert change["outbound"] == {"channel_limit": 4, "outbound_voice_profile_id": "8"}
    assert telnyx.applications[identity]["tags"] == ["a"]


def test_fields_that_are_not_given_stay_unchanged(client, telnyx):
    telnyx.add(webhook_event_url="https://old.example.com", webhook_timeout_secs=5)
    plan = make_plan(client, Wanted())
    assert plan.differences == ()


def test_a_new_application_needs_a_webhook_address(client, telnyx):
    with pytest.raises(BadInput, match="FAX_WEBHOOK_URL"):
        make_plan(client, Wanted())
    assert telnyx.creations == 0


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        (Wanted(webhook_url="example.com"), "webhook_event_url"),
        (Wanted(webhook_url=URL, timeout_secs=31), "webhook_timeout_secs"),
        (Wanted(webhook_url=URL, name=" "), "application_name"),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_what_telnyx_would_refuse_is_found_before_anything_is_done(client, telnyx, wanted, named, there):
    if there:
        telnyx.add(wanted.search_name)
    with pytest.raises(BadInput, match=named):
        make_plan(client, wanted)
    assert (telnyx.creations, telnyx.changes) == (0, [])


def test_a_refused_account_is_not_tried_again(client, telnyx):
    plan = make_plan(client, WANTED)
    telnyx._create = lambda _: httpx.Response(403)
    with pytest.raises(AccountRefused):
        carry_out(client, plan, sleep=lambda _: None)
    assert telnyx.applications == {}
