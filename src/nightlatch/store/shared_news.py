"""What one process finds out and all must know: convictions, suspicions, lifted ones.

A stream in Redis that every process adds to. Each listens to it on a connection of its own, on
which the server answers when there is something to say: so nobody has to be asked about each new
caller, and silence costs nothing. A process that starts hears what still holds.
"""

import os
import time
from collections import deque
from collections.abc import Callable

import msgspec
from msgspec import Struct

from nightlatch.faults import guarded
from nightlatch.store.memory_counters import MemoryCounters
from nightlatch.store.redis_nodes import RedisNodes
from nightlatch.store.redis_questions import Answer
from nightlatch.store.redis_scripts import ADD_NEWS, name_of
from nightlatch.store.shared_counts import AGAIN, WITHIN

LISTEN = 2.0
"""Seconds that the server may be silent before it is asked again."""
KEEP = 7_200.0
"""Seconds that the stream outlives its last news: longer than any of them holds."""
LENGTH = 10_000
"""News kept, about; the oldest go first."""
WAITING = 10_000
"""News of this process that may wait for a Redis that is gone; the oldest go first."""
BATCH = 200
"""News told at once."""
PAGE = 500
"""Batches heard at once."""

_Item = tuple[str, bytes]
"""Topic, and the news."""
_decode = msgspec.msgpack.Decoder(list[_Item]).decode

Hear = Callable[[bytes], None]
"""Takes news in; called in a thread of its own, must be quick."""


class SharedNews:
    """Tells the other processes, and hears from them. Safe to use from several threads."""

    def __init__(self, nodes: RedisNodes, ear: RedisNodes, service: str) -> None:
        """`ear`: connections that nothing else is asked on. `service`: applications of the same
        name tell each other."""
        self._nodes = nodes
        self._ear = ear
        self._key = name_of(f"{service}\0news")
        self._hearers: dict[str, Hear] = {}
        self.wake: Callable[[], None] = _nobody
        """Called after each `tell`."""
        self._settle_in()

    def _settle_in(self) -> None:
        self._me = os.urandom(8)
        self._waiting: deque[_Item] = deque(maxlen=WAITING)
        self._sent: list[_Item] = []
        """Under way; what comes meanwhile waits, so that all hear everything in its order."""
        self._read_to = b"0"
        self.listening = False
        self._again_at = 0.0

    def subscribe(self, topic: str, hear: Hear) -> None:
        """Before the first look for news: what nobody here wants to hear is passed over."""
        self._hearers[topic] = hear

    def tell(self, topic: str, news: bytes) -> None:
        """Does not wait; the others know within a few hundredths of a second."""
        self._waiting.append((topic, news))
        self.wake()

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def idle(self) -> bool:
        """Everything is told."""
        return not (self._waiting or self._sent)

    def flush(self) -> None:
        """Send what waits, and see to it that we listen. Called by one thread."""
        if time.monotonic() < self._again_at:
            return
        if self._waiting and not self._sent:
            self._send()
        if not self.listening:
            self._listen()

    def after_fork(self) -> None:
        """In a child: a process of its own."""
        self._settle_in()

    def _send(self) -> None:
        while self._waiting and len(self._sent) < BATCH:
            self._sent.append(self._waiting.popleft())
        words = (self._me, msgspec.msgpack.encode(self._sent), LENGTH, int(KEEP * 1_000))
        self._nodes.run(ADD_NEWS, (self._key,), words, self._told, WITHIN)

    def _told(self, answer: Answer) -> None:
        if isinstance(answer, Exception):
            self._again_at = time.monotonic() + AGAIN
            room = WAITING - len(self._waiting)
            self._waiting.extendleft(reversed(self._sent[-room:] if room else []))
        self._sent = []
        if self._waiting:
            self.wake()

    def _listen(self) -> None:
        self.listening = True
        patience = int(LISTEN * 1_000)
        command = ("XREAD", "COUNT", PAGE, "BLOCK", patience, "STREAMS", self._key, self._read_to)
        self._ear.tell(self._key, command, self._take, 2 * LISTEN)

    def _take(self, answer: Answer) -> None:
        """From XREAD: [[key, [[id, [field, value, …]], …]]], or None when there is nothing."""
        if isinstance(answer, Exception):
            self.listening = False
            self._again_at = time.monotonic() + AGAIN
            return
        for number, (_, teller, _, items) in answer[0][1] if answer else ():
            self._read_to = number
            if teller != self._me:
                self._hear(items)
        self._listen()

    def _hear(self, items: bytes) -> None:
        told: list[_Item] = []
        with guarded("store.news"):
            told = _decode(items)
        for topic, news in told:
            hear = self._hearers.get(topic)
            if hear is not None:
                with guarded("store.news"):
                    hear(news)


def _nobody() -> None:
    """Nobody has to be woken."""


_TOPIC = "flag"


class _Flag(Struct, array_like=True):
    key: str
    value: str | None
    """None: forget everything of this name."""
    at: float = 0.0
    ttl: float = 0.0


class SharedFlags(MemoryCounters):
    """Counters of this process whose flags all processes know: each look-up is one in memory."""

    def __init__(self, news: SharedNews) -> None:
        super().__init__()
        self._news = news
        self._decode = msgspec.msgpack.Decoder(_Flag).decode
        news.subscribe(_TOPIC, self._hear)

    def set_flag(self, key: str, value: str, now: float, ttl: float) -> None:
        super().set_flag(key, value, now, ttl)
        self._tell(_Flag(key, value, now, ttl))

    def clear(self, key: str) -> None:
        super().clear(key)
        self._tell(_Flag(key, None))

    def _tell(self, flag: _Flag) -> None:
        try:
            self._news.tell(_TOPIC, msgspec.msgpack.encode(flag))
        except UnicodeEncodeError:
            # A lone surrogate from a hostile path: no text that others could be told.
            return

    def _hear(self, news: bytes) -> None:
        flag = self._decode(news)
        if flag.value is None:
            super().clear(flag.key)
        else:
            super().set_flag(flag.key, flag.value, flag.at, flag.ttl)
