"""Backup, restore and recovery on real processes, with a campaign and single faxes under way."""

import json
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faxdispatch.ledger import CampaignRow, Campaigns, Rules, Scripts, connect
from faxdispatch.states import TERMINAL, CampaignState, State
from faxdispatch.telnyx.client_state import decode_client_state
from tests.flow.harness import Flow, fresh_number, installation, start_campaign

ROWS = 200
"""More than are fed ahead, so that some have no job yet when the copy is made."""
NAME = "recall"
SETTINGS = {"FAX_RATE": "12", "FAX_READ_TIMEOUT": "1.5"}


def number_of(row: int) -> str:
    return f"+1{[area for area in range(200, 500) if area % 100 != 11][row]}5550177"


def posted(flow: Flow) -> Counter[str]:
    """How many faxes Telnyx has taken of each job."""
    found: Counter[str] = Counter()
    for text, sends in flow.sim.report()["client_states"].items():
        mark = decode_client_state(text)
        found[mark.job_id if mark else ""] += sends["accepted"]
    return found


def test_a_ledger_restored_in_mid_campaign_sends_nothing_twice_and_loses_nothing(
    tmp_path: Path, cli: Callable[..., str]
) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.rdb"
    with installation(tmp_path, workers=2, **SETTINGS) as flow:
        surroundings = flow.processes["worker"].role.environment | {"FAX_DATA_DIR": str(data)}
        campaigns = Campaigns(Scripts(connect(flow.redis_url), Rules()))
        rows = [CampaignRow(row, number_of(row), {}, [str(row)]) for row in range(1, ROWS + 1)]
        start_campaign(campaigns, NAME, rows)
        before = [flow.send() for _ in range(5)]
        flow.until(lambda: campaigns.get(NAME).opened > 12)
        cli("backup", str(copy), **surroundings)
        sent_then = sum(posted(flow).values())
        after = [flow.send(to=fresh_number()) for _ in range(5)]
        flow.until(lambda: all(posted(flow)[job] for job in after) and sum(posted(flow).values()) > sent_then + 75)

        flow.kill("valkey", signal.SIGKILL)
        cli("restore", str(copy), "--yes")
        start_with(flow, data / "appendonlydir")
        flow.until(lambda: flow.redis.hexists("fax:ledger", "behind"))
        answer: dict[str, Any] = json.loads(cli("recover", "--json"))
        assert answer["lifted"], answer
        assert answer["found"]["row"] > 0, answer
        assert set(answer["made"]) == set(after)

        over = flow.until(lambda: (found := campaigns.get(NAME)).state is CampaignState.FINISHED and found)
        for job in before + after:
            assert flow.wait_for(job, *TERMINAL).state is State.DELIVERED
        assert over.ended == ROWS
        assert campaigns.audit(NAME).faults == ()
        counted = posted(flow)
        assert set(counted) == {f"{NAME}-{row}" for row in range(1, ROWS + 1)} | set(before + after)
        assert set(counted.values()) == {1}
        assert [result.code for result in campaigns.results(NAME)] == ["d"] * ROWS


def start_with(flow: Flow, restored: Path) -> None:
    """Start Valkey again from the restored files."""
    old = flow.processes["valkey"]
    old.kill()
    (flow.folder / "appendonlydir").rename(flow.folder / "lost")
    restored.rename(flow.folder / "appendonlydir")
    flow.until(lambda: flow.processes["valkey"] is not old)
    flow.until_up("valkey")
