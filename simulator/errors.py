"""Refusals in the shape of Telnyx's error bodies: `{"errors": [{code, title, detail, source, meta}]}`."""

from typing import Any

Problem = dict[str, Any]

_DOCS = "https://developers.telnyx.com/docs/overview/errors/"


class ApiError(Exception):
    """A request is answered with an error status.

    `injected` says that a fault switch caused it, so that it is not the client's fault.
    """

    def __init__(self, status: int, problems: list[Problem], *, injected: bool = False) -> None:
        super().__init__(status, problems)
        self.status = status
        self.problems = problems
        self.injected = injected

    def body(self) -> dict[str, list[Problem]]:
        """Return the JSON body of the answer."""
        return {"errors": self.problems}


def problem(code: str, title: str, detail: str, *, pointer: str | None = None, parameter: str | None = None) -> Problem:
    """Make one entry of an error body; `pointer` names a body field, `parameter` a query parameter."""
    entry: Problem = {"code": code, "title": title, "detail": detail}
    if pointer is not None:
        entry["source"] = {"pointer": pointer}
    if parameter is not None:
        entry["source"] = {"parameter": parameter}
    if len(code) > len("404"):
        entry["meta"] = {"url": _DOCS + code}
    return entry


def bad_request(detail: str = "The request failed because it was not well-formed.") -> ApiError:
    """400: the request is not well-formed."""
    return ApiError(400, [problem("10015", "Bad Request", detail, pointer="/")])


def bad_json(detail: str) -> ApiError:
    """400: the body is not JSON."""
    return ApiError(400, [problem("10023", "Invalid JSON", detail, pointer="/")])


def bad_parameter(code: str, title: str, detail: str, parameter: str) -> ApiError:
    """400: a query parameter is wrong."""
    return ApiError(400, [problem(code, title, detail, parameter=parameter)])


def unauthenticated(*, injected: bool = False) -> ApiError:
    """401: no key, or a wrong one."""
    detail = "Could not understand the provided credentials."
    return ApiError(401, [problem("10009", "Authentication failed", detail)], injected=injected)


def forbidden(code: str, title: str, detail: str, *, injected: bool = False) -> ApiError:
    """403: known, but not allowed."""
    return ApiError(403, [problem(code, title, detail)], injected=injected)


def not_found() -> ApiError:
    """404, in the words of the API description."""
    return ApiError(404, [problem("404", "Not Found", "The requested resource does not exist")])


def wrong_content_type(given: str) -> ApiError:
    """415: the operation does not accept a body of this kind."""
    detail = f"The content type {given!r} is not supported by this operation."
    return ApiError(415, [problem("10024", "Unsupported Content-Type", detail)])


def unprocessable(problems: list[Problem]) -> ApiError:
    """422: well-formed, but wrong."""
    return ApiError(422, problems)


def wrong_state(detail: str = "Cannot issue a command on fax in the current state.") -> ApiError:
    """422: the fax is in a state that does not allow the command."""
    return ApiError(422, [problem("90080", "Unprocessable Entity", detail)])


def too_many(
    detail: str = "You have exceeded the maximum number of allowed requests.", *, injected: bool = False
) -> ApiError:
    """429: too many requests, or too many faxes in process."""
    return ApiError(429, [problem("10011", "Too many requests", detail)], injected=injected)


def internal(*, injected: bool = True) -> ApiError:
    """500: something broke on the other side."""
    detail = "An unexpected error occurred. (simulated)"
    return ApiError(500, [problem("10007", "Unexpected error", detail)], injected=injected)
