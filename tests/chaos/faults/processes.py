"""Processes are killed, stopped and terminated. The supervisor restarts those that have ended."""

import random
import signal

from tests.chaos.faults.fault import Fault
from tests.chaos.world import LEASE, World


def _kill_worker(world: World, dice: random.Random) -> None:
    world.send(dice.choice(world.workers), signal.SIGKILL)


def _kill_leader(world: World, dice: random.Random) -> None:
    world.send(world.leader() or dice.choice(world.workers), signal.SIGKILL)


def _stop_worker(world: World, dice: random.Random) -> None:
    world.send(dice.choice(world.workers), signal.SIGSTOP)


def _stop_leader(world: World, dice: random.Random) -> None:
    world.send(world.leader() or dice.choice(world.workers), signal.SIGSTOP)


def _resume_workers(world: World) -> None:
    for name in world.workers:
        world.send(name, signal.SIGCONT)


def _deploy(world: World, _: random.Random) -> None:
    for name in world.workers:
        world.send(name, signal.SIGTERM)


def _kill_web(world: World, _: random.Random) -> None:
    world.send("web", signal.SIGKILL)


def _stop_web(world: World, _: random.Random) -> None:
    world.send("web", signal.SIGSTOP)


def _resume_web(world: World) -> None:
    world.send("web", signal.SIGCONT)


def _kill_valkey(world: World, _: random.Random) -> None:
    world.send("valkey", signal.SIGKILL)


def _stop_valkey(world: World, _: random.Random) -> None:
    world.send("valkey", signal.SIGSTOP)


def _resume_valkey(world: World) -> None:
    world.send("valkey", signal.SIGCONT)


PROCESSES = [
    Fault("worker-kill", "a worker is killed", _kill_worker),
    Fault("worker-stop", "a worker stands still until its claims have run out", _stop_worker, _resume_workers,
          (1.2 * LEASE, 2.5 * LEASE)),
    Fault("leader-kill", "the worker whose scheduler leads is killed", _kill_leader),
    Fault("leader-stop", "the worker whose scheduler leads stands still", _stop_leader, _resume_workers,
          (1.2 * LEASE, 2.5 * LEASE)),
    Fault("deploy", "all workers are told to end, as by a deploy", _deploy),
    Fault("web-kill", "the webhook server is killed", _kill_web),
    Fault("web-stop", "the webhook server stands still", _stop_web, _resume_web, (1, 4)),
    Fault("valkey-kill", "Valkey is killed and starts from its append-only file", _kill_valkey),
    Fault("valkey-stop", "Valkey stands still", _stop_valkey, _resume_valkey, (0.5, 4)),
]  # fmt: skip
