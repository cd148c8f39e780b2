"""`make wheel` makes a package that works in an environment of its own, without the checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, which borrows all else from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    place = [f"DIST={folder}", f"BIN={os.path.relpath(Path(sys.executable).parent, ROOT)}", "STAMP="]
    subprocess.run(["make", "-s", "-C", ROOT, "wheel", *place], check=True, timeout=150)
    (wheel,) = folder.glob("faxdispatch-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=150)
    programs = folder / "venv" / "bin"
    install = ["install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run([sys.executable, "-m", "pip", "--python", programs / "python", *install], check=True, timeout=150)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (borrowed,) = {path for path in sys.path if path.endswith("site-packages") and sys.prefix in path}
    (site / "borrowed.pth").write_text(borrowed)
    return programs


def run(program: Path, *words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *words], cwd=folder, env=settings, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_wheel_works_without_the_checkout(environment: Path, tmp_path: Path):
    where = run(environment / "python", "-c", "import faxdispatch; print(faxdispatch.__file__)", folder=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(environment.parent)
    command = environment / "faxdispatch"
    assert run(command, "--version", folder=tmp_path).stdout.startswith("faxdispatch ")
    # It tries to connect to Redis, which does not run.
    away = run(command, "status", folder=tmp_path, REDIS_URL="redis://127.0.0.1:1/0")
    assert (away.returncode, "Redis" in away.stderr, "Traceback" in away.stderr) == (1, True, False)


def test_a_process_that_needs_the_checkout_says_so(environment: Path, tmp_path: Path):
    done = run(environment / "faxdispatch", "up", "--simulate", folder=tmp_path)
    assert done.returncode != 0
    assert "from a wheel" in done.stderr
    assert "Traceback" not in done.stderr
