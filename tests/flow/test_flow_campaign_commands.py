"""A campaign from a file to its end through the commands, with what rows say for themselves."""

import io
import json
import os
import subprocess
import sys

import pytest
from pypdf import PdfReader

from tests.flow.harness import TOKEN, installation
from tests.preflight.made import letter

BUSY_ONCE = 2


@pytest.fixture
def flow(tmp_path):
    with installation(tmp_path, FAX_CHANNELS="20", FAX_RATE="60", FAX_MAX_ATTEMPTS="1") as flow:
        yield flow


def test_a_list_is_sent_as_its_rows_say_and_chosen_ones_again(flow, tmp_path):
    rows = [f"+1{area}5550100,case {area},normal" for area in range(212, 222)]
    rows += [f"+1312555010{BUSY_ONCE},busy one,high", "+14155550100,suppressed,normal", "nonsense,x,normal"]
    (tmp_path / "list.csv").write_text("Fax,Reference,Quality\n" + "\n".join(rows) + "\n", encoding="utf-8")

    def command(*words, code=0):
        environment = os.environ | {"REDIS_URL": flow.redis_url, "USER": "ada"}
        line = [sys.executable, "-m", "faxdispatch.cli", *words]
        done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
        assert done.returncode == code, done.stderr
        return done.stdout

    def state():
        return json.loads(command("campaign", "status", "list", "--json"))

    made = json.loads(command("campaign", "create", "list.csv", "--media-name", TOKEN, "--json"))
    assert (made["rows"], made["list"]["invalid"]) == (12, 1)
    command("suppress", "add", "+14155550100", "--reason", "asked")
    command("campaign", "start", "list")
    flow.until(lambda: state()["state"] == "finished")

    first = state()
    assert {name: first[name] for name in ("delivered", "failed", "suppressed", "pending")} == {
        "delivered": 10, "failed": 1, "suppressed": 1, "pending": 0,
    }  # fmt: skip
    assert first["causes"] == {"user_busy": 1, "suppressed": 1}
    told = {event.job_id: event.client_state for event in flow.events() if event.type == "fax.delivered"}
    assert told == {f"list-{row}": f"case {area}" for row, area in enumerate(range(212, 222), start=1)}

    assert json.loads(command("campaign", "retry", "list", "--cause", "busy", "--start", "--json"))["retried"] == 1
    flow.until(lambda: state()["state"] == "finished")

    assert (state()["delivered"], state()["failed"], state()["generation"]) == (11, 0, 2)
    assert "all accounted for" in command("campaign", "audit", "list")
    assert flow.sim.accepted("list-11") == flow.sim.accepted("list-11_2") == 1
    assert flow.sim.accepted("list-12") == 0


def test_what_was_sent_can_be_found_proved_sent_again_and_erased(flow, tmp_path):
    rows = ["+12125550100,Clinic A,yes", "+12135550100,Clinic B,yes", "+12125550100,Clinic A again,", "12,Clinic C,"]
    (tmp_path / "recall.csv").write_text("Fax,Clinic,Consent\n" + "\n".join(rows) + "\n", encoding="utf-8")
    busy = f"+1312555010{BUSY_ONCE}"

    def command(*words, code=0):
        environment = os.environ | {"REDIS_URL": flow.redis_url, "USER": "ada", "FAX_DEFAULT_REGION": "US"}
        line = [sys.executable, "-m", "faxdispatch.cli", *words]
        done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
        assert done.returncode == code, done.stderr
        return done.stdout

    def found(*words):
        return [json.loads(line) for line in command("find", *words, "--json", "--full").splitlines()]

    # A list with rows that are left out; its row is found once its job is gone.
    command("campaign", "create", "recall.csv", "--media-name", TOKEN, "--start")
    assert "duplicate of row 1" in (tmp_path / "recall.left-out.csv").read_text("utf-8-sig")
    flow.until(lambda: json.loads(command("campaign", "status", "recall", "--json"))["state"] == "finished")
    flow.redis.delete("fax:job:recall-1", "fax:job:recall-2")
    assert [(one["job_id"], one["state"]) for one in found("--number", "(212) 555-0100")] == [("recall-1", "delivered")]
    assert "fax.delivered" in command("status", "recall-1")

    # A single fax that fails is found by its cause, sent again once, and never twice.
    job = json.loads(command("send", busy, "--media-name", TOKEN, "--tag", "ward", "--max-attempts", "1", "--json"))
    flow.until(lambda: [one["state"] for one in found("--tag", "ward")] == ["failed"])
    assert [one["job_id"] for one in found("--cause", "user_busy")] == [job["job_id"]]
    again = json.loads(command("resend", job["job_id"], "--json"))
    assert json.loads(command("resend", "--tag", "ward", "--state", "failed", "--yes", "--json")) == again | {
        "created": False
    }
    flow.until(lambda: [one["state"] for one in found("--tag", "ward")] == ["delivered", "failed"])
    assert flow.sim.accepted(again["job_id"]) == 1

    # Proof and report.
    command("campaign", "evidence", "recall")
    assert "as they were signed" in command("evidence", "recall-evidence.zip")
    command("campaign", "report", "recall")
    assert "Of 4 rows of the list, 2 are sent to and 2 are not." in (tmp_path / "recall.html").read_text("utf-8")

    # And forgotten.
    command("erase", "--number", busy, "--yes")
    command("erase", "--number", "+12125550100", "--yes")
    assert command("find", "--number", busy, code=1) == ""
    assert command("find", "--number", "+12125550100", code=1) == ""
    assert all(busy not in str(event) for event in flow.events())
    assert "all accounted for" in command("campaign", "audit", "recall")


def test_each_row_gets_a_cover_of_its_own_once_though_workers_are_killed(flow, tmp_path):
    clinics = {area: f"Clinic {area}" for area in range(212, 218)}
    rows = [f"+1{area}5550100,{clinic}" for area, clinic in clinics.items()]
    (tmp_path / "list.csv").write_text("Fax,Clinic\n" + "\n".join([*rows, "+12015550100,日"]) + "\n", encoding="utf-8")
    (tmp_path / "cover.txt").write_text("# Fax\nTo:\t{clinic}, {to}\nPages:\t{pages}\n", encoding="utf-8")
    flow.sim.upload("letter", letter("The letter"))

    def command(*words):
        environment = os.environ | {"REDIS_URL": flow.redis_url, "USER": "ada"}
        line = [sys.executable, "-m", "faxdispatch.cli", *words]
        return subprocess.run(line, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path).stdout

    asked = ["campaign", "create", "list.csv", "--media-name", "letter", "--cover", "cover.txt", "--start", "--json"]
    assert json.loads(command(*asked))["list"]["invalid"] == 1, "no font has the character of the last row"
    flow.until(lambda: flow.sim.report()["client_states"])
    flow.kill("worker")
    flow.until(lambda: json.loads(command("campaign", "status", "list", "--json"))["state"] == "finished")

    assert [flow.sim.accepted(f"list-{row}") for row in range(1, 8)] == [1] * 6 + [0]
    sent = {fax["to"]: fax["media_name"] for fax in flow.sim.control.get("/faxes").json()["data"]}
    for area in clinics:
        content = flow.sim.api.get(f"/media/{sent[f'+1{area}5550100']}/download").content
        cover, body = (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        words = cover.replace(",", " ").split()
        assert words == ["Fax", "To:", "Clinic", str(area), f"+1{area}5550100", "Pages:", "2"]
        assert body == "The letter"
