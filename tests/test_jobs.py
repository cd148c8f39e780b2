"""Times that a producer may give."""

import pytest

from faxdispatch.errors import InvalidJob
from faxdispatch.jobs import FindInbound, SendFax

FAX = {"to": "+13125550200", "media_name": "letter"}


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_does_not_exist_in_utc_is_refused(moment):
    for kind, payload in (
        (SendFax, FAX | {"send_at": moment}),
        (SendFax, FAX | {"send_by": moment}),
        (FindInbound, {"since": moment}),
    ):
        with pytest.raises(InvalidJob, match="too far from now"):
            kind.decode(payload)
