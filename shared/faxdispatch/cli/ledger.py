"""`faxdispatch ledger`: which ledger this is, and a person's word on it as a whole."""

from dataclasses import asdict
from typing import Annotated

import typer

from faxdispatch.account.key import recognise
from faxdispatch.cli.account import account
from faxdispatch.cli.confirm import confirm
from faxdispatch.cli.output import show, show_json
from faxdispatch.cli.user import Operator, user
from faxdispatch.ledger import Epoch, Identity, Scripts
from faxdispatch.reasons.verdicts import check_reason
from faxdispatch.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Reason = Annotated[str, typer.Option(help="Why, for those who read the events.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

app = typer.Typer(
    help="Look at the ledger as a whole; let it move to another account, or go on after it went back in time.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("show")
def show_(as_json: Json = False) -> None:
    """Show the ledger's id, which every fax carries, and the account that it sends with, by the word for it."""
    scripts = Scripts.from_settings(Settings.load())
    identity, behind = Identity(scripts), Epoch(scripts).behind()
    if as_json:
        show_json(
            {
                "ledger": identity.id,
                "taken_over": identity.taken_over,
                "account": identity.account,
                "behind": behind and asdict(behind),
            }
        )
        return
    show(f"{'ledger':<12} {identity.id}")
    if taken_over := identity.taken_over:
        show(f"{'in place of':<12} {', '.join(taken_over)}")
    show(f"{'account':<12} {identity.account or 'not known yet: no worker has started'}")
    show(f"{'epoch':<12} {behind or 'as it was: no process remembers more than is there'}")


@app.command()
def resume(reason: Reason, operator: Operator = None, yes: Yes = False, as_json: Json = False) -> None:
    """Let faxes be sent again after the ledger went back in time, once it is recovered. Exit code 1 if it had not.

    What it has forgotten and nobody has brought back is lost, and what it takes for not sent yet is sent.
    """
    check_reason(reason)
    epoch = Epoch(Scripts.from_settings(Settings.load()))
    behind = epoch.behind()
    if behind:
        confirm(f"Send again? Of the ledger: {behind}. What it takes for not sent yet is sent from now on.", yes=yes)
    done = epoch.recovered(reason=reason, operator=operator or user())
    if as_json:
        show_json({"outcome": "recovered" if done else "no"})
    else:
        show("sending goes on" if done else "nothing had stopped it")
    if not done:
        raise typer.Exit(1)


@app.command()
def adopt(reason: Reason, operator: Operator = None, yes: Yes = False, as_json: Json = False) -> None:
    """Let the ledger send with the account of TELNYX_API_KEY from now on, whatever it was before; told by an event.

    Sends of the account before that are unknown are looked for no more: settle them with `faxdispatch resolve`.
    """
    check_reason(reason)
    settings = Settings.load()
    identity = _identity(settings)
    confirm(
        "Send with this account? Workers with keys of the account before will refuse to start, and its unknown sends "
        "wait for a person's word.",
        yes=yes,
    )
    with account(settings) as telnyx:
        found = recognise(settings, identity, telnyx, reason=reason, operator=operator or user())
    if as_json:
        show_json({"ledger": identity.id, "account": found})
    else:
        show(f"ledger {identity.id} sends with account {found}; start the workers again")


def _identity(settings: Settings) -> Identity:
    return Identity(Scripts.from_settings(settings))
