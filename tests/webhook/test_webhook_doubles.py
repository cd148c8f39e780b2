"""The doubles in `faxdispatch.testing` that stand for Telnyx's webhooks."""

import subprocess
import sys

import pytest

from faxdispatch.events import TELNYX_TYPES
from faxdispatch.telnyx.webhooks import parse_webhook
from faxdispatch.testing import Signer, telnyx_event
from tests.webhook.harness import environment


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("kind", TELNYX_TYPES)
def test_every_known_event_can_be_made_and_read(kind: str, flat: bool):
    event = parse_webhook(Signer().request(telnyx_event(kind, flat=flat, fax_id="f")).body)
    assert (event.event_type, event.fax_id) == (kind, "f")
    assert event.occurred_at


def test_the_status_and_direction_suit_the_event():
    made = {kind: telnyx_event(kind)["data"]["payload"] for kind in TELNYX_TYPES}
    assert made["fax.sending.started"]["status"] == "sending"
    assert made["fax.failed"]["direction"] == "outbound"
    assert made["fax.received"]["direction"] == "inbound"


def test_a_field_of_none_is_left_out():
    assert "connection_id" not in telnyx_event(connection_id=None)["data"]["payload"]


def test_the_same_seed_gives_the_same_key_and_the_seed_stays_out_of_sight():
    assert Signer(b"s" * 32).public_key == Signer(b"s" * 32).public_key != Signer(b"t" * 32).public_key
    assert "sss" not in repr(Signer(b"s" * 32))


def test_producers_without_the_extra_can_make_events():
    code = "import sys; sys.modules['nacl'] = None; from faxdispatch.testing import telnyx_event; telnyx_event()"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())
