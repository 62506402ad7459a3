"""OAuth 2 and OpenID Connect flows, played from here, each request shown before it is sent."""

import logging
from pathlib import Path
from typing import cast

import msgspec
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlatch.console.context import Console, Fields, Here
from nightlatch.console.pages.oauth_callback import redirect_uri
from nightlatch.console.pages.oauth_desk import Mine, Owner, show
from nightlatch.console.pages.oauth_words import told
from nightlatch.workbench.oauth import demo, said
from nightlatch.workbench.oauth.bench import Desk
from nightlatch.workbench.oauth.catalogue import GROUPS, OFFERS
from nightlatch.workbench.oauth.flows.call import Certificate
from nightlatch.workbench.oauth.flows.client import (
    AUTHENTICATIONS,
    Authentication,
    Registration,
    Secrets,
    usual_authentication,
)
from nightlatch.workbench.oauth.flows.metadata import Metadata, discover, pasted
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.kept import Collections
from nightlatch.workbench.tokens.material import NoKey, generate, keys_in

router = APIRouter(prefix="/oauth")
MAX_PLACE = 2_000
PATIENCE = 45.0
"""Seconds that a page waits for a server's metadata: two addresses may have to be tried."""
MAX_PEM = 1 << 20
"""Bytes of a file in which a PEM block is looked for."""
_FILES = {
    "authority": "Who vouches for the server",
    "certificate": "The client's certificate",
    "certificate_key": "The certificate's key",
}
log = logging.getLogger("nightlatch.console")


@router.get("")
async def show_bench(request: Request, desk: Mine, here: Here) -> HTMLResponse:
    return await _bench_page(request, desk, here)


@router.post("/server")
async def find_server(
    request: Request, fields: Fields, desk: Mine, owner: Owner, here: Here
) -> Response:
    """Read what it says about itself: from its issuer, an address or an account, or as pasted."""
    place, document = fields.get("place", "").strip(), fields.get("document", "").strip()
    try:
        if document:
            desk.use(pasted(document))
        else:
            await _read_server(here, desk, owner, place)
    except FlowFault as fault:
        return await _bench_page(request, desk, here, fault, place)
    if fields.get("demo") and demo.is_test_server(desk.metadata):
        _fill_in_demo(request, desk)
    return RedirectResponse("/oauth#client", 303)


async def _read_server(here: Console, desk: Desk, owner: str, place: str) -> None:
    """What it says of itself, onto the desk. Raises FlowFault, and the desk stays as it was."""
    if not place or len(place) > MAX_PLACE:
        raise FlowFault("name a server: its issuer, the address of its metadata, or an account")
    run = here.bench.start(owner, "discover", "Discovery", discover(place), asks=False)
    await run.finished(PATIENCE)
    found = run.played.result if run.played else None
    if not isinstance(found, Metadata):
        run.stop()
        raise FlowFault(run.played.fault if run.played else "the server takes very long")
    desk.use(found, tuple(run.notes), place)


@router.post("/client")
async def set_client(request: Request, fields: Fields, desk: Mine, here: Here) -> Response:
    """Who we are at the server. A secret that is left empty stays as it was."""
    try:
        # Files and keys: not while flows wait.
        registration, secrets = await run_in_threadpool(_client, fields, desk)
    except (FlowFault, NoKey) as fault:
        return await _bench_page(request, desk, here, fault)
    desk.registration, desk.secrets = registration, secrets
    desk.authority = fields.get("authority", "").strip()
    return RedirectResponse("/oauth#flows", 303)


@router.post("/demo")
async def play_demo_client(request: Request, desk: Mine) -> RedirectResponse:
    """The client that the test server knows from the start."""
    if demo.is_test_server(desk.metadata):
        _fill_in_demo(request, desk)
    return RedirectResponse("/oauth#flows", 303)


@router.post("/forget")
async def forget(owner: Owner, here: Here) -> RedirectResponse:
    """Secrets, tokens and flows of this session, now."""
    here.bench.forget(owner)
    return RedirectResponse("/oauth", 303)


def _fill_in_demo(request: Request, desk: Desk) -> None:
    desk.registration = demo.demo_client(redirect_uri(request))
    desk.secrets = msgspec.structs.replace(
        demo.SECRETS, proof_key=desk.secrets.proof_key, key=desk.secrets.key
    )


def _client(fields: dict[str, str], desk: Desk) -> tuple[Registration, Secrets]:
    """Raises FlowFault and NoKey."""
    for name, what in _FILES.items():
        _check_file(what, fields.get(name, "").strip())
    client_id = fields.get("client_id", "").strip()
    # Another client's secrets are not this one's.
    known = desk.secrets if client_id == desk.registration.client_id else Secrets()
    secrets = Secrets(
        client_secret=fields.get("secret", "") or known.client_secret,
        key=_key(fields.get("key", "")) or known.key,
        certificate=_certificate(fields),
        proof_key=(known.proof_key or generate("EC")) if "dpop" in fields else None,
    )
    method = fields.get("authentication", "")
    if not method:
        method = usual_authentication(secrets, desk.metadata or Metadata("", {}))
    if method not in AUTHENTICATIONS:
        raise FlowFault(f"a client authenticates by one of {', '.join(AUTHENTICATIONS)}")
    registration = Registration(
        client_id, cast("Authentication", method), " ".join(fields.get("scope", "").split()),
        fields.get("redirect_uri", "").strip(),
    )  # fmt: skip
    return registration, secrets


def _key(text: str) -> dict[str, object] | None:
    """A private one, as JWK or PEM."""
    if not text.strip():
        return None
    key = keys_in(text.encode())[0]
    if "d" not in key:
        raise NoKey("the client's key is a private one: this has no private part")
    return key


def _check_file(what: str, name: str) -> None:
    """Raises FlowFault, in the same words whatever is wrong: which files there are on this machine
    is nothing for everybody who has a session. Its log says more to whoever runs Nightlatch."""
    try:
        wrong = "" if not name else _wrong_with(Path(name))
    except (OSError, ValueError) as error:
        wrong = getattr(error, "strerror", None) or "such a name cannot be"
    if wrong:
        log.info("%s was to be read from %.200r: %s.", what, name, wrong)
        raise FlowFault(
            f"{what} is not read: name a PEM file, on the machine where Nightlatch runs, that "
            "Nightlatch may read and that needs no pass phrase. Its log says what is wrong"
        )


def _wrong_with(path: Path) -> str:
    """Raises OSError, and ValueError for no path at all."""
    # A device or a pipe would be read without an end.
    if path.exists() and not path.is_file():
        return "no file"
    with path.open("rb") as file:
        start = file.read(MAX_PEM)
    if b"-----BEGIN " not in start:
        return "no PEM"
    # OpenSSL would ask for it at the terminal, and a flow would wait for that.
    return "under a pass phrase" if b"ENCRYPTED" in start else ""


def _certificate(fields: dict[str, str]) -> Certificate | None:
    chain = fields.get("certificate", "").strip()
    return Certificate(chain, fields.get("certificate_key", "").strip()) if chain else None


async def _bench_page(
    request: Request,
    desk: Desk,
    here: Console,
    problem: Exception | None = None,
    place: str = "",
) -> HTMLResponse:
    known = desk.metadata
    listed = await run_in_threadpool(Collections(here.documents).listed)
    return await show(
        request,
        "oauth.html",
        422 if problem else 200,
        desk=desk,
        problem=told(problem) if problem else "",
        place=place or desk.place,
        network=here.bench.network,
        abilities=said.abilities(known) if known else [],
        grants=said.grants(known) if known else [],
        addresses=said.places(known) if known else [],
        remarks=[told(one) for one in (*desk.remarks, *said.remarks(known))] if known else [],
        is_demo=demo.is_test_server(known),
        test_server=demo.TEST_SERVER,
        command=demo.COMMAND,
        authentications=AUTHENTICATIONS,
        back=redirect_uri(request),
        groups=[(group, [one for one in OFFERS if one.group == group]) for group in GROUPS],
        collections=listed,
        runs=list(reversed(desk.runs.values())),
    )
