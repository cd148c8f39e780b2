"""How soon faxes reach Telnyx while a flood of questions about faxes waits.

    .venv/bin/python -m bench.questions [--flood 3000] [--workers 2]

Real processes against a stub of Telnyx: rate 20, 10 channels, calls of 2 s. The flood is plain messages `fax.sync.v1`
about as many faxes that Telnyx knows. Every second, one normal and one urgent fax are sent, and the time until the stub
sees each is measured. Exit code 1 if a normal fax took 2 s or longer, an urgent one 1 s, if the questions took more
than 35 % of the rate, or if one became a dead letter or was lost.
"""

import argparse
import sys
import time
from collections import Counter

from bench.figures import machine, spread
from bench.flood import fill
from bench.installation import DOCUMENT, Installation, installation, number
from faxdispatch.jobs import SyncStatus

SETTINGS = {"FAX_RATE": "20", "FAX_CHANNELS": "10"}
LIMITS = {"normal": 2.0, "urgent": 1.0}
LARGEST_SHARE = 0.35
SECONDS = 40
FIRST = 650_000
"""Place of the first number to send to."""


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    with installation(workers=options.workers, **SETTINGS) as running:
        running.stub.change(call_seconds=2.0)
        for place in range(3):
            running.client.send(to=number(FIRST + place), media_name=DOCUMENT)
        running.until(lambda: len(running.stub.faxes()) == 3)
        print(f"against a stub: {options.workers} workers, rate 20, {options.flood} questions")
        about = [{"fax_id": fax_id} for fax_id in running.stub.take(options.flood)]
        begun = time.perf_counter()
        fill(running.redis_url, SyncStatus.TASK, SyncStatus.QUEUE, about, into=SyncStatus.QUEUE)
        sent = _send(running)
        calm = _judged(running, sent, begun, options.flood)
    print(machine())
    return int(not calm)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flood", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def _send(running: Installation) -> list[tuple[str, str, float]]:
    """Send a normal and an urgent fax each second. Return kind, job and time of each."""
    sent, end = [], time.perf_counter() + SECONDS
    place = FIRST + 10
    while time.perf_counter() < end:
        for kind in LIMITS:
            place += 1
            asked = time.perf_counter()
            sent.append((kind, running.client.send(to=number(place), media_name=DOCUMENT, priority=kind).job_id, asked))
            time.sleep(0.5)
    time.sleep(5)
    return sent


def _judged(running: Installation, sent: list[tuple[str, str, float]], begun: float, flood: int) -> bool:
    jobs = {fax["id"]: fax["job"] for fax in running.stub.faxes()}
    calls = [call for call in running.stub.calls() if call["at"] > begun]
    first = {jobs[call["fax_id"]]: call["at"] for call in calls if call["operation"] == "send" and call["fax_id"]}
    calm = True
    for kind, limit in LIMITS.items():
        took = [first.get(job, float("inf")) - asked for of, job, asked in sent if of == kind]
        calm = calm and max(took) < limit
        print(f"{kind} fax on the wire after: {spread(took)}; the target is below {limit:g} s", flush=True)
    asked, seconds = Counter(call["operation"] for call in calls)["get"], time.perf_counter() - begun
    share = asked / (seconds * float(SETTINGS["FAX_RATE"]))
    waiting, letters = running.redis.hlen("fax:questions"), running.redis.zcard("fax:deadletters")
    print(f"questions: {asked} asked in {seconds:.0f} s, {100 * share:.0f} % of the rate; {waiting} wait")
    print(f"dead letters: {letters}")
    # Between the two counts, some got their answers.
    whole = flood <= asked + waiting <= flood + 20
    return calm and share <= LARGEST_SHARE and not letters and whole


if __name__ == "__main__":
    sys.exit(main())
