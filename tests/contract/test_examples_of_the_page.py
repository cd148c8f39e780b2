"""The Python examples of docs/telnyx.md run, against the simulator, and together make each of the eleven operations."""

import re
from pathlib import Path

import httpx
import pytest

from faxdispatch.telnyx import TelnyxClient
from tests.conftest import eventually
from tests.simulator.running import simulated_telnyx

PAGE = Path(__file__).parents[2] / "docs" / "telnyx.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
OPERATIONS = {
    "list_applications", "create_application", "get_application", "update_application", "delete_application",
    "list_faxes", "send_fax", "get_fax", "delete_fax", "cancel_fax", "refresh_fax",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings():
    """The settings of a simulator that has an inbound fax, and sends so slowly that a fax can be cancelled."""
    with simulated_telnyx("--speed", "0.01") as simulator:
        coming = {"from": "+14155550123", "to": "+13125550100", "speed": 1000}
        httpx.post(f"{simulator['control_url']}/inbound", json=coming).raise_for_status()
        with TelnyxClient(simulator["base_url"], simulator["api_key"]) as telnyx:
            eventually(lambda: next(telnyx.list_faxes(direction="inbound")).status == "received")
        yield {
            "TELNYX_BASE_URL": simulator["base_url"],
            "TELNYX_API_KEY": simulator["api_key"],
            "FAX_CONNECTION_ID": simulator["connection_id"],
            "FAX_FROM": "+13125550100",
        }


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs_and_says_something(number, settings, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    exec(EXAMPLES[number], {"__name__": "__main__"})

    out, err = capsys.readouterr()
    assert err == ""
    assert out.strip()


def test_each_operation_has_an_example():
    documented = {word for example in EXAMPLES for word in re.findall(r"telnyx\.(\w+)\(", example)}

    assert documented >= OPERATIONS
