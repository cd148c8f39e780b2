"""A list whose rows have documents of their own, from an archive to the machines, with a kill in mid-upload."""

import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
from pypdf import PdfReader, PdfWriter

from faxdispatch.lists.documents import AT_ONCE
from tests.conftest import eventually
from tests.flow.harness import TOKEN, a_pdf, installation

LETTERS = [f"letter {n}.pdf" for n in range(1, 13)]
ROWS = [LETTERS[n % 12] for n in range(44)]
ROWS += ["locked.pdf", "gone 1.pdf", "gone 2.pdf", "gone 3.pdf", "https://example.com/a.pdf", TOKEN]


def locked():
    writer = PdfWriter(PdfReader(io.BytesIO(a_pdf())))
    writer.encrypt("secret", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.fixture
def flow(tmp_path):
    with installation(tmp_path) as flow:
        yield flow


@pytest.fixture
def command(flow, tmp_path):
    """Start a command that may make few calls a second."""
    given = {"REDIS_URL": flow.redis_url, "USER": "ada", "FAX_RATE": "20"}
    given |= {"TELNYX_BASE_URL": flow.sim.about["base_url"], "TELNYX_API_KEY": flow.sim.about["api_key"]}

    def start(*words):
        line = [sys.executable, "-m", "faxdispatch.cli", "campaign", *words, "--json"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(line, text=True, env=os.environ | given, cwd=tmp_path, **pipes)

    return start


def test_each_row_gets_its_document_and_none_is_uploaded_twice(flow, command, tmp_path):
    with zipfile.ZipFile(tmp_path / "letters.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for pages, name in enumerate(LETTERS, start=1):
            archive.writestr(f"letters/{name}", a_pdf(pages))
        archive.writestr("letters/locked.pdf", locked())
    numbers = [f"+1{area}5550100" for area in range(212, 299) if area % 100 != 11]
    lines = [f"{number},{document}" for number, document in zip(numbers, ROWS, strict=False)]
    (tmp_path / "referrals.csv").write_text("Fax,Document\n" + "\n".join(lines) + "\n")
    words = ("referrals.csv", "--media-column", "Document", "--media-dir", "letters.zip")

    def uploads():
        return flow.sim.report()["calls"].get("POST /media", 0) - 1  # one is the harness's own

    def run(*words):
        return json.loads(command(*words).communicate()[0])

    killed = command("create", *words)
    eventually(lambda: uploads() >= 4, within=60)
    killed.kill()
    killed.communicate()
    draft = run("status", "referrals")
    assert draft["state"] == "draft"

    made = run("create", *words)
    assert (made["outcome"], made["rows"], made["list"]["invalid"]) == ("continued", 46, 4)
    assert len(LETTERS) <= uploads() <= len(LETTERS) + AT_ONCE
    before = uploads()
    again = run("create", *words)
    assert (again["outcome"], uploads()) == ("same", before)
    left_out = (tmp_path / "referrals.left-out.csv").read_text("utf-8-sig")
    assert left_out.count("password") == 1
    assert left_out.count("is neither a file in the archive letters.zip nor stored at Telnyx") == 3

    run("start", "referrals")
    flow.until(lambda: run("status", "referrals")["state"] == "finished")
    told = {event.job_id: event.data.get("page_count") for event in flow.events() if event.type == "fax.delivered"}
    assert {job: pages for job, pages in told.items() if pages} == {
        f"referrals-{row}": LETTERS.index(document) + 1 if document in LETTERS else 1
        for row, document in enumerate(ROWS, start=1)
        if document in LETTERS or document == TOKEN or document.startswith("https")
    }
