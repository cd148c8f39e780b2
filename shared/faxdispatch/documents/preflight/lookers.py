"""The processes that examine documents: each examines many in turn, since starting one takes far longer."""

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from faxdispatch.subprocesses.bounded import converse

_LOOKING = Path(__file__).with_name("looking.py")
_SECONDS = 180.0
"""Time limit for one document."""
MOST = 200
"""How many documents one process examines; then a new one replaces it, which frees all its memory."""


class Lookers:
    """Examines documents, each in a process with limits. Threads may share it: each uses its own process.

    `close` it, or use it in a `with` statement.
    """

    def __init__(self) -> None:
        self._idle: list[_Looker] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for looker in idle:
            looker.end()

    def facts(self, content: bytes, lines: int) -> dict[str, Any]:
        """Return what `looking.py` reports about a document; `trouble` is `costly` if it exceeded a limit."""
        with self._lock:
            looker = self._idle.pop() if self._idle else None
        looker = looker or _Looker()
        facts = looker.look(content, lines)
        if facts is None or looker.looked >= MOST:
            looker.end()
        else:
            with self._lock:
                self._idle.append(looker)
        return facts or {"trouble": "costly"}


class _Looker:
    """One process."""

    def __init__(self) -> None:
        self.looked = 0
        self._process = converse(_LOOKING)

    def look(self, content: bytes, lines: int) -> dict[str, Any] | None:
        """Return the facts about a document, or None if the process died before it could report them."""
        self.looked += 1
        said, heard = self._process.stdin, self._process.stdout
        if said is None or heard is None:
            return None
        patience = threading.Timer(_SECONDS, self._process.kill)
        patience.start()
        try:
            said.write(f"{lines} {len(content)}\n".encode())
            said.write(content)
            said.flush()
            facts: dict[str, Any] = json.loads(heard.readline())
        except (OSError, ValueError):
            return None
        finally:
            patience.cancel()
        return facts

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                # Broken if the process died before it had read its document completely.
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()
