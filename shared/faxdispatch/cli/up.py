"""`faxdispatch up`: everything that one machine needs, in one command."""

from typing import Annotated

import typer

from faxdispatch.cli.options import option
from faxdispatch.settings import Settings
from faxdispatch.supervisor.machine import run


def up(
    workers: Annotated[int, option("Worker processes.", min=1)] = 1,
    simulate: Annotated[bool, option("Start a simulated Telnyx as well, and send to it. No fax leaves.")] = False,
) -> None:
    """Run the web process, the workers and the console until Ctrl-C.

    If REDIS_URL is not set, it also runs a private Valkey, which keeps everything in FAX_DATA_DIR. A process that
    ends by itself is started again.
    """
    run(Settings.load(), workers=workers, simulate=simulate, say=typer.echo)
