"""Runs work that takes longer than a request may, in a thread. The page that waits for it shows the progress."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from faxdispatch.errors import FaxError
from faxdispatch.text.privacy import scrub

log = logging.getLogger(__name__)

_REMEMBERED = 100


@dataclass
class Task:
    """One task. `rows` and `documents` are the progress, `problem` says why it failed."""

    rows: int = 0
    documents: int = 0
    """How many different documents of rows were examined."""
    share: float = 0.0
    """From 0 to 1."""
    done: bool = False
    problem: str | None = None
    ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def progress(self, read: int, total: int, rows: int) -> None:
        """Record the progress, as `checking.Progress`."""
        self.rows, self.share = rows, read / total if total else 0.0

    def documents_seen(self, count: int) -> None:
        """Record the progress, as `documents.OnDocuments`."""
        self.documents = count


class Background:
    """The tasks of this process. Only one task per key is started; each task has its own files for results."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: OrderedDict[str, Task] = OrderedDict()

    def task(self, key: str) -> Task | None:
        """Return the task of a key, or None if none was begun in this process."""
        with self._lock:
            return self._tasks.get(key)

    def begin(self, key: str, work: Callable[[Task], object], *, wait: float = 1.0) -> Task:
        """Start a task unless it was started, and return it; short ones have ended by then."""
        with self._lock:
            task = self._tasks.get(key)
            fresh = task is None or (task.problem is not None and task.done)
            if fresh:
                task = self._tasks[key] = Task()
                self._tasks.move_to_end(key)
                self._forget()
        assert task is not None  # noqa: S101 - for the type checker
        if fresh:
            threading.Thread(target=_run, args=(task, work), name=f"task {key}", daemon=True).start()
            task.ended.wait(wait)
        return task

    def _forget(self) -> None:
        for key in [key for key, task in self._tasks.items() if task.done][: max(0, len(self._tasks) - _REMEMBERED)]:
            del self._tasks[key]


def _run(task: Task, work: Callable[[Task], object]) -> None:
    try:
        work(task)
    except FaxError as error:
        task.problem = scrub(str(error))
    except Exception:
        log.exception("a task failed")
        task.problem = "it failed; the console's log has the reason"
    finally:
        task.done = True
        task.ended.set()
