"""Where exchanges come from: each source, what became of what it sent, and its dead letters."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from msgspec import Struct

from nightlatch.console.context import Here
from nightlatch.console.rendering import page
from nightlatch.respond.source_book import SourceSeen
from nightlatch.respond.source_tokens import SourceToken, read_tokens

router = APIRouter(prefix="/sources")


class Listed(Struct, frozen=True):
    """A source with the token it sends with, where it has one."""

    seen: SourceSeen
    token: SourceToken | None


@router.get("")
def list_sources(request: Request, here: Here) -> HTMLResponse:
    seen = here.recorder.sources.sources
    tokens = {one.name: one for one in read_tokens(here.documents) if not one.revoked}
    heard = {one.name for one in seen}
    return page(
        request,
        "sources.html",
        sources=[Listed(one, tokens.get(one.name)) for one in seen],
        silent=[token for name, token in tokens.items() if name not in heard],
        agents=here.recorder.health(here.clock()).agents,
    )
