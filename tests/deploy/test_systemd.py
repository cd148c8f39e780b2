"""The units for systemd start the same commands as the Procfile, and systemd understands every line."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def test_there_is_a_unit_for_each_process():
    commands = {line.split(": ")[1].split("python ")[1] for line in (ROOT / "Procfile").read_text().splitlines()}
    started = {
        unit.read_text().split("ExecStart=/opt/faxdispatch/.venv/bin/python ")[1].splitlines()[0] for unit in UNITS
    }
    assert started == commands


def test_only_the_web_app_has_no_api_key():
    files = {
        unit.name: [line for line in unit.read_text().splitlines() if line.startswith("EnvironmentFile=")]
        for unit in UNITS
    }
    assert files["faxdispatch-web.service"][-1] == "EnvironmentFile=/etc/faxdispatch/web.env"
    assert [name for name, lines in files.items() if "EnvironmentFile=/etc/faxdispatch/worker.env" in lines] == [
        "faxdispatch-worker@.service"
    ]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here (Debian's package systemd)")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit: Path, tmp_path: Path):
    here = tmp_path / unit.name.replace("@.", "@1.")
    # It checks whether the command exists.
    here.write_text(unit.read_text().replace("/opt/faxdispatch/.venv/bin/python", f'"{sys.executable}"'))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", here], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if here.name in line] == []
