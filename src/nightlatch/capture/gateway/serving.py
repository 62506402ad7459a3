"""What our own server answers for HAProxy: answers that were kept for it, and the gate's paths."""

from collections.abc import Callable

from nightlatch.capture.gate import Gate
from nightlatch.capture.gateway.answers import Answers
from nightlatch.capture.gateway.haproxy import ANSWER, PEER, SCHEME
from nightlatch.capture.gateway.seen import path_of
from nightlatch.capture.gateway.server import Asked
from nightlatch.capture.ports import Message, Receive, Scope
from nightlatch.capture.refusal import problem
from nightlatch.exchange.exchange import Response
from nightlatch.exchange.headers import Headers
from nightlatch.faults import guarded

_OURS = frozenset(name.encode() for name in (ANSWER, PEER, SCHEME))
NOT_FOUND = Response(404, Headers([(b"content-length", b"0")]), ours=True)


class GateServer:
    def __init__(
        self, answers: Answers, gate: Callable[[], Gate | None], clock: Callable[[], float]
    ) -> None:
        self._answers = answers
        self._gate = gate
        self._clock = clock

    async def __call__(self, asked: Asked) -> Response:
        name = asked.field(ANSWER.encode())
        if name:
            return self._answers.fetch(name) or problem(503)
        gate, scope = self._gate(), _scope(asked)
        if gate is None or not gate.owns(scope):
            return NOT_FOUND
        answers = [problem(503)]
        with guarded("capture.gate"):
            answers.append(await gate.answer(scope, _once(asked.body), self._clock()))
        return answers[-1]


def _scope(asked: Asked) -> Scope:
    raw, _, query = asked.target.partition("?")
    return {
        "type": "http",
        "http_version": asked.version,
        "method": asked.method,
        "scheme": asked.field(SCHEME.encode()) or "http",
        "path": path_of(raw),
        "raw_path": raw.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [field for field in asked.headers.raw if field[0] not in _OURS],
        "client": (asked.field(PEER.encode()), 0),
    }


def _once(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
