"""Defaults for each fax: sender, recipients, opening hours, checks and retries."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from faxdispatch.calling.holidays import Holidays, parse_holidays
from faxdispatch.calling.openings import Calendar
from faxdispatch.errors import Misconfigured
from faxdispatch.settings.values import (
    CallablePath,
    Countries,
    Days,
    Ladder,
    Schedule,
    Seconds,
    Subject,
    Words,
    Zone,
)

if TYPE_CHECKING:
    from faxdispatch.calling.numbers import NumberPolicy


class FaxSettings(Subject):
    """Settings of recipients, times, senders and attempts."""

    fax_from: str | None = None
    """Number to send from (E.164); without `+` it is one of FAX_DEFAULT_REGION."""
    fax_default_region: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """Country (ISO 3166, two letters) of numbers written without `+`; if not set, such numbers are refused."""
    fax_countries: Countries = ()
    """Countries (ISO 3166, two letters) that faxes may go to; empty means every country."""
    fax_sip_allowed: bool = False
    """Whether a fax may go to a SIP URI."""
    fax_shared_cost: bool = False
    """Whether a fax may go to a shared-cost number, such as German 0180, Australian 1300 and British 0844."""
    fax_test_only: bool = False
    """Dial only FAX_TEST_NUMBERS, whatever is requested; for every environment except production."""
    fax_test_numbers: Words = ()
    """Your own numbers, to which `faxdispatch campaign test` may send; those without `+` are of FAX_DEFAULT_REGION."""
    fax_link_check: Literal["off", "head", "read"] = "head"
    """How commands and the console check a link before the fax is recorded: ask by HEAD, or read the document."""
    fax_cover_fonts: Path | None = None
    """Folder with fonts (TTF, OTF, TTC) for characters of cover pages that our own fonts lack, such as Chinese ones."""
    fax_policy_hook: CallablePath | None = None
    """Callable, as `package.module:callable`, that is asked before each fax is sent: docs/policy-hook.md."""

    # When a fax may be dialled
    fax_zone: Zone = "UTC"
    """Time zone (IANA) of windows without a zone, if neither the recipient's nor the sender's number has one."""
    fax_holidays: Days = ()
    """Days on which no window opens, like `2026-12-25`, or `12-25` for every year."""
    fax_too_late: Seconds = 86400
    """A fax whose `send_at` or opening passed longer ago than this while nothing ran waits for a person's decision."""

    # Attempts; the schedules are the pauses before the 2nd, 3rd … attempt, and the last one repeats
    fax_max_attempts: int = Field(default=5, ge=1, le=50)
    """Maximum number of attempts for a fax, unless the job sets its own."""
    fax_max_connects: int = Field(default=4, ge=1, le=50)
    """Maximum number of attempts that fail after their call connected: later ones cost money and seldom succeed."""
    fax_retry_busy: Schedule = (180, 300, 600, 1200)
    """Pauses after a busy line, in seconds."""
    fax_retry_no_answer: Schedule = (300, 900, 1800)
    """Pauses after nobody answered."""
    fax_retry_line: Schedule = (60, 300, 900)
    """Pauses after trouble on the line."""
    fax_ladder: Ladder = (("t38_enabled", False), ("quality", "normal"), ("monochrome", True))
    """Options that are changed after a transmission failed, one more for each attempt; `none` changes nothing."""

    quarantine_days: ClassVar[float] = 90
    """A number that two faxes in a row found to be wrong is not called for this long, or until a person lifts it."""

    @cached_property
    def sender(self) -> str | None:
        """The number to send from in E.164, or None if it is not set.

        Raises:
            Misconfigured: it is not a telephone number. Telnyx would refuse every fax permanently.
        """
        from faxdispatch.calling.numbers import normalise  # noqa: PLC0415 - phonenumbers takes long to load

        try:
            return normalise(self.fax_from, region=self.fax_default_region) if self.fax_from else None
        except ValueError as error:
            raise Misconfigured(f"FAX_FROM: {error}") from None

    @cached_property
    def test_numbers(self) -> tuple[str, ...]:
        """The numbers that tests of campaigns may go to, in E.164.

        Raises:
            Misconfigured: one of them is not a telephone number.
        """
        from faxdispatch.calling.numbers import normalise  # noqa: PLC0415 - as above

        numbers = []
        for place, number in enumerate(self.fax_test_numbers, start=1):
            try:
                numbers.append(normalise(number, region=self.fax_default_region))
            except ValueError as error:
                raise Misconfigured(f"FAX_TEST_NUMBERS: entry {place}: {error}") from None
        return tuple(numbers)

    @cached_property
    def number_policy(self) -> "NumberPolicy":
        """Where faxes may go."""
        from faxdispatch.calling.numbers import NumberPolicy  # noqa: PLC0415 - as above

        return NumberPolicy(
            region=self.fax_default_region,
            countries=frozenset(self.fax_countries),
            sip_allowed=self.fax_sip_allowed,
            shared_cost=self.fax_shared_cost,
            only=frozenset(self.test_numbers) if self.fax_test_only else None,
        )

    @cached_property
    def holidays(self) -> Holidays:
        """The days of `FAX_HOLIDAYS`."""
        return parse_holidays(self.fax_holidays)

    @cached_property
    def calendar(self) -> Calendar:
        """When windows are open: the zone of the deployment, and its holidays."""
        return Calendar(self.fax_zone, self.holidays)
