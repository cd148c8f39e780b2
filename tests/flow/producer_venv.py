"""A producer's own virtual environment: our wheel, and only the packages that it requires."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.flow.commands import ROOT


def make(folder: Path) -> Path:
    """Build the wheel, install it into a new environment, and give the environment's Python."""
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    _lend_dependencies(site)
    return python


def _lend_dependencies(site: Path) -> None:
    # Links to what is installed here instead of downloads: quick, and the test needs no network.
    (wheel,) = site.glob("faxdispatch-*.dist-info")
    for dist in _all_needed(Distribution.at(wheel), {""}, {}):
        for top in {Path(str(file)).parts[0] for file in dist.files or [] if not str(file).startswith("..")}:
            target = site / top
            if not target.exists():
                target.symlink_to(dist.locate_file(top))


def _all_needed(dist: Distribution, extras: set[str], seen: dict[str, set[str]]) -> Iterator[Distribution]:
    """Yield the packages that a distribution with these extras requires, directly or indirectly."""
    for requirement in map(Requirement, dist.requires or []):
        if not requirement.marker or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield from _needed(requirement, seen)


def _needed(wanted: Requirement, seen: dict[str, set[str]]) -> Iterator[Distribution]:
    name = canonicalize_name(wanted.name)
    extras = {"", *wanted.extras}
    if extras <= seen.get(name, set()):
        return
    seen[name] = seen.get(name, set()) | extras
    dist = distribution(name)
    yield dist
    yield from _all_needed(dist, seen[name], seen)


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, timeout=150)
