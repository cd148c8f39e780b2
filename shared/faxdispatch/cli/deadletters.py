"""Show messages that the workers could not carry out; send again."""

from typing import Annotated

from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Full, Limit, Yes, argument, option
from faxdispatch.cli.output import Answer, Rows, columns_of, confirm, fields
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.ledger import DeadLetter
from faxdispatch.operations.deadletters import letter_facts, letter_json, read_change
from faxdispatch.text.wording import clock, counted

Letter = Annotated[str, argument("Id of the message.")]
OneOrAll = Annotated[str | None, argument("Id of the message.")]
All = Annotated[bool, option("All dead letters, or those with --reason.", "--all")]
Reason = Annotated[str | None, option("Only those with this reason, such as InvalidJob.")]

app = Group(__doc__)


@app.command("list")
def list_(limit: Limit = 50, reason: Reason = None, full: Full = False) -> Rows[DeadLetter]:
    """List dead letters, the newest first."""
    letters = FaxClient.from_env().dead_letters
    return Rows(
        letters.newest(limit=limit, reason=reason),
        data=lambda letter: letter_json(letter, full=full),
        line=lambda one: (one.id, clock(one.since), one.task or "-", one.reason, one.problem),
        full=full,
        widths={"id": 36, "since": 20, "task": 14, "reason": 12, "problem": 0},
        limit=limit,
        total=letters.count,
        none="there is no dead letter" if reason is None else f"there is no dead letter for {reason}",
        columns=(*columns_of(DeadLetter), "age_seconds"),
    )


@app.command("show")
def show_(letter: Letter, full: Full = False) -> Answer:
    """Show a dead letter: its request, its problem and its age."""
    found = letter_json(FaxClient.from_env().dead_letters.get(letter), full=full)
    return Answer(found, fields(letter_facts(found)))


@app.command()
def redrive(
    letter: OneOrAll = None,
    every: All = False,
    reason: Reason = None,
    set_: Annotated[
        list[str] | None, option("Change a field; FIELD= removes it.", "--set", metavar="FIELD=VALUE")
    ] = None,
) -> Answer:
    """Send dead letters again.

    Each keeps its own message id, so that a fax stays one fax. A message that is still invalid comes back. Exit
    code 1 if one of several could not be sent.
    """
    client = FaxClient.from_env()
    changes = dict(read_change(text) for text in set_ or ())
    if changes and letter is None:
        raise BadInput("--set changes one dead letter; give its id")
    sent: list[str] = []
    refused: dict[str, str] = {}
    for one in _chosen(client, letter, every=every, reason=reason):
        try:
            client.redrive(one.id, changes)
            sent.append(one.id)
        except (BadInput, NotKnown) as error:
            if letter is not None:
                raise
            refused[one.id] = str(error)
    data = {"redriven": sent, "refused": refused}
    return Answer(
        data,
        f"{letter or counted(len(sent), 'dead letter')} sent again",
        notes=refused.values(),
        full=False,
        ok=not refused,
    )


@app.command()
def drop(letter: OneOrAll = None, every: All = False, reason: Reason = None, yes: Yes = False) -> Answer:
    """Delete dead letters for good; they are never carried out."""
    client = FaxClient.from_env()
    chosen = _chosen(client, letter, every=every, reason=reason)
    if chosen:
        confirm(
            f"Delete {counted(len(chosen), 'dead letter')} for good? Their requests will never be carried out.", yes=yes
        )
    for found in chosen:
        client.dead_letters.drop(found.id)
    return Answer(
        {"dropped": [found.id for found in chosen]}, f"{counted(len(chosen), 'dead letter')} deleted", full=False
    )


def _chosen(client: FaxClient, letter: str | None, *, every: bool, reason: str | None) -> list[DeadLetter]:
    """Return one letter, or all of them, the oldest first."""
    if (letter is None) != every or (letter is not None and reason is not None):
        raise BadInput("give the id of a dead letter, or --all; --all --reason REASON chooses those with one reason")
    letters = client.dead_letters
    return [letters.get(letter)] if letter is not None else letters.newest(limit=None, reason=reason)[::-1]
