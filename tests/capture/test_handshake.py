"""WebSocket handshakes against a scripted server."""

from typing import Any

import pytest
from tests.capture.recording import WITHHOLD, Recording, http_scope

from nightlatch.capture.ports import Application, Message, Receive, Scope, Send
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Outcome

DENIAL: dict[str, Any] = {"websocket.http.response": {}}


def broken(*_: object) -> Any:
    raise RuntimeError("a bug of ours")


async def handshake(
    app: Application,
    *incoming: Message,
    extensions: dict[str, Any] | None = None,
) -> tuple[list[Message], BaseException | None]:
    """Drive a WebSocket application; the client connects, sends `incoming`, and hangs up."""
    scope = http_scope(type="websocket", scheme="wss", extensions=extensions, path="/ws")
    del scope["method"]
    waiting: list[Message] = [{"type": "websocket.connect"}, *incoming]
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        await app(scope, receive, send)
    except Exception as error:  # noqa: BLE001
        return sent, error
    return sent, None


def scripted(*messages: Message, then: Exception | None = None) -> Application:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            await send(message)
        if then is not None:
            raise then

    return app


ACCEPT: Message = {"type": "websocket.accept", "headers": [(b"X-A", b"b")]}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(ACCEPT)
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def test_an_accepted_connection_is_one_exchange() -> None:
    recording = Recording()
    said: Message = {"type": "websocket.receive", "text": "hello"}
    sent, raised = await handshake(recording.around(echo), said, said)
    said_back: Message = {"type": "websocket.send", "text": "hello"}
    assert sent == [ACCEPT, said_back, said_back]
    assert raised is None
    [finished] = recording.finished
    assert (finished.request.method, finished.request.scheme) == ("GET", "wss")
    assert finished.ending is Ending.ANSWERED
    assert finished.response is not None
    assert finished.response.status == 101
    assert finished.response.headers.get(b"x-a") == "b"


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        (({"type": "websocket.close", "code": 4003},), 403),
        (
            (
                {"type": "websocket.http.response.start", "status": 401, "headers": []},
                {"type": "websocket.http.response.body", "body": b"no"},
            ),
            401,
        ),
    ],
)
async def test_the_applications_refusal(messages: tuple[Message, ...], status: int) -> None:
    recording = Recording()
    sent, _ = await handshake(recording.around(scripted(*messages)))
    assert sent == list(messages)
    [finished] = recording.finished
    assert finished.ending is Ending.ANSWERED
    assert finished.response is not None
    assert finished.response.status == status


@pytest.mark.parametrize("phase", ["at_request", "at_response"])
@pytest.mark.parametrize("extensions", [DENIAL, {}, None])
async def test_our_refusal(phase: str, extensions: dict[str, Any] | None) -> None:
    recording = Recording(**{phase: lambda _: WITHHOLD})  # type: ignore[arg-type]
    said: Message = {"type": "websocket.receive", "text": "hello"}
    sent, raised = await handshake(recording.around(echo), said, extensions=extensions)
    assert raised is None
    if extensions:
        assert [message["type"] for message in sent] == [
            "websocket.http.response.start",
            "websocket.http.response.body",
        ]
        assert sent[0]["status"] == 429
    else:
        assert sent == [{"type": "websocket.close", "code": 1008}]
    assert [one.ending for one in recording.finished] == [Ending.REFUSED]


async def test_an_application_that_raises_or_stays_silent() -> None:
    recording = Recording()
    error = ValueError("theirs")
    _, raised = await handshake(recording.around(scripted(then=error)))
    assert raised is error
    await handshake(recording.around(scripted()))
    assert [one.ending for one in recording.finished] == [Ending.RAISED, Ending.RAISED]


async def test_a_client_that_leaves_before_it_was_answered() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    recording = Recording()
    await handshake(recording.around(app))
    assert [one.ending for one in recording.finished] == [Ending.CLIENT_GONE]


@pytest.mark.parametrize("hook", ["at_request", "at_response", "at_finish"])
async def test_fail_open(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    recording = Recording(**{hook: broken})  # type: ignore[arg-type]
    said: Message = {"type": "websocket.receive", "text": "hello"}
    sent, raised = await handshake(recording.around(echo), said)
    assert raised is None
    assert len(sent) == 2
    lost = [] if hook == "at_response" else [(Outcome.LOST_FAULT, 1)]
    assert recording.lost == lost
    assert len(recording.finished) == (0 if hook == "at_request" else 1)


@pytest.mark.parametrize("hook", ["at_request", "at_response"])
async def test_fail_closed(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    recording = Recording(**{hook: broken})  # type: ignore[arg-type]
    app = recording.around(echo, fail="closed")
    sent, _ = await handshake(app, extensions=DENIAL)
    assert sent[0]["status"] == 503


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "websocket.accept", "headers": [(b"one",)]},
        {"type": "websocket.accept", "headers": [("text", "text")]},
        {"type": "websocket.http.response.start"},
    ],
)
async def test_malformed_messages_are_the_servers_to_judge(message: Message) -> None:
    recording = Recording()
    sent, _ = await handshake(recording.around(scripted(message)))
    assert sent == [message]
    assert len(recording.finished) == 1
