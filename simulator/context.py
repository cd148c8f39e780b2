"""The parts of one simulator, available to every request handler."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulator.config import Config
from simulator.faults import Faults
from simulator.lifecycle import Network
from simulator.links import Links
from simulator.signing import Signer
from simulator.store import Store
from simulator.tally import Tally
from simulator.webhooks import Courier


@dataclass(slots=True)
class Simulation:
    """Everything, wired together."""

    config: Config
    store: Store
    faults: Faults
    tally: Tally
    signer: Signer
    links: Links
    courier: Courier
    network: Network


SIMULATION: web.AppKey[Simulation] = web.AppKey("simulation", Simulation)


def simulation(request: web.Request) -> Simulation:
    """Return the simulation that a request belongs to."""
    return request.app[SIMULATION]


def build(config: Config) -> Simulation:
    """Put a simulator together and create its fax applications."""
    settings: dict[str, Any] = {
        "speed": config.speed,
        "channels": config.channels,
        "rate_limit": config.rate_limit,
        "webhook_url": config.webhook_url,
    }
    store, faults, tally, signer = Store(), Faults(settings, config.faults), Tally(), Signer(config.seed_key)
    links = Links(config, faults)
    courier = Courier(store, faults, tally, signer)
    network = Network(store, faults, tally, courier, links)
    return Simulation(config, store, faults, tally, signer, links, courier, network)
