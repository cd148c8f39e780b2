"""A list whose rows have documents of their own, from an archive to the machines, with a kill in mid-upload."""

import io
import json
import subprocess
import sys
import zipfile

from pypdf import PdfReader, PdfWriter

from faxdispatch.lists.documents import AT_ONCE
from tests.conftest import eventually
from tests.documents.blank import blank_pdf
from tests.flow.harness import PATIENCE, TOKEN

LETTERS = [f"letter {n}.pdf" for n in range(1, 13)]
ROWS = [LETTERS[n % 12] for n in range(44)]
ROWS += ["locked.pdf", "gone 1.pdf", "gone 2.pdf", "gone 3.pdf", "https://example.com/a.pdf", TOKEN]


def locked():
    writer = PdfWriter(PdfReader(io.BytesIO(blank_pdf())))
    writer.encrypt("secret", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_each_row_gets_its_document_and_none_is_uploaded_twice(stack, command, tmp_path, monkeypatch):
    # Few calls a second, so that an upload can be killed.
    monkeypatch.setenv("FAX_RATE", "20")
    monkeypatch.setenv("TELNYX_BASE_URL", stack.sim.about["base_url"])
    monkeypatch.setenv("TELNYX_API_KEY", stack.sim.about["api_key"])
    with zipfile.ZipFile(tmp_path / "letters.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for pages, name in enumerate(LETTERS, start=1):
            archive.writestr(f"letters/{name}", blank_pdf(pages))
        archive.writestr("letters/locked.pdf", locked())
    numbers = [f"+1{area}4470100" for area in range(212, 299) if area % 100 != 11]
    lines = [f"{number},{document}" for number, document in zip(numbers, ROWS, strict=False)]
    (tmp_path / "referrals.csv").write_text("Fax,Document\n" + "\n".join(lines) + "\n")
    create = ("campaign", "create", "referrals.csv", "--media-column", "Document", "--media-dir", "letters.zip")

    def calls():
        return stack.sim.report()["calls"].get("POST /media", 0)

    first = calls()

    def uploads():
        return calls() - first

    def run(*words):
        return json.loads(command(*words, "--json"))

    with subprocess.Popen([sys.executable, "-m", "faxdispatch.cli", *create], stdout=subprocess.DEVNULL) as killed:
        eventually(lambda: uploads() >= 4, within=PATIENCE)
        killed.kill()
    assert run("campaign", "status", "referrals")["state"] == "draft"

    made = run(*create)
    left_out = (tmp_path / "referrals.left-out.csv").read_text("utf-8-sig")
    assert (made["outcome"], made["rows"], made["list"]["invalid"]) == ("continued", 46, 4), left_out
    assert len(LETTERS) <= uploads() <= len(LETTERS) + AT_ONCE
    before = uploads()
    again = run(*create)
    assert (again["outcome"], uploads()) == ("same", before)
    assert left_out.count("password") == 1
    assert left_out.count("is neither a file in the archive letters.zip nor stored at Telnyx") == 3

    run("campaign", "start", "referrals")
    stack.until(lambda: stack.client.campaigns.get("referrals").state == "finished")
    events = [event for event in stack.events() if event.type == "fax.delivered"]
    assert {e.job_id: e.data["page_count"] for e in events if e.job_id.startswith("referrals-")} == {
        f"referrals-{row}": LETTERS.index(document) + 1 if document in LETTERS else 1
        for row, document in enumerate(ROWS, start=1)
        if document in LETTERS or document == TOKEN or document.startswith("https")
    }
