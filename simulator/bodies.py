"""Reads request bodies (JSON, form or multipart), each as strictly as the operation requires."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulator.errors import ApiError, bad_json, bad_request, problem, unprocessable, wrong_content_type
from simulator.validation import Field, check_object

FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
MAX_UPLOAD = 20 * 1024 * 1024


@dataclass(slots=True)
class Upload:
    """A file that came with a multipart request."""

    content: bytes
    content_type: str


async def read_json(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request."""
    if request.content_type != JSON:
        raise wrong_content_type(request.headers.get("Content-Type", ""))
    return decode_json(await request.read())


def decode_json(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in these bytes."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as wrong:
        raise bad_json(f"The body is not JSON: {wrong}") from None
    if not isinstance(found, dict):
        raise bad_request("The body must be a JSON object.")
    return found


async def read_checked(request: web.Request, allowed: dict[str, Field]) -> dict[str, Any]:
    """Return the JSON object of a request once every property has passed."""
    body = await read_json(request)
    refuse(check_object(body, allowed))
    return body


async def read_form(request: web.Request, allowed: dict[str, Field]) -> dict[str, Any]:
    """Return the properties of a urlencoded request, with numbers and flags read from their text."""
    body: dict[str, Any] = {}
    for name, value in (await request.post()).items():
        if name in body:
            raise unprocessable([problem("10015", "Bad Request", "Given more than once.", pointer=f"/{name}")])
        body[name] = _from_text(value, allowed.get(name))
    refuse(check_object(body, allowed))
    return body


async def read_multipart(
    request: web.Request, allowed: dict[str, Field], file_field: str
) -> tuple[dict[str, Any], Upload | None]:
    """Return the properties and the file of a multipart request."""
    body: dict[str, Any] = {}
    upload: Upload | None = None
    for name, value in (await _multipart(request)).items():
        if isinstance(value, web.FileField) and name == file_field:
            upload = Upload(value.file.read(), value.content_type)
        elif name == file_field and isinstance(value, str):
            # A file part without a file name arrives as text; its bytes are the file nevertheless.
            upload = Upload(value.encode("utf-8", "surrogateescape"), "application/octet-stream")
        else:
            body[name] = _from_text(value, allowed.get(name))
    problems = check_object(body, allowed)
    if upload is not None and len(upload.content) > MAX_UPLOAD:
        detail = "The maximum allowed size is 20 MB."
        problems.append(problem("10033", "Value outside of range", detail, pointer=f"/{file_field}"))
    refuse(problems)
    return body, upload


async def _multipart(request: web.Request) -> Any:
    try:
        return await request.post()
    except (ValueError, AssertionError) as wrong:
        raise bad_request(f"The multipart body cannot be read: {wrong}") from None


def refuse(problems: list[dict[str, Any]]) -> None:
    """Answer 422 if there are problems."""
    if problems:
        raise unprocessable(problems)


def missing(name: str) -> ApiError:
    """422: a required property is not there."""
    detail = f"The {name!r} parameter is required."
    return unprocessable([problem("10004", "Missing required parameter", detail, pointer=f"/{name}")])


def _from_text(value: Any, wanted: Field | None) -> Any:
    """Read a form's text as the field's type; text that cannot be read stays text and is refused."""
    if wanted is None or not isinstance(value, str):
        return value
    if wanted.kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if wanted.kind == "integer" and value.lstrip("-").isdigit():
        return int(value)
    return value
