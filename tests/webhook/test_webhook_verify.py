"""Which webhooks are accepted, stale or forged."""

import base64
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxdispatch.telnyx.signature import PublicKeys
from faxdispatch.testing import SignedRequest, Signer
from tests.telnyx.vector import BODY, KEY, SEED, SIGNATURE, TIMESTAMP
from webhook.verify import TOLERANCE, Forged, Stale, verify

NOW = int(TIMESTAMP)
SIGNER = Signer(SEED)
KEYS = PublicKeys.from_base64([SIGNER.public_key])
GOOD = {"timestamp": TIMESTAMP, "signature": SIGNATURE, "body": BODY}


def check(keys: PublicKeys = KEYS, now: float = NOW, **changes: Any) -> None:
    verify(keys, now=now, **(GOOD | changes))


def checked(request: SignedRequest, *, keys: PublicKeys = KEYS, now: float = NOW) -> None:
    headers = request.headers
    verify(
        keys,
        timestamp=headers["telnyx-timestamp"],
        signature=headers["telnyx-signature-ed25519"],
        body=request.body,
        now=now,
    )


def test_a_vector_made_with_two_independent_libraries_is_accepted():
    assert len(BODY) == 575
    assert SIGNER.public_key == KEY
    check()


def test_the_signed_request_factory_signs_like_the_vector():
    assert SIGNER.request(BODY, timestamp=NOW).headers["telnyx-signature-ed25519"] == SIGNATURE


@pytest.mark.parametrize("age", [-TOLERANCE, -1, 0, 1, TOLERANCE])
def test_a_timestamp_within_the_tolerance_is_accepted(age: int):
    check(now=NOW + age)


@pytest.mark.parametrize("age", [-86_400, -TOLERANCE - 1, TOLERANCE + 1, 86_400])
def test_a_signed_timestamp_outside_the_tolerance_is_stale(age: int):
    with pytest.raises(Stale):
        check(now=NOW + age)


def test_a_stale_forgery_counts_as_forged():
    with pytest.raises(Forged):
        check(now=NOW + 86_400, body=BODY + b" ")


@pytest.mark.parametrize(
    "timestamp",
    [
        None, "", " 1588684102", "1588684102 ", "1588684102\n", "+1588684102", "-1588684102", "1_588684102",
        "1588684102.0", "1588684102, 1588684102", "9" * 13, "9" * 400, "١٥٨٨٦٨٤١٠٢", "1588684102\x00", "\xff", "now",
    ],
)  # fmt: skip
def test_a_timestamp_in_any_other_form_is_forged_even_where_it_is_signed(timestamp: str | None):
    signed = SIGNER.request(BODY, timestamp=timestamp or "").headers["telnyx-signature-ed25519"]
    with pytest.raises(Forged):
        check(timestamp=timestamp, signature=signed)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        SIGNATURE[:-2],
        SIGNATURE + "=",
        SIGNATURE + "\n",
        " " + SIGNATURE,
        SIGNATURE[:40] + "\n" + SIGNATURE[40:],
        SIGNATURE[:40] + "!" + SIGNATURE[40:],
        f"{SIGNATURE}, {SIGNATURE}",
        f"v1a,{SIGNATURE}",
        SIGNATURE.replace("Q2GCg==", "Q2GCh=="),
        base64.urlsafe_b64encode(b"\xff" * 64).decode(),
        base64.b64decode(SIGNATURE).hex(),
        base64.b64encode(bytes(64)).decode(),
        base64.b64encode(b"\xff" * 64).decode(),
        "é" * 88,
        "=" * 88,
    ],
)
def test_a_signature_in_any_other_form_is_forged(signature: str | None):
    with pytest.raises(Forged):
        check(signature=signature)


@given(place=st.integers(0, len(BODY) * 8 - 1))
def test_a_body_with_one_bit_changed_is_forged(place: int):
    body = bytearray(BODY)
    body[place // 8] ^= 1 << place % 8
    with pytest.raises(Forged):
        check(body=bytes(body))


@given(place=st.integers(0, 64 * 8 - 1))
def test_a_signature_with_one_bit_changed_is_forged(place: int):
    signature = bytearray(base64.b64decode(SIGNATURE))
    signature[place // 8] ^= 1 << place % 8
    with pytest.raises(Forged):
        check(signature=base64.b64encode(signature).decode())


def test_another_timestamp_than_the_signed_one_is_forged():
    with pytest.raises(Forged):
        check(timestamp=str(NOW + 1))


_texts = st.none() | st.text() | st.from_regex(r"[0-9]{1,12}", fullmatch=True) | st.just(SIGNATURE)


@given(
    timestamp=_texts,
    signature=_texts | st.binary(min_size=64, max_size=64).map(lambda raw: base64.b64encode(raw).decode()),
    body=st.binary(),
    now=st.floats(min_value=0, max_value=1e13),
)
def test_any_unsigned_request_is_forged_or_stale(timestamp: str | None, signature: str | None, body: bytes, now: float):
    with contextlib.suppress(Forged, Stale):
        verify(KEYS, timestamp=timestamp, signature=signature, body=body, now=now)
        pytest.fail("accepted")


@given(body=st.binary(), timestamp=st.integers(0, 10**12 - 1), shift=st.integers(-TOLERANCE, TOLERANCE))
def test_whatever_telnyx_signs_in_time_is_accepted(body: bytes, timestamp: int, shift: int):
    checked(SIGNER.request(body, timestamp=timestamp), now=timestamp + shift)
