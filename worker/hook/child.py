"""The process of a hook: `python -m worker.hook.child package.module:callable`.

It imports the callable, says that it is ready, and then answers one question after the other until no more come.
Questions and answers go through descriptors that the hook's own code does not have as standard input and output: its
own output goes to the worker's standard error, and its standard input is empty.
"""

import importlib
import io
import os
import sys
import traceback
from collections.abc import Callable
from operator import attrgetter
from typing import BinaryIO

from faxdispatch.text.privacy import scrub
from worker.hook.wire import START, read_question, write_answer, write_failure

MAX_DETAIL = 300
"""How many characters of an exception's text the worker gets."""


def main(path: str) -> None:
    """Serve the callable at `path` on standard input and output."""
    questions, answers = _take_pipes()
    sys.excepthook = lambda _, error, __: _log(error)
    try:
        hook = _load(path)
    except Exception as error:  # noqa: BLE001 - whatever its module raises on import; the worker is told
        answers.write(write_failure(START, f"{path} cannot be used: {_in_words(error)}"))
        return
    answers.write(write_answer(START, None))
    for line in questions:
        answers.write(_answered(hook, line))


def _take_pipes() -> tuple[BinaryIO, io.FileIO]:
    questions, answers = os.fdopen(os.dup(0), "rb"), io.FileIO(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return questions, answers


def _load(path: str) -> Callable[..., object]:
    module, _, name = path.partition(":")
    found = attrgetter(name)(importlib.import_module(module))
    if not callable(found):
        raise TypeError(f"it is of type {type(found).__name__}, which cannot be called")
    return found  # type: ignore[no-any-return]


def _answered(hook: Callable[..., object], line: bytes) -> bytes:
    question = read_question(line)
    try:
        answer = hook(question.job, question.history, question.now)
    except Exception as error:  # noqa: BLE001 - whatever the operator's code raises; the worker is told
        return write_failure(question.number, f"raised {_in_words(error)}")
    try:
        return write_answer(question.number, answer)
    except (TypeError, ValueError, RecursionError) as error:
        return write_failure(question.number, f"gave an unusable answer: {scrub(str(error))[:MAX_DETAIL]}")


def _in_words(error: Exception) -> str:
    """Return the exception in one line; the complete one is logged."""
    _log(error)
    text = " ".join(str(error).split())
    return scrub(f"{type(error).__name__}: {text}" if text else type(error).__name__)[:MAX_DETAIL]


def _log(error: BaseException) -> None:
    """Write the exception to standard error without numbers: traceback and text may quote the job."""
    print(scrub("".join(traceback.format_exception(error))), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
