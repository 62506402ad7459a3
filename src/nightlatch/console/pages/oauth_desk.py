"""Whose desk a request is about, and how its pages are drawn beside running flows."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from nightlatch.console.context import Here, get_session
from nightlatch.console.rendering import page
from nightlatch.workbench.oauth.bench import Desk
from nightlatch.workbench.oauth.run import Run

GONE = "This flow is not here: it was forgotten, or belongs to another session."


async def get_owner(request: Request) -> str:
    session = get_session(request)
    if session is None:
        raise HTTPException(403, "Flows are played by people, with a session of the console.")
    # Derived from the session's secret: nobody else can name it.
    return session.csrf


Owner = Annotated[str, Depends(get_owner)]


async def get_desk(here: Here, owner: Owner) -> Desk:
    return here.bench.desk(owner)


Mine = Annotated[Desk, Depends(get_desk)]


async def get_run(run_id: str, desk: Mine) -> Run:
    run = desk.runs.get(run_id)
    if run is None:
        raise HTTPException(404, GONE)
    return run


Running = Annotated[Run, Depends(get_run)]


async def show(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, drawn in a thread: it asks the store, and flows go on meanwhile."""
    return await run_in_threadpool(page, request, template, status, **values)
