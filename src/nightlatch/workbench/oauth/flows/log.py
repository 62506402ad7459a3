"""What went over the network, for people: credentials are *** in it."""

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Answer, Call, Headers
from nightlatch.workbench.oauth.flows.masking import masked_body, masked_headers

_SHOWN = 4_096
"""Bytes of a body."""


class Entry(Struct, frozen=True):
    """One exchange with a server, for people: credentials are *** in it."""

    purpose: str
    request: str
    """First line, headers and body."""
    status: int = 0
    headers: Headers = ()
    body: str = ""
    """The beginning of it."""
    seconds: float = 0.0
    fault: str = ""
    """Why there was no answer."""


def entry_of(call: Call, answer: Answer, seconds: float, fault: str = "") -> Entry:
    """`seconds` is how long it took."""
    body = masked_body(answer.body[: 4 * _SHOWN], answer.header("content-type"))
    return Entry(
        call.purpose, call.masked().as_text(), answer.status, masked_headers(answer.headers),
        body[:_SHOWN].decode("utf-8", "replace"), seconds, fault,
    )  # fmt: skip
