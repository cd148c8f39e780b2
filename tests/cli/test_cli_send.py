"""`faxdispatch send`: a wrong fax is reported in one line and not recorded; a right one is recorded once."""

import functools
import http.server
import threading
from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import FaxClient, State
from faxdispatch.cli.send import wait_for
from faxdispatch.ledger import Observation, Observations, Scripts
from faxdispatch.telnyx.client import TelnyxClient
from tests.conftest import free_port
from tests.documents.preflight.made import letter, picture

NUMBER = "+13125550123"
LINK = "https://example.com/a.pdf"
PDF = letter()


@pytest.fixture
def pdf(tmp_path):
    path = tmp_path / "letter.pdf"
    path.write_bytes(PDF)
    return str(path)


def deliver(redis, job_id, **facts):
    """Let Telnyx say that a job's fax was delivered."""
    Observations(Scripts(redis)).record(
        Observation("event-1", "d", "fax.delivered", "webhook", "fax-1", job_id, 1, "delivered", **facts)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["12", "--media", LINK], "to: "),
        (["3125550123", "--media", LINK], "FAX_DEFAULT_REGION"),
        (["sip:nobody", "--media", LINK], "SIP URI"),
        ([NUMBER], "neither is given"),
        ([NUMBER, "--media", LINK, "--media-name", "x"], "both are given"),
        ([NUMBER, "--media", "http://example.com/a.pdf"], "https://"),
        ([NUMBER, "--media", "ftp://example.com/a.pdf"], "https://"),
        ([NUMBER, "--media", f"{LINK}?{'x' * 2000}"], "2000"),
        ([NUMBER, "--media", "missing.pdf"], "missing.pdf: cannot be read: No such file"),
        ([NUMBER, "--media", "."], "cannot be read"),
        ([NUMBER, "--media", LINK, "--from", "anonymous"], "from: "),
        ([NUMBER, "--media", LINK, "--quality", "best"], "quality: "),
        ([NUMBER, "--media", LINK, "--black-threshold", "0"], "black_threshold: "),
        ([NUMBER, "--media", LINK, "--max-attempts", "51"], "max_attempts: "),
        ([NUMBER, "--media", LINK, "--pages", "351"], "pages: "),
        ([NUMBER, "--media", LINK, "--send-at", "2026-05-01T08:00"], "--send-at: "),
        ([NUMBER, "--media", LINK, "--send-at", "tomorrow"], "--send-at: "),
        ([NUMBER, "--media", LINK, "--window", "always"], "window: "),
        ([NUMBER, "--media", LINK, "--window", "25:00-26:00"], "window.start: "),
        ([NUMBER, "--media", LINK, "--window", "08:00-17:00 Mars/Olympus"], "Mars/Olympus"),
        ([NUMBER, "--media", LINK, "--from-display-name", "Zoë"], "from_display_name: "),
        ([NUMBER, "--media", LINK, "--webhook-url", "localhost"], "webhook_url: "),
        ([NUMBER, "--media-name", "a", "--store-media"], "store_media"),
        ([NUMBER, "--media", LINK, "--tag", ""], "tags.0: "),
        ([NUMBER, "--media", LINK, "--key", ""], "idempotency_key: "),
    ],
)
def test_a_wrong_fax_is_reported_in_one_line_and_nothing_is_recorded(cli, redis, arguments, message):
    result = cli("send", *arguments)

    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("faxdispatch: ")
    assert result.err.count("\n") == 1
    assert message in result.err
    assert redis.dbsize() == 0


@pytest.mark.parametrize("arguments", [[], [NUMBER, "--nonsense"], [NUMBER, "--priority", "soon"], ["a", "b"]])
def test_unknown_options_are_bad_usage(cli, redis, arguments):
    result = cli("send", *arguments)

    assert (result.code, result.out) == (2, "")
    assert "Usage: faxdispatch send" in result.err
    assert redis.dbsize() == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.pdf", b"", "is empty"),
        ("page.pdf", b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        ("page.txt", b"\n  <html>", "web page"),
        ("big.pdf", PDF + bytes(20_000_000), "20 MB"),
        ("program.pdf", b"\x7fELF", "is not PDF"),
        ("image.txt", b"\x00\x01", "is not PDF"),
        ("letter.odt", b"whatever", "is not PDF"),
    ],
)
def test_a_file_that_cannot_be_faxed_is_refused_before_anything_is_asked(cli, redis, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)

    result = cli("send", NUMBER, "--media", name, TELNYX_API_KEY="KEY", TELNYX_BASE_URL="http://127.0.0.1:9")

    assert result.code == 2
    assert result.err.startswith(f"faxdispatch: {name}: ")
    assert message in result.err
    assert redis.dbsize() == 0


def test_the_bad_one_of_several_files_is_named(cli, pdf, tmp_path):
    (tmp_path / "scan.pdf").write_bytes(PDF[:300])

    assert "scan.pdf: is damaged" in cli("send", NUMBER, "--file", pdf, "--file", str(tmp_path / "scan.pdf")).err


def test_a_missing_address_of_redis_is_named(cli, surroundings):
    surroundings.delenv("REDIS_URL")

    result = cli("send", NUMBER, "--media", LINK)

    assert result.code == 2
    assert result.err.startswith("faxdispatch: REDIS_URL: not set")


def test_a_wrong_setting_is_named_without_its_value(cli):
    result = cli("send", NUMBER, "--media", LINK, FAX_RATE="secret")

    assert result.code == 2
    assert "FAX_RATE" in result.err
    assert "secret" not in result.err


def test_a_missing_key_is_named_only_where_a_file_must_be_uploaded(cli, redis, pdf):
    assert cli("send", NUMBER, "--media", LINK).code == 0
    redis.flushall()

    result = cli("send", NUMBER, "--media", pdf)

    assert result.code == 2
    assert result.err.startswith("faxdispatch: TELNYX_API_KEY: not set")
    assert redis.dbsize() == 0


def test_a_wrong_key_fails_and_is_not_shown(cli, telnyx, redis, pdf):
    result = cli("send", NUMBER, "--media", pdf, TELNYX_API_KEY="KEY0000000000000WRONG")

    assert result.code == 1
    assert "401" in result.err
    assert "WRONG" not in result.err
    assert redis.keys("fax:job:*") == []


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("12", "not in E.164 form"), ("+442071838750", "FAX_COUNTRIES"), ("sip:fax@example.com", "FAX_SIP_ALLOWED"),
        ("911", "is an emergency number"),
    ],
)  # fmt: skip
def test_a_fax_that_may_not_go_there_is_refused_before_its_file_is_uploaded(cli, telnyx, pdf, to, message):
    result = cli("send", to, "--media", pdf, FAX_COUNTRIES="US", TELNYX_API_KEY="KEY0000000000000WRONG")

    assert result.code == 2
    assert result.err.startswith("faxdispatch: to: ")
    assert message in result.err


def test_a_fax_is_recorded_with_every_option(cli, ledger):
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()

    result = cli(
        *("send", "(312) 555-0123", "--media", LINK, "--from", "312-555-0199", "--connection", "17"),
        *("--quality", "very_high", "--no-t38", "--monochrome", "--black-threshold", "80", "--store-media"),
        *("--store-preview", "--preview-format", "pdf", "--from-display-name", "Dr. No", "--key", "k"),
        *("--webhook-url", "https://example.com/hook", "--priority", "urgent", "--send-by", later),
        *("--max-attempts", "2", "--pages", "12", "--window", "mon-fri 8:00-17:00 America/Chicago"),
        *("--tag", "a", "--tag", "b", "--client-state", "mine"),
        "--json",
        FAX_DEFAULT_REGION="US",
    )

    assert result.code == 0
    assert result.json["created"] is True
    asked = ledger.job(result.json["job_id"]).request.encode()
    del asked["job_id"], asked["send_by"]
    assert asked == {
        "to": NUMBER,
        "from": "+13125550199",
        "connection_id": "17",
        "media_url": LINK,
        "quality": "very_high",
        "t38_enabled": False,
        "monochrome": True,
        "black_threshold": 80,
        "store_media": True,
        "store_preview": True,
        "preview_format": "pdf",
        "from_display_name": "Dr. No",
        "webhook_url": "https://example.com/hook",
        "idempotency_key": "k",
        "priority": "urgent",
        "window": {
            "start": "08:00:00",
            "end": "17:00:00",
            "zone": "America/Chicago",
            "days": ["mon", "tue", "wed", "thu", "fri"],
        },
        "max_attempts": 2,
        "pages": 12,
        "tags": ["a", "b"],
        "client_state": "mine",
    }


def test_the_same_key_and_content_is_the_same_job_and_says_so(cli):
    first = cli("send", NUMBER, "--media", LINK, "--key", "k")
    again = cli("send", NUMBER, "--media", LINK, "--key", "k")

    assert (again.code, again.out) == (0, first.out)
    assert "recorded before" in again.err


def test_the_same_key_with_other_content_fails_and_names_the_job(cli, redis):
    first = cli("send", NUMBER, "--media", LINK, "--key", "k")
    size = redis.dbsize()

    result = cli("send", NUMBER, "--media-name", "x", "--key", "k")

    assert result.code == 1
    assert first.out.strip() in result.err
    assert redis.dbsize() == size


def test_a_broker_that_is_down_does_not_lose_the_fax(cli, ledger):
    result = cli("send", NUMBER, "--media", LINK, CELERY_BROKER_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert result.code == 0
    assert ledger.job(result.out.strip()).state is State.QUEUED


def test_a_local_file_is_stored_once_by_its_content(cli, telnyx, ledger, pdf, tmp_path):
    other = tmp_path / "copy of letter.pdf"
    other.write_bytes(PDF)

    jobs = [cli("send", NUMBER, "--media", path).out.strip() for path in (pdf, str(other))]

    names = {ledger.job(job).request.media_name for job in jobs}
    assert len(names) == 1
    with TelnyxClient(telnyx["base_url"], telnyx["api_key"]) as client:
        assert [m.media_name for m in client.list_media() if m.media_name.startswith("fd-")].count(names.pop()) == 1


def test_the_same_file_under_the_same_key_is_the_same_job(cli, telnyx, pdf):
    first = cli("send", NUMBER, "--media", pdf, "--key", "k")

    assert cli("send", NUMBER, "--media", pdf, "--key", "k").out == first.out


def test_waiting_for_a_delivered_fax_succeeds(cli, redis):
    job = cli("send", NUMBER, "--media", LINK, "--key", "k").out.strip()
    deliver(redis, job, page_count=3)

    result = cli("send", NUMBER, "--media", LINK, "--key", "k", "--wait", "--json")

    assert result.code == 0
    assert result.json["state"] == "delivered"
    assert result.json["page_count"] == 3


def test_waiting_for_a_failed_fax_fails_and_shows_why(cli, ledger):
    job = cli("send", NUMBER, "--media", LINK, "--key", "k").out.strip()
    ledger.end(job, event="job.exhausted", cause="user_busy", states=[State.QUEUED])

    result = cli("send", NUMBER, "--media", LINK, "--key", "k", "--wait")

    assert result.code == 1
    assert "job.exhausted" in result.out
    assert "reason=user_busy" in result.out


def test_waiting_shows_each_event_once_and_ends_with_the_job(redis_url, redis, ledger, capsys):
    client = FaxClient(redis_url)
    job = client.send(to=NUMBER, media_url=LINK).job_id
    looks = iter([lambda: None, lambda: deliver(redis, job)])

    class Watched(FaxClient):
        def status(self, job_id, *, history=False):
            view = super().status(job_id, history=history)
            next(looks, lambda: None)()
            return view

    view = wait_for(Watched(redis_url), job)

    assert view.state is State.DELIVERED
    kinds = [line.split()[3] for line in capsys.readouterr().out.splitlines()]
    assert kinds == ["job.queued", "job.accepted", "fax.delivered"]


def test_what_waiting_prints_hides_numbers(cli, redis):
    job = cli("send", NUMBER, "--media", LINK, "--key", "k").out.strip()
    deliver(redis, job, data={"to": NUMBER, "failure_reason": f"no answer from {NUMBER}"})

    result = cli("send", NUMBER, "--media", LINK, "--key", "k", "--wait")

    assert NUMBER not in result.out


@pytest.fixture
def server(tmp_path):
    """A server whose documents are the files of this test's folder; return its address."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Silent, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def test_a_link_is_fetched_to_be_joined_with_a_cover_and_other_documents(cli, telnyx, ledger, tmp_path, server):
    (tmp_path / "letter.pdf").write_bytes(letter("by link", pages=2))
    (tmp_path / "scan.png").write_bytes(picture())

    sent = cli(
        "send", NUMBER, "--media", f"{server}/letter.pdf", "--media", "scan.png", "--cover", "Dear all",
        FAX_DANGEROUS_INBOUND_ORIGINS=server,
    )  # fmt: skip

    assert sent.code == 0
    request = ledger.job(sent.out.strip()).request
    assert (request.media_url, request.pages, request.document_name) == (None, 4, "letter.pdf")
    gone = cli("send", NUMBER, "--media", f"{server}/gone.pdf", "--cover", "Dear all")
    assert (gone.code, len(gone.err.splitlines())) == (2, 1)
    assert "the link cannot be fetched" in gone.err
    refused = cli("send", NUMBER, "--media", f"{server}/letter.pdf", "--cover", "x", FAX_DANGEROUS_INBOUND_ORIGINS="")
    assert refused.code == 2
