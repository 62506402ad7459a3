"""WebSocket handshakes are challenged as programs are, and go on with what they solved."""

import asyncio
import json
from typing import Any

from tests.capture.challenging import Door, challenging, solve

from nightlatch.capture.ports import Message, Receive, Scope, Send
from nightlatch.exchange.exchange import Ending


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})


def connect(door: Door, *headers: tuple[bytes, bytes], denial: bool = True) -> list[Message]:
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/chat",
        "query_string": b"",
        "headers": [(b"host", b"a"), (b"accept", b"text/html"), *headers],
        "client": ("198.51.100.7", 1),
        "extensions": {"websocket.http.response": {}} if denial else {},
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(door.inline.around(echo)(scope, receive, send))
    return sent


def test_a_handshake_is_denied_with_the_puzzle_and_goes_on_once_solved() -> None:
    door = challenging()
    head, body = connect(door)
    assert (head["type"], head["status"]) == ("websocket.http.response.start", 403)
    solution = solve(json.loads(body["body"])["challenge"]).encode()
    (accepted,) = connect(door, (b"nightlatch-solution", solution))
    assert accepted["type"] == "websocket.accept"
    fields = dict(accepted["headers"])
    assert connect(door, (b"nightlatch-pass", fields[b"nightlatch-pass"]))[0] == {
        "type": "websocket.accept"
    }
    endings = [finished.ending for finished in door.inline.finished]
    assert endings == [Ending.REFUSED, Ending.ANSWERED, Ending.ANSWERED]


def test_a_server_that_cannot_deny_with_an_answer_closes() -> None:
    (closed,) = connect(challenging(), denial=False)
    assert closed == {"type": "websocket.close", "code": 1008}


def test_our_paths_are_not_websockets() -> None:
    door = challenging()
    assert connect(door)[0]["status"] == 403
    assert len(door.inline.finished) == 1
