"""`python -m tests.chaos`: break everything at random, with a seed, and let the simulator judge.

Exit code 0: nothing lost, nothing doubled, every record in order. 1: something was. 2: bad usage.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.report import as_markdown, as_text
from tests.chaos.run import Plan, run


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("tests.chaos", description="Faults against a simulated Telnyx. Sends no fax.")
    parser.add_argument("--jobs", type=int, default=500, help="faxes to order (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="chooses orders, faults and moments (%(default)s)")
    parser.add_argument("--faults", default="all", help="names, comma separated, or all (%(default)s)")
    parser.add_argument("--injections", type=int, help="how many faults are injected (one for every 40 jobs)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (%(default)s)")
    parser.add_argument("--patience", type=float, default=180, help="seconds to settle in, at most (%(default)s)")
    parser.add_argument("--folder", type=Path, help="keep the files and the log of the processes here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures, problems and injections here")
    parser.add_argument("--list-faults", action="store_true", help="print the faults and stop")
    parser.add_argument("--markdown", nargs="+", type=Path, metavar="FILE", help="print a table of such runs and stop")
    return parser


def main() -> int:
    """Run, print the result, and return the exit code."""
    parser = _arguments()
    given = parser.parse_args()
    if given.list_faults:
        print("\n".join(f"{fault.name:<18} {fault.story}" for fault in FAULTS.values()))
        return 0
    if given.markdown:
        print(as_markdown([json.loads(path.read_text()) for path in given.markdown]))
        return 0
    names = list(FAULTS) if given.faults == "all" else given.faults.split(",")
    if unknown := [name for name in names if name not in FAULTS]:
        parser.error(f"no such fault: {', '.join(unknown)}; --list-faults shows them")
    injections = given.injections if given.injections is not None else max(1, given.jobs // 40)
    plan = Plan(given.jobs, given.seed, names, injections, given.workers, given.patience)
    with tempfile.TemporaryDirectory(prefix="faxdispatch-chaos-") as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        result = run(plan, folder)
    if given.json:
        given.json.write_text(json.dumps(result.as_json(), indent=1) + "\n")
    print(as_text(result))
    return 0 if result.verdict.ok else 1


if __name__ == "__main__":
    sys.exit(main())
