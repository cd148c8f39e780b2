"""Serves temporary links as the storage behind Telnyx would, with faults if they are switched on."""

from aiohttp import web

from simulator.context import Simulation, simulation

_EXPIRED = "<Error><Code>AccessDenied</Code></Error>"
_BUSY = "<Error><Code>SlowDown</Code></Error>"


async def download(request: web.Request) -> web.StreamResponse:
    """GET /_media/{token}/{name}: no key needed, 403 when expired."""
    sim = simulation(request)
    found = sim.links.open(request.match_info["token"])
    if found is None:
        sim.tally.downloads["expired"] += 1
        return web.Response(status=403, text=_EXPIRED, content_type="text/xml")
    if sim.faults.fires("link_error"):
        sim.tally.downloads["failed"] += 1
        return web.Response(status=503, text=_BUSY, content_type="text/xml")
    content, content_type = found
    if sim.faults.fires("link_cut"):
        return await _cut(request, sim, content, content_type)
    sim.tally.downloads["ok"] += 1
    return web.Response(body=content, content_type=content_type)


async def _cut(request: web.Request, sim: Simulation, content: bytes, content_type: str) -> web.StreamResponse:
    """Promise the whole document, send half, and hang up."""
    sim.tally.downloads["failed"] += 1
    answer = web.StreamResponse(headers={"Content-Type": content_type, "Content-Length": str(len(content))})
    await answer.prepare(request)
    await answer.write(content[: len(content) // 2])
    if request.transport is not None:
        # What is written is sent first, unlike with an abort.
        request.transport.close()
    return answer
