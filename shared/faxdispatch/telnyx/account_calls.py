"""The question which account an API key belongs to."""

from faxdispatch.telnyx.caller import Caller
from faxdispatch.telnyx.models import KeyOwner
from faxdispatch.telnyx.transport import Call


class AccountCalls(Caller):
    """Ask about the account."""

    def whoami(self) -> KeyOwner:
        """Read the owner of the API key.

        The operation is not in the API reference; Telnyx answers it with `user_id` and `organization_id`.

        Raises:
            NoSuchResource: Telnyx does not know the operation, or no longer supports it.
            TelnyxError: the call failed in any other way.
        """
        call = Call("whoami", "GET", "/whoami")
        return self._object(KeyOwner, call, self._answer(call))
