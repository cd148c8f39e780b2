"""Show the ledger's id and account; change the account.

After the ledger went back in time, `ledger resume` lets faxes be sent again.
"""

from dataclasses import asdict

from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Operator, Reason, Yes
from faxdispatch.cli.output import Answer, confirm, fields
from faxdispatch.cli.resources import account
from faxdispatch.ledger import Epoch, Identity, Scripts
from faxdispatch.settings import Settings
from faxdispatch.telnyx.account.key import recognise

app = Group(__doc__)


@app.command("show")
def show_() -> Answer:
    """Show the ledger's id, and the account that it sends with.

    Every fax carries the id.
    """
    scripts = Scripts.from_settings(Settings.load())
    identity, behind = Identity(scripts), Epoch(scripts).behind()
    data = {
        "ledger": identity.id,
        "taken_over": identity.taken_over,
        "account": identity.account,
        "behind": behind and asdict(behind),
    }
    words = {
        "ledger": identity.id,
        "in place of": ", ".join(identity.taken_over),
        "account": identity.account or "not known yet: no worker has started",
        "epoch": behind or "unchanged: no process remembers more than the ledger has",
    }
    return Answer(data, fields(words))


@app.command()
def resume(reason: Reason, operator: Operator = None, yes: Yes = False) -> Answer:
    """Let faxes be sent again after the ledger went back in time.

    Recover it first. Without a recovery, its forgotten faxes stay lost, and faxes that it considers not yet sent are
    sent. Exit code 1 if sending was not stopped.
    """
    epoch = Epoch(Scripts.from_settings(Settings.load()))
    behind = epoch.behind()
    if behind:
        confirm(f"Send again? The ledger: {behind}. Faxes that it considers not yet sent will be sent.", yes=yes)
    done = epoch.recovered(reason=reason, operator=operator)
    words = "sending continues" if done else "sending was not stopped"
    return Answer({"outcome": "recovered" if done else "no"}, words, ok=done)


@app.command()
def adopt(reason: Reason, operator: Operator = None, yes: Yes = False) -> Answer:
    """Let the ledger send with the account of TELNYX_API_KEY.

    An event reports this. Unknown sends of the previous account are no longer searched for: settle them with
    `faxdispatch resolve`.
    """
    settings = Settings.load()
    identity = Identity(Scripts.from_settings(settings))
    confirm(
        "Send with this account? Workers with keys of the previous account will refuse to start, and its unknown "
        "sends wait for a person.",
        yes=yes,
    )
    with account(settings) as telnyx:
        found = recognise(settings, identity, telnyx, reason=reason, operator=operator)
    return Answer(
        {"ledger": identity.id, "account": found},
        f"ledger {identity.id} sends with account {found}; start the workers again",
    )
