"""How long no fax is submitted while two workers are restarted one after the other, under load.

    .venv/bin/python -m bench.rolling_restart [--jobs N]

Real processes against the simulator. Prints the longest gap between two submissions; exit code 1 if it is longer than a
second, or if a send was left unknown.
"""

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

from tests.flow.harness import installation, restart

LONGEST = 1.0


def main() -> int:
    """Run it once and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=120, help="faxes to send meanwhile")
    jobs = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder), workers=2, FAX_CHANNELS="4") as flow:
        sent = [flow.send() for _ in range(jobs)]
        for name in ("worker", "worker2"):
            flow.until(lambda: flow.sim.report()["delivered"] >= 3)
            restart(flow, name)
        for job_id in sent:
            flow.wait_for(job_id)
        events = flow.events()
    moments = sorted(event.occurred_at for event in events if event.type == "job.submitted")
    gap = max((later - earlier).total_seconds() for earlier, later in itertools.pairwise(moments))
    unknown = sum(event.type == "job.unknown" for event in events)
    print(f"simulation: {jobs} faxes, 2 workers restarted, longest gap {gap:.2f} s, unknown {unknown}")
    return int(gap > LONGEST or unknown > 0)


if __name__ == "__main__":
    sys.exit(main())
