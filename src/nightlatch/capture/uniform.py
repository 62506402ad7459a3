"""The answer that says nothing: found and not found, done and not done look the same.

One status, one body, one set of header fields; how long it takes is evened out by `delays.py`. The
caller learns that its request came in, and nothing else: that is what the lever is for, where an
endpoint has become an oracle (a password reset, an invitation, a look-up of contacts).
"""

from typing import Final

import msgspec

from nightlatch.exchange.exchange import Body, Response
from nightlatch.exchange.headers import Headers

_BODY: Final = msgspec.json.encode(
    {
        "status": 202,
        "detail": "The request has arrived. Whether it led to anything is not told.",
    }
)
_FIELDS: Final = (
    (b"content-type", b"application/json"),
    (b"content-length", b"%d" % len(_BODY)),
    (b"cache-control", b"no-store"),
)
_KEPT: Final = frozenset(
    {
        b"access-control-allow-origin",
        b"access-control-allow-credentials",
        b"access-control-expose-headers",
    }
)
"""Of the application's fields only these: without them a page of another origin could not read even
that. They depend on the page that asks, not on what it asks for."""


def uniform_answer(headers: Headers) -> Response:
    """Instead of an answer of the application with these `headers`."""
    kept = (field for field in headers.raw if field[0] in _KEPT)
    return Response(202, Headers((*_FIELDS, *kept)), Body(_BODY, len(_BODY)))
