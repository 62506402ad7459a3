"""A flow on its way: what is next, what was sent, and what came of it."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from typing import cast

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from markupsafe import Markup
from starlette.responses import PlainTextResponse

from nightlatch.console.context import Fields
from nightlatch.console.pages.oauth_desk import Mine, Running, show
from nightlatch.console.pages.oauth_shown import shown
from nightlatch.console.pages.oauth_words import sentence
from nightlatch.console.rendering import part
from nightlatch.console.stream import HEARTBEAT, EventStream, event
from nightlatch.workbench.oauth.flows.call import Misspelt, brought_by
from nightlatch.workbench.oauth.flows.client import (
    AUTHENTICATIONS,
    Authentication,
    Registration,
    Secrets,
)
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.run import Run

router = APIRouter(prefix="/oauth/runs/{run_id}")
PIECE = "x-piece"
"""A header of the page's own script: it wants no page, and hears of what changes by itself."""
_REST = 0.1
"""Seconds between two pictures: a flow that hurries is not drawn step by step."""


@router.get("")
async def show_run(request: Request, run: Running) -> HTMLResponse:
    panel = await _panel(request, run)
    return await show(
        request, "oauth_run.html", run=run, panel=Markup(panel),  # noqa: S704 -- our own template's
        seen=_digest(panel),
    )  # fmt: skip


@router.get("/stream", response_class=StreamingResponse, response_model=None)
async def stream(request: Request, run: Running, seen: str = "") -> Response:
    """The panel, drawn anew whenever it looks other than what was seen last; `end` when nothing
    more will happen."""

    async def pictures() -> AsyncGenerator[bytes, None]:
        version, last = -1, seen
        while not await request.is_disconnected():
            if version != run.version:
                version = run.version
                panel = await _panel(request, run)
                # The same once more would take a button from under somebody's hand.
                if last != (last := _digest(panel)):
                    yield event("panel", panel)
            if run.over and version == run.version:
                yield event("end", "")
                return
            if not await run.changed(version, HEARTBEAT):
                yield b": alive\n\n"
            await asyncio.sleep(_REST)

    return EventStream(request, pictures())


@router.post("/send")
async def send(request: Request, run: Running, fields: Fields) -> Response:
    """The request that waits, as it is or as it was rewritten."""
    try:
        run.approve(fields.get("text", ""), _turn(fields))
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
        run.bring(pairs, _turn(fields))
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
    if desk.metadata is None or desk.metadata.issuer != run.issuer:
        # Its secret goes to the server that gave it, and to no other.
        raise HTTPException(409, f"Go back to {run.issuer} first: this client is registered there.")
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


def _turn(fields: Mapping[str, str]) -> int | None:
    """Which question the form was drawn for; None where it does not say."""
    text = fields.get("turn", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


async def _panel(request: Request, run: Run) -> str:
    # Taken here, where the flow stands still; drawn in a thread.
    values = {"run": run, "shown": shown(run)}
    return await run_in_threadpool(part, request, "parts/oauth_panel.html", **values)


def _digest(panel: str) -> str:
    return hashlib.sha256(panel.encode()).hexdigest()[:16]


def _refused(request: Request, why: Exception) -> Response:
    if PIECE in request.headers:
        return PlainTextResponse(sentence(why), 422)
    raise HTTPException(422, f"Nothing was sent. {sentence(why)}")


def _moved_on(request: Request, run: Run) -> Response:
    if PIECE in request.headers:
        return Response(status_code=204)
    return RedirectResponse(f"/oauth/runs/{run.id}", 303)
