"""`faxdispatch limits`: what all processes keep to, and how to change it while they run."""

from typing import Annotated

import typer

from faxdispatch.cli.output import show, show_json
from faxdispatch.cli.user import Operator, user
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Limits, Scripts
from faxdispatch.reasons.verdicts import check_reason
from faxdispatch.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Reason = Annotated[str, typer.Option(help="Why, for those who read the events.", show_default=False)]

app = typer.Typer(
    help="Look at rate, channels and the day's cap, and change them for all processes while they run.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)
_KINDS = {"rate": "FAX_RATE", "channels": "FAX_CHANNELS", "account_channels": "FAX_ACCOUNT_CHANNELS"}
_KINDS["day_cap"] = "FAX_SPEND_DAY"
"""Each limit with the setting that it is without a change."""


@app.command("show")
def show_(as_json: Json = False) -> None:
    """Show each limit, where it comes from, and what is in use."""
    settings = Settings.load()
    limits = Limits(Scripts.from_settings(settings))
    changed, connections, account = limits.changed(), limits.connections(), limits.account()
    in_force = {name: changed.get(name, getattr(settings, setting.lower())) for name, setting in _KINDS.items()}
    if as_json:
        show_json(
            {
                "limits": in_force,
                "changed": changed,
                "connections": {c.connection: {"channels": c.channels, "in_use": c.in_flight} for c in connections},
                "account": {"channels": account.channels, "in_use": account.in_flight, "spent": account.spent},
            }
        )
        return
    for name, value in in_force.items():
        said = "none" if value is None else f"{value:g}" if isinstance(value, float) else value
        show(f"{name:<18} {said:<8} {'set by faxdispatch limits' if name in changed else _KINDS[name]}")
    for one in connections:
        show(f"connection {one.connection}: {one.in_flight} of {one.channels} channels in use")
    known = "as many as Telnyx has" if account.channels is None else account.channels
    estimated = " (found out)" if in_force["account_channels"] == "auto" and account.channels is not None else ""
    show(f"account: {account.in_flight} of {known} channels in use{estimated}; spent today {account.spent:.2f}")


@app.command("set")
def set_(
    reason: Reason,
    rate: Annotated[str | None, typer.Option(help="Calls a second.", show_default=False)] = None,
    channels: Annotated[str | None, typer.Option(help="Of each connection: a number or auto.")] = None,
    account_channels: Annotated[str | None, typer.Option(help="Of the account: a number or auto.")] = None,
    day_cap: Annotated[str | None, typer.Option(help="Money for a day (UTC): an amount or none.")] = None,
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Set limits for all processes, at once and until they are set anew; `default` is what the settings say.

    Faxes that wait for a cap go on as soon as it has room.
    """
    check_reason(reason)
    given = {"rate": rate, "channels": channels, "account_channels": account_channels, "day_cap": day_cap}
    changes = {name: _read(name, value) for name, value in given.items() if value is not None}
    if not changes:
        raise BadInput("nothing to set: give at least one of --rate, --channels, --account-channels and --day-cap")
    _limits().change(changes, reason=reason, operator=operator or user())
    if as_json:
        show_json({"outcome": "set", "limits": changes})
    else:
        show(", ".join(f"{name} is {value}" for name, value in changes.items()))


@app.command("reset")
def reset(
    reason: Reason,
    connection: Annotated[
        str | None, typer.Argument(help="Id of the fax application; the account if not given.")
    ] = None,
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Forget how many channels were found to be free, where the limit is `auto`, and find it out anew.

    Telnyx refuses faxes while an estimate is too high; after a mistaken refusal it may be too low for minutes.
    """
    check_reason(reason)
    whose = connection or "account"
    _limits().change({}, found_out=[whose], reason=reason, operator=operator or user())
    if as_json:
        show_json({"outcome": "reset", "channels_of": whose})
    else:
        show(f"channels of {'the account' if connection is None else connection}: found out anew")


def _limits() -> Limits:
    return Limits(Scripts.from_settings(Settings.load()))


def _read(name: str, text: str) -> float | str:
    word = {"rate": None, "day_cap": "none"}.get(name, "auto")
    if text in {"default", word}:
        return text
    least = 0.0 if name == "day_cap" else 0.001 if name == "rate" else 1
    try:
        value = float(text) if name in {"rate", "day_cap"} else int(text)
    except ValueError:
        value = -1.0
    if not least <= value <= 1_000_000:
        words = " or ".join(filter(None, ("a number", word, "default")))
        raise BadInput(f"--{name.replace('_', '-')}: {text!r} is not {words}")
    return value
