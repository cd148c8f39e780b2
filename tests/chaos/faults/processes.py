"""Processes are killed, stopped and terminated. The supervisor restarts those that have ended."""

import random
import signal

from tests.chaos.faults.fault import Fault, Heal, Inject
from tests.chaos.world import LEASE, World

KILL, STOP = signal.SIGKILL, signal.SIGSTOP


def _worker(number: signal.Signals) -> Inject:
    return lambda world, dice: world.send(dice.choice(world.workers), number)


def _leader(number: signal.Signals) -> Inject:
    return lambda world, dice: world.send(world.leader() or dice.choice(world.workers), number)


def _process(name: str, number: signal.Signals) -> Inject:
    return lambda world, _: world.send(name, number)


def _resume(name: str) -> Heal:
    return lambda world: world.send(name, signal.SIGCONT)


def _resume_workers(world: World) -> None:
    for name in world.workers:
        world.send(name, signal.SIGCONT)


def _deploy(world: World, _: random.Random) -> None:
    for name in world.workers:
        world.send(name, signal.SIGTERM)


_PAST_THE_LEASE = (1.2 * LEASE, 2.5 * LEASE)

PROCESSES = [
    Fault("worker-kill", "a worker is killed", _worker(KILL)),
    Fault("worker-stop", "a worker stands still until its claims have run out", _worker(STOP), _resume_workers,
          _PAST_THE_LEASE),
    Fault("leader-kill", "the worker whose scheduler leads is killed", _leader(KILL)),
    Fault("leader-stop", "the worker whose scheduler leads stands still", _leader(STOP), _resume_workers,
          _PAST_THE_LEASE),
    Fault("deploy", "all workers are told to end, as by a deploy", _deploy),
    Fault("web-kill", "the webhook server is killed", _process("web", KILL)),
    Fault("web-stop", "the webhook server stands still", _process("web", STOP), _resume("web"), (1, 4)),
    Fault("valkey-kill", "Valkey is killed and starts from its append-only file", _process("valkey", KILL)),
    Fault("valkey-stop", "Valkey stands still", _process("valkey", STOP), _resume("valkey"), (0.5, 4)),
]  # fmt: skip
