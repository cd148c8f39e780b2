"""Importing the package and starting a command load only the slow modules that they need."""

import subprocess
import sys

import pytest

import faxdispatch
from faxdispatch import ledger

HEAVY = {
    "PIL", "asyncio", "celery", "flask", "fontTools", "fpdf", "fsspec", "httpcore", "httpx", "kombu", "nacl",
    "opentelemetry", "openpyxl", "phonenumbers", "prometheus_client", "pydantic", "pypdf", "redis", "rich",
    "sentry_sdk", "typer",
}  # fmt: skip
STARTED = """
import sys
from faxdispatch.cli import main
sys.argv[1:] = {words}
try:
    main()
except SystemExit:
    pass
"""


def loaded(tmp_path, code):
    """Run code in a separate process; return the slow modules that it has loaded by its end."""
    script = f"{code}\nimport sys; print(*sorted({HEAVY!r} & sys.modules.keys()), file=sys.stderr)"
    command = [sys.executable, "-c", script]
    # Nothing is set, so that `status` ends where it would connect.
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env={"PATH": ""})
    return set(done.stderr.splitlines()[-1].split())


def test_importing_the_package_loads_nothing_heavy(tmp_path):
    assert loaded(tmp_path, "import faxdispatch") == set()


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--help"], {"typer"}),
        (["--version"], {"typer"}),
        # typer itself reads the options of a command with pydantic.
        (["campaign", "--help"], {"typer", "pydantic"}),
        (["nonsense"], {"typer", "pydantic"}),
    ],
)
def test_help_loads_only_what_reads_the_command_line(tmp_path, words, allowed):
    assert loaded(tmp_path, STARTED.format(words=words)) <= allowed


def test_status_loads_no_broker_and_no_http(tmp_path):
    assert loaded(tmp_path, STARTED.format(words=["status"])) == {
        "asyncio",  # redis'
        "pydantic",
        "redis",
        "typer",
    }


@pytest.mark.parametrize("process", ["console", "webhook", "worker"])
def test_no_process_loads_opentelemetry_only_because_redis_py_can_use_it(tmp_path, process):
    # Nothing is set, so that each process ends before it would connect.
    code = f"import contextlib\nwith contextlib.suppress(SystemExit): import {process}.__main__"
    assert "opentelemetry" not in loaded(tmp_path, code)


def test_status_loads_nothing_of_campaigns(tmp_path):
    code = "import sys, faxdispatch.cli.status\nassert not [name for name in sys.modules if 'campaign' in name]"
    loaded(tmp_path, code)


def test_the_web_process_loads_no_http_client_and_no_list_of_numbers(tmp_path):
    assert not {"PIL", "httpx", "phonenumbers", "pypdf"} & loaded(
        tmp_path, "import webhook.app, webhook.witness, faxdispatch.observability.notices.reporting"
    )


def test_a_worker_loads_nothing_that_makes_or_fetches_documents_or_reads_lists(tmp_path):
    code = "import worker.context, worker.inbound, worker.scheduling.scheduler, worker.media"
    unneeded = {"PIL", "fontTools", "fpdf", "fsspec", "httpcore", "openpyxl", "phonenumbers", "pypdf", "rich"}
    assert not unneeded & loaded(tmp_path, code)


@pytest.mark.parametrize("name", faxdispatch.__all__)
def test_every_public_name_is_there(name):
    assert name in dir(faxdispatch)
    assert getattr(faxdispatch, name).__name__ == name


@pytest.mark.parametrize("name", ledger.__all__)
def test_every_name_of_the_ledger_is_found_where_it_is_defined(name):
    assert getattr(ledger, name) is not None


def test_an_unknown_name_raises_the_usual_error():
    with pytest.raises(AttributeError, match="module 'faxdispatch' has no attribute 'FaxClinet'"):
        _ = faxdispatch.FaxClinet
