"""What every route of the console works with, and how it gets it."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from msgspec import Struct, field
from starlette.requests import ClientDisconnect

from nightlatch.checks.check import Check
from nightlatch.console.access import Access, Session, same_secret
from nightlatch.console.guard import SAFE_METHODS
from nightlatch.console.ports import Recorder
from nightlatch.console.streams import Streams
from nightlatch.exchange.facts import EndpointSummary, ServiceEndpoint
from nightlatch.exchange.judgement import Mode
from nightlatch.policy.orders import whose
from nightlatch.respond.source_tokens import SourceTokens
from nightlatch.store.ports import DocumentStore, EventStore
from nightlatch.workbench.oauth.bench import Bench

CSRF_FIELD = "csrf_token"
CSRF_HEADER = "x-csrf-token"
MAX_FORM = 2 << 20
"""Bytes of a submitted form."""


class Senders(Struct, frozen=True):
    """Where sources send to, and who may. Only a collector has such a place."""

    tokens: SourceTokens
    url: str


class Console(Struct, frozen=True):
    """The console's collaborators, passed by hand."""

    recorder: Recorder
    events: EventStore
    documents: DocumentStore
    checks: Mapping[str, Check]
    """By id, in the order of the catalogue."""
    access: Access
    default_mode: Mode
    """What the applications' own settings say where no person has decided."""
    bench: Bench
    """The workbench's flows on their way, and whether it may call servers at all."""
    clock: Callable[[], float] = time.time
    senders: Senders | None = None
    """None in an application's own process, where nothing is taken in."""
    streams: Streams = field(default_factory=Streams)
    """Those that are open."""

    @property
    def mode(self) -> Mode:
        return self.recorder.directives.mode or self.default_mode

    def endpoint(self, key: str, now: float, service: str | None = None) -> EndpointSummary | None:
        """Of the services that have it the one asked for, or the one where it is riskiest."""
        found = [one for one in self.recorder.endpoints(now) if one.endpoint == key]
        return next((one for one in found if service in (None, "", one.service)), None)

    def whose(self, endpoint: str, service: str) -> ServiceEndpoint:
        """Which endpoint is meant. OrderRefused where several services have it, and none is
        named."""
        return whose(endpoint, service, self.recorder.places())

    def services(self) -> list[str]:
        """Their names, of those with traffic."""
        return sorted({at.service for at in self.recorder.places()})


def checks_by_id(checks: Sequence[Check]) -> dict[str, Check]:
    return {check.id: check for check in checks}


def get_console(request: Request) -> Console:
    console = request.app.state.console
    assert isinstance(console, Console)  # noqa: S101 - create_console put it there
    return console


def get_session(request: Request) -> Session | None:
    session: Session | None = request.state.session
    return session


def get_actor(request: Request) -> str:
    """Whose hand it was, for the audit log."""
    actor: str = request.state.actor
    return actor


async def check_csrf(request: Request) -> None:
    """A session's unsafe request must carry the session's CSRF token, in a header or a form field.

    Machines with the API token carry nothing a browser would add by itself, and need none.
    """
    session = getattr(request.state, "session", None)
    if request.method in SAFE_METHODS or session is None:
        return
    given = request.headers.get(CSRF_HEADER)
    if given is None and "form" in request.headers.get("content-type", ""):
        given = (await read_form(request)).get(CSRF_FIELD)
    if not same_secret(given or "", session.csrf):
        raise HTTPException(403, "The form is out of date. Reload the page and try again.")


async def read_form(request: Request) -> dict[str, str]:
    """The text fields of a submitted form; a dependency, so that routes that store may block."""
    # Browsers say the length, and the server holds them to it; unless the body comes in chunks.
    length = request.headers.get("content-length", "")
    said = length.isascii() and length.isdigit() and "transfer-encoding" not in request.headers
    if not said or len(length) > len(str(MAX_FORM)) or int(length) > MAX_FORM:
        raise HTTPException(413, f"A form may have {MAX_FORM >> 20} MB, and says how long it is.")
    try:
        form = await request.form(max_files=0, max_fields=50)
    except ClientDisconnect:
        raise HTTPException(400, "The form did not come whole.") from None
    return {name: value for name, value in form.items() if isinstance(value, str)}


Here = Annotated[Console, Depends(get_console)]
Actor = Annotated[str, Depends(get_actor)]
Fields = Annotated[dict[str, str], Depends(read_form)]
