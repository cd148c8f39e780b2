"""The public names of the package, and what importing them loads."""

import subprocess
import sys

import pytest

from faxdispatch import telnyx


def test_every_public_name_of_the_package_exists():
    assert all(getattr(telnyx, name).__name__ == name for name in telnyx.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        telnyx.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("from faxdispatch.telnyx import parse_webhook, Unreadable", ("httpx", "nacl", "tenacity")),
        ("from faxdispatch.telnyx import PublicKeys", ("httpx", "tenacity")),
        ("from faxdispatch.telnyx import TelnyxClient, ClientStack", ("nacl", "telnyx")),
    ],
)
def test_a_process_loads_only_what_it_uses(statement, absent):
    code = f"{statement}; import sys; print(*(set({absent!r}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
