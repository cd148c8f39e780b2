"""`/media`: the media storage, from which faxes can be sent by name."""

import asyncio
import mimetypes
import uuid
from datetime import timedelta

import aiohttp
from aiohttp import web

from simulator.bodies import MAX_UPLOAD, MULTIPART, Upload, missing, read_checked, read_multipart
from simulator.clock import now
from simulator.context import Simulation, simulation
from simulator.documents import examine
from simulator.errors import ApiError, not_found, problem, unprocessable
from simulator.paging import check_names
from simulator.schemas import MEDIA, MEDIA_MULTIPART, MEDIA_UPDATE, MEDIA_UPDATE_MULTIPART
from simulator.store import MediaFile

TWO_DAYS = 172_800
FETCH_SECS = 10
# The list form and the comma form of one filter; the official SDKs send either.
_TYPES = frozenset({"filter[content_type][]", "filter[content_type]"})


async def list_all(request: web.Request) -> web.Response:
    """GET /media."""
    check_names(request, _TYPES)
    wanted = {part for name in _TYPES for value in request.query.getall(name, []) for part in value.split(",")}
    files = [
        file.as_json() for file in simulation(request).store.live_media() if not wanted or file.content_type in wanted
    ]
    meta = {"page_number": 1, "page_size": len(files), "total_pages": 1, "total_results": len(files)}
    return web.json_response({"data": files, "meta": meta})


async def create(request: web.Request) -> web.Response:
    """POST /media, with a file or with the URL of one."""
    check_names(request)
    sim = simulation(request)
    if request.content_type == MULTIPART:
        given, upload = await read_multipart(request, MEDIA_MULTIPART, "media")
        if upload is None:
            raise missing("media")
    else:
        given = await read_checked(request, MEDIA)
        upload = await _fetch(sim, given["media_url"])
    name = given.get("media_name") or str(uuid.uuid4())
    if sim.store.find_media(name) is not None:
        detail = f"There is a media {name!r} already."
        raise unprocessable([problem("10012", "Duplicate resource", detail, pointer="/media_name")])
    lasts = timedelta(seconds=given.get("ttl_secs", TWO_DAYS))
    pages, trouble = examine(upload.content, upload.content_type)
    file = MediaFile(name, upload.content, upload.content_type, now() + lasts, pages, trouble)
    sim.store.put_media(file)
    return web.json_response({"data": file.as_json()}, status=201)


async def get(request: web.Request) -> web.Response:
    """GET /media/{media_name}."""
    return web.json_response({"data": _find(request).as_json()})


async def update(request: web.Request) -> web.Response:
    """PUT /media/{media_name}: another file, another lifetime, or both."""
    file = _find(request)
    upload: Upload | None = None
    if request.content_type == MULTIPART:
        given, upload = await read_multipart(request, MEDIA_UPDATE_MULTIPART, "media")
    else:
        given = await read_checked(request, MEDIA_UPDATE)
        if "media_url" in given:
            upload = await _fetch(simulation(request), given["media_url"])
    if upload is not None:
        file.content, file.content_type = upload.content, upload.content_type
        file.pages, file.problem = examine(upload.content, upload.content_type)
    file.updated_at = now()
    file.expires_at = file.updated_at + timedelta(seconds=given.get("ttl_secs", TWO_DAYS))
    return web.json_response({"data": file.as_json()})


async def delete(request: web.Request) -> web.Response:
    """DELETE /media/{media_name}."""
    file = _find(request)
    del simulation(request).store.media[file.name]
    return web.Response(status=204)


async def download(request: web.Request) -> web.Response:
    """GET /media/{media_name}/download."""
    return web.Response(body=_find(request).content, content_type="application/octet-stream")


def _find(request: web.Request) -> MediaFile:
    check_names(request)
    file = simulation(request).store.find_media(request.match_info["media_name"])
    if file is None:
        raise not_found()
    return file


async def _fetch(sim: Simulation, url: str) -> Upload:
    """Get a file from its URL; like Telnyx, follow no redirects."""
    try:
        async with asyncio.timeout(FETCH_SECS), sim.courier.http.get(url, allow_redirects=False) as answer:
            if not answer.ok or answer.status >= 300:
                raise _not_fetched(f"it answered {answer.status}")
            content = await answer.content.read(MAX_UPLOAD + 1)
            while len(content) <= MAX_UPLOAD and not answer.content.at_eof():
                content += await answer.content.read(MAX_UPLOAD + 1 - len(content))
    except (aiohttp.ClientError, OSError, ValueError) as trouble:
        raise _not_fetched(repr(trouble)) from None
    if len(content) > MAX_UPLOAD:
        raise _not_fetched("it is larger than 20 MB")
    guess = mimetypes.guess_type(url.partition("?")[0])[0]
    return Upload(content, answer.headers.get("Content-Type", guess or "").partition(";")[0])


def _not_fetched(why: str) -> ApiError:
    detail = f"The file could not be fetched: {why}."
    return unprocessable([problem("10003", "Invalid URL", detail, pointer="/media_url")])
