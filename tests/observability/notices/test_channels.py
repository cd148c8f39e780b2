"""Addresses of notices, their signature, and the command that tests them."""

import base64
import hashlib
import hmac

import pytest

from faxdispatch.cli.app import run
from faxdispatch.errors import Misconfigured
from faxdispatch.observability.notices.channels import channels
from faxdispatch.operations.checks.finding import Level
from faxdispatch.operations.checks.notices import check_notices
from faxdispatch.settings import Settings
from tests.observability.notices.conftest import SECRET, Receiver


def test_a_webhook_is_signed_as_standard_webhooks_says(receiver: Receiver, monkeypatch, capsys):
    monkeypatch.setenv("FAX_NOTICES", receiver.signed)
    assert run(["notices", "test"]) == 0
    assert capsys.readouterr().out == "sent to signed+http\n"
    [(headers, body)] = receiver.posted
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(base64.b64decode(SECRET), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert "authorization" not in headers


def test_a_failed_notice_is_reported_and_the_other_channels_get_it(receiver: Receiver, monkeypatch, capsys):
    monkeypatch.setenv("FAX_NOTICES", f"json://127.0.0.1:1/gone, {receiver.chat}")
    assert run(["notices", "test"]) == 1
    assert capsys.readouterr().out == "sent to json\ncould not be sent to json\n"
    assert receiver.titles() == ["A test of faxdispatch's notices"]


def test_a_comma_within_an_address_is_a_part_of_it():
    mail = "mailto://user:pass@mail.example.com?to=a@example.com,b@example.com"
    assert [one.name for one in channels(f"{mail}, json://chat.example.com")] == ["mailto", "json"]


@pytest.mark.parametrize(
    "address",
    [
        "nothing-known://S3cret@example.com", "http+x://S3cret", "signed+https://S3cret@example.com/hook",
        "signed+https://example.com/hook", f"signed+https://{SECRET}@:443/S3cret",
    ],
)  # fmt: skip
def test_an_invalid_address_is_reported_without_its_secret(address):
    with pytest.raises(Misconfigured, match="FAX_NOTICES: entry 2 cannot be used") as raised:
        channels(f"json://chat.example.com, {address}")
    assert "S3cret" not in str(raised.value)
    [found] = check_notices(Settings(fax_notices=address))
    assert found.level is Level.FAIL
    assert "S3cret" not in str(found)
