"""The ZIP file: its parts, a manifest with the hash of each, and an Ed25519 signature over the manifest."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from faxdispatch.documents.contents import DAMAGED
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Scripts
from faxdispatch.ledger.identity import KEY as LEDGER
from faxdispatch.ledger.identity import Identity
from faxdispatch.ledger.scripts import redis_trouble

MANIFEST, SIGNATURE, README = "manifest.json", "manifest.sig", "README.txt"
_BLOCK = 1 << 20
_WORDS = """Evidence of faxes, written by faxdispatch.

faxes.jsonl     one fax a line: where it went, why it was allowed, its attempts with times and Telnyx's ids, its end
left-out.jsonl  one row a line: the rows of the list that were not faxed, and why (campaigns only)
events.jsonl    one event a line: what happened, as the event stream still had it
campaign.json   the campaign: what was asked, its list's counts and columns, who started it (campaigns only)
manifest.json   the SHA-256 of each file above, when this was written, and the public key of the ledger
manifest.sig    the Ed25519 signature (hexadecimal) over the bytes of manifest.json

`faxdispatch evidence FILE` checks all of it. Compare the public key with the one that the operator of the ledger tells
you by another way: a key that came with the file alone proves only that nothing was changed since.
"""


@dataclass(frozen=True, slots=True)
class Packed:
    """A written pack: its path, the numbers of its faxes and events, and the key (hexadecimal) that signed it."""

    path: Path
    faxes: int
    events: int
    key: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A pack whose hashes and signature are right: when and by which ledger it was written, and its key (hex)."""

    ledger: str
    made_at: datetime
    key: str
    files: int


class Parts:
    """The parts of a pack that is being written, in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lines(self, name: str, values: Iterable[Mapping[str, Any]]) -> int:
        """Write a part with one JSON object a line. Return how many."""
        count = 0
        with (self.folder / name).open("w", encoding="utf-8") as file:
            for value in values:
                file.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
                count += 1
        return count

    def value(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a part that is one JSON object."""
        text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
        (self.folder / name).write_text(text + "\n", encoding="utf-8")

    def pack(self, path: Path, scripts: Scripts) -> str:
        """Write the signed ZIP file of all parts. Return the public key.

        Raises:
            BadInput: a file of that name exists already, or it cannot be written.
        """
        (self.folder / README).write_text(_WORDS, encoding="utf-8")
        key = signing_key(scripts)
        public = key.verify_key.encode().hex()
        files = {part.name: _digest(part) for part in sorted(self.folder.iterdir())}
        manifest = {
            "ledger": Identity(scripts).id,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "public_key": public,
            "sha256": files,
        }
        text = json.dumps(manifest, indent=1).encode()
        try:
            with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr(MANIFEST, text)
                packed.writestr(SIGNATURE, key.sign(text).signature.hex())
                for name in files:
                    packed.write(self.folder / name, name)
        except FileExistsError:
            raise BadInput(f"{path}: exists and is not overwritten; name another file") from None
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            raise BadInput(f"{path}: cannot be written: {error.strerror or error}") from None
        return public


def parts_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder for the parts; it is removed at the end of the `with` block."""
    return tempfile.TemporaryDirectory(prefix="faxdispatch-evidence-")


def signing_key(scripts: Scripts) -> SigningKey:
    """Return the key of the ledger, which is made once and stored in it.

    Raises:
        Unavailable: Redis did not answer.
    """
    redis: Any = scripts.redis
    with redis_trouble():
        redis.hsetnx(LEDGER, "evidence_key", SigningKey.generate().encode().hex())
        return SigningKey(bytes.fromhex(redis.hget(LEDGER, "evidence_key")))


def verify(path: Path) -> Verified:
    """Check a pack: its files are those of its manifest, unchanged, and its key signed the manifest.

    Raises:
        BadInput: it is not a pack, or something in it was changed; the message says what.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            text = packed.read(MANIFEST)
            manifest = json.loads(text)
            VerifyKey(bytes.fromhex(manifest["public_key"])).verify(
                text, bytes.fromhex(packed.read(SIGNATURE).decode())
            )
            there = sorted(set(packed.namelist()) - {MANIFEST, SIGNATURE})
            if there != sorted(manifest["sha256"]) or len(packed.namelist()) != len(there) + 2:
                raise BadInput(f"{path}: has other files than its manifest lists")
            for name in there:
                if _hash(packed, name) != manifest["sha256"][name]:
                    raise BadInput(f"{path}: {name} was changed after it was signed")
            made = datetime.fromisoformat(manifest["made_at"])
            return Verified(manifest["ledger"], made, manifest["public_key"], len(there))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    except BadSignatureError:
        raise BadInput(f"{path}: its manifest was changed after it was signed") from None
    except (*DAMAGED, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadInput(f"{path}: is not an evidence pack: {error}") from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash(packed: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with packed.open(name) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
