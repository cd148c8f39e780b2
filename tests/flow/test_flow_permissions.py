"""An installation whose users have the rights that docs/permissions.md gives them, and no others."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from faxdispatch import FaxClient, HoldReason, State
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from tests.conftest import eventually
from tests.flow.harness import FAST, PATIENCE, SENDER, TOKEN, fresh_number, telnyx

pytestmark = pytest.mark.xdist_group("permissions")

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
USERS = dict(re.findall(r"^user (fax-\S+) (.+)$", PAGE.read_text(), re.MULTILINE))

SECRET = "the secret of the proxy"


class Installation:
    """Web, worker and a producer, each as its own user of one Valkey."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        port, web_port = processes.free_port(), processes.free_port()
        stack.start(processes.valkey(folder, port))
        self.redis = Redis(port=port, decode_responses=True)
        for name, rights in USERS.items():
            self.redis.execute_command("ACL", "SETUSER", name, *rights.split())
        self.urls = {name: f"redis://{name}:change-me@127.0.0.1:{port}/0" for name in USERS}
        self.sim = telnyx(stack, folder, web_port)
        ours = FAST | processes.simulated(self.sim.about) | {"PORT": str(web_port), "FAX_FROM": SENDER}
        for make, user in ((processes.web, "fax-web"), (processes.worker, "fax-worker")):
            stack.start(make(folder, processes.environment(ours | {"REDIS_URL": self.urls[user]}, inherit=False)))
        place = {"FAX_CONSOLE_HOST": "127.0.0.1", "FAX_CONSOLE_PORT": str(processes.free_port())}
        people = {"FAX_CONSOLE_PROXY_SECRET": SECRET, "FAX_CONSOLE_OPERATORS": "anna"}
        theirs = ours | place | people | {"REDIS_URL": self.urls["fax-producer"]}
        stack.start(processes.console(folder, processes.environment(theirs, inherit=False)))
        self.console = httpx.Client(
            base_url=processes.console_address(place),
            headers={"X-Console-Secret": SECRET, "X-Forwarded-User": "anna"},
            trust_env=False,
            follow_redirects=True,
        )

    def refused(self) -> list[tuple[str, str]]:
        """User and command of everything that was refused since the last call."""
        found = [(entry["username"], entry["object"]) for entry in self.redis.acl_log()]
        self.redis.acl_log_reset()
        return found

    def close(self) -> None:
        self.sim.close()
        self.console.close()
        self.redis.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Stack(lambda *_: None) as stack:
        made = Installation(stack, tmp_path_factory.mktemp("permissions"))
        yield made
        made.close()


def test_with_the_documented_rights_everything_works_and_nothing_is_refused(running: Installation) -> None:
    client = FaxClient(running.urls["fax-producer"])
    jobs = [client.send(to=fresh_number(), media_name=TOKEN).job_id for _ in range(3)]
    client.sync(job_id=jobs[0])
    client.cancel(job_id=client.send(to=fresh_number(), media_name=TOKEN).job_id)
    for job_id in jobs:
        eventually(lambda job_id=job_id: client.status(job_id).state is State.DELIVERED, within=PATIENCE)
    events = client.status(jobs[0], history=True).history
    assert any(event.source == "webhook" for event in events)
    assert running.refused() == []


def test_the_console_works_with_a_producers_rights(running: Installation) -> None:
    pages = ("/", "/faxes", "/campaigns", "/drafts", "/holds", "/numbers", "/suppressions", "/dead-letters", "/inbound")
    assert {page: running.console.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
    token = re.search(r'name="csrf_token" value="([^"]+)"', running.console.get("/numbers").text)
    assert token
    form = {"csrf_token": token[1], "number": "+13125550123", "reason": "asked for no more"}
    assert running.console.post("/suppressions/add", data=form).status_code == 200
    assert running.refused() == []


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    "command", ["FLUSHALL", "FLUSHDB", "KEYS *", "CONFIG SET maxmemory 1", "GET other", "SHUTDOWN"]
)
def test_rights_that_are_not_needed_are_refused(running: Installation, user: str, command: str) -> None:
    with Redis.from_url(running.urls[user]) as redis, pytest.raises(NoPermissionError):
        redis.execute_command(*command.split())
    running.refused()


def test_the_web_app_may_not_post_to_a_queue(running: Installation) -> None:
    with Redis.from_url(running.urls["fax-web"]) as redis, pytest.raises(NoPermissionError):
        redis.lpush("fax.send", "x")
    running.refused()


def test_a_worker_with_fewer_rights_runs_and_says_what_it_cannot_know(tmp_path: Path) -> None:
    """Redis 7 gives new users no channels; managed services reserve dangerous commands for themselves."""
    with Stack(lambda *_: None) as stack:
        port = processes.free_port()
        stack.start(processes.valkey(tmp_path, port))
        with Redis(port=port) as redis:
            redis.execute_command("ACL", "SETUSER", "app", "on", ">pw", "resetchannels", "~*", "+@all", "-@dangerous")
        about = processes.introduction(stack.start(processes.simulator(tmp_path, ["--port", "0"])))
        url = f"redis://app:pw@127.0.0.1:{port}/0"
        ours = FAST | processes.simulated(about) | {"REDIS_URL": url, "FAX_FROM": SENDER, "PORT": "0"}
        stack.start(processes.worker(tmp_path, processes.environment(ours, inherit=False)))
        client = FaxClient(url)
        job = client.send(to=fresh_number(), media_name=TOKEN).job_id
        eventually(lambda: client.status(job).hold_reason == HoldReason.NOT_DURABLE, within=PATIENCE)
        stack.restart_dead()
        said = "\n".join(stack["worker"].lines)
        assert "what a crash would lose is unknown" in said
        assert "Traceback" not in said
