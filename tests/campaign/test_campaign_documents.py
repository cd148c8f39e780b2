"""Documents of rows are examined, stored once by content before any row is sent, and kept as long as needed."""

import threading
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import BadInput, Conflict, FaxClient, Misconfigured, RateLimited, Refused
from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.campaign import SuppressionList
from faxdispatch.campaign.making import Maker
from faxdispatch.campaign.service import CampaignService
from faxdispatch.documents.local import SPARE, Document
from faxdispatch.ledger import CHUNK, CampaignMedia, Campaigns, Suppressions
from faxdispatch.lists import documents as documents_module
from faxdispatch.lists.checking import check
from faxdispatch.lists.documents import RowDocuments
from faxdispatch.lists.rows import BadRow
from faxdispatch.telnyx.media.uploads import KEEP
from faxdispatch.telnyx.models import MediaResource
from tests.documents.blank import blank_pdf

NOW = datetime.now(UTC)


class Storage:
    """Telnyx's media storage."""

    def __init__(self, **there):
        self.there = {name: MediaResource(media_name=name, expires_at=end) for name, end in there.items()}
        self.uploads, self.asked = [], []
        self.before = lambda document: None
        self._lock = threading.Lock()

    def keep(self, document, *, until=None):
        self.before(document)
        with self._lock:
            name = document.media_name
            if name not in self.there:
                self.uploads.append(name)
            self.there[name] = MediaResource(media_name=name, expires_at=(until or NOW) + KEEP)
        return name

    def find(self, name):
        with self._lock:
            self.asked.append(name)
        return self.there.get(name)


@pytest.fixture
def storage():
    return Storage()


@pytest.fixture
def service(desk, storage):
    policy = NumberPolicy(region="US")
    ledger = Campaigns(desk.scripts)
    maker = Maker(ledger, policy=policy, store=storage.keep, storage=lambda: storage)
    return CampaignService(ledger, maker, policy=policy, send=lambda job: "")


@pytest.fixture
def a_list(tmp_path):
    """A list whose rows name these documents, beside files of that content."""

    def write(*documents, files=(), name="recall.csv"):
        for file, content in dict(files).items():
            (tmp_path / file).write_bytes(content)
        path = tmp_path / name
        rows = [f"{document},415-200-{row:04}" for row, document in enumerate(documents, start=1)]
        path.write_text("Media,Fax\n" + "\n".join(rows) + "\n")
        return path

    return write


def of_rows(service, campaign="recall"):
    return {row: fields for row, _, fields in service.ledger.rows(campaign)}


def why(made):
    return {bad.row: bad.reason for bad in made.summary.bad}


def test_files_are_stored_once_by_their_content_and_their_pages_are_known(service, storage, a_list):
    one, two = blank_pdf(title="one"), blank_pdf(3)
    listed = a_list("a.pdf", "b.pdf", "A.PDF", "copy.pdf", files={"a.pdf": one, "b.pdf": two, "copy.pdf": one})

    made = service.create(listed)

    first, second = Document(one, ".pdf").media_name, Document(two, ".pdf").media_name
    assert of_rows(service) == {
        1: {"media_name": first, "pages": 1, "document_name": "a.pdf"},
        2: {"media_name": second, "pages": 3, "document_name": "b.pdf"},
        3: {"media_name": first, "pages": 1, "document_name": "A.PDF"},
        4: {"media_name": first, "pages": 1, "document_name": "copy.pdf"},
    }
    assert sorted(storage.uploads) == sorted([first, second])
    assert (made.summary.valid, storage.asked) == (4, [])


def test_several_files_in_a_cell_become_one_document(service, storage, a_list):
    files = {"a.pdf": blank_pdf(title="one"), "b.pdf": blank_pdf(3)}
    listed = a_list("a.pdf ::: b.pdf", "b.pdf:::a.pdf", "a.pdf ::: gone.pdf", "a.pdf ::: b.pdf", files=files)

    made = service.create(listed)

    rows = of_rows(service)
    assert [row["pages"] for row in rows.values()] == [4, 4, 4]
    assert [row["document_name"] for row in rows.values()] == ["a.pdf ::: b.pdf", "b.pdf:::a.pdf", "a.pdf ::: b.pdf"]
    assert len(storage.uploads) == 2
    assert "'gone.pdf', which is not a file" in why(made)[3]


def test_what_cannot_be_faxed_is_a_bad_row_with_its_reason_and_goes_into_both_files(service, storage, a_list, tmp_path):
    soon = NOW + timedelta(days=40)
    storage.there = Storage(stored=soon, old=NOW - timedelta(hours=1)).there
    files = {
        "good.pdf": blank_pdf(), "locked.pdf": blank_pdf(password="secret"), "open.pdf": blank_pdf(password=""),
        "long.pdf": blank_pdf(351), "page.pdf": b"<!doctype html><p>not found",
        "broken.pdf": b"%PDF-1.7 and nothing more", "empty.pdf": b"", "note.rtf": b"{\\rtf1 words}",
    }  # fmt: skip
    named = [
        *files,
        "missing.pdf",
        "stored",
        "old",
        "https://example.com/a.pdf",
        "../secret.pdf",
        "ftp://example.com/a",
    ]

    made = service.create(a_list(*named, files=files), bad_rows=tmp_path / "bad.csv", left_out=tmp_path / "left.csv")

    assert why(made) == {
        2: "needs a password to be opened; save it without one",
        4: "has 351 pages; Telnyx sends at most 350",
        5: "is a web page, not a document; save it as PDF",
        6: "is damaged and cannot be read; open it and save it again",
        7: "is empty",
        9: f"is neither a file in the folder {tmp_path.name} nor stored at Telnyx",
        11: "is no longer stored at Telnyx",
        13: f"is not the name of a document inside the folder {tmp_path.name}",
        14: "must begin with https://",
    }
    assert sorted(of_rows(service)) == [1, 3, 8, 10, 12]
    assert of_rows(service)[10] == {"media_name": "stored"}
    assert (made.campaign.counts["invalid"], len(list(service.left_out("recall")))) == (9, 9)
    for path in (made.bad_rows, made.left_out):
        assert "nor stored at Telnyx" in path.read_text("utf-8-sig")
    # Asked about once each, and only where there is no file.
    assert sorted(storage.asked) == ["missing.pdf", "old", "stored"]


def test_each_distinct_link_is_checked_once_and_a_bad_one_makes_a_bad_row(storage, a_list):
    asked = []

    def look(link):
        asked.append(link)
        return "answers 404: there is no document" if link.endswith("/3") else None

    links = [f"https://example.com/{n % 90}" for n in range(120)]
    with RowDocuments(None, lambda: storage, look_at_link=look) as documents:
        with check(a_list(*links), policy=NumberPolicy(region="US")) as checking:
            checking.documents = documents
            bad = {row.row: row.reason for row in checking if isinstance(row, BadRow)}

        assert bad == dict.fromkeys((4, 94), "answers 404: there is no document")
        assert sorted(asked) == sorted(links[:90])
        assert (documents.links(), documents.remarks()) == ({"asked": 90, "rows_not_asked": 0}, [])


def test_links_are_checked_for_a_limited_time_and_the_rest_is_reported(storage, a_list, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(documents_module, "LINKS_AT_ONCE", 1)
    monkeypatch.setattr(documents_module.time, "monotonic", lambda: now[0])

    def look(_link):
        now[0] += 50.0

    links = [f"https://example.com/{n % 9}" for n in range(10)]
    with RowDocuments(None, lambda: storage, look_at_link=look) as documents:
        with check(a_list(*links), policy=NumberPolicy(region="US")) as checking:
            checking.documents = documents
            assert [row.row for row in checking if isinstance(row, BadRow)] == []

        assert documents.links() == {"asked": 3, "rows_not_asked": 6}
        assert documents.remarks() == [
            "links of rows: 3 different ones were asked, those of 6 rows were not: that ends after 120 s"
        ]


def test_unchecked_links_are_reported(service, a_list):
    made = service.create(a_list("https://example.com/1", "https://example.com/2"))

    assert made.links == {"asked": 0, "rows_not_asked": 2}
    assert "links of rows: 0 different ones were asked, those of 2 rows were not" in made.guesses


def test_with_a_cover_linked_documents_are_fetched_and_stored_as_files_are(desk, storage, a_list):
    one, two = blank_pdf(2, title="one"), blank_pdf(title="two")
    fetched = []

    def fetch(link):
        fetched.append(link)
        if link.endswith("gone"):
            raise BadInput("document: the link cannot be fetched: answers 404")
        return Document(one, ".pdf", "letter.pdf")

    policy = NumberPolicy(region="US")
    ledger = Campaigns(desk.scripts)
    maker = Maker(ledger, policy=policy, store=storage.keep, storage=lambda: storage, fetch_link=fetch)
    service = CampaignService(ledger, maker, policy=policy, send=lambda job: "")
    link, gone = "https://example.com/letter", "https://example.com/gone"

    made = service.create(a_list(link, "a.pdf", gone, link, files={"a.pdf": two}), cover="{pages} pages for {fax}")

    first, second = Document(one, ".pdf").media_name, Document(two, ".pdf").media_name
    rows = of_rows(service)
    assert {row: (said["media_name"], said["pages"], said["document_name"]) for row, said in rows.items()} == {
        1: (first, 3, "letter.pdf"),
        2: (second, 2, "a.pdf"),
        4: (first, 3, "letter.pdf"),
    }
    assert rows[1]["cover_fields"] == {"fax": "415-200-0001"}
    assert "media_url" not in rows[1]
    assert why(made) == {3: "the link cannot be fetched: answers 404"}
    assert sorted(storage.uploads) == sorted([first, second])
    assert sorted(fetched) == [gone, link]


def test_with_a_cover_the_linked_document_of_all_rows_is_fetched(desk, storage, a_list):
    content = blank_pdf(2)
    policy = NumberPolicy(region="US")

    def fetch(link):
        return Document(content, ".pdf", "letter.pdf")

    ledger = Campaigns(desk.scripts)
    maker = Maker(ledger, policy=policy, store=storage.keep, storage=lambda: storage, fetch_link=fetch)
    service = CampaignService(ledger, maker, policy=policy, send=lambda job: "")
    listed = a_list("", "")

    made = service.create(listed, cover="For {fax}", media_url="https://example.com/letter")

    name = Document(content, ".pdf").media_name
    options = made.campaign.options
    assert (options["media_name"], options["pages"], options.get("media_url")) == (name, 3, None)
    assert storage.uploads == [name]


def test_strict_creates_nothing_if_a_cover_cannot_be_set(service, storage, a_list):
    (listed := a_list("a.pdf", files={"a.pdf": blank_pdf()})).write_text(
        "Media,Fax,Name\na.pdf,415-200-0001,\u65e5\n", "utf-8"
    )

    with pytest.raises(BadInput, match="no font has the character"):
        service.create(listed, cover="Dear {name}", strict=True)
    assert (service.list(), storage.uploads) == ([], [])


def test_empty_fields_of_covers_are_counted_and_strict_creates_nothing(service):
    rows = [
        {"fax": "+14152000001", "name": "Dr Öz", "room": ""},
        {"fax": "+14152000002", "name": " ", "room": "7"},
        {"fax": "+14152000003", "name": "", "room": ""},
        {"fax": "none", "name": "", "room": ""},
    ]

    def create(cover, **options):
        return service.create(rows, name=cover, campaign_id="c", document=blank_pdf(), cover=cover, **options)

    with pytest.raises(BadInput, match="1 of 4 rows cannot be sent"):
        create("Dear {name}, room {room|unknown}", strict=True)
    del rows[3]
    with pytest.raises(BadInput, match=r"no field may be empty. cover: \{name\} is empty in 2 rows, first in line"):
        create("Dear {name}, room {room|unknown}", strict=True)
    assert service.list() == []
    made = create("Dear {name}, room {room|unknown}")
    assert {name: empty.rows for name, empty in made.summary.empty_fields.items()} == {"name": 2}


def test_documents_may_come_in_an_archive(service, storage, a_list, tmp_path):
    with zipfile.ZipFile(tmp_path / "letters.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("letters/a.pdf", blank_pdf())

    made = service.create(a_list("a.pdf", "b.pdf"), media_dir=tmp_path / "letters.zip")

    assert why(made) == {2: "is neither a file in the archive letters.zip nor stored at Telnyx"}
    assert len(storage.uploads) == 1


def test_a_folder_of_documents_for_a_list_without_a_column_of_them_is_a_mistake(service, tmp_path):
    with pytest.raises(BadInput, match="no column of documents"):
        service.create([{"fax": "+14152000001"}], name="spring", media_name="letter", media_dir=tmp_path)


def test_documents_of_rows_that_are_not_sent_are_not_uploaded(service, storage, a_list, desk):
    service.create(
        a_list("a.pdf", "b.pdf", files={"a.pdf": blank_pdf(title="a"), "b.pdf": blank_pdf(title="b")}), name="first"
    )
    storage.uploads.clear()
    storage.there.clear()
    SuppressionList(Suppressions(desk.scripts)).add("+14152000001", reason="asked", source="test")

    service.create(a_list("a.pdf", "b.pdf", name="second.csv"))

    assert storage.uploads == [Document(blank_pdf(title="b"), ".pdf").media_name]


def test_an_interrupted_upload_continues_and_stores_nothing_twice(service, storage, a_list):
    files = {f"{n}.pdf": blank_pdf(title=str(n)) for n in range(12)}
    listed = a_list(*files, files=files)

    def tires(document):
        if len(storage.uploads) >= 5:
            raise RateLimited("later", retry_after=1)

    storage.before = tires
    with pytest.raises(RateLimited):
        service.create(listed)
    assert service.get("recall").state == "draft"
    storage.before = lambda document: None
    counts = []
    made = service.create(listed, on_documents=counts.append)

    assert (made.outcome, made.summary.valid) == ("continued", 12)
    assert len(storage.uploads) == len(set(storage.uploads)) == 12
    assert counts == list(range(1, 13))


def test_a_document_that_telnyx_refuses_is_a_bad_row_and_with_strict_no_campaign(service, storage, a_list):
    listed = a_list("a.pdf", "b.pdf", files={"a.pdf": blank_pdf(title="a"), "b.pdf": blank_pdf(title="b")})

    def refuses(document):
        if document.content == blank_pdf(title="b"):
            raise Refused("Telnyx refused to upload media: 422")

    storage.before = refuses
    with pytest.raises(BadInput, match="1 of 2 rows cannot be sent"):
        service.create(listed, strict=True)
    assert service.list() == []
    assert "was refused by Telnyx" in why(service.create(listed))[2]


def test_strict_uploads_nothing_where_a_document_is_missing(service, storage, a_list):
    with pytest.raises(BadInput, match="1 of 2 rows cannot be sent"):
        service.create(a_list("a.pdf", "missing.pdf", files={"a.pdf": blank_pdf()}), strict=True)

    assert storage.uploads == []


def test_a_changed_file_is_reported_instead_of_sending_the_old_one(service, storage, a_list):
    listed = a_list("a.pdf", "b.pdf", files={"a.pdf": blank_pdf(title="a"), "b.pdf": blank_pdf(title="b")})
    service.create(listed)
    uploads = list(storage.uploads)

    assert service.create(listed).outcome == "same"
    a_list("a.pdf", "b.pdf", files={"b.pdf": blank_pdf(title="better")})
    with pytest.raises(Conflict, match="the document of row 2 has changed"):
        service.create(listed)
    assert storage.uploads == uploads


def test_a_file_changed_since_an_interruption_is_reported_instead_of_sending_the_old_one(service, storage, a_list):
    documents = ["a.pdf"] * CHUNK + ["b.pdf"]
    listed = a_list(*documents, files={"a.pdf": blank_pdf(title="a"), "b.pdf": blank_pdf(title="b")})

    def tires(document):
        if document.content == blank_pdf(title="b"):
            raise RateLimited("later", retry_after=1)

    storage.before = tires
    with pytest.raises(RateLimited):
        service.create(listed)
    storage.before = lambda document: None
    a_list(*documents, files={"a.pdf": blank_pdf(title="better")})
    with pytest.raises(Conflict, match="the document of row 1 has changed"):
        service.create(listed)
    assert service.get("recall").state == "draft"


def test_the_same_list_again_stores_what_telnyx_keeps_no_longer(service, storage, a_list, desk):
    listed = a_list("a.pdf", files={"a.pdf": blank_pdf()})
    service.create(listed)
    [(name, end)] = CampaignMedia(desk.scripts).all("recall")
    assert end >= NOW + SPARE - timedelta(minutes=1)

    storage.there.clear()
    assert service.create(listed).outcome == "same"
    assert storage.uploads == [name]
    CampaignMedia(desk.scripts).note("recall", {name: NOW + timedelta(hours=1)})
    assert service.create(listed).outcome == "same"
    assert storage.uploads == [name, name]
    service.purge("recall")
    assert list(CampaignMedia(desk.scripts).all("recall")) == []


def test_without_a_key_files_cannot_be_stored_and_names_are_reported_as_unchecked(redis_url, a_list):
    service = FaxClient(redis_url, region="US").campaigns

    with pytest.raises(Misconfigured, match="TELNYX_API_KEY"):
        service.create(a_list("a.pdf", files={"a.pdf": blank_pdf()}))
    assert service.list() == []
    made = service.create(a_list("stored"))
    assert made.guesses[-1].startswith("no files here, and not looked for at Telnyx")
    assert of_rows(service) == {1: {"media_name": "stored"}}
