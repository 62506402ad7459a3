"""The central noun: one request, the answer it got, and what is known of both.

Everything here is a value: immutable, without I/O, importing nothing but its neighbours.
Times are seconds since the Unix epoch (UTC) as floats; sizes are bytes.
"""

from enum import StrEnum
from functools import cached_property

from msgspec import Struct

from nightlatch.exchange.credential import Credential, CredentialState
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.source import IN_PROCESS, Source


class Body(Struct, frozen=True, gc=False):
    """What was seen of a message body."""

    data: bytes = b""
    """The captured prefix, content-decoded (gzip, deflate, br, zstd) where that was possible."""
    size: int = 0
    """Bytes on the wire, all of them, also those that were not captured."""
    truncated: bool = False
    """More bytes passed than `data` holds."""
    fault: str = ""
    """Why `data` is not what it should be, e.g. "gzip: expands beyond 1 MiB"; empty when sound."""
    tail: bytes = b""
    """The last bytes of a body that is longer than what was captured, where they can be read."""


NO_BODY = Body()


class Request(Struct, frozen=True, gc=False):
    """The request as the application sees it; `path` without and `query` after the "?"."""

    method: str
    scheme: str
    """"http" or "https", as the client used it (a trusted proxy's word included); "ws", "wss"."""
    host: str
    path: str
    """Percent-decoded, as the ASGI `path`."""
    query: str
    """Raw: not decoded."""
    headers: Headers
    peer: str
    """Address of the socket's other end; empty when the transport has none."""
    http_version: str = "1.1"
    body: Body = NO_BODY


class Response(Struct, frozen=True, gc=False):
    """The answer as it left, or as much of it as there was."""

    status: int
    headers: Headers
    body: Body = NO_BODY
    ours: bool = False
    """Nightlatch's own answer, given instead of the application's."""


class Endpoint(Struct, frozen=True, dict=True):
    """A door: method and route template, such as `GET /users/{phone}`."""

    method: str
    template: str

    @cached_property
    def key(self) -> str:
        """The endpoint's name in stores, addresses and messages."""
        return f"{self.method} {self.template}"


class Caller(Struct, frozen=True, gc=False):
    """Who asks, from the narrowest circle to the widest.

    A circle is "kind:key": `principal:`, `credential:`, `session:`, `address:`, `headers:` (order
    and values of stable headers), `network:` (/24 or /64). Keys that could identify are keyed
    hashes, except addresses and networks, which an operator must be able to read and block.
    """

    address: str
    circles: tuple[str, ...]

    @property
    def key(self) -> str:
        """The narrowest circle: what counts as one caller."""
        return self.circles[0]


class Ending(StrEnum):
    """How the exchange ended, as the application saw it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """Nightlatch answered instead of the application, or withheld or cut its answer."""
    RAISED = "raised"
    """The application raised before it had answered."""
    CLIENT_GONE = "client-gone"
    """The client hung up before the answer was complete."""


class Exchange(Struct, frozen=True, gc=False):
    """One request and its answer, with who asked and which door they used."""

    id: str
    """26 characters, sorts by time (a ULID)."""
    at: float
    """When the request head was complete."""
    duration: float
    """Seconds until the last byte of the answer was handed over."""
    request: Request
    response: Response | None
    """None where the application gave no answer."""
    ending: Ending
    caller: Caller
    endpoint: Endpoint
    credentials: tuple[Credential, ...] = ()
    """Every credential in the request, strongest first."""
    credential_state: CredentialState = CredentialState.NONE
    source: Source = IN_PROCESS
    """Where it was seen, and what could not be seen from there."""
