"""`faxdispatch recover`, `ledger` and `backup`: their output for people and programs, and their refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from faxdispatch.errors import NotKnown
from faxdispatch.ledger import Epoch
from faxdispatch.telnyx.client_state import encode_client_state

SHORT = {
    "FAX_READ_TIMEOUT": "0.8", "FAX_SETTLE": "0.2",
    "FAX_MEDIA_HOSTS": "",
}  # fmt: skip
LOST = "10571edger"


@pytest.fixture
def epoch(ledger) -> Epoch:
    return Epoch(ledger.scripts)


@pytest.fixture
def sent(telnyx, surroundings) -> Any:
    """Let Telnyx have a fax of a job."""
    for name, value in SHORT.items():
        surroundings.setenv(name, value)

    def send(job: str, ledger: str) -> str:
        body = {
            "connection_id": telnyx["connection_id"], "from": "+13125550199", "to": "+13125550123",
            "media_url": "https://documents.example.com/letter.pdf",
            "client_state": encode_client_state(job, 1, ledger),
        }  # fmt: skip
        key = {"Authorization": f"Bearer {telnyx['api_key']}"}
        answer = httpx.post(f"{telnyx['base_url']}/faxes", json=body, headers=key, trust_env=False).raise_for_status()
        return str(answer.json()["data"]["id"])

    return send


def an_hour_ago() -> str:
    return (datetime.now(UTC) - timedelta(hours=1)).isoformat()


def test_recover_reports_what_it_found_and_lets_sending_continue(cli, ledger, sent, epoch):
    sent("made-again", ledger.identity.id)
    result = cli("recover", "--since", an_hour_ago())

    assert result.code == 0, result.err
    assert "1  of a job that was not known, made again with the tag recovered" in result.out
    assert result.out.splitlines()[0].startswith("Telnyx lists 1 fax of this ledger since ")
    assert result.out.splitlines()[-1] == "sending continues"
    assert "sending is stopped" in result.err
    assert ledger.job("made-again").request.tags == ("recovered",)
    assert epoch.behind() is None


def test_a_dry_run_names_the_ledgers_whose_place_can_be_taken(cli, ledger, sent, epoch):
    sent("of-the-lost", LOST)
    planned = cli("recover", "--since", an_hour_ago(), "--dry-run")

    assert planned.code == 0, planned.err
    assert f"of these of ledger {LOST}; use --ledger {LOST} only if that ledger is lost for good" in planned.out
    assert planned.out.splitlines()[-1] == "nothing was changed"
    assert epoch.behind() is None
    with pytest.raises(NotKnown):
        ledger.job("of-the-lost")

    done = cli("recover", "--since", an_hour_ago(), "--ledger", LOST, "--yes", "--json")
    assert (done.code, done.json["lifted"], "of-the-lost" in done.json["made"]) == (0, True, True)
    assert f"in place of  {LOST}" in cli("ledger", "show").out
    assert cli("ledger", "show", "--json").json["taken_over"] == [LOST]


def test_another_ledger_is_not_replaced_without_an_explicit_request(cli, sent, epoch):
    result = cli("recover", "--since", an_hour_ago(), "--ledger", LOST)
    assert (result.code, "--yes" in result.err, epoch.behind()) == (2, True, None), result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--since: give the time of the ledger"),
        (["--since", "yesterday"], "--since: 'yesterday' is not a time; write it like"),
        (["--since", "2026-05-01T08:00:00"], "has no time zone"),
        (["--since", "2026-05-01T08:00:00Z", "--ledger", "No Id", "--yes"], "--ledger: an id of a ledger has"),
    ],
    ids=["no moment", "no date", "no zone", "no id"],
)
def test_unreadable_faxes_do_not_stop_the_recovery(cli, sent, epoch, words, message):
    result = cli("recover", *words)
    assert (result.code, result.out, message in result.err, epoch.behind()) == (2, "", True, None), result.err


def test_a_listing_that_fails_leaves_sending_stopped(cli, sent, epoch, surroundings):
    surroundings.setenv("TELNYX_API_KEY", "KEYwrong")
    result = cli("recover", "--since", an_hour_ago())
    assert (result.code, "Traceback" in result.err) == (1, False)


def assert_asks(result) -> None:
    assert (result.code, result.out) == (2, "")
    assert "Nobody can confirm this here: add --yes" in result.err


def test_a_ledger_is_not_moved_to_another_account_without_confirmation(cli, telnyx, ledger):
    assert_asks(cli("ledger", "adopt", "--reason", "we have moved"))
    assert ledger.identity.account is None


def test_a_copy_is_not_restored_without_confirmation(cli, tmp_path):
    (tmp_path / "copy.rdb").write_bytes(b"REDIS0011" + bytes(8))

    assert_asks(cli("restore", str(tmp_path / "copy.rdb"), FAX_DATA_DIR=str(tmp_path / "data")))


def test_resume_says_whether_anything_had_stopped(cli, epoch):
    assert cli("ledger", "resume", "--reason", "seen", "--yes").out == "sending was not stopped\n"
    epoch.stop()
    assert "went back in time" in cli("ledger", "show").out
    assert_asks(cli("ledger", "resume", "--reason", "seen"))
    assert epoch.behind()
    result = cli("ledger", "resume", "--reason", "seen", "--yes", "--json")
    assert (result.code, result.json, epoch.behind()) == (0, {"outcome": "recovered"}, None)


def test_a_backup_that_cannot_be_written_says_why(cli, tmp_path):
    result = cli("backup", str(tmp_path / "none" / "copy.rdb"))
    assert (result.code, "cannot be written" in result.err, "Traceback" in result.err) == (2, True, False)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"no copy", "is not a copy of a ledger"), (b"REDIS0011" + bytes(8), "Valkey cannot read it (")],
    ids=["text", "cut off"],
)
def test_a_file_that_is_not_a_copy_is_not_restored(cli, tmp_path, content, message):
    (tmp_path / "copy.rdb").write_bytes(content)
    result = cli("restore", str(tmp_path / "copy.rdb"), "--yes", FAX_DATA_DIR=str(tmp_path / "data"))
    assert (result.code, message in result.err, "Traceback" in result.err) == (2, True, False), result.err
    assert not (tmp_path / "data" / "appendonlydir").exists()
