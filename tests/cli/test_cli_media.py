"""`faxdispatch media`: documents are checked, stored once, returned complete, and written nowhere else."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from faxdispatch.calling.written import parse_span
from faxdispatch.errors import BadInput
from faxdispatch.telnyx.media.local_name import local_name
from faxdispatch.telnyx.media_calls import MAX_TTL

PDF = b"%PDF-1.4\nsome pages\xff\x00\n"
NAME = f"fd-{hashlib.sha256(PDF).hexdigest()}.pdf"
HOSTILE = "../../etc/cron.d/letter.pdf"


@pytest.fixture
def media(cli, telnyx, surroundings):
    """Run a media command on an empty storage, without a Redis."""
    surroundings.delenv("REDIS_URL")
    with httpx.Client(base_url=telnyx["control_url"]) as control:
        control.post("/reset").raise_for_status()
        yield lambda *words, **variables: cli("media", *words, **variables)
        control.post("/reset").raise_for_status()


@pytest.fixture
def pdf(tmp_path):
    path = tmp_path / "letter.pdf"
    path.write_bytes(PDF)
    return str(path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to be in."""
    made = tmp_path / "downloads"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def left(result):
    """Return how long the document of a JSON answer is still kept."""
    return datetime.fromisoformat(result.json["expires_at"]) - datetime.now(UTC)


# upload


def test_a_file_is_stored_under_the_name_of_its_content_which_is_all_that_is_printed(media, pdf):
    result = media("upload", pdf)

    assert (result.code, result.out) == (0, f"{NAME}\n")
    shown = media("show", NAME, "--json")
    assert shown.json["content_type"] == "application/pdf"
    assert timedelta(days=29) < left(shown) <= timedelta(days=30)


def test_the_same_content_is_stored_once(media, pdf):
    first = media("upload", pdf, "--json")
    again = media("upload", pdf, "--json")

    assert (first.json["outcome"], again.json["outcome"]) == ("stored", "kept")
    assert again.json["expires_at"] == first.json["expires_at"]
    assert len(media("list").out.splitlines()) == 2


def test_a_document_is_kept_as_long_as_is_asked_and_never_shorter_than_before(media, pdf):
    for ttl, outcome, days in (("1d", "stored", 1), ("2d", "stored", 2), ("3600", "kept", 2)):
        result = media("upload", pdf, "--ttl", ttl, "--json")

        assert result.json["outcome"] == outcome
        assert timedelta(days=days, hours=-1) < left(result) <= timedelta(days=days)


def test_a_number_of_seconds_may_carry_its_unit(media, pdf):
    assert left(media("upload", pdf, "--ttl", "600", "--json")) <= timedelta(seconds=600)


def test_a_chosen_name_is_not_used_twice_unless_replacing_is_requested(media, pdf, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("another letter")
    assert media("upload", pdf, "--name", "form").out == "form\n"

    refused = media("upload", str(other), "--name", "form")
    kept = media("show", "form", "--json").json
    replaced = media("upload", str(other), "--name", "form", "--replace", "--json")

    assert (refused.code, refused.out) == (1, "")
    assert "already stored there" in refused.err
    assert kept["content_type"] == "application/pdf"
    assert (replaced.json["outcome"], replaced.json["content_type"]) == ("replaced", "text/plain")


def test_a_link_is_fetched_by_telnyx_under_a_generated_name(media, pdf, telnyx):
    link = f"{telnyx['control_url']}/health"

    made_up = media("upload", link)
    named = media("upload", link, "--name", "health", "--ttl", "1h", "--json")

    assert media("show", made_up.out.strip()).code == 0
    assert named.json["media_name"] == "health"
    assert left(named) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.pdf"], "missing.pdf: cannot be read"),
        (["ftp://example.com/a.pdf"], "https://"),
        (["PDF", "--ttl", "0"], "ttl: "),
        (["PDF", "--ttl", "a week"], "ttl: "),
        (["PDF", "--ttl", "7301d"], "ttl: "),
        (["PDF", "--replace"], "--name"),
        (["PDF", "--name", ".."], "media_name: "),
        (["PDF", "--name", ""], "media_name: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_upload_is_reported_in_one_line_and_stores_nothing(media, pdf, words, message):
    result = media("upload", *[pdf if word == "PDF" else word for word in words])

    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert media("list", "--json").out == ""


def test_a_file_that_cannot_be_faxed_is_not_stored(media, tmp_path):
    program = tmp_path / "program.pdf"
    program.write_bytes(b"\x7fELF")

    result = media("upload", str(program))

    assert (result.code, result.out) == (2, "")
    assert "is not PDF" in result.err
    assert media("list", "--json").out == ""


@pytest.mark.parametrize(
    ("text", "seconds"), [("600", 600), ("600s", 600), ("90m", 5400), ("12h", 43_200), ("30d", 2_592_000)]
)
def test_a_duration_is_read_as_people_write_it(text, seconds):
    assert parse_span(text, "ttl", longest=MAX_TTL) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1.5h", "1w", "٣", "1 d", "0d", "631000000", "9" * 30])
def test_an_invalid_duration_is_refused(text):
    with pytest.raises(BadInput, match="ttl: "):
        parse_span(text, "ttl", longest=MAX_TTL)


# list and show


def test_documents_are_listed_by_kind(media, pdf, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("hello")
    media("upload", pdf, "--name", "a")
    media("upload", str(note), "--name", "b")

    every = [json.loads(line)["media_name"] for line in media("list", "--json").out.splitlines()]
    pdfs = media("list", "--content-type", "application/pdf", "--json")

    assert sorted(every) == ["a", "b"]
    assert pdfs.json["media_name"] == "a"
    assert "until " in media("list").out


def test_an_empty_storage_says_so(media):
    assert media("list").out == "nothing is stored\n"
    assert "of this kind" in media("list", "--content-type", "image/png").out


def test_a_name_that_would_steer_the_terminal_stays_on_its_line(media, pdf):
    media("upload", pdf, "--name", "a\x1b[2J\nb")

    _, line = media("list").out.splitlines()

    assert line.endswith("a\\x1b[2J\\nb")
    assert "\x1b" not in media("show", "a\x1b[2J\nb").out


@pytest.mark.parametrize("words", [["show"], ["download"], ["delete", "--yes"]], ids=lambda words: words[0])
def test_a_name_that_is_not_there_is_reported_in_one_line(media, folder, words):
    result = media(*words, "nothing.pdf")

    assert (result.code, result.out) == (1, "")
    assert "nothing.pdf: Telnyx stores nothing under this name" in result.err
    assert result.err.count("\n") == 1
    assert list(folder.iterdir()) == []


# download


def test_a_download_equals_the_upload_and_only_its_owner_can_read_it(media, pdf, folder):
    media("upload", pdf, "--name", "letter.pdf")

    result = media("download", "letter.pdf")

    assert (result.code, result.out) == (0, "letter.pdf\n")
    (file,) = folder.iterdir()
    assert (file.name, file.read_bytes()) == ("letter.pdf", PDF)
    assert file.stat().st_mode & 0o077 == 0


def test_a_file_that_is_there_is_kept_unless_it_is_to_be_overwritten(media, pdf, folder):
    media("upload", pdf, "--name", "letter.pdf")
    mine = folder / "mine.pdf"
    mine.write_text("mine")

    refused = media("download", "letter.pdf", "mine.pdf")

    assert (refused.code, refused.out, mine.read_text()) == (1, "", "mine")
    assert "mine.pdf: exists; --force" in refused.err
    assert media("download", "letter.pdf", "mine.pdf", "--force").code == 0
    assert mine.read_bytes() == PDF


def test_a_link_to_elsewhere_is_replaced_and_not_followed(media, pdf, folder, tmp_path):
    media("upload", pdf, "--name", "letter.pdf")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (folder / "letter.pdf").symlink_to(elsewhere)

    assert media("download", "letter.pdf").code == 1
    assert media("download", "letter.pdf", "--force").code == 0
    assert (elsewhere.read_text(), (folder / "letter.pdf").read_bytes()) == ("mine", PDF)


def test_only_a_regular_file_is_replaced(media, pdf, folder):
    media("upload", pdf, "--name", "letter.pdf")
    os.mkfifo(folder / "pipe")

    result = media("download", "letter.pdf", "pipe", "--force")

    assert (result.code, result.out) == (2, "")
    assert (folder / "pipe").is_fifo()


def test_a_folder_that_cannot_be_written_to_is_reported(media, pdf, folder):
    media("upload", pdf, "--name", "letter.pdf")

    result = media("download", "letter.pdf", "no/such/file.pdf")

    assert (result.code, result.out) == (2, "")
    assert "cannot be written: No such file" in result.err


@pytest.mark.parametrize("into", [[], ["there"]], ids=["here", "in a folder"])
def test_a_hostile_name_stays_in_its_folder(media, pdf, folder, into):
    (folder / "there").mkdir()
    assert media("upload", pdf, "--name", HOSTILE).out == f"{HOSTILE}\n"

    result = media("download", HOSTILE, *into)

    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    assert (result.code, result.out.strip()) == (0, str(file.relative_to(folder)))
    assert file.parent == folder.joinpath(*into)
    assert file.read_bytes() == PDF


@pytest.mark.parametrize(
    "name",
    [
        "../a", "/etc/passwd", "..\\..\\a", "C:\\a", ".bashrc", "-rf", "~", "a\x00b", "a\nb", "\x1b[2J", "...", " ", "",
        "con", "NUL.pdf", "x" * 5000 + ".pdf", "é" * 500, "a." + "b" * 500, "\u202egnp.exe", "$(id)", "*",
    ],
)  # fmt: skip
def test_every_name_becomes_one_plain_file_name(name):
    made = local_name(name)

    assert made not in ("", ".", "..")
    assert made[0] not in ".- "
    assert made.isprintable()
    assert not set(made) & set('/\\:*?"<>|~$')
    assert len(made.encode()) <= 200
    assert made.lower().partition(".")[0] not in ("con", "nul")


def test_an_ordinary_name_stays_as_it_is_and_a_long_one_keeps_its_ending():
    assert local_name("Überweisung 12-b.pdf") == "Überweisung 12-b.pdf"
    assert local_name("x" * 500 + ".pdf").endswith("x.pdf")


@pytest.mark.parametrize("terminal", [False, True], ids=["a pipe", "a terminal"])
def test_standard_output_gets_the_document_and_nothing_else_unless_it_is_a_terminal(media, pdf, terminal):
    media("upload", pdf, "--name", "letter.pdf")
    command = [sys.executable, "-m", "faxdispatch.cli", "media", "download", "letter.pdf", "-"]
    ours, theirs = os.openpty() if terminal else os.pipe()

    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False)
    os.close(theirs)
    assert (done.returncode, "is a terminal" in done.stderr) == ((2, True) if terminal else (0, False))
    assert terminal or os.read(ours, 2 * len(PDF)) == PDF
    os.close(ours)


# delete


def test_documents_are_deleted_and_those_that_are_not_there_are_reported(media, pdf):
    media("upload", pdf, "--name", "a")
    media("upload", pdf, "--name", HOSTILE)

    result = media("delete", "a", "missing", HOSTILE, "--yes", "--json")

    assert result.code == 1
    outcomes = {(message["media_name"], message["outcome"]) for message in map(json.loads, result.out.splitlines())}
    assert outcomes == {("a", "deleted"), (HOSTILE, "deleted"), ("missing", "missing")}
    assert media("list", "--json").out == ""


def test_an_unconfirmed_delete_deletes_nothing(media, pdf):
    media("upload", pdf, "--name", "a")

    result = media("delete", "a")

    assert (result.code, result.out) == (2, "")
    assert "Delete a for good? Faxes that wait to be sent from them will fail." in result.err
    assert media("show", "a").code == 0


def test_a_stored_document_is_sent_by_its_name(media, cli, pdf, redis_url):
    name = media("upload", pdf).out.strip()

    assert cli("send", "+13125550100", "--media-name", name, REDIS_URL=redis_url).code == 0
