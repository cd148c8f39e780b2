"""`faxdispatch canary` against a whole installation."""

import json
import signal
import sys

import pytest

from faxdispatch import State
from faxdispatch.supervisor import roles as processes
from tests.flow.commands import Command
from tests.flow.harness import SENDER, fresh_number, installation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds its processes in /proc")


@pytest.fixture
def canary(tmp_path):
    """Start a canary from an installation; return the command."""
    started = []

    def start(flow, *words, to, **settings):
        surroundings = processes.simulated(flow.sim.about) | {"REDIS_URL": flow.redis_url, "FAX_FROM": SENDER}
        options = surroundings | {"FAX_TEST_NUMBERS": to} | settings
        home = tmp_path / f"home-{len(started)}"
        home.mkdir()
        started.append(Command("faxdispatch", "canary", "--json", *words, folder=home, **options))
        return started[-1]

    yield start
    for command in started:
        command.close()


def result(command):
    """The exit code, the object that was printed, and its links by name."""
    (line,) = command.process.stdout.read().splitlines()
    answer = json.loads(line)
    return command.end(), answer, {link["link"]: link for link in answer["links"]}


def stored(flow):
    return [file["media_name"] for file in flow.sim.api.get("/media").json()["data"]]


def test_a_sound_installation_has_every_link_and_the_document_is_gone_afterwards(stack, canary):
    number = fresh_number()
    code, answer, links = result(canary(stack, to=number))

    assert (code, answer["ok"], answer["state"], answer["page_count"]) == (0, True, "delivered", 1)
    assert [name for name, link in links.items() if link["mark"] == "ok"] == [
        *("settings", "redis", "worker", "document", "job", "taken", "accepted", "webhook", "delivered")
    ]
    assert all(link["seconds"] is not None for link in links.values() if link["mark"] == "ok")
    assert number not in json.dumps(answer)
    assert f"canary-{answer['job_id']}.pdf" not in stored(stack)
    assert stack.sim.accepted(answer["job_id"]) == 1


def test_missing_webhooks_are_reported_although_the_fax_is_delivered(stack, canary):
    stack.sim.faults(webhook_lose=1)
    code, answer, links = result(canary(stack, to=fresh_number()))

    assert (code, answer["ok"], answer["state"]) == (1, False, "delivered")
    assert (links["webhook"]["mark"], links["delivered"]["mark"]) == ("broken", "ok")
    assert "webhooks do not reach us" in links["webhook"]["detail"]
    assert "faxdispatch doctor" in links["webhook"]["remedy"]


def test_a_busy_number_is_dialled_once_and_reported_as_busy(stack, canary):
    code, answer, links = result(canary(stack, to=fresh_number(2)))

    assert (code, answer["state"]) == (1, "failed")
    assert (links["webhook"]["mark"], links["delivered"]["mark"]) == ("ok", "broken")
    assert "busy" in links["delivered"]["detail"]
    assert stack.sim.accepted(answer["job_id"]) == 1
    assert f"canary-{answer['job_id']}.pdf" not in stored(stack)


def test_an_account_without_funds_is_reported_at_once_and_the_fax_can_still_be_followed(tmp_path, canary):
    folder = tmp_path / "installation"
    folder.mkdir()
    with installation(folder) as flow:
        flow.sim.faults(insufficient_funds=1)
        command = canary(flow, to=fresh_number())
        code, answer, links = result(command)

        assert (code, answer["state"], links["accepted"]["mark"]) == (1, "held", "broken")
        assert "paused" in links["accepted"]["detail"]
        assert f"faxdispatch status {answer['job_id']}" in command.errors
        # The fax may still be sent, so its document must stay.
        assert f"canary-{answer['job_id']}.pdf" in stored(flow)


def test_the_canarys_inbound_fax_is_waited_for_until_its_document_is_stored(stack, canary):
    number = fresh_number()
    command = canary(stack, "--expect-inbound", to=number, FAX_INBOUND_DIR=str(stack.folder / "inbound"))
    job_id = stack.until(lambda: next((e.job_id for e in stack.events() if e.data.get("to") == number), None))
    stack.wait_for(job_id)
    stack.sim.receive(**{"from": SENDER, "to": number})
    code, answer, links = result(command)

    assert [link for link in links.values() if link["mark"] == "broken"] == []
    assert (code, answer["ok"]) == (0, True)
    assert (links["received"]["mark"], links["stored"]["mark"]) == ("ok", "ok")


def test_an_interrupted_canary_leaves_its_fax_running_and_says_how_to_follow_it(stack, canary):
    number = fresh_number(9)
    command = canary(stack, to=number)
    job_id = stack.until(lambda: next((e.job_id for e in stack.events() if e.data.get("to") == number), None))
    assert command.stop(signal.SIGINT) == 130
    assert f"faxdispatch status {job_id}" in command.errors
    assert stack.status(job_id).state is State.ACCEPTED
    stack.client.cancel(job_id=job_id)
    assert stack.wait_for(job_id).finished
