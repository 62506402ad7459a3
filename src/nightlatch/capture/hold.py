"""The hold: an answer waits here, whole where it can, until it has been judged.

Sans-I/O: ASGI messages in, the messages that may leave now out.

What is held, and why nothing stalls
- An answer whose media type carries records is held until it is complete, if its declared length
  or its first body message says that this is soon. Its client could not have read half of it.
- Beyond the capture limit the hold ends: the beginning is judged, the rest piece by piece.
- Undeclared length: the head waits for the first body message; if more is to follow, that piece is
  judged as the beginning of a stream.
- Streams by design (server-sent events, NDJSON), files, HEAD, 204 and 304 are judged by the head
  at once; of streams each piece is judged before it leaves.
- There is no timer, as ASGI has none: an application that takes longer than `PATIENCE` between head
  and end of a declared length is released at its next message.

Where fields are to be taken out, an answer is held until it is whole, however long that takes; one
that cannot be is withheld.
"""

import time
from collections.abc import Callable, MutableMapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Final

from nightlatch.capture.allowances import Fields, allowance_fields
from nightlatch.capture.bodies import BodyCollector, body_of, octets
from nightlatch.capture.codings import Decoder, decoder_for
from nightlatch.capture.excision import WHOLE_LIMIT, Unreadable, has_fields, plain_head, without
from nightlatch.capture.ports import Message
from nightlatch.capture.refusal import as_messages, problem, refusal, with_fields
from nightlatch.capture.uniform import uniform_answer
from nightlatch.exchange.exchange import NO_BODY, Body, Response
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Decision

PATIENCE: Final = 2.0
"""Seconds from the head to the message that ends an overlong hold."""
_PIECE: Final = 65_536
"""Bytes of a long body that are decoded and judged at a time."""
_START: Final = "http.response.start"
_BODY: Final = "http.response.body"
_BODILESS: Final = frozenset({204, 304})
_NOTHING: Final[tuple[Message, ...]] = ()
_HELD_TOO: Final[Message] = {}
"""Stands for the message in hand once it is among those held."""
_NO_HEADERS: Final = Headers()
_UNSEEN: Final = Body(truncated=True)
"""The body of an answer that is judged by its head: all of it is still to come."""
_STREAM_ENDINGS: Final = ("event-stream", "ndjson", "jsonl", "jsonlines", "json-seq", "stream+json")
_DOCUMENT_ENDINGS: Final = ("json", "xml", "javascript", "yaml", "x-www-form-urlencoded", "graphql")


class State(Enum):
    """AWAITED → HELD → STREAMING or OPEN; from each of them also WITHHELD or CUT, which stay, and
    from the first two REPLACED, which stays too."""

    AWAITED = "awaited"
    """The application has not begun to answer."""
    HELD = "held"
    """Nothing has left: the messages are kept back until they are judged."""
    STREAMING = "streaming"
    """The head has left; each piece is judged before it follows."""
    OPEN = "open"
    """The head has left; the rest passes unjudged."""
    WITHHELD = "withheld"
    """Our answer has left instead; the application's is swallowed."""
    CUT = "cut"
    """The head and some of the body have left; nothing more will."""
    REPLACED = "replaced"
    """The answer that says nothing has left; the application's is swallowed."""


# For the path of each exchange: CPython 3.11 needs 0.1 µs to find a member through its class.
AWAITED, HELD, STREAMING, OPEN, WITHHELD, CUT, REPLACED = State


class Carrier(Enum):
    """What an answer's media type says of the records in it."""

    DOCUMENT = "document"
    """Readable when it is whole."""
    STREAM = "stream"
    """Readable piece by piece, and meant to be."""
    OPAQUE = "opaque"
    """Not readable: an image, a download."""


DOCUMENT, STREAM, OPAQUE = Carrier


class Answer:
    """One answer on its way out.

    `judge` is asked at most once, with the whole answer or its beginning; `inspect` with each
    further piece. What either raises passes through `take`; `surrender` then gives back what was
    held.
    """

    __slots__ = (
        "_bodiless",
        "_clock",
        "_collected",
        "_current",
        "_decoder",
        "_held",
        "_held_since",
        "_inspect",
        "_judge",
        "_left",
        "_method",
        "_refuse",
        "_sized",
        "added",
        "complete",
        "headers",
        "state",
        "status",
        "whole",
    )

    def __init__(
        self,
        method: str,
        limit: int,
        judge: Callable[[Response], Decision],
        inspect: Callable[[bytes], Decision],
        clock: Callable[[], float] = time.monotonic,
        refuse: Callable[[Decision], Response] = refusal,
    ) -> None:
        self.state = AWAITED
        self.status = 0
        self.headers = _NO_HEADERS
        self.complete = False
        """The last byte of the answer, the application's or ours, was given out."""
        self.whole = False
        """Fields are to be taken out: nothing may leave before all of it is there."""
        self.added: Fields = ()
        """Header fields that the application's answer is to take along."""
        self._judge = judge
        self._inspect = inspect
        self._refuse = refuse
        self._clock = clock
        self._method = method
        self._bodiless = method == "HEAD"
        # Nobody reads how a long answer ends, and downloads are long.
        self._collected = BodyCollector(limit, ending=0)
        self._current = _HELD_TOO
        self._decoder: Decoder | None = None
        self._held: list[Message] = []
        self._held_since = 0.0
        self._left: Response | None = None
        self._sized = False

    @property
    def refused(self) -> bool:
        """The application's answer was withheld, or cut."""
        return self.state is WITHHELD or self.state is CUT

    @property
    def swallows(self) -> bool:
        """What the application still sends goes nowhere."""
        return self.refused or self.state is REPLACED

    def take(self, message: Message) -> Sequence[Message]:
        """The messages that may leave, now that the application has sent this one."""
        self._current = message
        kind = message.get("type")
        state = self.state
        if state is HELD and kind == _BODY:
            return self._hold(message)
        if state is AWAITED:
            return self._begin(message) if kind == _START else (message,)
        if self.swallows:
            return _NOTHING
        if kind == _BODY and not self.complete:
            return self._pass(message)
        return self._pass_other(message)

    def end_hold(self) -> Sequence[Message]:
        """Judge what is held as the beginning that it is; the messages that may leave."""
        return self._settle(self._held_response())

    def surrender(self) -> Sequence[Message]:
        """After a fault: what leaves if the application's answer is not to be touched, which is
        all that was held and the message in hand."""
        if self.swallows:
            return _NOTHING
        out = self._held
        if self._current is not _HELD_TOO:
            out.append(self._current)
        self._held = []
        if self.state is not AWAITED:
            self.state = OPEN
            self.complete = self.complete or (bool(out) and _ends(out[-1]))
        return out

    def withhold(self, response: Response) -> Sequence[Message]:
        """Answer with `response` instead; once the head has left, cut what follows."""
        self._held = []
        if self.state is not AWAITED and self.state is not HELD:
            self.state = CUT
            return _NOTHING
        self.state = WITHHELD
        self.complete = True
        self._left = response
        return as_messages(response)

    def response(self) -> Response | None:
        """The answer as it left, or as much of it as did; None where nothing has."""
        if self._left is None and self.status and self.state is not HELD:
            body = body_of(self._collected, decoder_for(self.headers), over=True)
            self._left = Response(self.status, self.headers, body)
        return self._left

    def _begin(self, message: Message) -> Sequence[Message]:
        self.state = HELD
        self.status = status = message["status"]
        raw = list(message.get("headers", ()))
        # Copied, as an application may use its message again while we hold it; and an iterator
        # can be read only once.
        self._current = message = {**message, "headers": raw}
        # ASGI wants lower-case names; an application that breaks this must not escape the hold.
        self.headers = headers = Headers([(name.lower(), value) for name, value in raw])
        self._held.append(message)
        self._current = _HELD_TOO
        if status in _BODILESS:
            self._bodiless = True
        carrier = carrier_of(headers.get(b"content-type"))
        if carrier is DOCUMENT and not self._bodiless:
            self._sized = declares_length(headers)
            self._held_since = self._clock()
            return _NOTHING
        self._decoder = decoder_for(headers)
        head = Response(status, headers, NO_BODY if self._bodiless else _UNSEEN)
        return self._settle(head, STREAMING if carrier is STREAM else OPEN)

    def _hold(self, message: Message) -> Sequence[Message]:
        body = octets(message.get("body", b""))
        more = bool(message.get("more_body", False))
        self._held.append({**message, "body": body} if more else message)
        self._current = _HELD_TOO
        self._collected.add(body, more=more)
        if more and self._may_wait():
            return _NOTHING
        return self.end_hold()

    def _may_wait(self) -> bool:
        """Can the end of what is held be near?"""
        if self.whole:
            return self._collected.size <= WHOLE_LIMIT
        if not self._sized or self._collected.overflowed:
            return False
        return self._clock() - self._held_since <= PATIENCE

    def _held_response(self) -> Response:
        self._decoder = decoder = decoder_for(self.headers)
        body = body_of(self._collected, decoder, over=False)
        return Response(self.status, self.headers, body)

    def _settle(self, response: Response, then: State = STREAMING) -> Sequence[Message]:
        """Ask for the judgement, and let what is held go or not."""
        decision = self._judge(response)
        if decision.withhold:
            return self.withhold(self._refuse(decision))
        if self._collected.overflowed:
            verdict = self._inspect_pieces(self._beyond_limit())
            if verdict is not None:
                return self.withhold(self._refuse(verdict))
        if decision.alters or self.added:
            instead = self._alter(decision)
            if instead is not None:
                self._left = self._left or response
                return instead
        self.state = then
        out, self._held = self._held, []
        if self._collected.ended:
            self.complete = True
            # As the application gave it: what was changed, the decision on record says.
            self._left = response
        return out

    def _alter(self, decision: Decision) -> Sequence[Message] | None:
        """Change what is held as decided; what leaves instead of it, if it cannot leave at all."""
        fields = self.added
        if decision.alters:
            if decision.uniform:
                return self.replace()
            if decision.without and has_fields(self.headers):
                try:
                    self._held = self._excised(decision.without)
                except Unreadable:
                    return self.withhold(with_fields(problem(503), self.added))
            fields = (*allowance_fields(decision.allowances), *fields)
        head = self._held[0]
        self._held[0] = {**head, "headers": [*head["headers"], *fields]}
        return None

    def replace(self) -> Sequence[Message]:
        """Answer that the request has arrived, and nothing else; before anything has left."""
        self._held = []
        self.state = REPLACED
        self.complete = True
        head, body = as_messages(with_fields(uniform_answer(self.headers), self.added))
        return head, {**body, "body": b""} if self._method == "HEAD" else body

    def _excised(self, names: Sequence[str]) -> list[Message]:
        """What is held, without these fields. Raises Unreadable."""
        head, *rest = self._held
        if self._bodiless:
            return [{**head, "headers": plain_head(head["headers"], None)}, *rest]
        # Of a range, a part may look like a whole.
        if not self._collected.ended or self.status == 206:
            raise Unreadable
        body = self._held_body()
        plain = without(names, self.headers, body) if body else None
        if plain is None:
            return self._held
        headers = plain_head(head["headers"], len(plain))
        return [{**head, "headers": headers}, {"type": _BODY, "body": plain}]

    def _held_body(self) -> bytes:
        return b"".join([octets(held.get("body", b"")) for held in self._held[1:]])

    def _beyond_limit(self) -> bytes:
        """What is held of the body beyond the prefix that was judged."""
        return self._held_body()[self._collected.limit :]

    def _pass(self, message: Message) -> Sequence[Message]:
        body = octets(message.get("body", b""))
        more = bool(message.get("more_body", False))
        if self.state is STREAMING and body and not self._bodiless:
            verdict = self._inspect_pieces(body)
            if verdict is not None:
                return self.withhold(self._refuse(verdict))
        if self._bodiless:
            body = b""
        self._collected.add(body, more=more)
        self.complete = not more
        return (message,)

    def _pass_other(self, message: Message) -> Sequence[Message]:
        """Extensions (files by path, trailers, hints), and mistakes that are the server's to judge:
        after what is held, in their order."""
        out: Sequence[Message] = ()
        if self.state is HELD:
            out = self.end_hold()
            if self.swallows:
                return out
        self.complete = self.complete or _ends(message)
        return (*out, message)

    def _inspect_pieces(self, body: bytes) -> Decision | None:
        """The decision that withholds some piece of `body`; None when all of it may leave."""
        decoder = self._decoder
        for start in range(0, len(body), _PIECE):
            piece = body[start : start + _PIECE]
            if decoder is not None:
                piece = decoder.feed(piece)
            if piece:
                decision = self._inspect(piece)
                if decision.withhold:
                    return decision
        return None


def declares_length(headers: Headers) -> bool:
    """A well-formed Content-Length (RFC 9110 section 8.6): the answer has a known end."""
    declared = headers.get(b"content-length")
    return declared is not None and declared.isascii() and declared.isdigit()


@lru_cache(maxsize=1024)
def carrier_of(content_type: str | None) -> Carrier:
    """What the media type says; an undeclared one is taken for a document, as clients sniff too."""
    media = (content_type or "").partition(";")[0].strip().lower()
    if media.endswith(_STREAM_ENDINGS):
        return STREAM
    if not media or media.startswith("text/") or media.endswith(_DOCUMENT_ENDINGS):
        return DOCUMENT
    return OPAQUE


def _ends(message: object) -> bool:
    """Is this the last message that carries something of the answer's body?"""
    if not isinstance(message, MutableMapping):
        return False
    kind = message.get("type")
    if kind == _BODY or kind == "http.response.zerocopysend":
        return not message.get("more_body", False)
    return kind == "http.response.pathsend"
