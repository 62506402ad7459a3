"""OAuth 2 and OpenID Connect flows, played from here, each request shown before it is sent."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlatch.console.rendering import page

router = APIRouter(prefix="/oauth")


@router.get("")
def show_flows(request: Request) -> HTMLResponse:
    return page(request, "oauth.html")
