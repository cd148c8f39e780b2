"""`python -m simulator`: start a local Telnyx, or print its magic numbers."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path
from typing import Any

from aiohttp import web

from simulator.applications import redirect_webhooks
from simulator.config import DEFAULT_CONNECTION_ID, ORGANIZATION_ID, Config
from simulator.context import Simulation, build
from simulator.faults import SWITCHES
from simulator.memory import Memory
from simulator.numbers import printed
from simulator.server import create_app

log = logging.getLogger("simulator")


def _fault(text: str) -> tuple[str, Any]:
    """Read `name=value`; a value that is not JSON is a string."""
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("simulator", description="A simulation of Telnyx's fax API. Sends no fax.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="0 picks a free one")
    parser.add_argument("--webhook-url", default="", help="where events go unless a fax or application says")
    parser.add_argument("--api-key", help="the key that clients must send; a new one if not given")
    parser.add_argument("--seed-key", help="base64 of 32 bytes from which the signing key is made")
    parser.add_argument("--speed", type=float, default=1.0, help="divides all durations")
    parser.add_argument("--channels", type=int, help="calls at once on a connection")
    parser.add_argument("--rate-limit", type=int, help="API calls a second")
    parser.add_argument(
        "--fault", type=_fault, action="append", default=[], metavar="NAME=VALUE", help="one of " + ", ".join(SWITCHES)
    )
    parser.add_argument("--connection-id", action="append", metavar="ID", help="a fax application that exists")
    parser.add_argument("--organization", default=ORGANIZATION_ID, help="the account that the key belongs to")
    parser.add_argument("--state", type=Path, metavar="FILE", help="remember faxes and media here over a restart")
    parser.add_argument("--list-numbers", action="store_true", help="print the magic numbers and stop")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    return parser


def _config(given: argparse.Namespace) -> Config:
    config = Config(
        host=given.host,
        port=given.port,
        webhook_url=given.webhook_url,
        seed_key=given.seed_key,
        speed=given.speed,
        channels=given.channels,
        rate_limit=given.rate_limit,
        faults=dict(given.fault),
        connection_ids=given.connection_id or [DEFAULT_CONNECTION_ID],
        organization=given.organization,
        state=given.state,
    )
    if given.api_key:
        config.api_key = given.api_key
    return config


def _introduction(sim: Simulation) -> dict[str, Any]:
    config = sim.config
    return {
        "simulation": True,
        "base_url": f"{config.origin}/v2",
        "control_url": f"{config.origin}/_sim",
        "api_key": config.api_key,
        "public_key": sim.signer.public_key,
        "connection_id": config.connection_ids[0],
        "connection_ids": config.connection_ids,
        "webhook_url": config.webhook_url,
    }


async def serve(sim: Simulation, *, verbose: bool) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    access_log = logging.getLogger("simulator.access") if verbose else None
    memory = Memory(sim.config.state, sim.store, sim.network)
    runner = web.AppRunner(create_app(sim), access_log=access_log, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, sim.config.host, sim.config.port, backlog=1024).start()
        sim.config.port = runner.addresses[0][1]
        print(json.dumps(_introduction(sim)), flush=True)
        log.info("SIMULATION: a local Telnyx at %s; no fax is ever sent", sim.config.origin)
        memory.recall()
        if sim.config.webhook_url:
            redirect_webhooks(sim)
        keeping = asyncio.create_task(memory.keep())
        await stop.wait()
        keeping.cancel()
    finally:
        await runner.cleanup()
        memory.write()
    log.info("SIMULATION: stopped")


def main() -> int:
    """Run the command."""
    parser = _arguments()
    given = parser.parse_args()
    if given.list_numbers:
        # A reader such as `head` may end first; then this ends too, without an error.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        print(printed())
        return 0
    if given.port is None:
        parser.error("--port is required")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    try:
        sim = build(_config(given))
    except ValueError as wrong:
        parser.error(str(wrong))
    try:
        asyncio.run(serve(sim, verbose=given.verbose))
    except (OSError, OverflowError) as trouble:
        log.error("SIMULATION: cannot serve: %s", trouble)  # noqa: TRY400 - the message says it all
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
