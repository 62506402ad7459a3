"""The agent: HAProxy tells it of requests and answers over a socket, and does what it says."""

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Final, Generic, cast

from nightlatch.capture.gateway.answers import Answers
from nightlatch.capture.gateway.seen import scope_of
from nightlatch.capture.gateway.underway import Underway
from nightlatch.capture.ports import F
from nightlatch.capture.spoe.connection import Connection, Notify, State, answer
from nightlatch.capture.spoe.endings import read_ending
from nightlatch.capture.spoe.frames import SetVariable
from nightlatch.capture.spoe.messages import (
    HEAD,
    REQUEST,
    RESPONSE,
    WAIT,
    first_actions,
    fits,
    key_of,
    last_actions,
    milliseconds_of,
    page_actions,
    request_of,
    response_of,
    wait_actions,
)
from nightlatch.capture.spoe.values import Malformed, Value

log = logging.getLogger("nightlatch")

AT_ONCE: Final = 1_000
"""Connections; each thread of HAProxy has a few."""
_RESPONSES: Final = frozenset({RESPONSE, HEAD})
_LONGEST_LINE: Final = 16_384
ROUND: Final = 0.8
"""Seconds that HAProxy waits for one answer of ours: less than what it takes for a dead agent."""


class SpoeAgent(Generic[F]):
    """Judges what is told, for any number of connections of one event loop."""

    def __init__(self, underway: Underway[F], answers: Answers) -> None:
        self._underway = underway
        self._answers = answers
        self._connections: set[_Protocol[F]] = set()
        self.malformed = 0
        """Messages and connections that were not as they should be."""

    def protocol(self) -> "_Protocol[F]":
        """For `loop.create_server` and `create_unix_server`."""
        return _Protocol(self)

    def read_endings(self, source: socket.socket) -> None:
        """What HAProxy has logged of how exchanges ended, to a datagram socket that does not
        block."""
        with suppress(BlockingIOError):
            while True:
                for line in source.recv(_LONGEST_LINE).splitlines():
                    ending = read_ending(line)
                    if ending is not None:
                        self._underway.end(*ending)
        self._underway.hand_over()

    def judge(self, told: Notify) -> tuple[list[SetVariable], float]:
        """The answer, and seconds that it has to wait."""
        actions: list[SetVariable] = []
        delay = 0.0
        for message in told.messages:
            try:
                if message.name == WAIT:
                    left = milliseconds_of(message.arguments)
                    delay = min(left / 1_000, ROUND)
                    actions += wait_actions(max(0, left - round(1_000 * ROUND)))
                else:
                    actions += self._judge_one(message.name, message.arguments)
            except Malformed as fault:
                self.complain(str(fault))
        return actions, delay

    def _judge_one(self, name: str, arguments: dict[str, Value]) -> list[SetVariable]:
        if name == REQUEST:
            request, raw = request_of(arguments)
            key = key_of(arguments)
            verdict = self._underway.begin(key, request, scope_of(request, raw))
            if verdict.answer is not None and not fits(verdict.answer):
                return page_actions(self._answers.keep(verdict.answer))
            return first_actions(verdict)
        if name in _RESPONSES:
            return last_actions(self._underway.respond(key_of(arguments), response_of(arguments)))
        raise Malformed("a message of an unknown name")

    def hand_over(self) -> None:
        self._underway.hand_over()

    async def wait(self, seconds: float) -> None:
        await self._underway.delays.wait(seconds)

    def complain(self, fault: str) -> None:
        """Once is for people to read; the rest is counted."""
        self.malformed += 1
        if self.malformed == 1:
            log.warning("HAProxy sent what its agent cannot read: %s", fault)

    def joined(self, connection: "_Protocol[F]") -> bool:
        """False where there is no room for another."""
        if len(self._connections) >= AT_ONCE:
            return False
        self._connections.add(connection)
        return True

    def left(self, connection: "_Protocol[F]") -> None:
        self._connections.discard(connection)

    def close(self) -> None:
        """Hang up: HAProxy goes on without us."""
        for connection in list(self._connections):
            connection.hang_up()


class _Protocol(asyncio.Protocol, Generic[F]):
    def __init__(self, agent: SpoeAgent[F]) -> None:
        self._agent = agent
        self._connection = Connection()
        self._transport: asyncio.Transport | None = None
        self._waiting: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._agent.joined(self):
            self._transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._agent.left(self)
        for task in self._waiting:
            task.cancel()

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        transport, connection, agent = self._transport, self._connection, self._agent
        if transport is None:
            return
        told = connection.receive(data)
        out = [connection.to_send()]
        for notify in told:
            actions, delay = agent.judge(notify)
            if delay:
                self._answer_later(notify, actions, delay)
            else:
                out.append(answer(notify, actions))
        transport.write(b"".join(out))
        # HAProxy goes on meanwhile.
        agent.hand_over()
        if connection.state is State.CLOSED:
            if connection.trouble:
                agent.complain(connection.trouble)
            transport.close()

    def _answer_later(self, notify: Notify, actions: list[SetVariable], delay: float) -> None:
        task = asyncio.get_running_loop().create_task(self._wait(notify, actions, delay))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _wait(self, notify: Notify, actions: list[SetVariable], delay: float) -> None:
        await self._agent.wait(delay)
        if self._transport is not None:
            self._transport.write(answer(notify, actions))
