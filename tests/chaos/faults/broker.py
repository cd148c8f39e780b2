"""Celery's messages and connections: deleted, doubled, cut.

A message is deleted only where the ledger knows its job. One that a service has sent with `send_task` and that no
worker has read yet exists nowhere else, and deleting it would delete the order.
"""

import base64
import itertools
import json
import random
import uuid
from typing import Any

from tests.chaos.faults.fault import Fault
from tests.chaos.world import World

QUEUES = ("fax.send", "fax.control")


def _cut(world: World, _: random.Random) -> None:
    world.redis.client_kill_filter(_type="normal", skipme=True)


def _delete(world: World, dice: random.Random) -> None:
    for queue in QUEUES:
        chosen = [raw for raw in world.redis.lrange(queue, 0, -1) if dice.random() < 0.5]
        with world.redis.pipeline(transaction=False) as pipe:
            for raw in chosen:
                pipe.exists(f"fax:job:{_payload(json.loads(raw)).get('job_id')}")
            recorded = pipe.execute()
            for raw in itertools.compress(chosen, recorded):
                pipe.lrem(queue, 1, raw)
            pipe.execute()


def _double(world: World, dice: random.Random) -> None:
    for queue in QUEUES:
        for raw in world.redis.lrange(queue, 0, -1):
            message = json.loads(raw)
            message["properties"]["delivery_tag"] = str(uuid.UUID(int=dice.getrandbits(128)))
            world.redis.lpush(queue, json.dumps(message))


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    _, payload, _ = json.loads(base64.b64decode(message["body"]))
    found: dict[str, Any] = payload
    return found


def _forget_scripts(world: World, _: random.Random) -> None:
    world.redis.script_flush()


BROKER = [
    Fault("connections-cut", "Valkey closes all connections", _cut),
    Fault("messages-deleted", "half of the waiting messages of recorded jobs are deleted", _delete),
    Fault("messages-doubled", "all waiting messages are doubled", _double),
    Fault("scripts-forgotten", "Valkey forgets the ledger's scripts, as after a failover", _forget_scripts),
]
