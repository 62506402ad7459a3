"""A flow on its way: what is next, what was sent, and what came of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.responses import PlainTextResponse

from nightlatch.console.context import Fields, Here
from nightlatch.console.pages.oauth_desk import Mine, Running, show
from nightlatch.console.pages.oauth_shown import shown
from nightlatch.console.pages.oauth_words import sentence
from nightlatch.console.rendering import part
from nightlatch.console.stream import HEARTBEAT, event
from nightlatch.workbench.oauth.flows.call import Misspelt, brought_by
from nightlatch.workbench.oauth.flows.client import (
    AUTHENTICATIONS,
    Authentication,
    Registration,
    Secrets,
)
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.run import Run

router = APIRouter(prefix="/runs/{run_id}")
PIECE = "x-piece"
"""A header of the page's own script: it wants no page, and hears of what changes by itself."""
_REST = 0.1
"""Seconds between two pictures: a flow that hurries is not drawn step by step."""


@router.get("")
async def show_run(request: Request, run: Running, desk: Mine, here: Here) -> HTMLResponse:
    return await show(request, "oauth_run.html", **_values(run, desk, here.clock()))


@router.get("/stream", response_class=StreamingResponse, response_model=None)
async def stream(request: Request, run: Running, desk: Mine, here: Here) -> Response:
    """The panel, drawn anew whenever something changes; `end` when nothing more will."""

    async def pictures() -> AsyncIterator[bytes]:
        version = -1
        while not await request.is_disconnected():
            if version != run.version:
                version = run.version
                values = _values(run, desk, here.clock())
                html = await run_in_threadpool(part, request, "parts/oauth_panel.html", **values)
                yield event("panel", html)
            if run.over and version == run.version:
                yield event("end", "")
                return
            if not await run.changed(version, HEARTBEAT):
                yield b": alive\n\n"
            await asyncio.sleep(_REST)

    return StreamingResponse(
        pictures(), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


@router.post("/send")
async def send(request: Request, run: Running, fields: Fields) -> Response:
    """The request that waits, as it is or as it was rewritten."""
    try:
        run.approve(fields.get("text", ""))
    except (Misspelt, FlowFault) as fault:
        return _refused(request, fault)
    return _moved_on(request, run)


@router.post("/let-go")
async def let_go(request: Request, run: Running) -> Response:
    """Send this and all that follows without asking."""
    run.let_go()
    return _moved_on(request, run)


@router.post("/brought")
async def brought(request: Request, run: Running, fields: Fields) -> Response:
    """The address that the browser ended at, by hand: it came back to another place than here."""
    try:
        pairs = brought_by(fields.get("address", ""))
        waits = run.visit is not None and run.visit.redirect_uri
        if waits and not pairs:
            raise Misspelt("this address brings nothing: copy all of it, with what follows ? or #")
        run.bring(pairs)
    except (Misspelt, FlowFault) as fault:
        return _refused(request, fault)
    return _moved_on(request, run)


@router.post("/stop")
async def stop(request: Request, run: Running) -> Response:
    run.stop()
    await run.finished(1.0)
    return _moved_on(request, run)


@router.post("/adopt")
async def adopt(run: Running, desk: Mine) -> RedirectResponse:
    """Go on as the client that the server has just registered."""
    found = run.played.result if run.name == "register" and run.played else None
    if not isinstance(found, dict):
        raise HTTPException(409, "No client was registered by this flow.")
    method = found.get("token_endpoint_auth_method", "client_secret_basic")
    if method not in AUTHENTICATIONS:
        raise HTTPException(409, "The server wants the client to authenticate by other means.")
    desk.registration = Registration(
        str(found["client_id"]), cast("Authentication", method), desk.registration.scope,
        desk.registration.redirect_uri,
    )  # fmt: skip
    secret = found.get("client_secret")
    desk.secrets = Secrets(secret if isinstance(secret, str) else "")
    return RedirectResponse("/oauth#client", 303)


def _values(run: Run, desk: Mine, now: float) -> dict[str, Any]:
    return {"run": run, "shown": shown(run, now), "metadata": desk.metadata}


def _refused(request: Request, why: Exception) -> Response:
    if PIECE in request.headers:
        return PlainTextResponse(sentence(why), 422)
    raise HTTPException(422, f"Nothing was sent. {sentence(why)}")


def _moved_on(request: Request, run: Run) -> Response:
    if PIECE in request.headers:
        return Response(status_code=204)
    return RedirectResponse(f"/oauth/runs/{run.id}", 303)
