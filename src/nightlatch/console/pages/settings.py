"""Mode and health: the doctor's view."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlatch.console.context import Actor, Here, get_session
from nightlatch.console.guard import COOKIE
from nightlatch.console.rendering import page
from nightlatch.exchange.judgement import Mode, Outcome

router = APIRouter(prefix="/settings")


@router.get("")
def show_settings(request: Request, here: Here) -> HTMLResponse:
    health = here.recorder.health(here.clock())
    return page(
        request,
        "settings.html",
        health=health,
        outcomes=[(outcome, health.outcomes.get(outcome, 0)) for outcome in Outcome],
        audit=here.documents.audit_log(20),
        modes=Mode,
        decided=here.recorder.directives.mode is not None,
    )


@router.post("/mode")
def set_mode(mode: Annotated[str, Form()], here: Here, actor: Actor) -> RedirectResponse:
    try:
        chosen = Mode(mode)
    except ValueError:
        raise HTTPException(422, "The mode is off, observe or enforce.") from None
    here.recorder.set_mode(chosen, actor, here.clock())
    return RedirectResponse("/settings", 303)


@router.post("/leave")
async def leave(request: Request, here: Here) -> Response:
    """End the session: this browser needs a new link, and what was on its bench is forgotten."""
    if (session := get_session(request)) is not None:
        here.bench.forget(session.csrf)
        await run_in_threadpool(here.access.end, session, here.clock())
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
