"""Show and change rate, channels and the day's cap at run time."""

from collections.abc import Iterator
from typing import Annotated, Any

from faxdispatch.calling.written import parse_limit
from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Operator, Reason, argument, option
from faxdispatch.cli.output import Answer
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Limits, Scripts
from faxdispatch.operations.overview import LIMITS, limits_data
from faxdispatch.settings import Settings
from faxdispatch.text.wording import channels_in_use

app = Group(__doc__)


@app.command("show")
def show_() -> Answer:
    """Show each limit, its source, and its use."""
    settings = Settings.load()
    data = limits_data(Limits(Scripts.from_settings(settings)), settings)
    return Answer(data, _lines(data))


def _lines(data: Any) -> Iterator[str]:
    for name, value in data["limits"].items():
        said = "none" if value is None else f"{value:g}" if isinstance(value, float) else value
        yield f"{name:<18} {said:<8} {'set by faxdispatch limits' if name in data['changed'] else LIMITS[name]}"
    for connection, one in data["connections"].items():
        yield f"connection {connection}: {channels_in_use(one['in_use'], one['channels'])}"
    account = data["account"]
    channels = channels_in_use(account["in_use"], account["channels"])
    found_out = " (found out)" if account["channels"] and data["limits"]["account_channels"] == "auto" else ""
    yield f"account: {channels}{found_out}; spent today (estimated): {account['spent']:.2f}"


@app.command("set")
def set_(
    reason: Reason,
    rate: Annotated[str | None, option("Calls a second.")] = None,
    channels: Annotated[str | None, option("Channels of each connection: a number or auto.")] = None,
    account_channels: Annotated[str | None, option("Channels of the account: a number or auto.")] = None,
    day_cap: Annotated[str | None, option("Money for a day (UTC): an amount or none.")] = None,
    operator: Operator = None,
) -> Answer:
    """Set limits for all processes at once.

    `default` returns to the setting. Faxes that wait for a cap continue as soon as it has room. Example:
    `faxdispatch limits set --rate 2 --reason "evening load"`.
    """
    given = {"rate": rate, "channels": channels, "account_channels": account_channels, "day_cap": day_cap}
    changes = {name: parse_limit(name, value) for name, value in given.items() if value is not None}
    if not changes:
        raise BadInput("nothing to set: give at least one of --rate, --channels, --account-channels and --day-cap")
    _limits().change(changes, reason=reason, operator=operator)
    said = ", ".join(f"{name} is {value}" for name, value in changes.items())
    return Answer({"outcome": "set", "limits": changes}, said)


@app.command("reset")
def reset(
    reason: Reason,
    connection: Annotated[str | None, argument("Id of the fax application; the account if not given.")] = None,
    operator: Operator = None,
) -> Answer:
    """Measure the number of channels again.

    This has an effect if the limit is `auto`. Telnyx refuses faxes while an estimate is too high; after a mistaken
    refusal it may be too low for minutes.
    """
    whose = connection or "account"
    _limits().change({}, found_out=[whose], reason=reason, operator=operator)
    said = f"channels of {'the account' if connection is None else connection} are measured again"
    return Answer({"outcome": "reset", "channels_of": whose}, said)


def _limits() -> Limits:
    return Limits(Scripts.from_settings(Settings.load()))
