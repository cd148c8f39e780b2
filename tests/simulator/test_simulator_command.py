"""The command line of the simulator."""

import os
import signal
import subprocess
import sys

import httpx
import pytest


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "simulator", *arguments], capture_output=True, text=True, timeout=150, check=False
    )


def test_the_first_line_says_where_it_is_and_that_it_is_a_simulation(sim):
    assert sim.intro["simulation"] is True
    assert sim.intro["base_url"].endswith("/v2")
    assert sim.intro["control_url"].endswith("/_sim")
    assert {"api_key", "public_key", "connection_id"} <= sim.intro.keys()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_cleanly_even_with_faxes_under_way(start, number):
    sim = start("--speed", "1")
    sim.send(to="+14155550109")
    assert sim.stop(number) == 0
    assert any("SIMULATION" in line for line in sim.log)


def test_seed_key_fixes_the_signing_key(start):
    sim = start("--seed-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    assert sim.intro["public_key"] == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


def test_options_choose_key_connections_and_faults(start):
    sim = start(
        *("--api-key", "KEY_X", "--connection-id", "7", "--connection-id", "8", "--channels", "3"),
        *("--rate-limit", "5", "--fault", "no_id=1", "--fault", "latency_ms=[0,1]"),
    )
    assert (sim.intro["api_key"], sim.intro["connection_ids"]) == ("KEY_X", ["7", "8"])
    faults = sim.control.get("/faults").json()
    assert (faults["channels"], faults["rate_limit"], faults["no_id"]) == (3, 5, 1.0)
    assert sim.control.delete("/faults").json()["rate_limit"] == 5


def test_an_invalid_port_is_reported_in_one_line():
    done = run("--port", "70000")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_mistyped_fault_is_refused_at_the_start():
    done = run("--port", "0", "--fault", "drop_afterr=1")
    assert done.returncode == 2
    assert "drop_afterr" in done.stderr


def test_list_numbers_prints_the_table():
    done = run("--list-numbers")
    assert done.returncode == 0
    assert "SIMULATION" in done.stdout
    assert "+13125550110" in done.stdout


def test_a_reader_of_the_table_may_end_first():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-u", "-m", "simulator", "--list-numbers"],
        stdout=writing, stderr=subprocess.PIPE, text=True, timeout=150, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, "")


def test_every_answer_is_marked(sim):
    answers = [
        sim.api.get("/faxes"),
        sim.api.get("/nowhere"),
        sim.control.get("/health"),
        httpx.get(sim.intro["base_url"] + "/faxes"),
    ]
    assert [answer.headers["x-faxdispatch-simulator"] for answer in answers] == ["true"] * 4
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= answers[0].headers.keys()


def test_a_taken_port_is_reported_in_one_line(sim):
    port = sim.intro["base_url"].removesuffix("/v2").rpartition(":")[2]
    done = run("--port", port)
    assert done.returncode == 1
    assert "cannot serve" in done.stderr
    assert "Traceback" not in done.stderr
