"""A pipeline that remembers what it was asked and answers as it is told, and a server for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from nightlatch.capture.asgi import AsgiCapture
from nightlatch.capture.gate import Gate
from nightlatch.capture.ports import Application, Message, Receive, Scope, Send
from nightlatch.exchange.exchange import Ending, Request, Response
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Action, Decision, Mode, Outcome
from nightlatch.exchange.mark import Mark
from nightlatch.exchange.source import IN_PROCESS, Source

WITHHOLD = Decision(Action.REFUSE, Mode.ENFORCE, "test", "because", status=429, retry_after=30)
FORBID = Decision(Action.REFUSE, Mode.ENFORCE, "test", "because", status=403)
WOULD_WITHHOLD = Decision(Action.REFUSE, Mode.OBSERVE, "test", "because", status=429)


def allow(*_seen: object) -> Decision:
    return ALLOW_ENFORCE


@dataclass
class Flight:
    decision: Decision
    source: Source = IN_PROCESS


@dataclass
class Judged:
    request: Request
    response: Response
    route: str | None
    principal: str = ""


@dataclass
class Finished:
    request: Request
    response: Response | None
    route: str | None
    ending: Ending
    duration: float


@dataclass
class Recording:
    """An `Inline`; its deciding functions may also raise."""

    at_request: Callable[[Request], Decision] = allow
    at_body: Callable[[Request], Decision] | None = None
    at_response: Callable[[Response], Decision] = allow
    at_stream: Callable[[bytes], Decision] = allow
    at_finish: Callable[[], object] = allow
    gate: Gate | None = None
    requests: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    streamed: list[bytes] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)
    lost: list[tuple[Outcome, int]] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)

    def on_request(self, request: Request, now: float) -> Flight:
        self.requests.append(request)
        return Flight(self.at_request(request))

    @property
    def reads_bodies(self) -> bool:
        return self.at_body is not None

    def on_body(self, in_flight: Flight, request: Request) -> Decision:
        assert self.at_body is not None
        self.bodies.append(request.body.data)
        return self.at_body(request)

    def mark(self, method: str, route: str, mark: Mark) -> None:
        self.marks[f"{method} {route}"] = mark

    def on_response(
        self,
        in_flight: Flight,
        request: Request,
        response: Response,
        route: str | None,
        now: float,
        principal: str = "",
    ) -> Decision:
        self.judged.append(Judged(request, response, route, principal))
        return self.at_response(response)

    def on_stream(self, in_flight: Flight, chunk: bytes, now: float) -> Decision:
        self.streamed.append(chunk)
        return self.at_stream(chunk)

    def finish(
        self,
        in_flight: Flight,
        request: Request,
        response: Response | None,
        route: str | None,
        ending: Ending,
        duration: float,
    ) -> None:
        self.finished.append(Finished(request, response, route, ending, duration))
        self.at_finish()

    def on_lost(self, outcome: Outcome, count: int) -> None:
        self.lost.append((outcome, count))

    def around(self, app: Application, **options: Any) -> AsgiCapture[Flight]:
        return AsgiCapture(app, self, on_lost=self.on_lost, **options)


def http_scope(**changes: Any) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"api.example")],
        "client": ("198.51.100.7", 40000),
        "server": ("192.0.2.1", 80),
        **changes,
    }


@dataclass
class Talk:
    """What a server saw of one conversation."""

    sent: list[Message] = field(default_factory=list)
    raised: BaseException | None = None

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(bytes(message.get("body", b"")) for message in self.sent)

    @property
    def complete(self) -> bool:
        return bool(self.sent) and not self.sent[-1].get("more_body", False)


async def talk(
    app: Application,
    scope: Scope | None = None,
    body: Iterable[bytes] = (b"",),
    *,
    refuse_send: BaseException | None = None,
) -> Talk:
    """Drive `app` through one exchange as a server would; `body` are the request's pieces."""
    pieces = list(body)
    incoming = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]
    heard = Talk()

    async def receive() -> Message:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if refuse_send is not None:
            raise refuse_send
        heard.sent.append(message)

    try:
        await app(scope or http_scope(), receive, send)
    except BaseException as error:  # noqa: BLE001  # cancellations are of interest too
        heard.raised = error
    return heard


def answering(
    *messages: dict[str, Any], read: bool = True, then: BaseException | None = None
) -> Application:
    """An application that reads the request and sends exactly these messages."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while read and (await receive()).get("more_body", False):
            pass
        for message in messages:
            await send(message)
        if then is not None:
            raise then

    return app


def start(status: int = 200, *headers: tuple[bytes, bytes], **more: Any) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers), **more}


def part(body: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


JSON = (b"content-type", b"application/json")


def length(size: int) -> tuple[bytes, bytes]:
    return (b"content-length", b"%d" % size)
