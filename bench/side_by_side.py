"""Compares the cost of a fax with that of a team's own code: plain Celery, httpx and tenacity, without a ledger.

    .venv/bin/python -m bench.side_by_side [--faxes 2000] [--rounds 3] [--against COMMIT]

All ways by turns in one run: the same stub, the same Valkey with `appendfsync always`, as many threads. The processor
time of worker and Valkey is counted, by the median of the rounds. `--against` runs an older build of the repository by
turns with this one, with the benchmark as it is now. Exit code 1 where a target is missed.

A checkout has more packages installed than a process needs, and some libraries load what they find. To measure what an
operator has, install the package with its extra `app` alone, and give the benchmark that installation's Python:

    python -m venv FOLDER && FOLDER/bin/pip install -e '.[app]' && FOLDER/bin/python -m bench.side_by_side
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import machine
from bench.one_way import RATE

HERE = Path(__file__).resolve().parent.parent
WAYS = ("plain", "faxdispatch", "producer", "webhook", "startup")
OLDER = ("plain", "faxdispatch")
"""The ways that an older build is run for."""

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Target:
    """One line of judgement: a ratio or a figure, and its target. `older` needs `--against`."""

    name: str
    value: Callable[[Figures, Figures], float]
    most: float | None = None
    least: float | None = None
    older: bool = False

    def kept(self, value: float) -> bool:
        """Return whether a value meets the target."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    @property
    def bound(self) -> str:
        """The target in words."""
        return f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"


def _sum(figures: Figures, name: str) -> float:
    return figures[f"{name} worker"] + figures[f"{name} valkey"]


def _made(figures: Figures, name: str) -> float:
    return figures[f"{name} own"] + figures[f"{name} valkey"]


TARGETS = (
    Target("a message a fax / plain", lambda now, _: _sum(now, "message") / _sum(now, "plain"), most=1.0),
    Target("whole way of a raw message / plain", lambda now, _: _sum(now, "raw") / _sum(now, "plain"), most=1.3),
    Target("rows of a campaign / plain", lambda now, _: _sum(now, "row") / _sum(now, "plain"), most=0.40),
    Target("intake of a raw message, ms of the worker", lambda now, _: now["intake worker"], most=1.0),
    Target("FaxClient.send / apply_async", lambda now, _: _made(now, "send") / _made(now, "apply_async"), most=1.4),
    Target("send_many / apply_async", lambda now, _: _made(now, "send_many") / _made(now, "apply_async"), most=0.35),
    Target("bare Flask answer / our webhook", lambda now, _: now["bare own"] / now["webhook own"], least=0.50),
    Target("99th percentile of our webhook at 300/s, ms", lambda now, _: now["webhook p99"], most=50),
    Target("CPU of import faxdispatch, s", lambda now, _: now["import s"], most=0.2),
    Target("CPU of faxdispatch --help, s", lambda now, _: now["help s"], most=0.35),
    Target("CPU of faxdispatch status, s", lambda now, _: now["status s"], most=0.35),
    Target(
        "Valkey, a message a fax / older build",
        lambda now, older: now["message valkey"] / older["message valkey"],
        most=0.45,
        older=True,
    ),
    Target("memory of a worker after a measurement, MB", lambda now, _: now["faxdispatch MB"], most=79),
    Target(
        "memory of a worker / older build",
        lambda now, older: now["faxdispatch MB"] / older["faxdispatch MB"],
        most=1.0,
        older=True,
    ),
)
"""The targets. If a measurement gives no figures, its targets count as missed."""

ROWS = (
    ("plain: Celery + httpx + tenacity, no ledger", "plain"),
    ("plain with the least ledger", "least"),
    ("faxdispatch, a message a fax", "message"),
    ("faxdispatch, the whole way of a raw message", "raw"),
    ("faxdispatch, rows of a campaign", "row"),
    ("faxdispatch, intake of a raw message", "intake"),
)


def main() -> int:
    """Measure the ways in turn, print, and judge."""
    options = _options()
    with _build(options.against) as older:
        now, before = [], []
        for turn in range(options.rounds):
            now.append(_round(HERE, options, WAYS))
            if older:
                before.append(_round(older, options, OLDER))
            print(f"round {turn + 1} of {options.rounds} done", file=sys.stderr)
    figures, past = _median(now), _median(before)
    asked = f"{options.faxes} faxes each way, at most {options.rate} a second, {options.rounds} rounds"
    print(f"{asked}, against a stub; {machine()}")
    _table(figures, past, options.against)
    return int(not _judge(figures, past))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faxes", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=RATE, help="faxes a second that our worker may send")
    parser.add_argument("--against", metavar="COMMIT", help="an older build to run by turns with this one")
    return parser.parse_args()


@contextmanager
def _build(commit: str | None) -> Iterator[Path | None]:
    """Yield an older build in its own folder, with the present benchmark."""
    if not commit:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "older"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, commit], cwd=HERE, check=True)
        try:
            shutil.rmtree(tree / "bench")
            shutil.copytree(HERE / "bench", tree / "bench")
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=HERE, check=True)


def _round(tree: Path, options: argparse.Namespace, ways: Sequence[str]) -> Figures:
    """Run each of these ways once on the build in `tree`."""
    surroundings = os.environ | {"PYTHONPATH": f"{tree}{os.pathsep}{tree / 'shared'}"}
    figures: dict[str, float] = {}
    for way in ways:
        command = [sys.executable, "-m", "bench.one_way", way]
        command += ["--faxes", str(options.faxes), "--rate", str(options.rate)]
        done = subprocess.run(command, cwd=tree, env=surroundings, check=True, stdout=subprocess.PIPE, text=True)
        figures |= json.loads(done.stdout.splitlines()[-1])
    return figures


def _median(rounds: list[Figures]) -> Figures:
    return {name: statistics.median(figures[name] for figures in rounds) for name in (rounds[0] if rounds else ())}


def _table(now: Figures, past: Figures, commit: str | None) -> None:
    for title, figures in (("this build", now), (f"build {commit}", past)):
        if not figures:
            continue
        print(f"\n| {title}, CPU a fax | worker | Valkey | |\n|---|---|---|---|")
        for words, name in ROWS:
            _line(words, figures[f"{name} worker"], figures[f"{name} valkey"], _sum(figures, "plain"), "plain")
        for name in ("apply_async", "send", "send_many"):
            if f"{name} own" in figures:
                cost = figures[f"{name} own"], figures[f"{name} valkey"]
                _line(f"`{name}`, producer for worker", *cost, _made(figures, "apply_async"), "apply_async")
        for words, name in (("a bare Flask answer", "bare"), ("our webhook", "webhook")):
            if f"{name} own" in figures:
                cost = figures[f"{name} own"], figures[f"{name} valkey"]
                _line(f"{words}, web for worker", *cost, _made(figures, "bare"), "bare")
        print(f"\nmemory: our worker {figures['faxdispatch MB']:.0f} MB, plain {figures['plain MB']:.0f} MB")


def _line(words: str, own: float, valkey: float, against: float, name: str) -> None:
    print(f"| {words} | {own:.2f} ms | {valkey:.2f} ms | {(own + valkey) / against:.2f} of {name} |")


def _judge(now: Figures, past: Figures) -> bool:
    well = True
    print()
    for target in TARGETS:
        if target.older and not past:
            continue
        try:
            value = target.value(now, past)
        except KeyError as missing:
            print(f"missed: {target.name}: no figure for {missing}")
            well = False
            continue
        kept = target.kept(value)
        print(f"{'kept' if kept else 'MISSED'}: {target.name}: {value:.2f} ({target.bound})")
        well = well and kept
    return well


if __name__ == "__main__":
    sys.exit(main())
