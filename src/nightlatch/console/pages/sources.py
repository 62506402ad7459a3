"""Where exchanges come from: who may send, what became of what was sent, and where it goes on."""

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from msgspec import Struct

from nightlatch.console.context import Actor, Console, Fields, Here, Senders
from nightlatch.console.rendering import page
from nightlatch.exchange.source import SourceKind
from nightlatch.respond.sender_settings import SenderSettings, sender_settings
from nightlatch.respond.source_book import last_heard
from nightlatch.respond.source_tokens import SENDING, SourceToken, TokenRefused, read_tokens

router = APIRouter(prefix="/sources")

RATES = {
    "1MB": (1_000_000, "1 MB a second"),
    "16MB": (16_000_000, "16 MB a second"),
    "100MB": (100_000_000, "100 MB a second"),
    "any": (0, "as much as it likes"),
}
"""How much a source may send: the value of the field, bytes a second, words."""
GRACES = {
    "none": (0.0, "ends now"),
    "1h": (3_600.0, "goes on for 1 hour"),
    "1d": (86_400.0, "goes on for 1 day"),
    "7d": (7 * 86_400.0, "goes on for 7 days"),
}
"""How long the token before a new one works: likewise, in seconds."""
_KINDS = tuple(sorted(SENDING))


class Listed(Struct, frozen=True):
    token: SourceToken
    last_seen: float
    """When its source was last heard of; 0 for never."""

    @property
    def rate(self) -> str:
        most = self.token.bytes_per_second
        return f"{most / 1e6:g} MB a second" if most else "as much as it likes"


class Made(Struct, frozen=True):
    """A token that is shown this once, with what its sender is to be told."""

    name: str
    token: str
    settings: tuple[SenderSettings, ...]

    def __repr__(self) -> str:
        return f"Made({self.name!r})"


class SourceForm(Struct, frozen=True):
    """The fields as typed."""

    name: str = ""
    kinds: tuple[SourceKind, ...] = ()
    service: str = ""
    rate: str = "16MB"


@router.get("")
def list_sources(request: Request, here: Here) -> HTMLResponse:
    return _sources_page(request, here)


@router.post("/tokens")
def add_source(request: Request, fields: Fields, here: Here, actor: Actor) -> HTMLResponse:
    """The token is in the answer, and nowhere else ever after."""
    senders, form = _senders(here), _read_form(fields)
    rate, _ = RATES.get(form.rate, RATES["16MB"])
    try:
        token = senders.tokens.add(form.name, form.kinds, form.service, rate, actor, here.clock())
    except TokenRefused as refused:
        return _sources_page(request, here, form=form, problem=str(refused), status=422)
    return _sources_page(request, here, made=_made(senders, form.name, token))


@router.post("/{name}/rotate")
def rotate_source(
    request: Request, name: str, fields: Fields, here: Here, actor: Actor
) -> HTMLResponse:
    senders = _senders(here)
    grace, _ = GRACES.get(fields.get("grace", ""), GRACES["1h"])
    try:
        token = senders.tokens.rotate(name, grace, actor, here.clock())
    except TokenRefused as refused:
        raise HTTPException(404, str(refused)) from refused
    return _sources_page(request, here, made=_made(senders, name, token))


@router.post("/{name}/revoke")
def revoke_source(name: str, here: Here, actor: Actor) -> RedirectResponse:
    try:
        _senders(here).tokens.revoke(name, actor, here.clock())
    except TokenRefused as refused:
        raise HTTPException(404, str(refused)) from refused
    return RedirectResponse("/sources#tokens", 303)


def _sources_page(
    request: Request,
    here: Console,
    *,
    form: SourceForm | None = None,
    made: Made | None = None,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    now, ways = here.clock(), here.recorder.ways
    seen = here.recorder.sources.sources
    in_force = [one for one in read_tokens(here.documents) if one.in_force(now)]
    return page(
        request,
        "sources.html",
        status,
        sources=seen,
        tokens=[Listed(one, last_heard(seen, one.name, one.kinds)) for one in reversed(in_force)],
        letting_in=here.senders is not None,
        form=form or SourceForm(),
        made=made,
        problem=problem,
        kinds=_KINDS,
        rates=RATES,
        graces=GRACES,
        listeners=ways.listeners(),
        ignored={path: number for path, number in ways.ignored().items() if number},
        exports=ways.exports(),
        agents=here.recorder.health(now).agents,
    )


def _senders(here: Console) -> Senders:
    if here.senders is None:
        raise HTTPException(404, "Nothing is taken in here: that is what `nightlatch up` does.")
    return here.senders


def _made(senders: Senders, name: str, token: str) -> Made:
    newest = next(one for one in reversed(senders.tokens.all()) if one.name == name)
    told = (sender_settings(kind, senders.url, token) for kind in sorted(newest.kinds))
    return Made(name, token, tuple(told))


def _read_form(fields: Mapping[str, str]) -> SourceForm:
    return SourceForm(
        name=fields.get("name", "").strip()[:200],
        kinds=tuple(kind for kind in _KINDS if f"kind-{kind}" in fields),
        service=fields.get("service", "").strip()[:200],
        rate=fields.get("rate", ""),
    )
