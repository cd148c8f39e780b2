"""The common parts of all operations: retries, and the conversion of answers into models."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_before_delay

from faxdispatch.errors import BadInput, NotSent, OutcomeUnknown, RateLimited
from faxdispatch.telnyx.models import Item, Page
from faxdispatch.telnyx.translate import Answer, failure, unreadable
from faxdispatch.telnyx.transport import Call, TooLarge, Transport

Safe = Callable[[BaseException], bool]

TRIES = 3
"""Maximum number of tries of one call."""
PATIENCE = 20.0
"""Seconds after the start of the first try in which another may begin."""


def if_not_sent(error: BaseException) -> bool:
    """Try again if nothing left: safe for every operation."""
    return isinstance(error, NotSent)


def if_repeatable(error: BaseException) -> bool:
    """Try again if that may help, for operations that have the same effect however often they are carried out."""
    if isinstance(error, OutcomeUnknown):
        return error.status is None or error.status == 408 or error.status >= 500
    return if_not_sent(error) or (isinstance(error, RateLimited) and error.retry_after is not None)


def segment(value: str, what: str) -> str:
    """Return an id or a name as one segment of a path.

    Raises:
        BadInput: it is empty, or a dot segment, which would address another resource than the one meant.
    """
    if value in ("", ".", ".."):
        raise BadInput(f"{what}: {value!r} is not an id; give the {what.replace('_', ' ')} as Telnyx gave it")
    return quote(value, safe="")


class Caller:
    """Base class of the groups of operations: one transport, and the rules for trying again."""

    def __init__(self, transport: Transport, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._transport = transport
        self._sleep = sleep

    def _answer(self, call: Call, *, again: Safe = if_repeatable) -> Answer:
        """Make the call, again if that is safe.

        Return a 2xx answer or raise the error that `translate` makes from it.
        """
        retrying = Retrying(
            retry=retry_if_exception(again),
            stop=stop_after_attempt(TRIES) | stop_before_delay(PATIENCE),
            wait=_pause,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._once, call)

    def _once(self, call: Call, deadline: float | None = None) -> Answer:
        """Make the call once, without retries."""
        try:
            answer = self._transport.call(call, deadline=deadline)
        except TooLarge as error:
            if call.sink is not None:
                raise BadInput(f"{call.operation}: larger than {call.max_body} bytes; allow more") from None
            why = f"its body is larger than {call.max_body} bytes"
            raise unreadable(call.operation, Answer(error.status), why) from None
        if not 200 <= answer.status < 300:
            raise failure(call.operation, answer)
        return answer

    def _object(self, model: type[Item], call: Call, answer: Answer) -> Item:
        """Read the `data` of an answer; without an id it is not valid."""
        document = _document(call, answer)
        try:
            item = model.model_validate(document.get("data"))
        except ValidationError:
            raise unreadable(call.operation, answer, "its data is not the requested object") from None
        if not item.identity:
            raise unreadable(call.operation, answer, "its data has no id")
        return item

    def _page(self, model: type[Item], call: Call) -> Page[Item]:
        answer = self._answer(call)
        try:
            page = Page[model].model_validate(_document(call, answer))  # type: ignore[valid-type]
        except ValidationError:
            raise unreadable(call.operation, answer, "its data is not a list of the requested objects") from None
        return page

    def _pages(self, model: type[Item], call: Call, *, first_plain: bool = False) -> Iterator[Item]:
        """Go through all pages and yield each resource once; if it ends without an error, the listing is complete.

        A resource that is created while the pages are read moves others to a later page, so some come twice. If the
        pages do not say how many there are (the API reference requires no `meta`), the first page with nothing new is
        the end.

        With `first_plain`, the first request names no page, for a listing that may have no pages; if its answer does
        not say that there are more, it is the complete listing.
        """
        seen: set[str] = set()
        number = 0
        while True:
            number, known = number + 1, len(seen)
            plain = first_plain and number == 1
            page = self._page(model, call if plain else _numbered(call, number))
            for item in page.data:
                if item.identity is None:
                    raise OutcomeUnknown(f"{call.operation}: page {number} has an entry without an id")
                if item.identity not in seen:
                    seen.add(item.identity)
                    yield item
            # Even if a page contradicts itself, its entries exist; whether there are more is unknown.
            last = _last(call.operation, page, number)
            if number >= last if last is not None else plain or len(seen) == known:
                return


def _numbered(call: Call, number: int) -> Call:
    return Call(call.operation, call.method, call.path, {**(call.params or {}), "page[number]": str(number)})


def _last(operation: str, page: Page[Any], number: int) -> int | None:
    """Return the number of the last page, or None if the page does not say.

    Raises:
        OutcomeUnknown: the page contradicts itself. Such a listing must not pass for complete.
    """
    meta = page.meta
    problem = None
    if meta.page_number not in (None, number):
        problem = f"says that it is page {meta.page_number}"
    elif meta.total_pages is None:
        return None
    elif number < meta.total_pages and not page.data:
        problem = f"is empty although there are {meta.total_pages}"
    elif meta.total_pages <= 1 and len(page.data) < (meta.total_results or 0):
        problem = f"is the only one but has {len(page.data)} of {meta.total_results} entries"
    if problem:
        raise OutcomeUnknown(f"{operation}: page {number} {problem}")
    return meta.total_pages


def _document(call: Call, answer: Answer) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        raise unreadable(call.operation, answer, "its body is not JSON") from None
    if not isinstance(document, dict):
        raise unreadable(call.operation, answer, "its body is not an object")
    return document


def _pause(state: RetryCallState) -> float:
    """Wait as long as Telnyx asks for, otherwise about half a second, then one, with jitter."""
    error = state.outcome.exception() if state.outcome else None
    retry_after = error.retry_after if isinstance(error, RateLimited) else None
    least = retry_after if retry_after is not None else 0.25 * 2**state.attempt_number
    return least * random.uniform(1.0, 1.5)  # noqa: S311 - spreads callers, keeps no secret
