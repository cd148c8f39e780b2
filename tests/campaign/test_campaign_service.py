"""Campaigns as programs use them: how a list becomes one, and what each command does."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import BadInput, Conflict, FaxClient, Misconfigured, NotKnown, State
from faxdispatch.campaign import CampaignState, Reading
from faxdispatch.campaign.identity import LONGEST, check_id, id_from
from faxdispatch.campaign.retrying import WORDS
from faxdispatch.ledger import CHUNK, Suppression, Suppressions
from faxdispatch.reasons.failures import REASONS
from faxdispatch.states import HoldReason

WITHOUT_EXTRA = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"typer", "rich", "httpx", "nacl", "openpyxl", "pypdf", "tenacity"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from faxdispatch import FaxClient
assert not any(name.startswith("faxdispatch.campaign") for name in sys.modules)
client = FaxClient(sys.argv[1])
print(client.campaigns.create([{"fax": "+14152000001"}], name="spring", media_name="letter").campaign.rows)
print(client.suppressions.add("+14152000001", reason="asked"))
"""
TESTERS = ("+14155559001", "+14155559002")
SOON = timedelta(hours=1)


def number(row):
    return f"+1415{2_000_000 + row}"


def rows(count, **more):
    return [{"fax": number(row), **more} for row in range(1, count + 1)]


@pytest.fixture
def client(redis_url, desk):
    return FaxClient(redis_url, region="US", test_numbers=TESTERS, ledger=desk.ledger)


@pytest.fixture
def service(client):
    return client.campaigns


@pytest.fixture
def a_list(tmp_path):
    def write(text, name="recall.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def events(desk):
    def told(kind):
        found = [fields for _, fields in desk.redis.xrange("fax:events") if fields["type"] == kind]
        return [json.loads(fields["data"]) for fields in found]

    return told


@pytest.fixture
def finished(desk, service):
    """Make a campaign whose rows have ended for these causes; None is delivered, `cancelled` was cancelled alone."""

    def make(*causes, name="spring"):
        service.create(rows(len(causes)), campaign_id=name, media_name="letter")
        service.start(name)
        desk.feed(name=name)
        desk.picked()
        for row, cause in enumerate(causes, start=1):
            job = f"{name}-{row}"
            if cause == "cancelled":
                desk.ledger.cancel(job, source="operator")
            elif cause:
                waiting = [State.QUEUED, State.HELD]
                desk.ledger.end(job, event="job.exhausted", cause=cause, states=waiting)
            else:
                desk.send(job)
                desk.report(job, "delivered", pages=1, seconds=30)
        assert desk.feed(name=name)[0] == "finished"
        return name

    return make


# From a list to a campaign ------------------------------------------------------------------------------------------


def test_a_file_becomes_a_campaign_that_waits_for_its_start(service, a_list):
    path = a_list("Name,Fax\nA,(415) 200-0001\nB,nonsense\nC,415-200-0003\nC again,415-200-0003\nD,\n")

    made = service.create(path, media_url="https://example.com/a.pdf", tags=("may",), cap=12.5, operator="ada")

    campaign = made.campaign
    assert (made.outcome, campaign.id, campaign.name, campaign.state) == ("created", "recall", "recall", "checked")
    assert (campaign.rows, campaign.pending, campaign.columns, campaign.cap) == (2, 2, ("Name", "Fax"), 12.5)
    names = ("rows", "valid", "invalid", "no_number", "duplicate")
    assert [campaign.counts[name] for name in names] == [5, 2, 1, 1, 1]
    assert campaign.options == {"media_url": "https://example.com/a.pdf", "priority": "bulk", "tags": ["may"]}
    assert list(service.ledger.rows("recall")) == [(1, number(1), {}), (3, number(3), {})]
    listed = [(one.row, one.line, one.cells) for one in service.ledger.listed("recall")]
    assert listed == [(1, 2, ["A", "(415) 200-0001"]), (3, 4, ["C", "415-200-0003"])]
    assert service.audit("recall").faults == ()


def test_rows_from_a_program_become_a_campaign_as_rows_of_a_file_do(service):
    made = service.create(iter(rows(3)), name="Recall, May 2026", media_name="letter")

    assert (made.campaign.id, made.campaign.name, made.campaign.rows) == ("recall-may-2026", "Recall, May 2026", 3)
    assert service.create(iter(rows(3)), name="Recall, May 2026", media_name="letter").outcome == "same"


def test_rows_are_kept_in_the_chunk_of_their_number_whatever_is_left_out(service):
    listed = [{"fax": number(row) if row % 2 and not 1000 < row < 2002 else "none"} for row in range(1, 2200)]

    campaign = service.create(listed, campaign_id="odd", media_name="letter").campaign

    wanted = [row for row in range(1, 2200) if row % 2 and not 1000 < row < 2002]
    assert [row for row, _, _ in service.ledger.rows("odd")] == wanted
    assert [result.row for result in service.results("odd")] == wanted
    assert [row for chunk in range(3) for row, _, _ in service.ledger.pending_rows("odd", chunk)] == wanted
    assert (campaign.rows, service.audit("odd").faults) == (len(wanted), ())


def test_the_same_list_again_changes_nothing(service, a_list, desk):
    path = a_list(f"Fax\n{number(1)}\n")
    service.create(path, media_name="letter")
    service.start("recall")
    before = {key: desk.redis.dump(key) for key in desk.redis.keys("fax:campaign*")}

    made = service.create(path, media_name="letter")

    assert (made.outcome, made.campaign.state, made.summary) == ("same", "running", None)
    assert {key: desk.redis.dump(key) for key in desk.redis.keys("fax:campaign*")} == before


@pytest.mark.parametrize(
    ("text", "options"),
    [(f"Fax\n{number(1)}\n{number(2)}\n", {}), (None, {"quality": "high"}), (None, {"reading": Reading(column="Fax")})],
    ids=["list", "options", "reading"],
)
def test_another_list_or_other_options_under_the_same_id_are_a_conflict(service, a_list, text, options):
    path = a_list(f"Fax\n{number(1)}\n")
    service.create(path, media_name="letter")

    with pytest.raises(Conflict, match=r"campaign recall: exists already, checked, with another list or other options"):
        service.create(a_list(text) if text else path, media_name="letter", **options)

    assert service.get("recall").rows == 1


def test_a_send_by_that_has_passed_is_refused_unless_the_campaign_is_there(service, desk):
    until = datetime.now(UTC) + SOON
    with pytest.raises(BadInput, match="send_by: has already passed"):
        service.create(rows(1), campaign_id="spring", media_name="letter", send_by=datetime.now(UTC) - SOON)
    assert service.list() == []

    service.create(rows(1), campaign_id="spring", media_name="letter", send_by=until.isoformat())
    desk.scripts.now = round((until + SOON).timestamp() * 1000)
    assert service.create(rows(1), campaign_id="spring", media_name="letter", send_by=until).outcome == "same"


def test_an_interrupted_import_continues_and_skips_nothing(service, monkeypatch, desk):
    listed = rows(3 * CHUNK + 7)
    add, calls = service.ledger.add_chunk, []

    def fails_at_the_third(campaign_id, chunk, *parts):
        calls.append(chunk)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return add(campaign_id, chunk, *parts)

    monkeypatch.setattr(service.ledger, "add_chunk", fails_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        service.create(listed, campaign_id="spring", media_name="letter")
    assert (service.get("spring").state, service.get("spring").rows) == ("draft", 2 * CHUNK)
    with pytest.raises(Conflict, match="its list was not read completely"):
        service.start("spring")

    made = service.create(listed, campaign_id="spring", media_name="letter")

    assert (made.outcome, made.campaign.state, made.campaign.rows) == ("continued", "checked", len(listed))
    assert [to for _, to, _ in service.ledger.rows("spring")] == [row["fax"] for row in listed]
    assert service.audit("spring").faults == ()


def test_a_campaign_that_is_cancelled_while_it_is_read_in_stays_so(service, monkeypatch):
    add = service.ledger.add_chunk

    def cancelled_meanwhile(*arguments):
        service.cancel("spring")
        return add(*arguments)

    monkeypatch.setattr(service.ledger, "add_chunk", cancelled_meanwhile)
    with pytest.raises(Conflict, match="was cancelled or purged while its list was being read"):
        service.create(rows(3), campaign_id="spring", media_name="letter")

    assert service.get("spring").state is CampaignState.CANCELLED


def test_a_list_without_a_row_that_can_be_sent_leaves_no_campaign(service, a_list, tmp_path):
    path = a_list("Name,Fax\nA,12\nB,none\n")

    with pytest.raises(BadInput, match="no row that can be sent: 1 invalid, 1 no number; the first bad one, line 2: "):
        service.create(path, media_name="letter", bad_rows=tmp_path / "bad.csv")

    assert service.list() == []
    assert "12" in (tmp_path / "bad.csv").read_text(encoding="utf-8-sig")
    assert service.create(a_list(f"Fax\n{number(1)}\n"), media_name="letter").outcome == "created"


def test_a_file_that_is_there_is_not_overwritten_with_bad_rows(service, tmp_path):
    (tmp_path / "bad.csv").write_text("mine")

    with pytest.raises(BadInput, match="exists and is not overwritten"):
        service.create(rows(1), campaign_id="spring", media_name="letter", bad_rows=tmp_path / "bad.csv")

    assert service.list() == []


def test_suppressed_and_quarantined_numbers_are_left_out(service, desk, client):
    client.suppressions.add(number(1), reason="asked")
    desk.redis.zadd("fax:quarantined", {number(1): 10**14, number(2): 10**14, number(3): 1})

    campaign = service.create(rows(3), campaign_id="spring", media_name="letter").campaign

    assert [row for row, _, _ in service.ledger.rows("spring")] == [3]
    assert (campaign.counts["suppressed"], campaign.counts["quarantined"]) == (1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "media: no document is given"),
        ({"media_name": "a", "media_url": "https://example.com/a.pdf"}, "both are given"),
        ({"media_name": "a", "quality": "best"}, "quality: "),
        ({"media_name": "a", "to": number(1)}, "to: cannot be given for a campaign: it comes from the list"),
        ({"media_name": "a", "send_at": datetime.now(UTC)}, "send_at: cannot be given for a campaign: it is set by"),
        ({"media_name": "a", "colour": "red"}, "colour: unknown option"),
        ({"media_name": "a", "cap": 0}, "cap: 0 is not an amount"),
        ({"media_name": "a", "cap": float("nan")}, "cap: nan is not an amount"),
        ({"media_name": "a", "campaign_id": "has space"}, "id: 'has space' is not a valid id"),
        ({"media_name": "a", "campaign_id": "x" * (LONGEST + 1)}, "id: "),
        ({"media_name": "a", "campaign_id": None}, "name: is missing"),
        ({"media_name": "a", "campaign_id": None, "name": "?!"}, "name: no id can be made from"),
        ({"media_name": "a", "name": "May\u202e"}, r"name: May\u202e has invisible characters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_a_campaign_is_reported_before_anything_is_recorded(service, options, message):
    with pytest.raises(BadInput) as refused:
        service.create(rows(1), **{"campaign_id": "spring"} | options)

    assert message in str(refused.value)
    assert service.list() == []


@pytest.mark.parametrize(
    "name", ["Recall, May 2026.csv", "Écho №7", "x" * 100, "-- 9 --", "may-2026-", "a" * 39 + " b"]
)
def test_a_name_gives_an_id_that_commands_take(name):
    made = id_from(name)

    assert check_id(made) == made == made.strip("-")


# What a row says for itself -----------------------------------------------------------------------------------------


def test_a_row_can_set_its_own_document_sender_window_zone_priority_and_reference(service, desk):
    listed = [
        {
            "fax": number(1), "media": "https://example.com/own.pdf", "from": "415-200-0999", "quality": "high",
            "window": "", "timezone": "America/Chicago", "priority": "normal", "reference": "case 7",
        },
        {"fax": number(2), "window": "mon-fri 09:00-10:00", "timezone": "Europe/Berlin"},
        {"fax": number(3), "window": "08:00-09:00 Asia/Tokyo", "timezone": "Europe/Berlin"},
        {"fax": number(4)},
    ]  # fmt: skip
    window = {"start": "08:00", "end": "17:00"}
    for row in listed[1:]:
        row.update({name: "" for name in listed[0] if name not in row})

    service.create(listed, campaign_id="spring", media_name="letter", window=window)

    fields = {row: told for row, _, told in service.ledger.rows("spring")}
    assert fields[1] == {
        "media_url": "https://example.com/own.pdf", "media_name": None, "from": "+14152000999", "quality": "high",
        "window": {"start": "08:00:00", "end": "17:00:00", "zone": "America/Chicago"}, "priority": "normal",
        "client_state": "case 7",
    }  # fmt: skip
    assert fields[2]["window"]["zone"] == "Europe/Berlin"
    assert fields[3]["window"]["zone"] == "Asia/Tokyo"
    assert fields[4] == {}


def test_a_row_that_would_send_nothing_is_a_bad_row_and_all_others_are_sent(service, tmp_path):
    listed = [{"fax": number(1), "media": "https://example.com/1.pdf"}, {"fax": number(2), "media": ""}]

    made = service.create(listed, campaign_id="spring", bad_rows=tmp_path / "bad.csv")

    assert (made.campaign.rows, made.campaign.counts["valid"], made.campaign.counts["invalid"]) == (1, 1, 1)
    assert made.bad_rows == tmp_path / "bad.csv"
    assert "exactly one of media_url and media_name is needed" in made.bad_rows.read_text(encoding="utf-8-sig")


# Commands -----------------------------------------------------------------------------------------------------------


def test_start_pause_resume_and_cancel_are_published_with_operator_and_reason(service, events):
    service.create(rows(2), campaign_id="spring", media_name="letter", operator="ada")
    assert service.start("spring", operator="ada").state == "running"
    paused = service.pause("spring", reason="wrong page", operator="bob")
    assert (paused.state, paused.reason) == ("paused", "wrong page")
    assert service.resume("spring", reason="it was right", operator="ada").state == "running"
    assert service.cancel("spring", reason="not needed", operator="bob").state == "cancelled"

    assert events("campaign.created") == [{"campaign_id": "spring", "name": "spring", "operator": "ada"}]
    told = {kind: events(f"campaign.{kind}")[0] for kind in ("checked", "started", "paused", "resumed", "cancelled")}
    assert [(one["operator"], one.get("reason"), one["was"]) for one in told.values()] == [
        ("ada", None, "draft"), ("ada", None, "checked"), ("bob", "wrong page", "running"),
        ("ada", "it was right", "paused"), ("bob", "not needed", "running"),
    ]  # fmt: skip


def test_commands_that_do_not_fit_the_state_name_it_and_change_nothing(service, finished):
    service.create(rows(1), campaign_id="waits", media_name="letter")
    finished(None, name="over")
    commands = [
        (service.pause, "waits", {"reason": "x"}, "cannot be paused: it has not been started"),
        (service.resume, "waits", {}, "cannot be resumed: it has not been started"),
        (service.retry, "waits", {"causes": ["busy"]}, "cannot be tried again: it has not been started"),
        (service.start, "over", {}, "cannot be started: it is finished"),
        (service.cancel, "over", {}, "cannot be cancelled: it is finished"),
        (service.set_cap, "over", {"cap": 3}, "cannot be given a cap: it is finished"),
    ]
    for command, name, options, told in commands:
        before = service.get(name)
        with pytest.raises(Conflict, match=f"campaign {name}: {told}"):
            command(name, **options)
        assert service.get(name) == before


def test_the_second_of_two_opposite_commands_learns_what_the_first_did(service):
    service.create(rows(1), campaign_id="spring", media_name="letter")
    service.start("spring")
    service.cancel("spring")

    with pytest.raises(Conflict, match="cannot be resumed: it is cancelled"):
        service.resume("spring")
    with pytest.raises(Conflict, match="cannot be paused: it is cancelled"):
        service.pause("spring", reason="x")
    with pytest.raises(Conflict, match="cannot be started: it is cancelled"):
        service.start("spring")


def test_the_same_command_again_is_no_error(service, events):
    service.create(rows(1), campaign_id="spring", media_name="letter")
    for _ in range(2):
        assert service.start("spring").state == "running"
    for _ in range(2):
        assert service.pause("spring", reason="x").state == "paused"
    for _ in range(2):
        assert service.cancel("spring").state == "cancelled"

    assert [len(events(f"campaign.{kind}")) for kind in ("started", "paused", "cancelled")] == [1, 1, 1]


def test_a_paused_campaign_is_not_started_but_resumed(service):
    service.create(rows(1), campaign_id="spring", media_name="letter")
    service.start("spring")
    service.pause("spring", reason="x")

    with pytest.raises(Conflict, match=r"it is paused; .* campaign resume spring continues it"):
        service.start("spring")


def test_a_start_is_planned_moved_and_withdrawn(service, events):
    service.create(rows(1), campaign_id="spring", media_name="letter")
    first, second = datetime.now(UTC) + SOON, datetime.now(UTC) + 2 * SOON
    service.start("spring", at=first, operator="ada")
    planned = service.start("spring", at=second, operator="ada")

    assert (planned.state, abs(planned.start_at - second) < timedelta(milliseconds=1)) == ("checked", True)
    assert [told["operator"] for told in events("campaign.planned")] == ["ada", "ada"]

    paused = service.pause("spring", reason="not yet")
    assert (paused.state, paused.start_at, service.ledger.starting()) == ("paused", None, [])
    assert service.resume("spring").state == "running"


@pytest.mark.parametrize(
    ("at", "message"),
    [(datetime.now(UTC) - SOON, "at: has already passed"), (datetime(2030, 1, 1), "at: has no time zone")],  # noqa: DTZ001
)
def test_a_start_in_the_past_is_refused(service, at, message):
    service.create(rows(1), campaign_id="spring", media_name="letter")

    with pytest.raises(BadInput, match=message):
        service.start("spring", at=at)

    assert service.get("spring").start_at is None


def test_a_cancel_ends_pending_rows_at_once_and_may_later_cancel_faxes_in_flight(service, desk):
    service.create(rows(3), campaign_id="spring", media_name="letter")
    service.start("spring")
    desk.feed(rows=desk.pending("spring")[:1], name="spring")
    desk.picked()
    desk.send("spring-1")

    first = service.cancel("spring")
    assert (first.pending, first.cancelled, first.opened, first.also_in_flight) == (0, 2, 1, False)
    second = service.cancel("spring", also_in_flight=True)

    assert (second.state, second.also_in_flight, service.ledger.ending()) == ("cancelled", True, ["spring"])
    assert service.audit("spring").faults == ()


def test_a_campaign_that_has_spent_its_cap_is_resumed_once_the_cap_is_higher(service, desk, events):
    service.create(rows(2), campaign_id="spring", media_name="letter", cap=1.0)
    service.start("spring")
    desk.redis.set("fax:spend:campaign:spring", 1_000_000)
    desk.campaigns.move("spring", CampaignState.PAUSED, event="campaign.paused", reason="spend_cap")

    with pytest.raises(Conflict, match=r"has spent 1.00 of 1.00; faxdispatch campaign cap spring AMOUNT"):
        service.resume("spring")
    assert service.set_cap("spring", 2.5, operator="ada").cap == 2.5
    assert service.resume("spring").state == "running"

    assert events("campaign.capped") == [{"campaign_id": "spring", "cap": 2.5, "was": 1, "operator": "ada"}]
    assert service.set_cap("spring", None).cap is None


# Once more ----------------------------------------------------------------------------------------------------------


def test_chosen_rows_are_tried_again_as_a_new_generation_and_no_others(service, finished, desk, events):
    name = finished("user_busy", None, "receiver_no_answer", "user_busy", "cancelled", "success", "89999")

    retried = service.retry(name, ["busy", "cancelled"], reason="after lunch", operator="ada")

    assert (retried.rows, retried.campaign.state, retried.campaign.generation) == (3, "checked", 2)
    assert [result.row for result in service.results(name) if result.code == "p"] == [1, 4, 5]
    assert service.audit(name).faults == ()
    assert events("campaign.retried") == [
        {"campaign_id": name, "generation": 2, "reason": "after lunch", "operator": "ada"}
    ]
    service.start(name)
    desk.feed(name=name)
    assert desk.ledger.job(f"{name}-1_2").state is State.QUEUED
    assert service.audit(name).faults == ()


def test_a_row_is_tried_again_at_a_corrected_number(service, client, finished, desk):
    name = finished("user_busy", None, "user_busy")

    retried = service.retry(name, rows={1: "(415) 555-0177", 3: None})

    assert retried.rows == 2
    service.start(name)
    desk.feed(name=name)
    assert desk.ledger.job(f"{name}-1_2").request.to == "+14155550177"
    assert desk.ledger.job(f"{name}-3_2").request.to == number(3)
    assert [found.job_id for found in client.find(number="+14155550177")] == [f"{name}-1_2"]
    assert list(client.find(number=number(1))) == []
    assert service.audit(name).faults == ()


def test_only_rows_that_have_failed_are_tried_again_by_their_number(service, finished):
    name = finished("user_busy", None)
    with pytest.raises(Conflict, match="row 2 is delivered; only failed or cancelled rows"):
        service.retry(name, rows={2: None})
    with pytest.raises(BadInput, match=r"to: .*emergency"):
        service.retry(name, rows={1: "911"})
    with pytest.raises(NotKnown, match="has no row 9"):
        service.retry(name, rows={9: None})
    assert service.get(name).generation == 1


@pytest.mark.parametrize(
    ("word", "chosen"),
    [
        ("failed", [1, 3, 5, 6]), ("busy", [1]), ("user_busy", [1]), ("no_answer", [3]), ("success", [4]),
        ("contradiction", [4]), ("number", [6]), ("89999", [5]), ("cancelled", [7]),
    ],
)  # fmt: skip
def test_a_selector_chooses_the_rows_it_names(service, finished, word, chosen):
    name = finished("user_busy", None, "receiver_no_answer", "success", "89999", "destination_invalid", "cancelled")

    service.retry(name, [word])

    assert [result.row for result in service.results(name) if result.code == "p"] == chosen


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "cause: say which rows"),
        (["unknown"], "unknown faxes have not ended"),
        (["bussy"], "cause: bussy is unknown"),
    ],
)
def test_a_selector_that_matches_nothing_is_refused(service, finished, words, message):
    name = finished("user_busy")

    with pytest.raises(BadInput, match=message):
        service.retry(name, words)

    assert service.get(name).state is CampaignState.FINISHED


def test_no_generation_begins_if_no_row_ended_that_way(service, finished):
    name = finished("user_busy", None)

    with pytest.raises(Conflict, match="no row ended in this way"):
        service.retry(name, ["no_answer"])

    assert (service.get(name).state, service.get(name).generation) == ("finished", 1)


def test_more_rows_may_be_chosen_until_the_generation_is_started(service, finished):
    name = finished("user_busy", "receiver_no_answer", "user_busy")
    service.retry(name, ["busy"])

    assert service.retry(name, ["no_answer"]).campaign.pending == 3
    assert service.retry(name, ["busy"]).rows == 0
    service.start(name)
    with pytest.raises(Conflict, match="cannot be tried again: it is running"):
        service.retry(name, ["busy"])

    assert (service.get(name).generation, service.audit(name).faults) == (2, ())


def test_every_kind_of_failure_is_a_selector():
    assert {cause.kind for cause in REASONS.values()} <= set(WORDS)


# Tests, and the end -------------------------------------------------------------------------------------------------


def test_a_test_sends_the_fax_of_a_row_to_the_test_numbers_only(service, client, desk):
    listed = [{"fax": number(1), "media": "https://example.com/1.pdf"}, {"fax": number(2), "media": "doc-2"}]
    window = {"start": "08:00", "end": "08:01"}
    service.create(listed, campaign_id="spring", window=window, quality="high", tags=("may",))

    sent = service.test("spring") + service.test("spring", numbers=["(415) 555-9002"], row=2)

    assert [(one.row, one.to) for one in sent] == [(1, TESTERS[0]), (1, TESTERS[1]), (2, TESTERS[1])]
    jobs = [client.status(one.job_id).request for one in sent]
    assert [job.media_url or job.media_name for job in jobs] == ["https://example.com/1.pdf"] * 2 + ["doc-2"]
    assert {(job.quality, job.tags, job.window, job.priority) for job in jobs} == {
        ("high", ("may", "test"), None, "normal")
    }
    assert {key.removeprefix("fax:job:") for key in desk.redis.keys("fax:job:*")} == {one.job_id for one in sent}
    assert service.get("spring").pending == 2


def test_a_test_goes_to_no_number_that_is_not_allowed(service, redis_url, desk):
    service.create(rows(1), campaign_id="spring", media_name="letter")

    with pytest.raises(BadInput, match=r"number: \+1\*{6}0001 is not among FAX_TEST_NUMBERS"):
        service.test("spring", numbers=[number(1)])
    with pytest.raises(Misconfigured, match="FAX_TEST_NUMBERS: not set"):
        FaxClient(redis_url, ledger=desk.ledger).campaigns.test("spring")
    with pytest.raises(NotKnown, match="has no row 7"):
        service.test("spring", row=7)

    assert desk.redis.keys("fax:job:*") == []


def test_a_purged_campaign_leaves_only_what_keeps_its_id_from_being_given_again(service, finished, desk, events):
    finished("user_busy", None, name="over")

    service.purge("over", operator="ada")

    left = {key for key in desk.redis.keys("fax:*") if "campaign" in key}
    assert left == {"fax:campaigns:purged", "fax:other:campaign-over"}
    assert events("campaign.purged") == [{"campaign_id": "over", "operator": "ada", "was": "finished"}]
    with pytest.raises(NotKnown):
        service.get("over")
    with pytest.raises(Conflict, match="one with this id ran and was purged; use another id"):
        service.create(rows(1), campaign_id="over", media_name="letter")
    service.purge("over")


def test_a_campaign_that_never_ran_is_purged_together_with_its_id(service):
    service.create(rows(1), campaign_id="spring", media_name="letter")
    service.purge("spring")

    assert service.create(rows(2), campaign_id="spring", media_name="letter").outcome == "created"


def test_a_campaign_that_runs_or_has_faxes_in_flight_is_not_purged(service, desk):
    service.create(rows(2), campaign_id="spring", media_name="letter")
    service.start("spring")
    with pytest.raises(Conflict, match="cannot be purged: it is running"):
        service.purge("spring")
    desk.feed(name="spring")
    desk.picked()
    desk.send("spring-1")
    service.cancel("spring")
    with pytest.raises(Conflict, match="cannot be purged: it is cancelled"):
        service.purge("spring")

    assert service.audit("spring").faults == ()


def test_held_rows_are_counted_by_reason(service, desk):
    service.create(rows(3), campaign_id="spring", media_name="letter")
    service.start("spring")
    desk.feed(name="spring")
    service.pause("spring", reason="x")
    desk.picked()

    assert service.holds("spring") == {"campaign_paused": 3}


def test_held_rows_are_counted_in_later_generations_too(service, desk, finished):
    name = finished("user_busy")
    service.retry(name, ["busy"])
    service.start(name)
    desk.feed(name=name)
    service.pause(name, reason="x")
    desk.picked()

    assert service.holds(name) == {"campaign_paused": 1}


def test_campaigns_are_listed_the_newest_first(service):
    for name in ("a", "b"):
        service.create(rows(1), campaign_id=name, media_name="letter")

    assert {campaign.id for campaign in service.list()} == {"a", "b"}
    for command in (service.get, service.audit, service.start, service.cancel, service.purge, service.results):
        with pytest.raises(NotKnown, match="campaign c: not known here"):
            command("c")


# Numbers that get none ----------------------------------------------------------------------------------------------


def test_a_number_that_is_suppressed_while_a_campaign_runs_is_not_faxed(service, client, desk):
    service.create(rows(2), campaign_id="spring", media_name="letter")
    service.start("spring")
    client.suppressions.add(number(2), reason="asked")
    desk.feed(name="spring")

    assert (service.get("spring").suppressed, desk.ledger.job("spring-2").state) == (1, State.CANCELLED)
    assert service.audit("spring").faults == ()
    assert desk.picked() == ["spring-1"]


def test_a_single_fax_goes_to_a_suppressed_number(client, desk):
    client.suppressions.add(number(1), reason="asked")
    job = client.send(to=number(1), media_name="letter").job_id

    assert desk.admit(job) == "go"


def test_an_expired_suppression_stops_no_fax_and_is_forgotten(desk):
    desk.scripts.now = 1_800_000_000_000
    known = Suppressions(desk.scripts)
    until = datetime.fromtimestamp(1_800_000_060, UTC)
    known.add(Suppression(number(1), "asked", "letter", until=until))
    known.add(Suppression(number(2), "asked", "letter"))
    assert (known.among([number(1), number(2), number(3)]), known.count()) == ({number(1), number(2)}, 2)

    desk.later(60)

    assert (known.among([number(1), number(2)]), known.get(number(1))) == ({number(2)}, None)
    assert [one.number for one in known.all()] == [number(2)]
    assert not known.remove(number(1), reason="x")
    assert (desk.redis.hlen("fax:suppressed"), desk.redis.zcard("fax:suppressed:until")) == (1, 0)


def test_a_file_of_suppressed_numbers_is_idempotent_and_an_export_keeps_reason_source_and_end(client, a_list, events):
    later = (datetime.now(UTC) + SOON).isoformat()
    text = f"number,reason,source,until\n'{number(1)},asked,letter,\n{number(2)},court,order 7,{later}\nnonsense,x,y,\n"
    text += f"{number(3)},gone,old,2020-01-01T00:00:00+00:00\n{number(1)},asked,letter,\n"
    known = client.suppressions

    first = known.import_file(a_list(text), operator="ada")
    second = known.import_file(a_list(text), operator="ada")

    assert (first.rows, first.invalid, first.expired, first.duplicate, first.changed.added) == (5, 1, 1, 1, 2)
    assert (second.changed.added, second.changed.changed, second.changed.same) == (0, 0, 2)
    assert (known.get(number(2)).reason, known.get(number(2)).source) == ("court", "order 7")
    assert known.get(number(2)).until.isoformat()[:19] == later[:19]
    assert known.count() == 2
    assert len(events("numbers.imported")) == 1


def test_a_file_that_gives_no_reason_needs_one(client, a_list):
    with pytest.raises(BadInput, match="reason: the file has no column of that name"):
        client.suppressions.import_file(a_list(f"Fax\n{number(1)}\n"))

    assert client.suppressions.import_file(a_list(f"Fax\n{number(1)}\n"), reason="asked").changed.added == 1


def test_a_plain_install_has_campaigns_and_suppressions_and_loads_them_only_when_they_are_asked_for(redis_url):
    command = [sys.executable, "-c", WITHOUT_EXTRA, redis_url]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("1\nadded\n", "")


# Rows that Telnyx never took ------------------------------------------------------------------------------------------


@pytest.fixture
def untaken(desk, service):
    """A running campaign of three rows: one that Telnyx never took, one that is in flight, one that waits untried."""
    service.create(rows(3), campaign_id="spring", media_name="letter")
    service.start("spring")
    desk.feed(name="spring")
    desk.picked()
    for _ in range(desk.scripts.rules.most_untaken):
        assert (desk.admit("spring-1"), desk.claim("spring-1")) == ("go", "claimed")
        attempt = desk.ledger.job("spring-1").attempt
        desk.ledger.doubt("spring-1", attempt, cause="500", look_after=15, facts={})
        for look in "abc":
            desk.ledger.not_listed("spring-1", attempt, look=f"{attempt}{look}", settle=0, enough=3)
    desk.send("spring-2")
    return "spring"


def test_rows_that_telnyx_never_accepted_are_given_up_by_a_person_and_the_campaign_ends(desk, service, untaken, events):
    assert service.holds(untaken)[HoldReason.NEVER_ACCEPTED] == 1

    assert service.finish(untaken, reason="down for days", operator="ada")[1] == 1

    assert {"untaken": 3, "why": "down for days", "operator": "ada"}.items() <= events("job.exhausted")[0].items()
    assert service.finish(untaken)[1] == 0, "the others go on"
    desk.report("spring-2", "delivered")
    desk.send("spring-3")
    desk.report("spring-3", "delivered")
    assert desk.feed(name=untaken)[0] == "finished"
    assert service.retry(untaken, ["never_accepted"]).rows == 1


def test_rows_that_missed_their_time_are_given_up_unless_a_person_released_them(desk, service):
    service.create(rows(2), campaign_id="spring", media_name="letter")
    service.start("spring")
    desk.feed(name="spring")
    for job in ("spring-1", "spring-2"):
        desk.ledger.hold(job, reason=HoldReason.TOO_LATE, due=None)
    desk.ledger.release("spring-2", why="still wanted", operator="ada")

    assert service.finish("spring")[1] == 1

    assert desk.ledger.job("spring-1").cause == "too_late"
    desk.send("spring-2")
    desk.report("spring-2", "delivered")
    assert desk.feed(name="spring")[0] == "finished"
    assert service.retry("spring", ["too_late"]).rows == 1


def test_a_campaign_with_rows_that_telnyx_never_took_can_be_cancelled(desk, service, untaken):
    service.cancel(untaken)

    with pytest.raises(Conflict):
        service.finish(untaken)
