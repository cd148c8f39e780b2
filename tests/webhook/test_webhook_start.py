"""Starting, and refusing to start."""

import json
import socket
from pathlib import Path

import pytest

from tests.programs import Programs
from tests.webhook.harness import SIGNER, Web, environment

NOWHERE = "redis://127.0.0.1:1/0"
GOOD = {"REDIS_URL": NOWHERE, "TELNYX_PUBLIC_KEY": SIGNER.public_key, "PORT": "0", "FAX_ADMIN_PORT": "0"}


def run(programs: Programs, folder: Path, *module: str, **variables: str) -> tuple[int, list[str]]:
    """Return the exit code and the lines on standard error."""
    done = programs.run(*module, settings=environment(**variables), folder=folder)
    assert done.out == ""
    return done.code, done.err.splitlines()


SERVER, WSGI = ("-m", "webhook"), ("-c", "import webhook.wsgi")


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (SERVER, "TELNYX_PUBLIC_KEY", ""),
        (SERVER, "TELNYX_PUBLIC_KEY", f"{SIGNER.public_key},{SIGNER.public_key[:-4]}"),
        (SERVER, "REDIS_URL", "http://secret@example.com"),
        (SERVER, "PORT", "eighty"),
        (WSGI, "TELNYX_PUBLIC_KEY", "A" * 44),
    ],
)
def test_a_wrong_setting_is_reported_in_one_line_and_exit_code_2(
    programs: Programs, tmp_path: Path, module: tuple[str, str], name: str, value: str
):
    code, lines = run(programs, tmp_path, *module, **GOOD | {name: value})
    assert code == 2
    assert len(lines) == 1
    assert name in lines[0]
    assert "secret" not in lines[0]


def test_a_port_that_is_taken_is_reported_in_one_line_and_exit_code_1(programs: Programs, tmp_path: Path):
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, lines = run(programs, tmp_path, "-m", "webhook", **GOOD | {"PORT": port})
    assert code == 1
    assert len(lines) == 1
    assert port in lines[0]


def test_it_starts_without_redis_logs_as_configured_and_stops_cleanly(tmp_path: Path):
    web = Web(tmp_path, NOWHERE, FAX_LOG_FORMAT="json")
    assert web.get("/healthz").status == 200
    assert web.get("/readyz").status == 503
    assert web.stop() == 0
    assert all(json.loads(line)["level"] for line in web.log.read_text().splitlines())


def test_the_process_holds_no_api_key_even_if_its_environment_has_one(programs: Programs, tmp_path: Path):
    (tmp_path / ".env").write_text("TELNYX_API_KEY=KEYofthefile\n")
    code = "import sys; from webhook.wsgi import settings; sys.exit(repr(settings.telnyx_api_key))"
    assert run(programs, tmp_path, "-c", code, **GOOD) == (1, ["None"])
    assert run(programs, tmp_path, "-c", code, **GOOD | {"TELNYX_API_KEY": "KEYoftheenvironment"}) == (1, ["None"])
