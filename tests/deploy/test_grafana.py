"""The dashboard, read by Grafana's own model of one."""

import json
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import Runtime
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

FILE = Path(__file__).parents[2] / "deploy/grafana/faxdispatch.json"
BOARD = json.loads(FILE.read_text())
UNITS = {unit for name, unit in vars(units).items() if not name.startswith("_") and isinstance(unit, str)}


@pytest.fixture(scope="module", autouse=True)
def plugins() -> None:
    register_default_plugins()


def lost(wanted: Any, kept: Any, at: str = "") -> list[str]:
    """Return where the model differs from the file. What it adds are Grafana's defaults."""
    if isinstance(wanted, dict) and isinstance(kept, dict):
        return [where for name in wanted for where in lost(wanted[name], kept.get(name), f"{at}/{name}")]
    if isinstance(wanted, list) and isinstance(kept, list) and len(wanted) == len(kept):
        return [where for n, pair in enumerate(zip(wanted, kept, strict=True)) for where in lost(*pair, f"{at}/{n}")]
    return [] if wanted == kept else [at]


def as_grafana_reads_it(board: dict[str, Any]) -> Any:
    return json.loads(JSONEncoder().encode(Dashboard.from_json(board)))


def test_grafana_knows_every_field_of_the_dashboard():
    assert lost(BOARD, as_grafana_reads_it(BOARD)) == []


def test_a_field_that_grafana_does_not_know_is_found():
    odd = BOARD | {"panels": [panel | {"untis": "s"} for panel in BOARD["panels"][-1:]]}
    assert lost(odd, as_grafana_reads_it(odd)) == ["/panels/0/untis"]


def test_every_panel_says_what_grafana_needs_to_draw_it():
    kinds = Runtime().panelcfg_variants
    for panel in BOARD["panels"]:
        assert panel["title"]
        if panel["type"] == "row":
            continue
        assert panel["type"] in kinds
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["targets"]
        for target in (panel, *panel["targets"]):
            assert target["datasource"] == {"type": "prometheus", "uid": "${source}"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
