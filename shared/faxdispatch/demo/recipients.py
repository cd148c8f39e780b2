"""The recipients, and the expected result of each fax.

All are fictional: the number tells the simulator what to do.
"""

from dataclasses import dataclass
from enum import StrEnum

from faxdispatch.states import State

REFERRAL, RECALL, COURT = "referral-letter.pdf", "recall-notice.pdf", "court-notice.pdf"
DOCUMENTS = (REFERRAL, RECALL, COURT)
NEVER_UPLOADED = "never-uploaded.pdf"


class Complication(StrEnum):
    """What else happens to a fax in the demonstration."""

    NONE = "none"
    ANSWER_LOST = "answer lost"
    """Telnyx accepts the fax, and the connection breaks before the answer."""
    REQUEST_LOST = "request lost"
    """The connection breaks before Telnyx accepts the fax; that looks the same from here."""
    SENT_TWICE = "sent twice"
    """The producer asks twice, with one idempotency key."""
    CANCELLED_WAITING = "cancelled while it waits"
    CANCELLED_SENDING = "cancelled while it is sent"


@dataclass(frozen=True)
class Recipient:
    """One fax of the demonstration.

    `calls` is how many faxes Telnyx must have accepted for it, `cause` the reason with which it must fail.
    """

    name: str
    number: str
    document: str
    expected: State = State.DELIVERED
    story: str = "delivered"
    calls: int = 1
    cause: str | None = None
    complication: Complication = Complication.NONE
    max_attempts: int | None = None


RECIPIENTS: tuple[Recipient, ...] = (
    Recipient(
        "Juniper Insurance",
        "+12075550100",
        COURT,
        story="outcome unknown: accepted, but the answer is lost",
        complication=Complication.ANSWER_LOST,
    ),
    Recipient(
        "Tamarack Legal Aid",
        "+16035550100",
        COURT,
        story="outcome unknown: never accepted, sent once more",
        complication=Complication.REQUEST_LOST,
    ),
    Recipient("Lakeside Heart Clinic", "+14155550100", REFERRAL),
    Recipient("Harbor Imaging", "+12065550100", REFERRAL),
    Recipient("Cedar Valley Pharmacy", "+13035550100", REFERRAL),
    Recipient("Granite County Clerk", "+16175550100", COURT),
    Recipient("Maple & Birch Attorneys", "+12125550100", COURT),
    Recipient("Sunrise Housewares", "+16025550100", RECALL),
    Recipient("Old Mill Kitchen Shop", "+15035550100", RECALL),
    Recipient("Northgate Hospital", "+17735550101", REFERRAL, story="a slow line"),
    Recipient("Bluebird Pediatrics", "+14045550102", REFERRAL, story="busy, then delivered", calls=2),
    Recipient("Copper Hill Stores", "+17205550103", RECALL, story="no answer twice, then delivered", calls=3),
    Recipient("Riverside Wholesale", "+19015550152", RECALL, story="line drops once, then delivered", calls=2),
    Recipient("Willow Dental", "+18165550108", REFERRAL, story="the last webhook is lost; Telnyx is asked instead"),
    Recipient(
        "Elm Street Bazaar",
        "+12165550133",
        RECALL,
        State.FAILED,
        "a wrong number: given up at once",
        cause="receiver_unallocated_number",
    ),
    Recipient(
        "Quarry Supply",
        "+13145550111",
        RECALL,
        State.FAILED,
        "never answers: given up after three calls",
        calls=3,
        cause="receiver_no_answer",
        max_attempts=3,
    ),
    Recipient(
        "Dogwood Chambers",
        "+19195550100",
        NEVER_UPLOADED,
        State.FAILED,
        "no such document: refused by Telnyx",
        calls=0,
        cause="10017",
    ),
    Recipient(
        "Aspen Court Reporting",
        "+13855550109",
        COURT,
        State.CANCELLED,
        "cancelled while it is sent",
        complication=Complication.CANCELLED_SENDING,
    ),
    Recipient(
        "Magnolia Press",
        "+15045550100",
        RECALL,
        State.CANCELLED,
        "cancelled while it waits for its hour",
        calls=0,
        complication=Complication.CANCELLED_WAITING,
    ),
    Recipient(
        "Orchard Family Doctors",
        "+15095550100",
        REFERRAL,
        story="requested twice with one key: one fax",
        complication=Complication.SENT_TWICE,
    ),
)
