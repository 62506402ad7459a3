"""What the values in a line of a log mean: one vocabulary for all formats.

Every format turns a line into a `Line`: values by these names. Values are Latin-1 text, one
character a byte, so that what a hostile client sent comes through as it was sent.
"""

from enum import StrEnum

from msgspec import Struct

PEER = "peer"
USER = "user"
BEGAN = "began"
ENDED = "ended"
REQUEST = "request"
METHOD = "method"
URL = "url"
TARGET = "target"
PATH = "path"
QUERY = "query"
SCHEME = "scheme"
HOST = "host"
VERSION = "version"
STATUS = "status"
SENT = "sent"
RECEIVED = "received"
SECONDS = "seconds"
MILLISECONDS = "milliseconds"
MICROSECONDS = "microseconds"
NANOSECONDS = "nanoseconds"
ROUTE = "route"
SERVICE = "service"
GONE = "gone"

REQUEST_HEADER = "request-header:"
RESPONSE_HEADER = "response-header:"
COOKIE = "cookie:"
"""Beginnings of names: the rest is the name of the header or cookie, in lower case."""

REFERER = REQUEST_HEADER + "referer"
USER_AGENT = REQUEST_HEADER + "user-agent"
FORWARDED_FOR = REQUEST_HEADER + "x-forwarded-for"

MEANINGS: dict[str, str] = {
    PEER: "address of who asked, with or without a port",
    USER: "who was logged in",
    BEGAN: "when the request came: RFC 3339, as Apache writes it, or epoch s, ms, µs, ns",
    ENDED: "the same, when it was over",
    REQUEST: "the request line: GET /path?query HTTP/1.1",
    METHOD: "the method",
    URL: "the whole URL",
    TARGET: "path and query",
    PATH: "the path",
    QUERY: "what follows the question mark",
    SCHEME: "http or https",
    HOST: "the host that was asked, with or without a port",
    VERSION: "HTTP/1.1, HTTP/2.0, 2, h3",
    STATUS: "status of the answer",
    SENT: "bytes of the answer",
    RECEIVED: "bytes of the request",
    SECONDS: "how long it took, in seconds",
    MILLISECONDS: "the same in milliseconds",
    MICROSECONDS: "the same in microseconds",
    NANOSECONDS: "the same in nanoseconds",
    ROUTE: "the route template: /users/{id}",
    SERVICE: "whose API it is",
    GONE: "anything, where the client hung up before the answer was complete",
    REQUEST_HEADER + "NAME": "a header of the request",
    RESPONSE_HEADER + "NAME": "a header of the answer",
    COOKIE + "NAME": "a cookie of the request",
}
"""Every name, in words: the help of `nightlatch import --mapping`."""

Values = dict[str, str]
RawHeaders = tuple[tuple[bytes, bytes], ...]

ABSENT = frozenset(("-", ""))
"""How logs write that there was none."""


class Line(Struct, gc=False):
    """One line, understood."""

    values: Values
    request_headers: RawHeaders | None = None
    """All of them; None where the log has at most some, and they are among the values."""
    response_headers: RawHeaders | None = None


class Fault(StrEnum):
    """Why a line is no exchange. Fixed words: they are counted."""

    SHAPE = "not in this format"
    JSON = "not a JSON object"
    NO_FIELDS = "no #Fields line before it"
    NO_REQUEST = "no request in it"
    NOT_HTTP = "the request is not HTTP"
    TIME = "no time that can be read"
    STATUS = "no status that can be read"
    LONG = "line too long"
    ENVELOPE = "not in the envelope of the others"
    CUT = "the last line has no end"


class Unread(Exception):
    """A line that is no exchange."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault
