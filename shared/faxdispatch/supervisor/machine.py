"""Everything that one machine needs: web, workers, the console and, if there is no Redis, a private Valkey."""

import base64
import secrets
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faxdispatch.errors import Misconfigured
from faxdispatch.settings import Settings
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.checkout import checkout
from faxdispatch.supervisor.data_dir import data_dir, former_port
from faxdispatch.supervisor.signals import StopSignal, stop_signals
from faxdispatch.supervisor.stack import Stack, StackError
from faxdispatch.supervisor.valkey import APPEND_ONLY, celery_url, valkey_url
from faxdispatch.telnyx.webhooks import WEBHOOK_PATH

SIMULATED = "telnyx.simulated"
"""File in which the simulated Telnyx stores its faxes, beside the ledger that they belong to."""
SIMULATED_SENDER = "+13125550000"
FIRST_USER = "operator"
EXAMPLE = "examples/documents/referral-letter.pdf"

_EXPORTED = (
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "TELNYX_BASE_URL",
    "TELNYX_API_KEY",
    "TELNYX_PUBLIC_KEY",
    "FAX_CONNECTION_ID",
    "FAX_FROM",
    "FAX_WEBHOOK_URL",
)
"""Settings that other commands must not get in a simulation's environment, since they lead to the real Telnyx or stop
`canary`."""


Say = Callable[[str], object]
"""Gets a line for the operator."""


def run(settings: Settings, *, workers: int, simulate: bool, say: Say) -> None:
    """Run this many workers and everything else until this process gets a stop signal.

    Raises:
        Misconfigured: a setting is missing, a port is in use, or a simulation would use a Redis with real faxes.
        StackError: a process does not start.
    """
    checkout()
    if simulate and settings.redis_url:
        raise Misconfigured(
            "REDIS_URL is set: a simulation would mark its faxes as sent. Unset it for `up --simulate`, which "
            "brings its own Valkey"
        )
    if not simulate:
        settings.require("telnyx_api_key", "telnyx_public_key")
    _require_free_ports(settings)
    try:
        with stop_signals(), _memory(settings, simulate=simulate) as folder, Stack() as stack:
            say(_start(stack, settings, folder, workers=workers, simulate=simulate, say=say))
            stack.watch()
    except StopSignal:
        say("faxdispatch: stopped")


def _require_free_ports(settings: Settings) -> None:
    """Raise Misconfigured if another program has a port, since its answers would pass for those of our process."""
    for name in ("port", "fax_admin_port", "fax_console_port"):
        port = getattr(settings, name)
        if port and processes.in_use(port):
            raise Misconfigured(f"{name.upper()}: another program listens on port {port}; stop it or set another port")


@contextmanager
def _memory(settings: Settings, *, simulate: bool) -> Iterator[Path | None]:
    """Yield the folder for a private Valkey, or None if there is a Redis already."""
    if settings.redis_url:
        yield None
        return
    # The folder is separate from the real one, since faxes of a simulation are not really delivered.
    folder = settings.fax_data_dir / "simulation" if simulate else settings.fax_data_dir
    with data_dir(folder) as private:
        yield private


def _start(stack: Stack, settings: Settings, folder: Path | None, *, workers: int, simulate: bool, say: Say) -> str:
    """Start everything. Return the text that the operator reads about it."""
    changes = {
        "PORT": str(settings.port or processes.free_port()),
        "FAX_ADMIN_PORT": str(settings.fax_admin_port or processes.free_port()),
        "FAX_CONSOLE_HOST": settings.fax_console_host,
        "FAX_CONSOLE_PORT": str(settings.fax_console_port or processes.free_port()),
    }
    if folder:
        _start_valkey(stack, folder, say)
        changes["REDIS_URL"] = valkey_url(folder)
        # Any Celery app in the terminal where this is exported reads the variable too.
        changes["CELERY_BROKER_URL"] = celery_url(changes["REDIS_URL"])
    else:
        changes |= {"REDIS_URL": settings.redis, "CELERY_BROKER_URL": settings.broker}
    hook = f"http://127.0.0.1:{changes['PORT']}{WEBHOOK_PATH}"
    if simulate:
        changes |= {
            **_simulation(stack, hook, folder),
            "FAX_FROM": settings.fax_from or SIMULATED_SENDER,
            "FAX_WEBHOOK_HOST": "127.0.0.1",
        }
    surroundings = processes.environment(changes, inherit=True)
    stack.start(processes.web(Path.cwd(), surroundings))
    for number in range(1, workers + 1):
        stack.start(processes.worker(Path.cwd(), surroundings, number=number))
    password = _first_user(settings)
    stack.start(processes.console(Path.cwd(), surroundings))
    return _introduction(hook, folder, changes, password, simulate=simulate)


def _start_valkey(stack: Stack, folder: Path, say: Say) -> None:
    if port := former_port(folder):
        say(
            f"Valkey now listens on a socket, which no other user can open, and no longer on port {port}: "
            f"replace redis://127.0.0.1:{port}/0 as REDIS_URL by {valkey_url(folder)}"
        )
    try:
        stack.start(processes.valkey(folder))
    except StackError as error:
        if "append only file" not in str(error).lower():
            raise
        raise StackError(
            f"{error}. Its file {folder / APPEND_ONLY} is damaged, and everything recorded after that place would be "
            f"lost. Create it again from a copy with `faxdispatch restore`, then `faxdispatch recover`"
        ) from None


def _first_user(settings: Settings) -> str | None:
    """Let somebody sign in where nobody may yet. Return the password, or None if there are users or a proxy."""
    from faxdispatch.users import Role, Users  # noqa: PLC0415 - what hashes passwords is slow to load

    users = Users(settings.console_users)
    if users.all() or settings.fax_console_proxy_secret:
        return None
    password = secrets.token_urlsafe(12)
    users.add(FIRST_USER, password, Role.OPERATOR)
    return password


def _simulation(stack: Stack, hook: str, folder: Path | None) -> dict[str, str]:
    """Start the simulated Telnyx. Return the settings that lead to it and to nothing else.

    It stores its faxes beside the ledger: faxes that it forgot would fail when the ledger asks about them.
    """
    # Address and keys are set in advance, so that it can be restarted without the others noticing.
    port, seed = processes.free_port(), base64.b64encode(secrets.token_bytes(32)).decode()
    options = ["--port", str(port), "--webhook-url", hook, "--seed-key", seed]
    options += ["--api-key", f"KEY_SIMULATED_{secrets.token_hex(8)}"]
    if folder:
        options += ["--state", str((folder / SIMULATED).absolute())]
    child = stack.start(processes.simulator(Path.cwd(), options))
    return processes.simulated(processes.introduction(child)) | {"FAX_WEBHOOK_URL": hook}


def _introduction(
    hook: str, folder: Path | None, changes: dict[str, str], password: str | None, *, simulate: bool
) -> str:
    lines = ["faxdispatch is up; Ctrl-C stops it", f"  webhooks  {hook}"]
    lines += [f"  metrics   http://127.0.0.1:{changes['FAX_ADMIN_PORT']}/metrics"]
    lines += [f"  console   {processes.console_address(changes)}"]
    if password:
        lines += [f"            sign in as {FIRST_USER} with {password}; `faxdispatch console user` changes that"]
    if folder:
        lines += [f"  Valkey    {changes['REDIS_URL']}, files in {folder}"]
    if simulate:
        lines += [
            f"  Telnyx    SIMULATED at {changes['TELNYX_BASE_URL']}: no fax leaves this machine",
            "To send to it, in another terminal (`faxdispatch simulate --list-numbers` says what each number does):",
            *(f"  export {name}={shlex.quote(changes[name])}" for name in _EXPORTED),
            f"  faxdispatch send +13125550100 --media {checkout() / EXAMPLE} --wait",
        ]
    elif folder:
        lines += [f"Other commands and services reach it with REDIS_URL={changes['REDIS_URL']}"]
    return "\n".join(lines)
