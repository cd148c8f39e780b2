"""The outcome of setting an application up, or of a dry run, in words, with what is still missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from faxdispatch.settings import Settings
from faxdispatch.telnyx.applications.change import differences
from faxdispatch.telnyx.applications.setup import Plan
from faxdispatch.telnyx.applications.shortcomings import shortcomings
from faxdispatch.telnyx.models import FaxApplication


@dataclass(frozen=True, slots=True)
class Outcome:
    """`application` is the one that was found or made, or None if a dry run found none."""

    plan: Plan
    application: FaxApplication | None
    dry_run: bool

    @property
    def name(self) -> str:
        """What was done, in one word."""
        if self.plan.found is None:
            return "would_create" if self.dry_run else "created"
        if not self.plan.differences:
            return "unchanged"
        return "would_update" if self.dry_run else "updated"

    def lines(self) -> Iterator[str]:
        """Yield the changes that were made, or would be, one a line."""
        made = self.application
        if made is None:
            yield f"would create the application {self.plan.wanted.search_name!r}"
            for field in differences(FaxApplication(), self.plan.wanted.fields()):
                if field.name != "application_name":
                    yield f"{field.name}: {_value(field.new)}"
            return
        which = f"the application {made.application_name!r} ({made.id})"
        if self.name == "unchanged":
            yield f"{which} is as it should be; nothing {'would be' if self.dry_run else 'was'} changed"
            return
        yield f"{self.name.replace('_', ' ')} {which}"
        for change in self.plan.differences:
            yield f"{change.name}: {_value(change.old)} → {_value(change.new)}"

    def missing(self, settings: Settings, *, named: bool) -> Iterator[str]:
        """Yield what the application or the settings still lack.

        `named` says whether the application was chosen by its id.
        """
        own_id, found = settings.connection_id, self.plan.found
        if own_id and not named and (found is None or found.id != own_id):
            yield f"FAX_CONNECTION_ID is {own_id}, which is no fax application of this account: replace it"
        if self.application is None:
            if not self.plan.wanted.outbound_voice_profile_id:
                yield (
                    "it would have no outbound voice profile, so every fax would fail with no_outbound_profile: give "
                    "one with --profile"
                )
            return
        if not self.dry_run:
            for change in differences(self.application, self.plan.wanted.fields()):
                yield f"Telnyx keeps {change.name} as {_value(change.old)}, not as {_value(change.new)}"
        yield from shortcomings(self.application, settings)

    def exported(self, settings: Settings) -> dict[str, str]:
        """Return the settings that make this environment send with it; further applications and addresses stay."""
        if self.dry_run or self.application is None:
            return {}
        made = {
            "FAX_CONNECTION_ID": (self.application.id, settings.fax_connection_id[1:]),
            "FAX_WEBHOOK_URL": (self.application.webhook_event_url, settings.fax_webhook_url[1:]),
        }
        return {name: ",".join(dict.fromkeys((first, *others))) for name, (first, others) in made.items() if first}

    def as_data(self, settings: Settings) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "outcome": self.name,
            "dry_run": self.dry_run,
            "changed": {change.name: {"old": change.old, "new": change.new} for change in self.plan.differences},
            "settings": self.exported(settings),
            "application": self.application.as_data() if self.application else None,
        }


def _value(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)
