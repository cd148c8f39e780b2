"""Procfile, Dockerfile and compose file start the same commands, and keep what durability needs."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {"web": "python -m webhook", "console": "python -m console", "worker": "python -m worker"}


@pytest.fixture(scope="module")
def compose():
    return YAML(typ="safe").load(ROOT / "docker-compose.yml")


def test_procfile_is_exactly_these_commands():
    assert (ROOT / "Procfile").read_text() == "".join(f"{name}: {command}\n" for name, command in COMMANDS.items())


def test_compose_starts_the_same_commands(compose):
    assert {name: compose["services"][name]["command"] for name in COMMANDS} == COMMANDS


def test_the_image_starts_the_webhook_and_its_files_are_let_in():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    default = next(line for line in lines if line.startswith("CMD "))
    assert json.loads(default.removeprefix("CMD ")) == shlex.split(COMMANDS["web"])
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [word for line in lines if re.match(r"COPY (?!--from)", line) for word in line.split()[1:-1]]
    assert {path.split("/")[0] for path in copied} == let_in
    assert ".env" not in let_in


def test_redis_keeps_every_write_and_evicts_nothing(compose):
    command = " ".join(compose["services"]["redis"]["command"])
    assert "--appendonly yes --appendfsync always --maxmemory-policy noeviction" in command
    assert compose["services"]["redis"]["volumes"]


@pytest.mark.parametrize("name", ["redis", "web", "console", "worker"])
def test_every_service_comes_back_and_gets_time_to_stop(compose, name):
    service = compose["services"][name]
    assert service["restart"] == "always"
    assert service["stop_grace_period"]


def test_ci_runs_the_tests_and_then_the_checks(tmp_path):
    (tmp_path / "make").write_text('#!/bin/sh\necho "ran $*"\n')
    (tmp_path / "make").chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        # Something that is there, so that no browser is installed for this.
        env=os.environ | {"FAX_BROWSER": "sh", "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("ran")] == ["ran test", "ran check"]
