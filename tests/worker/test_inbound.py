"""How a worker handles inbound faxes: fetched, checked, stored, found, removed, deleted."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from faxdispatch.errors import NoSuchResource, OutcomeUnknown
from faxdispatch.events import Event
from faxdispatch.fetching.link import Fetched, LinkExpired, LinkFailed, LinkRefused
from faxdispatch.ledger import DocumentPlace, Inbox, Observation, Observations, Rules, Scripts, connect
from faxdispatch.settings import Settings
from faxdispatch.storage.store import StoreTrouble, open_store
from faxdispatch.telnyx import Fax
from tests.worker.doubles import Lent, collaborators
from worker import inbound
from worker.context import Collaborators

FAX = "9fbc3f0d-5495-42af-9a4e-c57a235d9182"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
DAY = 86_400


class Telnyx(Lent):
    """The faxes that Telnyx knows, and the requests to it."""

    def __init__(self) -> None:
        self.faxes: dict[str, Fax] = {}
        self.asked: list[tuple[str, str]] = []
        self.breaks = False

    def add(self, fax_id: str = FAX, **facts: Any) -> None:
        fields = {"id": fax_id, "direction": "inbound", "status": "received", "from": "+14155552222", **facts}
        self.faxes[fax_id] = Fax.model_validate(fields)

    def get_fax(self, fax_id: str) -> Fax:
        self.asked.append(("get", fax_id))
        return self._known(fax_id)

    def refresh_fax(self, fax_id: str) -> None:
        self.asked.append(("refresh", fax_id))
        self._known(fax_id)

    def delete_fax(self, fax_id: str) -> None:
        self.asked.append(("delete", fax_id))
        if self.breaks:
            raise OutcomeUnknown("no answer")
        self._known(fax_id)
        del self.faxes[fax_id]

    def list_faxes(self, *, created_at_gte: datetime, **_: Any) -> Iterator[Fax]:
        self.asked.append(("list", created_at_gte.isoformat(timespec="seconds")))
        yield from self.faxes.values()
        if self.breaks:
            raise OutcomeUnknown("no answer")

    def _known(self, fax_id: str) -> Fax:
        if fax_id not in self.faxes:
            raise NoSuchResource("no such fax", status=404)
        return self.faxes[fax_id]


class Links:
    """The answer of each link: content, or an error."""

    def __init__(self) -> None:
        self.behind: dict[str, bytes | Exception] = {}
        self.before: Callable[[], None] = lambda: None

    def fetch(self, url: str, into: BinaryIO) -> Fetched:
        self.before()
        found = self.behind[url]
        if isinstance(found, Exception):
            raise found
        into.write(found)
        into.flush()
        return Fetched(len(found), "aa" * 32, "application/pdf")


class Office:
    """A worker with a folder for documents."""

    def __init__(self, redis_url: str, folder: Path, **settings: Any) -> None:
        self.settings = Settings(fax_connection_id="ours", **settings)
        self.scripts = Scripts(connect(redis_url), Rules.from_settings(self.settings))
        self.telnyx, self.links, self.folder = Telnyx(), Links(), folder
        self.inbox = Inbox(self.scripts)
        self.w = collaborators(
            self.scripts,
            self.settings,
            observations=Observations(self.scripts, known_connections=frozenset({"ours"})),
            inbox=self.inbox,
            links=self.links,
            telnyx=self.telnyx,
            store=open_store(str(folder)),
        )

    def receive(self, link: str | None = "https://a", fax_id: str = FAX, **facts: Any) -> None:
        seen = Observation(
            f"e-{fax_id}", "d", "fax.received", "webhook", fax_id=fax_id, status="received", outbound=False,
            sender="+14155552222", recipient="+13125550000", media_url=link, page_count=2, **facts,
        )  # fmt: skip
        self.w.observations.record(seen)

    def at(self, seconds: float) -> None:
        self.scripts.now = round(seconds * 1000)

    def events(self) -> list[Event]:
        return [Event.from_fields(fields) for _, fields in self.scripts.redis.xrange("fax:events")]

    def types(self) -> list[str]:
        return [event.type for event in self.events()]

    def place(self) -> DocumentPlace:
        return self.inbox.get(FAX).place


@pytest.fixture
def office(redis_url: str, tmp_path: Path) -> Office:
    return Office(redis_url, tmp_path / "inbound")


def test_a_received_document_is_stored_with_what_is_known_of_it_and_announced(office: Office):
    office.links.behind["https://a"] = PDF
    office.receive(partial=True, connection_id="ours", duration=50)
    assert inbound.fetch(office.w) is False

    event = office.events()[-1]
    assert event.type == "fax.stored"
    assert event.fax_id == FAX
    assert Path(event.data["file"]).read_bytes() == PDF
    assert sorted(path.name for path in office.folder.iterdir()) == [f"{FAX}.json", f"{FAX}.pdf"]
    beside = json.loads((office.folder / f"{FAX}.json").read_text())
    assert {**beside, "file": event.data["file"]} == event.data
    assert beside["sha256"] == "aa" * 32
    assert (beside["from"], beside["to"], beside["page_count"]) == ("+14155552222", "+13125550000", 2)
    assert (beside["partial_content"], beside["call_duration_secs"], beside["size"]) == (True, 50, len(PDF))
    assert office.telnyx.asked == []


def test_an_expired_link_is_renewed_and_the_document_fetched_again(office: Office):
    office.links.behind |= {"https://a": LinkExpired("403"), "https://b": PDF}
    office.telnyx.add(media_url="https://b")
    office.receive()
    inbound.fetch(office.w)
    assert office.place() is DocumentPlace.STORED
    assert office.telnyx.asked == [("refresh", FAX), ("get", FAX)]


def test_after_a_failure_the_link_is_asked_for_anew(office: Office):
    office.links.behind |= {"https://a": b"<html>", "https://b": PDF}
    office.telnyx.add(media_url="https://b")
    office.at(1_790_000_000)
    office.receive()
    inbound.fetch(office.w)
    assert office.telnyx.asked == []
    office.at(1_790_000_000 + DAY)
    inbound.fetch(office.w)
    assert office.place() is DocumentPlace.STORED
    assert office.telnyx.asked == [("get", FAX)]


def test_a_listed_fax_that_does_not_say_its_direction_is_what_was_asked_for(office: Office):
    office.telnyx.add(direction=None)
    office.telnyx.add("other", direction="outbound")
    inbound.find(office.w)
    assert [(event.type, event.fax_id) for event in office.events()] == [("fax.received", FAX)]


def test_a_fax_without_a_link_gets_one(office: Office):
    office.links.behind["https://b"] = PDF
    office.telnyx.add(media_url="https://b")
    office.receive(link=None)
    inbound.fetch(office.w)
    assert office.place() is DocumentPlace.STORED


@pytest.mark.parametrize("trouble", [LinkFailed("503"), LinkExpired("403"), b""])
def test_a_document_that_is_unavailable_is_retried_and_nothing_of_it_is_stored(office: Office, trouble: Any):
    office.links.behind |= {"https://a": trouble, "https://b": trouble}
    office.telnyx.add(media_url="https://b")
    office.receive()
    inbound.fetch(office.w)
    assert office.place() is DocumentPlace.WANTED
    assert office.inbox.get(FAX).problem
    assert list(office.folder.glob("*")) == []
    assert office.types() == ["fax.received"]


def test_a_full_disk_gives_no_document_up(office: Office):
    class Full:
        def put(self, *_: Any) -> str:
            raise OSError(28, "No space left on device")

    office.links.behind["https://a"] = PDF
    office.receive()
    fax = office.inbox.take(lease=1)
    assert fax
    for _ in range(10):
        inbound.bring(fax, Full(), office.w)  # type: ignore[arg-type] # a stand-in
    assert office.place() is DocumentPlace.WANTED
    assert "No space left" in (office.inbox.get(FAX).problem or "")


@pytest.mark.parametrize("trouble", [LinkRefused("a private address"), b"<html>"])
def test_a_refused_document_is_given_up_and_published_with_its_reason(office: Office, trouble: Any):
    office.links.behind["https://a"] = trouble
    office.receive()
    fax = office.inbox.take(lease=1)
    assert fax
    for _ in range(3):
        inbound.bring(fax, office.w.store, office.w)  # type: ignore[arg-type] # there is one
    assert office.place() is DocumentPlace.GIVEN_UP
    event = office.events()[-1]
    assert (event.type, event.data["tries"]) == ("fax.store.failed", 3)
    assert event.data["reason"] in {"LinkRefused", "NotADocument"}


def test_a_worker_that_dies_after_storing_publishes_the_event_the_second_time(office: Office):
    office.links.behind["https://a"] = PDF
    office.receive()
    fax = office.inbox.take(lease=0)
    assert fax
    with pytest.raises(SystemExit):
        _dying(office, fax)
    assert office.types() == ["fax.received"]
    inbound.fetch(office.w)
    assert office.types() == ["fax.received", "fax.stored"]
    assert len(list(office.folder.iterdir())) == 2


def _dying(office: Office, fax: Any) -> None:
    def die(*_: Any, **__: Any) -> str:
        raise SystemExit

    office.inbox.stored, alive = die, office.inbox.stored  # type: ignore[method-assign]
    try:
        inbound.bring(fax, office.w.store, office.w)  # type: ignore[arg-type] # there is one
    finally:
        office.inbox.stored = alive  # type: ignore[method-assign]


def test_all_that_wait_are_fetched_in_one_go(office: Office):
    for number in range(5):
        office.links.behind[f"https://{number}"] = PDF
        office.receive(f"https://{number}", f"fax-{number}")
    inbound.fetch(office.w)
    assert office.types().count("fax.stored") == 5


def test_only_one_thread_fetches_and_no_document_is_lost(office: Office):
    office.links.behind["https://a"] = PDF
    calls: list[bool] = []
    office.links.before = lambda: calls.append(inbound.fetch(office.w))
    office.receive()
    assert inbound.fetch(office.w) is False
    assert calls == [False]
    assert office.place() is DocumentPlace.STORED


def test_without_a_store_nothing_is_fetched(office: Office):
    bare = Collaborators(**{**vars(office.w), "store": None})
    office.receive()
    assert inbound.fetch(bare) is False
    assert office.place() is DocumentPlace.WANTED


def test_a_hostile_fax_id_writes_nothing_outside_the_folder(office: Office):
    office.links.behind["https://a"] = PDF
    office.receive(fax_id="../../etc/cron.d/x")
    inbound.fetch(office.w)
    assert office.types()[-1] == "fax.stored"
    assert len(list(office.folder.iterdir())) == 2
    assert {path.parent for path in office.folder.parent.rglob("*.pdf")} == {office.folder}


def test_a_fax_without_webhooks_is_found_once(office: Office):
    office.links.behind["https://b"] = PDF
    office.telnyx.add(media_url="https://b", to="+13125550000", page_count=2)
    inbound.find(office.w)
    inbound.find(office.w)
    inbound.fetch(office.w)
    assert [(event.type, event.source) for event in office.events()] == [
        ("fax.received", "listing"), ("fax.stored", "worker"),
    ]  # fmt: skip


def test_failed_and_unfinished_faxes_are_found_too(office: Office):
    office.telnyx.add("a", status="failed", failure_reason="sender_call_dropped")
    office.telnyx.add("b", status="receiving")
    office.telnyx.add("c", status="initiated")
    inbound.find(office.w)
    assert office.types() == ["fax.failed", "fax.receiving.started"]
    assert office.events()[0].data["failure_reason"] == "sender_call_dropped"
    assert office.inbox.get("c").place is DocumentPlace.COMING


def test_an_unfinished_fax_is_asked_about_until_it_has_come(office: Office):
    office.telnyx.add(status="receiving")
    inbound.find(office.w)
    office.telnyx.add(status="received", media_url="https://b")
    inbound.look_at(FAX, office.w)
    assert office.types() == ["fax.receiving.started", "fax.received"]
    assert office.place() is DocumentPlace.WANTED


def test_faxes_of_foreign_connections_are_ignored(office: Office):
    office.telnyx.add(connection_id="theirs")
    inbound.find(office.w)
    assert office.types() == []
    assert office.scripts.redis.xlen("fax:quarantine") == 0


def test_a_listing_begins_where_enough_complete_ones_have_looked_and_broken_ones_do_not_count(office: Office):
    for second in (0, 300, 600, 40 * DAY):
        office.at(1_790_000_000 + second)
        inbound.find(office.w)
    office.telnyx.breaks = True
    for second in (300, 600):
        office.at(1_790_000_000 + 40 * DAY + second)
        with pytest.raises(OutcomeUnknown):
            inbound.find(office.w)
    office.telnyx.breaks = False
    inbound.find(office.w)

    first = datetime.fromtimestamp(1_790_000_000, UTC)
    begun = [(datetime.fromisoformat(since) - first).total_seconds() for _, since in office.telnyx.asked]
    skew = office.settings.settle_skew
    assert begun == [-DAY, 300 - DAY, 600 - DAY, -skew, 300 - skew, 300 - skew, 300 - skew]


def test_a_listing_that_is_asked_for_from_a_moment_on_does_not_move_where_the_next_begins(office: Office):
    office.at(1_790_000_000)
    inbound.find(office.w, since=datetime(2026, 1, 1, tzinfo=UTC))
    assert office.inbox.listed_until() is None


def test_documents_are_removed_when_they_have_been_kept_long_enough(redis_url: str, tmp_path: Path):
    office = Office(redis_url, tmp_path / "inbound", fax_inbound_retention_days=10)
    office.links.behind["https://a"] = PDF
    office.at(1_790_000_000)
    office.receive()
    inbound.fetch(office.w)
    office.at(1_790_000_000 + 10 * DAY - 1)
    inbound.remove(office.w)
    assert len(list(office.folder.iterdir())) == 2
    office.at(1_790_000_000 + 10 * DAY)
    inbound.remove(office.w)
    inbound.remove(office.w)
    assert list(office.folder.iterdir()) == []
    assert office.types().count("fax.removed") == 1


@pytest.fixture
def deleting(redis_url: str, tmp_path: Path) -> Office:
    """An office with a stored fax that is to be deleted at Telnyx now."""
    office = Office(redis_url, tmp_path / "inbound", fax_telnyx_delete_after=1)
    office.links.behind["https://a"] = PDF
    office.telnyx.add()
    office.at(1_790_000_000)
    office.receive()
    inbound.fetch(office.w)
    office.at(1_790_000_001)
    return office


def test_deleting_a_fax_at_telnyx_is_retried_until_it_succeeds(deleting: Office):
    assert deleting.w.agenda.deletions(again_after=1) == [FAX]
    deleting.telnyx.breaks = True
    inbound.forget(FAX, deleting.w)
    deleting.at(1_790_000_002)
    assert deleting.w.agenda.deletions(again_after=1) == [FAX]
    deleting.telnyx.breaks = False
    inbound.forget(FAX, deleting.w)
    inbound.forget(FAX, deleting.w)
    deleting.at(1_790_000_009)
    assert deleting.w.agenda.deletions() == []
    assert deleting.types().count("fax.deleted") == 1
    assert FAX not in deleting.telnyx.faxes


def test_a_document_that_cannot_be_removed_does_not_keep_the_others(redis_url: str, tmp_path: Path):
    office = Office(redis_url, tmp_path / "inbound", fax_inbound_retention_days=10)
    office.links.behind["https://a"] = PDF
    office.at(1_790_000_000)
    office.receive(fax_id="stuck")
    inbound.fetch(office.w)
    office.at(1_790_000_001)
    office.receive()
    inbound.fetch(office.w)
    (office.folder / "stuck.pdf").unlink()
    (office.folder / "stuck.pdf").mkdir()
    office.at(1_790_000_000 + 11 * DAY)
    with pytest.raises(StoreTrouble):
        inbound.remove(office.w)
    inbound.remove(office.w)
    assert not list(office.folder.glob(f"{FAX}*"))
    (office.folder / "stuck.pdf").rmdir()
    office.at(1_790_000_000 + 12 * DAY)
    inbound.remove(office.w)
    assert office.types().count("fax.removed") == 2


def test_unfinished_files_of_a_killed_worker_are_removed(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("faxdispatch-inbound-old", "faxdispatch-inbound-new", "others"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "document").write_bytes(PDF)
    for name in ("faxdispatch-inbound-old", "others"):
        os.utime(tmp_path / name, (0, 0))
    inbound.remove(office.w)
    assert sorted(path.name for path in tmp_path.glob("*/document")) == ["document", "document"]
    assert not (tmp_path / "faxdispatch-inbound-old").exists()


def test_an_unforeseen_error_is_reported_and_holds_up_no_other_document(office: Office):
    office.links.behind["https://a"] = ZeroDivisionError("of ours")
    office.links.behind["https://b"] = PDF
    office.receive()
    office.receive("https://b", fax_id="next")
    assert not inbound.fetch(office.w)
    assert "ZeroDivisionError" in (office.inbox.get(FAX).problem or "")
    assert office.inbox.get("next").place is DocumentPlace.STORED


def test_a_deletion_that_is_no_longer_requested_is_not_made(deleting: Office):
    assert deleting.w.agenda.deletions() == [FAX]
    deleting.inbox.again(FAX)
    inbound.forget(FAX, deleting.w)
    assert FAX in deleting.telnyx.faxes


def test_a_listed_fax_that_cannot_be_recorded_hides_no_other_and_is_listed_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    office.telnyx.add("bad")
    office.telnyx.add()
    real = inbound.record

    def stumbling(fax: Fax, source: str, w: Collaborators) -> None:
        if fax.id == "bad":
            raise ValueError("nobody foresaw this")
        real(fax, source, w)

    monkeypatch.setattr(inbound, "record", stumbling)
    inbound.find(office.w)
    assert office.place() is DocumentPlace.WANTED
    assert office.inbox.listed_until() is None


@pytest.mark.parametrize(
    "odd", [{"from": "\ud800"}, {"page_count": 10**16}, {"call_duration_secs": 2**63}, {"x": "\udfff"}], ids=str
)
def test_fields_of_a_listed_fax_that_cannot_be_stored_are_dropped_alone(office: Office, odd: dict[str, Any]):
    office.links.behind["https://a"] = PDF
    office.telnyx.add(media_url="https://a", **odd)
    inbound.find(office.w)
    inbound.fetch(office.w)
    assert office.place() is DocumentPlace.STORED
    assert [fax.fax_id for fax in office.inbox.at(DocumentPlace.STORED)] == [FAX]
