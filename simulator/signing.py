"""Sign webhooks as Telnyx does: Ed25519 over `timestamp|body`."""

import base64

from nacl.signing import SigningKey


class Signer:
    """One key pair; `seed` is base64 of 32 bytes, none makes a new pair."""

    def __init__(self, seed: str | None = None) -> None:
        self._key = SigningKey(base64.b64decode(seed, validate=True)) if seed else SigningKey.generate()

    @property
    def public_key(self) -> str:
        """Base64 of the raw 32 bytes, as Telnyx' portal shows it."""
        return base64.b64encode(bytes(self._key.verify_key)).decode()

    def sign(self, timestamp: str, body: bytes) -> str:
        """Return base64 of the 64-byte signature."""
        signed = self._key.sign(timestamp.encode() + b"|" + body)
        return base64.b64encode(signed.signature).decode()

    def headers(self, timestamp: str, body: bytes) -> dict[str, str]:
        """Return the two headers that go with a webhook."""
        return {"telnyx-signature-ed25519": self.sign(timestamp, body), "telnyx-timestamp": timestamp}
