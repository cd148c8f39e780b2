"""`faxdispatch canary`."""

from typing import Annotated

import typer

from faxdispatch.calling.numbers import normalise
from faxdispatch.canary.course import Canary
from faxdispatch.cli.canary.telling import as_data, telling
from faxdispatch.cli.confirm import confirm
from faxdispatch.cli.output import Answer, note
from faxdispatch.errors import BadInput, Unavailable
from faxdispatch.settings import Settings
from faxdispatch.text.privacy import mask_number


def canary(
    to: Annotated[
        str | None,
        typer.Argument(
            metavar="TO", help="A number of your own; the first of FAX_TEST_NUMBERS if not given.", show_default=False
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(min=10, max=3600, help="Seconds that everything together may take.")] = 300,
    expect_inbound: Annotated[
        bool, typer.Option("--expect-inbound", help="The number is one of this account: the fax must come in again.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask about any other number.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> Answer:
    """Send one real page through the whole chain, and say which link of it holds.

    The first fax of a new installation, and the check after each change of it. It is dialled once and costs what a page
    costs. Exit code 1 if a link does not hold; interrupting it leaves the fax going.
    """
    settings = Settings.load()
    number = _number(to, settings)
    if number not in settings.test_numbers:
        why = "It is not among FAX_TEST_NUMBERS: a real fax rings there and costs money."
        confirm(f"Send a fax to {mask_number(number)}? {why}", yes=yes)
    with telling(quiet=as_json) as teller:
        course = Canary(settings, number, timeout=timeout, expect_inbound=expect_inbound, tell=teller, note=note)
        try:
            course.run()
        except (KeyboardInterrupt, Unavailable):
            note(f"no longer watching; the fax may go on: faxdispatch status {course.job_id}")
            raise
        course.tidy()
        teller.rest(course.verdicts)
    return _answer(course)


def _number(to: str | None, settings: Settings) -> str:
    """Return the number in E.164.

    Raises:
        BadInput: none is given or set, it is none, or the settings do not allow faxes there.
    """
    if to is None and not settings.test_numbers:
        raise BadInput("TO: not given, and FAX_TEST_NUMBERS is not set; name a number of your own in either")
    try:
        number = normalise(to, region=settings.fax_default_region) if to else settings.test_numbers[0]
        settings.number_policy.check(number)
    except ValueError as problem:
        raise BadInput(f"TO: {problem}") from None
    return number


def _answer(course: Canary) -> Answer:
    notes = []
    if course.view and not course.view.finished:
        job = course.job_id
        notes.append(f"the fax goes on: faxdispatch status {job} follows it, faxdispatch cancel {job} ends it")
    words = f"every link holds; job {course.job_id}, {course.seconds:.1f} s in all"
    return Answer(as_data(course), words if course.ok else (), notes, ok=course.ok)
