"""Show messages that the workers could not carry out; send again."""

from typing import Annotated

from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Full, Limit, Yes, argument, option
from faxdispatch.cli.output import Answer, Rows, columns_of, confirm, fields
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.ledger import DeadLetter
from faxdispatch.operations.deadletters import letter_json, letter_line, read_change
from faxdispatch.text.wording import counted

Letter = Annotated[str, argument("Id of the message.")]
OneOrAll = Annotated[str | None, argument("Id of the message.")]
All = Annotated[bool, option("All letters, or all with --reason.", "--all")]
Reason = Annotated[str | None, option("Only those with this reason, such as InvalidJob.")]

app = Group(__doc__)


@app.command("list")
def list_(limit: Limit = 50, reason: Reason = None, full: Full = False) -> Rows[DeadLetter]:
    """List dead letters, the newest first."""
    letters = FaxClient.from_env().dead_letters
    return Rows(
        letters.newest(limit=limit, reason=reason),
        data=lambda letter: letter_json(letter, full=full),
        line=lambda letter: letter_line(letter, full=full),
        limit=limit,
        total=letters.count,
        none="there is no dead letter" if reason is None else f"there is no dead letter for {reason}",
        columns=(*columns_of(DeadLetter), "age_seconds"),
    )


@app.command("show")
def show_(letter: Letter, full: Full = False) -> Answer:
    """Show a dead letter: its request, its problem and its age."""
    found = letter_json(FaxClient.from_env().dead_letters.get(letter), full=full)
    return Answer(found, fields(found))


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
    if letter is not None:
        _one_or_all(letter, every=every, reason=reason)
        client.redrive(letter, changes)
        return Answer({"redriven": [letter], "refused": {}}, f"{letter}: sent again", full=False)
    if changes:
        raise BadInput("--set fixes one letter; give its id")
    return _redrive_all(client, _chosen(client, every=every, reason=reason))


@app.command()
def drop(letter: OneOrAll = None, every: All = False, reason: Reason = None, yes: Yes = False) -> Answer:
    """Delete dead letters for good; they are never carried out."""
    client = FaxClient.from_env()
    if letter is not None:
        _one_or_all(letter, every=every, reason=reason)
        chosen = [client.dead_letters.get(letter)]
    else:
        chosen = _chosen(client, every=every, reason=reason)
    if chosen:
        confirm(f"Forget {counted(len(chosen), 'dead letter')}? Their requests will never be carried out.", yes=yes)
    for found in chosen:
        client.dead_letters.drop(found.id)
    return Answer({"dropped": [found.id for found in chosen]}, f"{len(chosen)} dropped", full=False)


def _redrive_all(client: FaxClient, letters: list[DeadLetter]) -> Answer:
    sent: list[str] = []
    refused: dict[str, str] = {}
    for letter in letters:
        try:
            client.redrive(letter.id)
            sent.append(letter.id)
        except (BadInput, NotKnown) as error:
            refused[letter.id] = str(error)
    result = {"redriven": sent, "refused": refused}
    return Answer(result, f"{len(sent)} sent again", notes=refused.values(), full=False, ok=not refused)


def _chosen(client: FaxClient, *, every: bool, reason: str | None) -> list[DeadLetter]:
    _one_or_all(None, every=every, reason=reason)
    # The oldest first, in the order in which they came.
    return client.dead_letters.newest(limit=None, reason=reason)[::-1]


def _one_or_all(letter: str | None, *, every: bool, reason: str | None) -> None:
    if (letter is None) != every or (letter is not None and reason is not None):
        raise BadInput("give the id of one letter, or --all, which --reason may narrow")
