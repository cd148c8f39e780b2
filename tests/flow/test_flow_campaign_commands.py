"""A campaign from a file to its end through the commands, with rows' own options."""

import io
import json

from pypdf import PdfReader

from tests.documents.preflight.made import letter
from tests.flow.harness import TOKEN, fresh_number

BUSY_ONCE = 2
AREAS = range(212, 222)


def finished(stack, name):
    """Wait until a campaign has ended."""
    stack.until(lambda: stack.client.campaigns.get(name).state == "finished")


def test_a_list_is_sent_as_its_rows_say_and_chosen_ones_again(stack, command, tmp_path):
    rows = [f"+1{area}4440100,case {area},normal" for area in AREAS]
    rows += [f"{fresh_number(BUSY_ONCE)},busy one,high", "+14154440100,suppressed,normal", "nonsense,x,normal"]
    (tmp_path / "list.csv").write_text("Fax,Reference,Quality\n" + "\n".join(rows) + "\n", encoding="utf-8")

    def status():
        return json.loads(command("campaign", "status", "list", "--json"))

    asked = ["campaign", "create", "list.csv", "--media-name", TOKEN, "--max-attempts", "1", "--json"]
    made = json.loads(command(*asked))
    assert (made["rows"], made["list"]["invalid"]) == (12, 1)
    command("suppress", "add", "+14154440100", "--reason", "asked")
    command("campaign", "start", "list")
    finished(stack, "list")

    first = status()
    assert {name: first[name] for name in ("state", "delivered", "failed", "suppressed", "pending")} == {
        "state": "finished", "delivered": 10, "failed": 1, "suppressed": 1, "pending": 0,
    }  # fmt: skip
    assert first["causes"] == {"user_busy": 1, "suppressed": 1}
    delivered = [event for event in stack.events() if event.type == "fax.delivered"]
    states = {event.job_id: event.client_state for event in delivered if event.job_id.startswith("list-")}
    assert states == {f"list-{row}": f"case {area}" for row, area in enumerate(AREAS, start=1)}

    assert json.loads(command("campaign", "retry", "list", "--cause", "busy", "--start", "--json"))["retried"] == 1
    finished(stack, "list")

    second = status()
    assert (second["delivered"], second["failed"], second["generation"]) == (11, 0, 2)
    assert "all accounted for" in command("campaign", "audit", "list")
    assert stack.sim.accepted("list-11") == stack.sim.accepted("list-11_2") == 1
    assert stack.sim.accepted("list-12") == 0


def test_sent_faxes_can_be_found_proved_resent_and_erased(stack, command, tmp_path):
    rows = ["+12124450100,Clinic A,yes", "+12134450100,Clinic B,yes", "+12124450100,Clinic A again,", "12,Clinic C,"]
    (tmp_path / "recall.csv").write_text("Fax,Clinic,Consent\n" + "\n".join(rows) + "\n", encoding="utf-8")
    busy = fresh_number(BUSY_ONCE)

    def found(*words):
        return [json.loads(line) for line in command("find", *words, "--json", "--full").splitlines()]

    # A list with rows that are left out; its row is found once its job is gone.
    command("campaign", "create", "recall.csv", "--media-name", TOKEN, "--start")
    assert "duplicate of row 1" in (tmp_path / "recall.left-out.csv").read_text("utf-8-sig")
    finished(stack, "recall")
    stack.redis.delete("fax:job:recall-1", "fax:job:recall-2")
    assert [(one["job_id"], one["state"]) for one in found("--number", "(212) 445-0100")] == [("recall-1", "delivered")]
    assert "fax.delivered" in command("status", "recall-1")

    # A single fax that fails is found by its cause, sent again once, and never twice.
    asked = ["send", busy, "--media-name", TOKEN, "--tag", "ward", "--max-attempts", "1", "--json"]
    job = json.loads(command(*asked))["job_id"]
    stack.wait_for(job)
    assert [(one["job_id"], one["state"]) for one in found("--cause", "user_busy", "--tag", "ward")] == [
        (job, "failed")
    ]
    again = json.loads(command("resend", job, "--json"))
    assert json.loads(command("resend", "--tag", "ward", "--state", "failed", "--yes", "--json")) == again | {
        "created": False
    }
    stack.wait_for(again["job_id"])
    assert [one["state"] for one in found("--tag", "ward")] == ["delivered", "failed"]
    assert stack.sim.accepted(again["job_id"]) == 1

    # Proof and report.
    command("campaign", "evidence", "recall")
    assert "unchanged since the signing" in command("evidence", "recall-evidence.zip")
    command("campaign", "report", "recall")
    assert "Of 4 rows of the list, 2 are included and 2 are not." in (tmp_path / "recall.html").read_text("utf-8")

    # And forgotten.
    command("erase", "--number", busy, "--yes")
    command("erase", "--number", "+12124450100", "--yes")
    assert command("find", "--number", busy, code=1) == ""
    assert command("find", "--number", "+12124450100", code=1) == ""
    assert all(busy not in str(event) for event in stack.events())
    assert "all accounted for" in command("campaign", "audit", "recall")


def test_each_row_gets_a_cover_of_its_own_once_though_workers_are_killed(stack, command, tmp_path):
    clinics = {f"+1{area}4460100": f"Clinic {area}" for area in range(212, 218)}
    rows = [f"{number},{clinic}" for number, clinic in clinics.items()]
    (tmp_path / "covers.csv").write_text("Fax,Clinic\n" + "\n".join([*rows, "+12014460100,日"]) + "\n", "utf-8")
    (tmp_path / "cover.txt").write_text("# Fax\nTo:\t{clinic}, {to}\nPages:\t{pages}\n", encoding="utf-8")
    stack.sim.upload("letter", letter("The letter"))

    asked = ["campaign", "create", "covers.csv", "--media-name", "letter", "--cover", "cover.txt", "--start", "--json"]
    assert json.loads(command(*asked))["list"]["invalid"] == 1, "no font has the character of the last row"
    stack.until(lambda: any(stack.sim.accepted(f"covers-{row}") for row in range(1, 7)))
    stack.kill("worker")
    finished(stack, "covers")

    assert [stack.sim.accepted(f"covers-{row}") for row in range(1, 8)] == [1] * 6 + [0]
    sent = {fax["to"]: fax.get("media_name") for fax in stack.sim.control.get("/faxes").json()["data"]}
    for number, clinic in clinics.items():
        content = stack.sim.api.get(f"/media/{sent[number]}/download").content
        cover, body = (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        words = cover.replace(",", " ").split()
        assert words == ["Fax", "To:", *clinic.split(), number, "Pages:", "2"]
        assert body == "The letter"
