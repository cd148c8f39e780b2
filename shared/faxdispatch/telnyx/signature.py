"""Telnyx's webhook signature: Ed25519 over `timestamp|body` (Telnyx developer guide, "Webhook fundamentals")."""

import base64
import binascii
from collections.abc import Iterable

from nacl.bindings import crypto_core_ed25519_is_valid_point, has_crypto_core_ed25519
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from faxdispatch.errors import Misconfigured

_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_WHERE = "copy it from the Telnyx portal, Keys & Credentials, Public Key"


def sign(key: SigningKey | bytes, timestamp: str, body: bytes) -> str:
    """Sign as Telnyx does, for tests and local tools. Return the text of the header `telnyx-signature-ed25519`.

    `key` is a signing key or its seed of 32 bytes.
    """
    signing_key = key if isinstance(key, SigningKey) else SigningKey(key)
    return base64.b64encode(signing_key.sign(_signed(timestamp, body)).signature).decode()


def public_key(key: SigningKey | bytes) -> str:
    """Return the public half as the Telnyx portal shows it: base64 of the 32 bytes."""
    signing_key = key if isinstance(key, SigningKey) else SigningKey(key)
    return base64.b64encode(bytes(signing_key.verify_key)).decode()


class PublicKeys:
    """The keys that webhooks may be signed with: one, or several while Telnyx rotates the account's key.

    Build it with `from_base64`, which checks them.
    """

    def __init__(self, keys: Iterable[VerifyKey]) -> None:
        self._keys = tuple(keys)

    @classmethod
    def from_base64(cls, texts: Iterable[str]) -> "PublicKeys":
        """Read keys in the form of `TELNYX_PUBLIC_KEY`.

        Raises:
            Misconfigured: there is no key (an empty list must never mean "accept everything"), or one that is
                not the canonical base64 of a usable Ed25519 key.
        """
        keys = [_key(text, place) for place, text in enumerate(texts, start=1)]
        if not keys:
            raise Misconfigured(f"TELNYX_PUBLIC_KEY: not set, so no webhook can be trusted; {_WHERE}")
        return cls(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def verify(self, timestamp: str, body: bytes, signature: bytes) -> bool:
        """Return whether one of the keys signed this body at this timestamp; never raises.

        `timestamp` is the header's unchanged text, `signature` the 64 bytes that its header has in base64.
        """
        try:
            message = _signed(timestamp, body)
        except UnicodeEncodeError:
            return False
        return len(signature) == _SIGNATURE_BYTES and any(_signed_by(key, message, signature) for key in self._keys)


def _signed(timestamp: str, body: bytes) -> bytes:
    return timestamp.encode() + b"|" + body


def _signed_by(key: VerifyKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(message, signature)
    except BadSignatureError:
        return False
    return True


def _key(text: str, place: int) -> VerifyKey:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # Encoded again, it must give the same text: base64 has several ways to write the last character.
    if len(raw) != _KEY_BYTES or base64.b64encode(raw).decode() != text:
        raise Misconfigured(
            f"TELNYX_PUBLIC_KEY: key {place} is not the base64 of {_KEY_BYTES} bytes (44 characters); {_WHERE}"
        )
    # With a key of small order, one signature fits many messages.
    usable = crypto_core_ed25519_is_valid_point(raw) if has_crypto_core_ed25519 else any(raw)
    if not usable:
        raise Misconfigured(f"TELNYX_PUBLIC_KEY: key {place} is not a point that Ed25519 can use; {_WHERE}")
    return VerifyKey(raw)
