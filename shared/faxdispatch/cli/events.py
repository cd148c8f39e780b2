"""`faxdispatch events`."""

from collections.abc import Iterator
from typing import Annotated

from faxdispatch.calling.written import parse_moment
from faxdispatch.cli.options import Full, option, refuse
from faxdispatch.cli.output import Rows
from faxdispatch.events import Event
from faxdispatch.reasons.words import short
from faxdispatch.settings import Settings
from faxdispatch.stream.consumer import Consumer
from faxdispatch.stream.places import Delivery, follow, open_stream, replay
from faxdispatch.text.wording import clock


def events(
    follow_: Annotated[bool, option("Continue with new events as they come.", "--follow", "-f")] = False,
    from_: Annotated[
        str | None, option("Entry id, time, 0 (first) or $ (new ones); 0 if not given, or $ with --follow.", "--from")
    ] = None,
    group: Annotated[str | None, option("Read as a member of this consumer group and acknowledge.")] = None,
    name: Annotated[str | None, option("The member's name, with --group; cli if not given.")] = None,
    type_: Annotated[list[str] | None, option("Only this type; may be repeated.", "--type")] = None,
    job: Annotated[str | None, option("Only this job.")] = None,
    full: Full = False,
) -> Rows[Delivery]:
    """Print events from the stream, oldest first."""
    if group is None:
        refuse("only with --group", {"name": name})
    url = Settings.load().redis
    place = ("$" if follow_ and group is None else "0") if from_ is None else from_
    start = parse_moment(place, "--from") if "T" in place else place
    if group is not None:
        found = _of_group(Consumer(url, group, name or "cli", start=start), going_on=follow_)
    elif follow_:
        found = (delivery for delivery in follow(open_stream(url), start) if delivery)
    else:
        found = replay(open_stream(url), start)
    wanted = (one for one in found if not type_ or one.event.type in type_)
    return Rows(
        (one for one in wanted if not job or one.event.job_id == job),
        data=lambda one: {"entry_id": one.entry_id, **one.event.model_dump(mode="json")},
        line=lambda one: _line(one.entry_id, one.event),
        full=full,
    )


def _of_group(consumer: Consumer, *, going_on: bool) -> Iterator[Delivery]:
    """Yield the group's deliveries, and acknowledge each one when the caller comes back for the next."""
    while True:
        found = consumer.read(block=5.0 if going_on else 0)
        for delivery in found:
            yield delivery
            consumer.ack(delivery)
        if not found and not going_on:
            return


def _line(entry_id: str, event: Event) -> list[str | None]:
    facts = event.data
    why = facts.get("failure_reason") or facts.get("reason") or ""
    attempt = f"/{event.attempt}" if event.attempt else ""
    about = f"{event.job_id or event.fax_id or facts.get('connection_id') or facts.get('number') or '-'}{attempt}"
    return [entry_id, clock(event.occurred_at), f"{event.type:<22}", about, event.note, short(str(why))]
