"""Alarms and dashboard use only metrics that `/metrics` has, and promtool accepts them."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from faxdispatch.ledger import Charges, Scripts, connect
from faxdispatch.settings import Settings
from tests.webhook.harness import SIGNER
from webhook.app import create_apps

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
BOARD = json.loads((DEPLOY / "grafana/faxdispatch.json").read_text())
ASKED = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", [])
]
PROMTOOL = shutil.which("promtool")
FIRES = """
rule_files: [{rules}]
evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
      - series: 'faxdispatch_ledger_up'
        values: '1x20'
      - series: 'faxdispatch_scheduler_leads'
        values: '1x3 0x16'
      - series: 'faxdispatch_connection_paused{{connection="app-1"}}'
        values: '_x8 1x11'
    alert_rule_test:
      - {{eval_time: 30s, alertname: FaxNoScheduler, exp_alerts: []}}
      - eval_time: 2m
        alertname: FaxNoScheduler
        exp_alerts:
          - exp_labels: {{severity: critical}}
            exp_annotations: {{summary: "No scheduler leads, so due jobs wait", command: faxdispatch doctor}}
      - {{eval_time: 4m, alertname: FaxNothingIsWatched, exp_alerts: []}}
      - eval_time: 4m
        alertname: FaxConnectionPaused
        exp_alerts:
          - exp_labels: {{severity: critical, connection: app-1}}
            exp_annotations: {{summary: Connection app-1 is paused, command: faxdispatch resume app-1}}
"""


@pytest.fixture
def given(redis_url: str, unhurried: None) -> set[str]:
    """The names of all samples and labels there can be."""
    scripts = Scripts(connect(redis_url))
    scripts.redis.set("fax:inbound-listed", scripts.clock())
    charges = Charges(scripts)
    yesterday = charges.today() - timedelta(days=1)
    scripts.redis.set(f"fax:spend:{yesterday.toordinal() - 719163}", 1_000_000)
    charges.settle(yesterday, charged=1.0, faxes=1, currency="USD")
    settings = Settings(
        redis_url=redis_url,
        telnyx_public_key=(SIGNER.public_key,),
        fax_spend_day=10,
        fax_account_channels=5,
    )
    families = text_string_to_metric_families(create_apps(settings).admin.test_client().get("/metrics").text)
    return {name for family in families for name in (family.name, *(sample.name for sample in family.samples))}


def test_every_metric_of_the_alarms_and_dashboard_exists(given: set[str]):
    asked = {name for expr in ASKED for name in re.findall(r"faxdispatch_\w+", expr)}
    assert len(asked) > 30
    assert {name for name in asked if name not in given and name.removesuffix("_total") not in given} == set()


def test_every_alarm_says_what_to_do():
    assert [rule["alert"] for rule in RULES if not rule["annotations"]["command"].startswith("faxdispatch ")] == []


def test_no_panel_of_the_dashboard_covers_another():
    taken: dict[tuple[int, int], int] = {}
    for panel in BOARD["panels"]:
        at: Any = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert taken.setdefault(cell, panel["id"]) == panel["id"]


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool: apt-get install prometheus")
def test_promtool_accepts_the_rules_and_the_alarms_fire(tmp_path: Path):
    board = {"groups": [{"name": "board", "rules": [{"record": f"r{n}", "expr": e} for n, e in enumerate(ASKED)]}]}
    (tmp_path / "board.yml").write_text(yaml.safe_dump(board))
    (tmp_path / "fires.yml").write_text(FIRES.format(rules=DEPLOY / "prometheus/alerts.yml"))
    for command in (
        ["check", "config", str(DEPLOY / "prometheus/prometheus.yml")],
        ["check", "rules", str(tmp_path / "board.yml")],
        ["test", "rules", str(tmp_path / "fires.yml")],
    ):
        done = subprocess.run([str(PROMTOOL), *command], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
