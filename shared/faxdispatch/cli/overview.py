"""How many jobs are in each state, and what an operator should look at, in lines."""

from collections.abc import Iterator
from typing import Any

from faxdispatch.reasons.holds import FOR_A_PERSON
from faxdispatch.redis.namespace import USUAL
from faxdispatch.text.wording import clock, counted, lasting


def overview_lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the figures for people."""
    if found["namespace"] != USUAL:
        yield f"namespace {found['namespace']}"
    for state, count in found["jobs"].items():
        age = found["oldest_seconds"].get(state)
        yield f"{state:<12} {count:>9}" + (f"   the oldest for {lasting(age)}" if count and age else "")
    for line in found["connections"]:
        words = f"{line['in_flight']} of {line['channels']} channels in use, {line['waiting']} waiting"
        if line["paused"]:
            words += f", {line['paused']['words']}"
        yield f"connection {line['connection_id']}: {words}"
    account = found["account"]
    yield f"account: {_of(account['in_flight'], account['channels'])} channels in use, {_money(account)} spent today"
    if account["shut_until"]:
        yield f"account: Telnyx wants no calls until {clock(account['shut_until'])}"
    for reason, count in found["held"].items():
        yield f"held because {reason}: {count}"
    if found["questions"]:
        yield f"questions to Telnyx that wait for their share of the rate: {found['questions']}"
    yield f"workers: {len(found['workers'])}" + ("" if found["leader"] else ", no scheduler leads")
    for line in [*found["wrong_clocks"], *_to_look_at(found)]:
        yield f"to look at: {line}"


def _of(number: int, limit: int | None) -> str:
    return f"{number} of {limit}" if limit is not None else f"{number}"


def _money(account: dict[str, Any]) -> str:
    cap = account["cap"]
    return f"{account['spent']:.2f}" + (f" of {cap:.2f}" if cap is not None else "") + " (an estimate)"


def _to_look_at(found: dict[str, Any]) -> list[str]:
    unread = found["unread"].items()
    matters = [
        (found["ledger_behind"], "ledger", " went back in time, and nothing is sent: faxdispatch doctor"),
        (found["jobs"]["unknown"], "unknown send", ": faxdispatch status --state unknown"),
        *((found["held"].get(one, 0), "fax", f" held: faxdispatch holds --reason {one}") for one in FOR_A_PERSON),
        (found["dead_letters"], "dead letter", ": faxdispatch deadletters list"),
        (found["quarantined"], "webhook", " in quarantine, in the stream fax:quarantine"),
        (found["documents_given_up"], "inbound document", " given up: faxdispatch inbound list --place given_up"),
        *((count, "message", f" that no worker reads, in {place}: faxdispatch doctor") for place, count in unread),
        (found["strays"], "fax", " too many, being cancelled at Telnyx"),
    ]
    return [f"{counted(int(count), noun)}{words}" for count, noun, words in matters if count]
