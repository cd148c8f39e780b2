"""`faxdispatch faxes refresh`."""

from faxdispatch.cli.account import account
from faxdispatch.cli.faxes.words import NONE_SUCH, FaxId, Json
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.cli.resources import known
from faxdispatch.errors import OutcomeUnknown, WrongState
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient


def refresh(fax_id: FaxId, as_json: Json = False) -> None:
    """Renew an inbound fax's expired media link and print the new one, in full: whoever has it can read the fax.

    It asks Telnyx itself and waits for the link; `faxdispatch refresh` has the workers do it and tell it as an event.
    """
    with account(Settings.load()) as telnyx, known(f"fax {fax_id}", NONE_SUCH):
        link = _renewed(telnyx, fax_id)
    if as_json:
        show_json({"fax_id": fax_id, "media_url": link})
    else:
        show(link)
    note("the link lives for about ten minutes")


def _renewed(telnyx: TelnyxClient, fax_id: str) -> str:
    try:
        telnyx.refresh_fax(fax_id)
    except WrongState as error:
        fax = telnyx.get_fax(fax_id)
        raise WrongState(
            f"fax {fax_id}: Telnyx renews the link of a received inbound fax only; this one is "
            f"{fax.direction or 'of no known direction'} and {fax.status or 'of no known status'}",
            status=error.status,
            code=error.code,
        ) from error
    # The answer to a refresh holds no link.
    link = telnyx.get_fax(fax_id).media_url
    if not link:
        raise OutcomeUnknown(f"fax {fax_id}: Telnyx took the wish but gives no media_url; ask again in a moment")
    return link
