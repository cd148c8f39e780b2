"""Signatures are Ed25519 over `timestamp|body`, and only usable keys are trusted."""

import base64

import pytest
from nacl.signing import SigningKey

from faxdispatch.errors import Misconfigured
from faxdispatch.telnyx.signature import PublicKeys, public_key, sign
from tests.telnyx.vector import BODY, KEY, SEED, SIGNATURE, TIMESTAMP


def raw(signature):
    return base64.b64decode(signature)


def test_a_fixed_vector_is_reproduced():
    assert public_key(SEED) == KEY
    assert sign(SEED, TIMESTAMP, BODY) == SIGNATURE
    assert PublicKeys.from_base64([KEY]).verify(TIMESTAMP, BODY, raw(SIGNATURE))


def test_a_signing_key_may_be_given_instead_of_its_seed():
    assert sign(SigningKey(SEED), TIMESTAMP, BODY) == SIGNATURE
    assert public_key(SigningKey(SEED)) == KEY


def test_any_of_several_keys_may_verify():
    other = public_key(SigningKey.generate())
    keys = PublicKeys.from_base64([other, KEY])
    assert len(keys) == 2
    assert keys.verify(TIMESTAMP, BODY, raw(SIGNATURE))
    assert not PublicKeys.from_base64([other]).verify(TIMESTAMP, BODY, raw(SIGNATURE))


@pytest.mark.parametrize(
    ("timestamp", "body", "signature"),
    [
        ("1588684103", BODY, raw(SIGNATURE)),
        ("", BODY, raw(SIGNATURE)),
        (TIMESTAMP + "|", BODY, raw(SIGNATURE)),
        ("\ud800", BODY, raw(SIGNATURE)),
        ("\uff11588684102", BODY, raw(SIGNATURE)),
        (TIMESTAMP, BODY + b" ", raw(SIGNATURE)),
        (TIMESTAMP, b"", raw(SIGNATURE)),
        (TIMESTAMP, BODY, b""),
        (TIMESTAMP, BODY, bytes(64)),
        (TIMESTAMP, BODY, raw(SIGNATURE)[:63]),
        (TIMESTAMP, BODY, raw(SIGNATURE) + b"\x00"),
        (TIMESTAMP, BODY, raw(SIGNATURE) * 2),
        (TIMESTAMP, BODY, raw(SIGNATURE)[:32] + b"\xff" * 32),
    ],
)
def test_whatever_differs_from_what_was_signed_is_not_verified_and_nothing_is_raised(timestamp, body, signature):
    assert not PublicKeys.from_base64([KEY]).verify(timestamp, body, signature)


@pytest.mark.parametrize(
    "text",
    [
        "", "key", KEY[:-1], KEY + "=", f" {KEY}", KEY + "\n", KEY.replace("/", "_"), KEY[:-2] + "h=",
        base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(33)).decode(),
        base64.b64encode(bytes(64)).decode(), "Ä" * 44,
    ],
)  # fmt: skip
def test_what_is_not_the_canonical_base64_of_32_bytes_is_refused_by_name(text):
    with pytest.raises(Misconfigured, match=r"TELNYX_PUBLIC_KEY: key 2 .*44 characters"):
        PublicKeys.from_base64([KEY, text])


@pytest.mark.parametrize(
    "point",
    [
        bytes(32),
        b"\x01" + bytes(31),
        b"\xec" + b"\xff" * 30 + b"\x7f",
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        b"\xff" * 32,
    ],
)
def test_a_key_that_would_verify_what_nobody_signed_is_refused(point):
    with pytest.raises(Misconfigured, match="TELNYX_PUBLIC_KEY"):
        PublicKeys.from_base64([base64.b64encode(point).decode()])


def test_no_key_at_all_is_refused_and_never_means_all():
    with pytest.raises(Misconfigured, match="TELNYX_PUBLIC_KEY"):
        PublicKeys.from_base64([])
