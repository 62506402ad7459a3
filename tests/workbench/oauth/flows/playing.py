"""Flows played in tests: a browser that follows redirects, a server that says what it is told."""

import json
import re
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx

from nightlatch.workbench.oauth.flows.call import Answer, Call, Pairs
from nightlatch.workbench.oauth.flows.client import Authentication, Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.drive import Hands, Played, play
from nightlatch.workbench.oauth.flows.metadata import Metadata, discover
from nightlatch.workbench.oauth.flows.network import Network
from nightlatch.workbench.oauth.flows.steps import FlowFault, Invite, Play, Visit

_INPUT = re.compile(r'name="([^"]+)" value="([^"]*)"')
T = TypeVar("T")
BACK = "http://127.0.0.1:1/callback"
"""Nobody listens there: the browser of these tests stops before it."""
Visiting = Callable[[Visit], Awaitable[Pairs]]


def browser(form: dict[str, str] | None = None, verify: str = "") -> Visiting:
    """Opens the address, fills in the page if there is one, and brings back what it is led to."""

    async def visiting(step: Visit) -> Pairs:
        trusted = ssl.create_default_context(cafile=verify) if verify else True
        async with httpx.AsyncClient(verify=trusted) as client:
            answer = await client.get(step.url)
            if answer.status_code == 200 and form is not None:
                answer = await client.post(step.url, data=form)
            if "<input" in answer.text:
                return tuple(_INPUT.findall(answer.text))
            assert answer.is_redirect, answer.text
            place = answer.headers["location"]
        assert place.startswith(step.redirect_uri), place
        parts = urlsplit(place)
        return tuple(parse_qsl(parts.query or parts.fragment, keep_blank_values=True))

    return visiting


async def no_browser(step: Visit) -> Pairs:
    raise AssertionError(f"no browser was to be opened: {step}")


async def played(
    flow: Play[T], visiting: Visiting = no_browser,
    before: Callable[[Call], Call] = lambda call: call,
    invite: Callable[[Invite], None] = lambda _: None, **bounds: Any,
) -> Played[T]:  # fmt: skip
    async def wait(_seconds: float) -> None:
        return

    async def shown(call: Call) -> Call:
        return before(call)

    hands = Hands(visiting, shown, invite, wait=wait)
    async with Network(**bounds) as network:
        return await play(flow, network, hands)


async def succeeded(flow: Play[T], visiting: Visiting = no_browser, **more: Any) -> T:
    found = await played(flow, visiting, **more)
    assert not found.fault, found.fault
    return found.result  # type: ignore[return-value]


async def fault(flow: Play[Any], visiting: Visiting = no_browser, **more: Any) -> str:
    found = await played(flow, visiting, **more)
    assert found.result is None
    assert found.fault
    return found.fault


async def client_of(issuer: str, client_id: str = "demo", authentication: Authentication = "none",
                    scope: str = "openid", secrets: Secrets | None = None) -> Client:  # fmt: skip
    metadata = await succeeded(discover(issuer))
    registration = Registration(client_id, authentication, scope, BACK)
    return Client(metadata, registration, secrets or Secrets(), time.time)


def client_with(document: dict[str, Any] | None = None, **registration: Any) -> Client:
    """Of a server that nobody asked."""
    issuer = "https://id.example"
    known = {
        "issuer": issuer, "token_endpoint": f"{issuer}/token", "jwks_uri": f"{issuer}/jwks",
        "authorization_endpoint": f"{issuer}/authorize", **(document or {}),
    }  # fmt: skip
    secrets = registration.pop("secrets", Secrets())
    registered = Registration(**{"client_id": "demo", "redirect_uri": BACK, **registration})
    return Client(Metadata(issuer, known), registered, secrets, lambda: 1_700_000_000.0)


def by_hand(flow: Play[T], *replies: Answer | Pairs) -> tuple[T | str, list[Any]]:
    """Without a network: what the flow made of these replies (or its fault), and what it asked."""
    steps, waiting, reply = [], list(replies), None
    try:
        while True:
            step = flow.send(reply)
            steps.append(step)
            reply = waiting.pop(0) if isinstance(step, Call | Visit) else None
    except StopIteration as end:
        return end.value, steps
    except FlowFault as told:
        return str(told), steps


def says(document: object, status: int = 200, **headers: str) -> Answer:
    kind = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, (*kind, *named), json.dumps(document).encode())


def fields_of(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode(), keep_blank_values=True))


class Asked:
    """A request as a test's server got it."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self.method = handler.command
        self.path = urlsplit(handler.path).path
        self.query = parse_qs(urlsplit(handler.path).query)
        self.headers = handler.headers
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


Reply = Callable[[Asked], Answer]


@contextmanager
def server(reply: Callable[[str, Asked], Answer]) -> Iterator[str]:
    """At an address of its own, which `reply` is told first."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = reply(address, Asked(self))
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            try:
                self.wfile.write(answer.body)
            except OSError:
                # The client under test has had enough.
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 -- the library's name

        def log_message(self, *_told: object) -> None:
            return

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=lambda: listening.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield address
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
