"""Where the browser comes back to from an authorization server.

It comes from another site, so that it carries no session (the cookie is SameSite=Strict). What it
brings is taken only for the flow that sent a browser away with this very `state`, once; nothing of
it is ever shown.
"""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlatch.console.context import Here
from nightlatch.console.rendering import bare
from nightlatch.workbench.oauth.flows.call import MAX_FIELDS

PATH = "/oauth/callback"
MAX_BODY = 256 * 1024
router = APIRouter()


def redirect_uri(request: Request) -> str:
    """As it is to be registered, at the console's own origin."""
    return f"{request.url.scheme}://{request.headers['host']}{PATH}"


@router.get(PATH)
async def come_back(request: Request, here: Here) -> HTMLResponse:
    """What came in the query; a fragment never reaches a server, and the page hands it on."""
    if not request.url.query:
        return bare("oauth_back.html", 200, news="fragment")
    return _taken(here, request.url.query)


@router.post(PATH)
async def come_back_by_form(request: Request, here: Here) -> HTMLResponse:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return bare("oauth_back.html", 413, news="nobody")
    return _taken(here, body.decode("utf-8", "replace"))


def _taken(here: Here, text: str) -> HTMLResponse:
    try:
        pairs = tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        pairs = ()
    if here.bench.take(pairs):
        return bare("oauth_back.html", 200, news="taken")
    return bare("oauth_back.html", 404, news="nobody")
