"""The servers behind one URL: a single one, or a cluster. Which of both is found out by asking.

A cluster's 16,384 slots are spread over its primaries; the slot of a key is the CRC16 of its hash
tag (Redis Cluster Specification). Who has which slot is learned with CLUSTER SLOTS, and learned
anew whenever a server says MOVED or stops answering: after the cluster has promoted a replica, its
keys are served again.
"""

import time
from binascii import crc_hqx
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Any

from nightlatch.store.ports import StoreFailed
from nightlatch.store.redis_address import Node, RedisAddress
from nightlatch.store.redis_line import RedisLine
from nightlatch.store.redis_questions import (
    Answer,
    Question,
    Refusal,
    Script,
    Waiting,
    Word,
    pack,
    run_script,
)

SLOTS = 16_384
HOPS = 5
"""Redirections that one question follows."""
LEARN_EVERY = 0.25
"""Seconds between two questions for the map of the slots, at least."""
LEARN_WITHIN = 1.0


def slot_of(key: bytes) -> int:
    """Only what is in the first braces counts, if anything is."""
    start = key.find(b"{")
    if start >= 0:
        end = key.find(b"}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    # CRC-16/XMODEM, which is what binascii's "CRC-CCITT, started at 0" is.
    return crc_hqx(key, 0) % SLOTS


class RedisNodes:
    """Safe to use from several threads, and after a fork."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._lock = Lock()
        self._lines: dict[Node, RedisLine] = {}
        self._owners: list[RedisLine] | None = None
        """By slot; None until a map was learned, and with a single server for ever."""
        self.clustered: bool | None = None
        """None: not known yet."""
        self._learned_at = -LEARN_EVERY
        for node in address.nodes:
            self._line(node)

    def open(self, wait: float = 0.0) -> bool:
        """Begin to connect; waits up to so many seconds for it. True when a server answered."""
        until = time.monotonic() + wait
        lines = list(self._lines.values())
        for line in lines:
            line.open()
        self._learn()
        for line in lines:
            line.opened.wait(max(0.0, until - time.monotonic()))
        while self.clustered is None and self._up() and time.monotonic() < until:
            time.sleep(0.001)
        return bool(self._up())

    def submit(self, key: bytes, question: Question) -> None:
        """Ask the server of this key's slot. Neither waits nor raises."""
        owners = self._owners
        line = self._seed() if owners is None else owners[slot_of(key)]
        if not line.up:
            self._learn()
        line.submit(question)

    def run(
        self,
        script: Script,
        keys: Sequence[bytes],
        words: Sequence[Word],
        on_answer: Callable[[Answer], None],
        within: float,
    ) -> None:
        """Run a script; its answer, a Refusal or a StoreFailed goes to `on_answer`, mostly in
        another thread."""
        due = time.monotonic() + within
        self.submit(keys[0], run_script(script, len(keys), (*keys, *words), on_answer, due))

    def call(
        self, script: Script, keys: Sequence[bytes], words: Sequence[Word], within: float
    ) -> Answer:
        """Run a script and wait for its answer. Raises StoreFailed."""
        waiting = Waiting()
        due = time.monotonic() + within
        question = run_script(script, len(keys), (*keys, *words), waiting.take, due)
        self.submit(keys[0], question)
        return waiting.wait(question)

    def ask(self, key: bytes, command: tuple[Word, ...], within: float) -> Answer:
        """Send a plain command and wait for its answer. Raises StoreFailed."""
        waiting = Waiting()
        question = Question(pack(*command), waiting.take, time.monotonic() + within)
        self.submit(key, question)
        return waiting.wait(question)

    def tell(
        self,
        key: bytes,
        command: tuple[Word, ...],
        on_answer: Callable[[Answer], None],
        within: float,
    ) -> None:
        """Send a plain command; its answer goes to `on_answer`."""
        self.submit(key, Question(pack(*command), on_answer, time.monotonic() + within))

    def ask_every(self, command: tuple[Word, ...], within: float) -> dict[Node, Answer]:
        """Ask every server that has slots, and wait for those that answer in time."""
        answers: dict[Node, Answer] = {}
        until = time.monotonic() + within
        asked = self.every(command, answers.__setitem__, within)
        while len(answers) < asked and time.monotonic() < until:
            time.sleep(0.001)
        return answers

    def every(
        self, command: tuple[Word, ...], on_answer: Callable[[Node, Answer], None], within: float
    ) -> int:
        """Ask every server that has slots; returns how many were asked."""
        due = time.monotonic() + within
        payload = pack(*command)
        lines = list(dict.fromkeys(self._owners or [self._seed()]))
        for line in lines:
            line.submit(Question(payload, partial(on_answer, line.node), due))
        return len(lines)

    @property
    def trouble(self) -> str:
        """What is wrong with servers that have slots, in words; empty while all is well."""
        lines = dict.fromkeys(self._owners or [self._seed()])
        return "; ".join(line.trouble for line in lines if line.trouble)

    def close(self) -> None:
        for line in list(self._lines.values()):
            line.close()

    def _line(self, node: Node) -> RedisLine:
        with self._lock:
            line = self._lines.get(node)
            if line is None:
                line = self._lines[node] = RedisLine(node, self._address, self._redirected)
            return line

    def _up(self) -> list[RedisLine]:
        return [line for line in list(self._lines.values()) if line.up]

    def _seed(self) -> RedisLine:
        """Where a question goes while no map is known: a server that answers, if there is one."""
        first = self._lines[self._address.nodes[0]]
        if first.up or len(self._address.nodes) == 1:
            return first
        return next(iter(self._up()), first)

    def _redirected(self, line: RedisLine, question: Question, refusal: Refusal) -> bool:
        """Follow where the cluster points; False leaves the refusal as the answer."""
        code = refusal.code
        if code in ("MOVED", "CLUSTERDOWN"):
            self._learn()
        elif code == "READONLY":
            # A primary that was demoted: in a cluster the map tells, otherwise the name may.
            self._learn() if self.clustered else line.reconnect()
        if code not in ("MOVED", "ASK", "TRYAGAIN") or question.hops >= HOPS:
            return False
        question.hops += 1
        question.asking = code == "ASK"
        target = line if code == "TRYAGAIN" else self._line(_pointed_at(refusal, line.node))
        target.submit(question)
        return True

    def _learn(self) -> None:
        """Ask for the map of the slots, unless that was done a moment ago or there is none."""
        now = time.monotonic()
        if self.clustered is False or now - self._learned_at < LEARN_EVERY:
            return
        self._learned_at = now
        line = next(iter(self._up()), None) or self._seed()
        for seed in self._address.nodes:
            self._lines[seed].open()

        def take(answer: Answer) -> None:
            if type(answer) is list:
                self._install(answer, line.node)
            elif isinstance(answer, Refusal):
                # "This instance has cluster support disabled", or an ACL that hides the question.
                self.clustered = False

        line.submit(Question(pack("CLUSTER", "SLOTS"), take, now + LEARN_WITHIN))

    def _install(self, ranges: list[Any], asked: Node) -> None:
        """From CLUSTER SLOTS: [[first, last, [host, port, …], replicas…], …]."""
        owners: list[RedisLine] = list(self._owners or [self._line(asked)] * SLOTS)
        for first, last, primary, *_ in ranges:
            host = primary[0].decode() if primary[0] else ""
            owner = self._line((host or asked[0], primary[1]))
            owners[first : last + 1] = [owner] * (last + 1 - first)
        self.clustered = True
        self._owners = owners
        self._retire(set(owners))

    def _retire(self, owners: set[RedisLine]) -> None:
        """Close lines to servers that have no slots any more, but those the URL names."""
        for node, line in list(self._lines.items()):
            if line not in owners and node not in self._address.nodes:
                with self._lock:
                    self._lines.pop(node, None)
                line.leave()


def _pointed_at(refusal: Refusal, asked: Node) -> Node:
    """From "MOVED 3999 host:port"; without a host it is the one that was asked."""
    host, _, port = str(refusal).split()[2].rpartition(":")
    return host or asked[0], int(port)


def check(answer: Answer) -> Answer:
    """Raise what went wrong as StoreFailed, or return the answer."""
    if isinstance(answer, Refusal):
        raise answer.failure
    if isinstance(answer, StoreFailed):
        raise answer
    return answer
