"""A campaign from a file to its end through the commands, with what rows say for themselves."""

import json
import os
import subprocess
import sys

import pytest

from tests.flow.harness import TOKEN, installation

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
