"""`faxdispatch erase`: erase a person, with a receipt."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from faxdispatch.cli.find import Job, Number, Tag
from faxdispatch.cli.options import Operator, Yes, option
from faxdispatch.cli.output import Answer, confirm
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput
from faxdispatch.text.wording import counted

_WORDS = {
    "jobs": "single faxes, with their histories",
    "rows": "rows of campaigns",
    "left_out": "rows of lists that were not faxed",
    "inbound": "inbound faxes",
    "documents": "stored documents",
    "dead_letters": "dead letters",
    "events": "events of the stream",
}


def erase(
    number: Number = None,
    job: Job = None,
    tag: Tag = None,
    yes: Yes = False,
    reason: Annotated[str | None, option("Why, for those who read the events; name nobody.")] = None,
    operator: Operator = None,
) -> Answer:
    """Erase all that is stored about a number, a job or a tag.

    That is faxes, rows, events, inbound faxes and their documents. It cannot be undone. Faxes that have not ended
    are left and named: cancel them, and erase again (exit code 1 until then). Rows stay as rows without a name, so
    that the counts of their campaigns still add up. The workers delete the faxes at Telnyx. A number on the
    suppression list stays there, since campaigns would send to it again otherwise.
    """
    if sum(word is not None for word in (number, job, tag)) != 1:
        raise BadInput("give one of --number, --job and --tag")
    client = FaxClient.from_env()
    wanted = client.wanted(number=number, job_id=job, tag=tag)
    count = sum(1 for _ in client.search.all(wanted))
    if count:
        question = f"Erase {counted(count, 'fax')} permanently, with everything that mentions them?"
    else:
        question = "There is no such fax. Erase everything else with this number, job or tag permanently?"
    confirm(question, yes=yes)
    erased = client.erase(number=number, job_id=job, tag=tag, operator=operator, reason=reason)
    return Answer(
        {"erased_at": datetime.now(UTC).replace(microsecond=0), **asdict(erased)},
        [f"{getattr(erased, name):>9,}  {words}" for name, words in _WORDS.items()],
        notes=erased.notes(),
        ok=not erased.open and not erased.unread,
    )
