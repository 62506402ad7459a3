"""Where an exchange was seen, and what cannot be seen from there."""

from enum import StrEnum

from msgspec import Struct


class Part(StrEnum):
    """A part of an exchange that a source may be unable to see.

    What is unseen is unknown: a check that would need it says that it cannot judge, and nobody
    concludes from its absence. The field itself holds what stands for nothing: "" or 0.
    """

    SCHEME = "scheme"
    HOST = "host"
    QUERY = "query"
    CLIENT = "client"
    """The address of who asked."""
    REQUEST_HEADERS = "request-headers"
    """Those that are there were sent; of all others nothing is known."""
    REQUEST_BODY = "request-body"
    RESPONSE_HEADERS = "response-headers"
    """Those that are there were sent; of all others nothing is known."""
    RESPONSE_BODY = "response-body"
    CREDENTIALS = "credentials"
    """Whether there was one at all."""
    SECRETS = "secrets"
    """What the credential was: it came masked, so that all look alike, and only shows that there
    was one."""
    STATUS = "status"
    DURATION = "duration"


UNSEEN_HOST = "unseen.invalid"
"""Stands for a host that was not seen where an address has to be whole: none can be called so
(RFC 6761)."""


class SourceKind(StrEnum):
    MIDDLEWARE = "middleware"
    """In the application's own process."""
    GATEWAY = "gateway"
    """A proxy in front of the application, with our agent beside it."""
    TREBLLE = "treblle"
    OTLP = "otlp"
    GELF = "gelf"
    SYSLOG = "syslog"
    LOG = "log"
    """Lines of an access log."""
    HAR = "har"


class Source(Struct, frozen=True):
    """One way in. Sources that see alike share one value."""

    kind: SourceKind
    name: str = ""
    """As its owner called it; empty for the application itself."""
    unseen: frozenset[Part] = frozenset()


IN_PROCESS = Source(SourceKind.MIDDLEWARE)
"""Sees everything."""
