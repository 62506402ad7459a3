"""What a source that arrives over HTTP is built on: it brings how its bytes are read, and how it
answers; who may send, how much and what becomes of it is done here."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Protocol

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nightlatch.capture.intake import Doorkeeper, Grant, Intake, OverRate, Refused
from nightlatch.capture.reception import (
    READ_WITHIN,
    Reception,
    Rejected,
    announced,
    presented,
    problem,
    undo,
)
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind
from nightlatch.faults import FAULTS, raising

MAX_BODY = 4 << 20
MAX_DECODED = 16 << 20
"""Bytes of one body, as it comes and with its content codings undone."""
AT_ONCE = 32
"""Bodies in memory at a time; further ones are asked to come back."""
EXCERPT = 512
"""Bytes of what cannot be read that are handed to the dead letters."""
NO_ROOM = "no room"
LOOKS, LOOK_EVERY = 50, 0.02
"""How often, and after how many seconds each, there may be room for the rest of a body."""
RETRY_AFTER = 2
"""Seconds after which there is room again, as a rule."""


class Sent(Struct, frozen=True):
    """One body that somebody sent who may."""

    path: str
    headers: Headers
    body: bytes
    """Its content codings undone."""
    grant: Grant
    at: float
    """When it was received."""


class Malformed(Struct, frozen=True):
    """A message that cannot be read; its neighbours can."""

    reason: str
    """One of a few fixed phrases: it is counted by them."""
    excerpt: bytes = b""
    """How it begins."""


class Reading(Struct, frozen=True):
    """What was read of one body."""

    seen: Sequence[Observed] = ()
    malformed: Sequence[Malformed] = ()
    ignored: int = 0
    """What could be read, and tells of no exchange."""


class Taken(Struct, frozen=True):
    """What became of one body."""

    accepted: int = 0
    malformed: Sequence[Malformed] = ()
    lost: int = 0
    """There was no room for so many; the sender need not send them again."""
    ignored: int = 0


class Unreadable(Rejected):
    """The whole body cannot be read."""

    def __init__(self, reason: str, detail: str) -> None:
        """`reason` is one of a few fixed phrases, `detail` tells the sender what to mend."""
        super().__init__(400, reason, detail)


class Reader(Protocol):
    """Bytes to values. Never raises but Unreadable, whatever the bytes are."""

    def __call__(self, sent: Sent, /) -> Reading: ...


def accepted(_sent: Sent, _taken: Taken) -> Response:
    """The plainest answer: 202, nothing more to say."""
    return Response(status_code=202)


class HttpSource(Reception[Grant]):
    """An ASGI application for the paths of one kind of source.

    A body for which there is no room is answered with 429, so that its sender comes again. So is
    one that half fits where each exchange has a name, by which those that were taken count once;
    else the rest is lost, counted, and `answer` may say so.
    """

    def __init__(
        self,
        kind: SourceKind,
        paths: Sequence[str],
        read: Reader,
        intake: Intake,
        doorkeeper: Doorkeeper,
        *,
        answer: Callable[[Sent, Taken], Response] = accepted,
        refusal: Callable[[Request, Rejected], Response] | None = None,
        token_headers: Sequence[str] = ("x-api-key",),
        comes_again: bool = True,
        max_body: int = MAX_BODY,
        max_decoded: int = MAX_DECODED,
        at_once: int = AT_ONCE,
        read_within: float = READ_WITHIN,
        on_loop: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`refusal` words a refusal in the sender's protocol, in place of problem details (see
        `reception.fields` for the header fields that belong to it); `token_headers` may carry the
        token beside `Authorization: Bearer`; `comes_again`: its senders repeat what was answered
        with 429, so that it is not lost; `on_loop`: see `Reception`, for a reader that takes no
        lock and finds one exchange a body."""
        super().__init__(
            max_body=max_body, at_once=at_once, read_within=read_within, on_loop=on_loop
        )
        self._kind = kind
        self._paths = paths
        self._read_body = read
        self._intake = intake
        self._doorkeeper = doorkeeper
        self._answer_with = answer
        self._word_refusal = refusal
        self._token_headers = token_headers
        self._comes_again = comes_again
        self._max_decoded = max_decoded
        self._clock = clock
        self._counting = Lock()
        self.ignored: Counter[str] = Counter(dict.fromkeys(paths, 0))
        """What was taken and tells of no exchange, by path."""

    @property
    def routes(self) -> list[Route]:
        """For a Starlette or FastAPI application."""
        return [Route(path, self, methods=["POST"]) for path in self._paths]

    def _admit(self, request: Request) -> Grant:
        return self._granted(request, announced(request))

    def _take(self, request: Request, body: bytes, granted: Grant) -> Response:
        if body and not announced(request):
            # Nobody knew how much it would be: it counts against the rate now.
            granted = self._granted(request, len(body))
        plain = undo(request, body, self._max_decoded)
        headers = Headers(request.headers.raw)
        sent = Sent(request.url.path, headers, plain, granted, self._clock())
        try:
            return self._answered(sent)
        except Unreadable as unreadable:
            unreadable.excerpt = plain[:EXCERPT]
            raise
        except Rejected:
            raise
        except Exception as error:
            FAULTS.note(f"capture.{self._kind}", error)
            if raising():
                raise
            detail = "Nightlatch failed to read this; its log has the trace."
            raise Rejected(500, "a fault of ours", detail) from error

    def _granted(self, request: Request, size: int) -> Grant:
        token = presented(request, *self._token_headers)
        grant = self._doorkeeper.admit(self._kind, token, size, self._clock())
        if grant is Refused.TOKEN:
            detail = (
                f"Send a token for {self._kind} sources as a bearer token"
                f"{''.join(f' or in {name}' for name in self._token_headers)}; "
                f"`nightlatch source add NAME --kind {self._kind}` makes one."
            )
            raise Rejected(401, "wrong token", detail)
        if grant is Refused.RATE:
            detail = "Too many wrong tokens are being sent; come back in a moment."
            raise Rejected(429, "too many wrong tokens", detail, RETRY_AFTER)
        if isinstance(grant, OverRate):
            detail = "This source sends more than its rate."
            rejected = Rejected(429, "over its rate", detail, RETRY_AFTER)
            rejected.sender = grant.name
            raise rejected
        return grant

    def _answered(self, sent: Sent) -> Response:
        reading = self._read_body(sent)
        taken = self._enter(sent.grant.name, reading)
        if taken.ignored:
            self._ignore(sent.path, taken.ignored)
        return self._answer_with(sent, taken)

    def _ignore(self, path: str, number: int) -> None:
        # A proxy may have put something before the path.
        known = next((one for one in self._paths if path.endswith(one)), self._paths[0])
        with self._counting:
            self.ignored[known] += number

    def _enter(self, name: str, reading: Reading) -> Taken:
        for one in reading.malformed:
            self._intake.reject(self._kind, name, one.reason, one.excerpt[:EXCERPT])
        wanted = len(reading.seen)
        taken = self._offer(reading.seen)
        rest = wanted - taken
        again = self._comes_again and (not taken or all(one.id for one in reading.seen))
        if rest and not again:
            self._intake.lose(self._kind, name, rest)
        if rest and (again or not taken):
            detail = "Nightlatch cannot keep up; come back in a moment."
            raise Rejected(429, NO_ROOM, detail, RETRY_AFTER)
        return Taken(taken, reading.malformed, rest, reading.ignored)

    def _offer(self, seen: Sequence[Observed]) -> int:
        """How many had room. The rest of what half fits may wait a moment, in this thread: its
        sender waits with it, and need not send again what was taken."""
        taken = self._intake.offer(seen) if seen else 0
        for _ in range(LOOKS):
            if not 0 < taken < len(seen):
                break
            time.sleep(LOOK_EVERY)
            taken += self._intake.offer(seen[taken:])
        return taken

    def _count(self, rejected: Rejected, granted: Grant | None) -> None:
        name = granted.name if granted else rejected.sender
        self._intake.reject(self._kind, name, rejected.reason, rejected.excerpt)

    def _refusal(self, request: Request, rejected: Rejected) -> Response:
        word = self._word_refusal
        return word(request, rejected) if word else problem(rejected)
