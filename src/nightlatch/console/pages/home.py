"""The overview: what matters first."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from nightlatch.console.context import Here
from nightlatch.console.doors import MAX_INCIDENTS, overview
from nightlatch.console.rendering import page
from nightlatch.console.timeline import SPANS, span_of

router = APIRouter()


@router.get("/")
def home(request: Request, here: Here, span: str = "24h") -> HTMLResponse:
    now = here.clock()
    endpoints = here.recorder.endpoints(now)
    incidents = here.recorder.incidents(MAX_INCIDENTS)
    return page(
        request,
        "home.html" if endpoints else "welcome.html",
        view=overview(endpoints, incidents, here.mode, now),
        several=len({one.service for one in endpoints}) > 1,
        spans=SPANS.values(),
        span=span_of(span),
        health=here.recorder.health(now),
    )


@router.get("/arrived")
def arrived(here: Here) -> Response:
    """What the welcome asks while it waits: the first traffic reloads the page."""
    traffic = bool(here.recorder.endpoints(here.clock()))
    return Response(status_code=204, headers={"hx-refresh": "true"} if traffic else {})
