"""What went over the network, for people: credentials are *** in it, unless they want to see."""

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Answer, Call, Headers
from nightlatch.workbench.oauth.flows.masking import masked_body, masked_headers

_SHOWN = 4_096
"""Bytes of a body."""
MAX_LOG = 200
"""Exchanges of one flow that are remembered; the oldest are forgotten first."""


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


class Sent(Struct, frozen=True):
    """One exchange as it was, but for the rest of a long body. Its `repr` has no secrets."""

    call: Call
    answer: Answer
    seconds: float
    fault: str = ""

    def entry(self) -> Entry:
        body = masked_body(self.answer.body, self.answer.header("content-type"))
        return self._entry(self.call.masked(), masked_headers(self.answer.headers), body)

    def bare(self) -> Entry:
        """With every credential: for the eyes of whoever sent it."""
        return self._entry(self.call, self.answer.headers, self.answer.body)

    def _entry(self, call: Call, headers: Headers, body: bytes) -> Entry:
        return Entry(
            call.purpose, call.as_text(), self.answer.status, headers,
            body[:_SHOWN].decode("utf-8", "replace"), self.seconds, self.fault,
        )  # fmt: skip


def sent(call: Call, answer: Answer, seconds: float, fault: str = "") -> Sent:
    """`seconds` is how long it took."""
    # More than is shown: masking needs the end of a value that begins within.
    begun = Answer(answer.status, answer.headers, answer.body[: 4 * _SHOWN])
    return Sent(call, begun, seconds, fault)
