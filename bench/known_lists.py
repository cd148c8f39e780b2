"""Checks that lists with known answers, sent as campaigns by real processes, reach exactly the right recipients.

    .venv/bin/python -m bench.known_lists [--only WORD]

Each list of `tests/lists/known.py` is given to `faxdispatch campaign create` on an installation of its own (Valkey, the
simulator, web process, a worker), and the campaign is started. When all have finished, the numbers and pages that the
simulator was sent are compared with the answers. Prints every difference; ends with 1 if there is one.
"""

import argparse
import io
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from bench.figures import machine
from faxdispatch.cli.app import run
from faxdispatch.states import CampaignState
from faxdispatch.supervisor import roles as processes
from faxdispatch.telnyx.client_state import decode_client_state
from tests.documents.blank import blank_pdf
from tests.flow.harness import SENDER, Flow, installation
from tests.lists.known import LISTS, STORED, Known

Faxed = Counter[tuple[str, int]]
"""How often each number got a fax with so many pages."""


@contextmanager
def surroundings(folder: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """Work in a folder with these environment variables."""
    before, place = dict(os.environ), Path.cwd()
    os.environ.update(variables)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)


def command(*words: str) -> tuple[int, str]:
    """Run a command in this process. Return its exit code and its output."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = run(words)
    return code, out.getvalue()


def begin(known: Known, campaign: str, folder: Path, settings: Mapping[str, str]) -> str:
    """Make a list a campaign and start it. Return any problem, or an empty text."""
    folder.mkdir()
    path = known.write(folder)
    with surroundings(folder, {**settings, **known.environment}):
        code, out = command("campaign", "create", path.name, "--id", campaign, "--media-name", STORED, *known.options)
        if known.refused:
            return "" if code and known.refused in " ".join(out.split()) else f"is not refused so: {out}"
        if code:
            return f"is refused: {out}"
        code, out = command("campaign", "start", campaign)
    return f"does not start: {out}" if code else ""


def finish(flow: Flow, campaigns: Sequence[str]) -> None:
    """Wait until campaigns have finished."""
    for campaign in campaigns:
        flow.until(lambda campaign=campaign: flow.client.campaigns.get(campaign).state is CampaignState.FINISHED)


def sent(flow: Flow) -> dict[str, Faxed]:
    """Return the faxes that were sent for each campaign."""
    found: dict[str, Faxed] = {}
    for fax in flow.sim.control.get("/faxes").raise_for_status().json()["data"]:
        job, *_ = decode_client_state(fax["client_state"]) or ("",)
        found.setdefault(job.rpartition("-")[0], Counter())[fax["to"], fax["page_count"]] += 1
    return found


def main() -> int:
    """Make every list a campaign, send all, compare, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="lists with this in their name")
    given = options.parse_args()
    lists = {f"list-{at}x": known for at, known in enumerate(LISTS) if given.only in known.name}
    wrong = dict[str, str]()
    with tempfile.TemporaryDirectory() as name, installation(Path(name), FAX_RATE="200") as flow:
        flow.sim.upload(STORED, blank_pdf())
        settings = {
            **processes.simulated(flow.sim.about),
            "REDIS_URL": flow.redis_url,
            "FAX_FROM": SENDER,
            "FAX_DEFAULT_REGION": "US",
        }
        for campaign, known in lists.items():
            wrong[campaign] = begin(known, campaign, Path(name, campaign), settings)
        finish(flow, [campaign for campaign, known in lists.items() if not (wrong[campaign] or known.refused)])
        faxed = sent(flow)
    for campaign, known in lists.items():
        missing, strange = Counter(known.faxed), faxed.get(campaign, Counter())
        for what, others in (("not faxed", missing - strange), ("faxed wrongly", strange - missing)):
            if others and not wrong[campaign]:
                wrong[campaign] += f"{what}: {dict(others)}"
    for campaign, problem in wrong.items():
        if problem:
            print(f"{lists[campaign].name}: {problem}")
    faxes = sum(map(Counter.total, faxed.values()))
    print(f"{len(lists)} lists, {faxes} faxes, {sum(map(bool, wrong.values()))} lists with a wrong result")
    print(machine())
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
