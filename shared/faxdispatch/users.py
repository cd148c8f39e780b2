"""The users of the console: a file with names, roles and hashed passwords, and the key that signs sessions."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from werkzeug.security import check_password_hash, generate_password_hash

from faxdispatch.errors import BadInput, Conflict, Misconfigured, NotKnown

SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Role(StrEnum):
    """The roles of users in the console."""

    VIEWER = "viewer"
    """Look, with telephone numbers masked."""
    OPERATOR = "operator"
    """Look, see numbers and documents in full, and act."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may use the console. `mark` changes with the password, and so ends the sessions begun before."""

    name: str
    role: Role
    mark: str = ""


class Users:
    """The users of one file, readable by its owner alone. The file is read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, Any] = {}

    def all(self) -> list[User]:
        """Return the users by name. Raises `Misconfigured` if the file cannot be read."""
        return [_user(name, facts) for name, facts in sorted(self._read()["users"].items())]

    def get(self, name: str) -> User | None:
        """Return a user, or None if there is none with that name."""
        facts = self._read()["users"].get(name)
        return _user(name, facts) if facts else None

    def key(self) -> str | None:
        """Return the key that signs sessions, or None if nobody was ever added."""
        return self._read().get("key")

    def signed_in(self, name: str, password: str) -> User | None:
        """Return the user with this name and password, or None if there is none."""
        facts = self._read()["users"].get(name)
        right = check_password_hash(facts["password"] if facts else _nobody(), password[:_LONGEST_PASSWORD])
        return _user(name, facts) if facts and right else None

    def add(self, name: str, password: str, role: Role) -> User:
        """Add a user.

        Raises:
            BadInput: name or password is not acceptable.
            Conflict: a user of that name exists.
        """
        if not _NAME.fullmatch(name):
            raise BadInput("name: give up to 64 letters, digits and . _ @ -, a letter or digit first")
        with self._changing() as known:
            if name in known["users"]:
                raise Conflict(f"user {name}: exists already; faxdispatch console user password {name} changes that")
            known["users"][name] = {"role": role.value, "password": _hashed(password)}
            return _user(name, known["users"][name])

    def change(self, name: str, *, password: str | None = None, role: Role | None = None) -> None:
        """Change a user's password or role. Raises `BadInput` or `NotKnown`."""
        with self._changing() as known:
            facts = _known(known, name)
            if password is not None:
                facts["password"] = _hashed(password)
            if role is not None:
                facts["role"] = role.value

    def remove(self, name: str) -> None:
        """Remove a user, which also ends the user's sessions. Raises `NotKnown`."""
        with self._changing() as known:
            _known(known, name)
            del known["users"][name]

    def _read(self) -> dict[str, Any]:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return {"users": {}}
        except OSError as error:
            raise self._trouble(error) from None
        seen = (state.st_mtime_ns, state.st_ino)
        if seen != self._seen:
            self._known, self._seen = self._load(), seen
        return self._known

    def _load(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            for name, facts in known["users"].items():
                _user(name, facts)
        except OSError as error:
            raise self._trouble(error) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Misconfigured(
                f"users of the console: {self._path} is no list of users; restore it, or remove it and add them again"
            ) from None
        return known

    def _trouble(self, error: OSError) -> Misconfigured:
        return Misconfigured(f"users of the console: {self._path}: {error.strerror}")

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        """Yield the content for a change, under a lock; it is written completely or not at all."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                known = self._load() if self._path.exists() else {"users": {}}
                known.setdefault("key", secrets.token_hex(32))
                yield known
                self._write(known)
        except OSError as error:
            raise self._trouble(error) from None

    def _write(self, known: dict[str, Any]) -> None:
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".console-users-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
        Path(name).replace(self._path)


@cache
def _nobody() -> str:
    """Return a hash to compare a password with if there is no such user, so that the time reveals nothing."""
    return generate_password_hash(secrets.token_hex(16))


def _known(known: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in known["users"]:
        raise NotKnown(f"user {name}: unknown; faxdispatch console user list shows all users")
    facts: dict[str, Any] = known["users"][name]
    return facts


def _user(name: str, facts: dict[str, Any]) -> User:
    return User(name, Role(facts["role"]), hashlib.sha256(facts["password"].encode()).hexdigest()[:16])


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise BadInput(f"password: give {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters")
    return generate_password_hash(password)
