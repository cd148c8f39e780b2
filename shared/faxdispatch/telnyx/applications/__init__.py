"""Fax applications for people: fields from words and files, changes, and setting one up."""

from faxdispatch.telnyx.applications.change import Difference, complete, differences
from faxdispatch.telnyx.applications.fields import CREATE_FIELDS, UPDATE_FIELDS, AppField, describe
from faxdispatch.telnyx.applications.outcome import Outcome
from faxdispatch.telnyx.applications.reading import read_fields
from faxdispatch.telnyx.applications.setup import Plan, Wanted, carry_out, make_plan
from faxdispatch.telnyx.applications.shortcomings import address_problem, shortcomings

__all__ = [
    # What there is
    "AppField",
    "CREATE_FIELDS",
    "UPDATE_FIELDS",
    "describe",
    # From people's words
    "read_fields",
    # Changing one
    "Difference",
    "complete",
    "differences",
    # One for this deployment
    "Outcome",
    "Plan",
    "Wanted",
    "address_problem",
    "carry_out",
    "make_plan",
    "shortcomings",
]
