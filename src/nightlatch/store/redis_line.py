"""One connection to one Redis server, shared by all threads of a process.

Whatever waits is written at once and answered in order (pipelining): a decision costs a few
microseconds of CPU, where a connection and a system call for each would cost a hundred. A thread of
its own reads and writes; nobody else ever waits for the network, except in `call`, and there no
longer than they say.

    DOWN ──connected──▶ UP ──several in a row late──▶ SLOW ──a probe in time──▶ UP
      ▲                  │                              │
      └──────────── connection lost ◀───────────────────┘

While a line is not UP, every question is refused at once: a dead server costs nothing. Only before
the first attempt to connect has ended do questions wait in the queue.
"""

import os
import random
import select
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from math import inf
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from nightlatch.faults import FAULTS
from nightlatch.store.ports import StoreFailed
from nightlatch.store.redis_address import Node, RedisAddress, spell
from nightlatch.store.redis_connection import CONNECT, RECEIVE, Bell, connect, receive, send
from nightlatch.store.redis_questions import Question, Refusal

if TYPE_CHECKING:
    from hiredis import Reader

QUEUE = 20_000
"""Questions that may wait to be sent; one more is refused."""
UNDER_WAY = 10_000
"""Questions sent and not yet answered, at most."""
BATCH = 512
"""Questions that are joined into one write."""
LATE = 3
"""So many late answers in a row and the server counts as slow."""
SILENT = 3.0
"""Seconds without an answer to a probe after which the connection is given up."""
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
"""Seconds between two attempts to connect, or two probes: doubled each time."""
PROBE_IN_TIME = 0.05
"""Seconds within which the answer to a probe shows that the server is well again."""

_ASKING = b"*1\r\n$6\r\nASKING\r\n"
_PROBE = b"*1\r\n$4\r\nPING\r\n"


class State(Enum):
    OPENING = "opening"
    """The first attempt to connect has not ended."""
    UP = "up"
    SLOW = "slow"
    DOWN = "down"


class RedisLine:
    """Safe to use from several threads, and after a fork: the child connects anew."""

    def __init__(
        self,
        node: Node,
        address: RedisAddress,
        redirect: Callable[["RedisLine", Question, Refusal], bool] | None = None,
    ) -> None:
        """`redirect` is shown every refusal first; True when it took the question over."""
        self.node = node
        self._address = address
        self._redirect = redirect
        self._reset()
        _LINES.add(self)

    def _reset(self) -> None:
        self.state = State.OPENING
        self.trouble = ""
        """What is wrong, in words; empty while all is well."""
        self.opened = Event()
        """Set once the first attempt to connect has ended, well or badly."""
        self._lock = Lock()
        self._queue: deque[Question] = deque()
        self._sent: deque[Question] = deque()
        """In the order in which the answers will come."""
        self._unsent = b""
        self._socket: socket.socket | None = None
        self._bell: Bell | None = None
        self._asleep = False
        self._thread: Thread | None = None
        self._closed = False
        self._broken = False
        self._late = 0
        self._earliest = inf
        """When the first of what is under way is due."""
        self._probed_at = 0.0
        self._probe_due = 0.0
        self._pause = FIRST_PAUSE

    @property
    def up(self) -> bool:
        return self.state is State.UP

    def open(self) -> None:
        """Begin to connect; does not wait."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._bell = Bell()
                name = f"nightlatch-redis-{self.node[1]}"
                self._thread = Thread(target=self._run, args=(self._bell,), name=name, daemon=True)
                self._thread.start()

    def submit(self, question: Question) -> None:
        """Ask; the answer, or a StoreFailed, goes to `question.settle`, mostly in another thread.
        Neither waits nor raises."""
        if self._thread is None:
            self.open()
        state = self.state
        if state is State.DOWN or state is State.SLOW or self._closed:
            question.settle(StoreFailed(self.trouble or "Redis: the connection is closed"))
        elif len(self._queue) >= QUEUE:
            question.settle(StoreFailed(f"Redis: {QUEUE:,} commands wait already"))
        else:
            self._queue.append(question)
            if self._asleep:
                self._ring()

    def reconnect(self) -> None:
        """Give this connection up: what the name stands for may have moved."""
        self._broken = True
        self._ring()

    def close(self) -> None:
        """Settle what is under way with a failure, and end the thread."""
        self._closed = True
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._ring()
            thread.join(2 * CONNECT)
        self._give_up("Redis: the connection is closed")

    def leave(self) -> None:
        """Close without waiting for the thread: it may be the one that asks for it."""
        self._closed = True
        self._ring()

    def forget_parent(self) -> None:
        """In a child after a fork: the parent's connection and thread are not ours."""
        for inherited in (self._socket, self._bell):
            if inherited is not None:
                with suppress(OSError):
                    inherited.close()
        self._reset()

    def _ring(self) -> None:
        self._asleep = False
        if self._bell is not None:
            self._bell.ring()

    # The rest runs in the line's own thread.

    def _run(self, bell: Bell) -> None:
        while not self._closed:
            self._broken = False
            try:
                self._socket, reader = connect(self.node, self._address)
                self._settle_in()
                self._serve(self._socket, reader, bell)
                reason = "the connection was given up"
            except (OSError, EOFError, Refusal) as error:
                reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            except Exception as error:  # noqa: BLE001 -- without this thread nothing is ever shared
                FAULTS.note("store.redis", error)
                reason = f"a fault of Nightlatch ({type(error).__name__})"
            self._hang_up(reason)
            if not self._closed:
                self._rest(bell)
        bell.close()

    def _settle_in(self) -> None:
        self.trouble = ""
        self._late = 0
        self._pause = FIRST_PAUSE
        self.state = State.UP
        self.opened.set()

    def _serve(self, connection: socket.socket, reader: "Reader", bell: Bell) -> None:
        """Read and write until the connection breaks. Raises OSError, EOFError."""
        poll = select.poll()
        poll.register(bell, select.POLLIN)
        while not (self._closed or self._broken):
            writable = self._write(connection)
            flags = select.POLLIN if writable else select.POLLIN | select.POLLOUT
            poll.register(connection, flags)
            self._asleep = True
            # Whoever came between the last look at the queue and this line did not ring.
            pause = 0.0 if writable and self._queue and self._room else self._until_due()
            ready = poll.poll(pause * 1_000)
            self._asleep = False
            for descriptor, _ in ready:
                if descriptor == bell.fileno():
                    bell.hush()
                else:
                    self._read(connection, reader)
            self._watch_time()

    @property
    def _room(self) -> bool:
        return len(self._sent) < UNDER_WAY

    def _write(self, connection: socket.socket) -> bool:
        """False when the connection takes no more for now."""
        while self._unsent or (batch := self._next_batch()):
            data = self._unsent or batch
            self._unsent = data[send(connection, data) :]
            if self._unsent:
                return False
        return True

    def _next_batch(self) -> bytes:
        queue, sent, parts = self._queue, self._sent, []
        for _ in range(min(BATCH, UNDER_WAY - len(sent))):
            try:
                question = queue.popleft()
            except IndexError:
                break
            if question.settled:
                # Its caller has given up: the server need not be asked any more.
                continue
            if question.asking:
                question.skip = 1
                parts.append(_ASKING)
            if question.due < self._earliest:
                self._earliest = question.due
            parts.append(question.payload)
            sent.append(question)
        return b"".join(parts)

    def _read(self, connection: socket.socket, reader: "Reader") -> None:
        while (data := receive(connection)) is not None:
            if not data:
                raise EOFError("the server closed the connection")
            reader.feed(data)
            self._hand_out(reader)
            # What TLS has decrypted already, no poll tells of.
            if len(data) < RECEIVE and not self._address.tls:
                return

    def _hand_out(self, reader: "Reader") -> None:
        sent = self._sent
        while (answer := reader.gets()) is not False:
            question = sent[0]
            if question.skip:
                question.skip -= 1
                continue
            sent.popleft()
            if type(answer) is Refusal and self._takes_over(question, answer):
                continue
            if question.abandoned:
                self._late += 1
            elif not question.settled:
                self._late = 0
                question.settle(answer)

    def _takes_over(self, question: Question, refusal: Refusal) -> bool:
        if question.settled:
            return False
        if refusal.code == "NOSCRIPT" and question.unpack_script():
            self._queue.append(question)
            return True
        return self._redirect is not None and self._redirect(self, question, refusal)

    def _until_due(self) -> float:
        """Seconds until something must be done although nothing happened."""
        due = self._probe_due if self.state is State.SLOW else self._earliest
        return min(60.0, max(0.0, due - time.monotonic()))

    def _watch_time(self) -> None:
        """Fail what is late; probe a slow server."""
        now = time.monotonic()
        if self.state is State.SLOW:
            if now >= self._probe_due:
                self._probe(now)
        elif now >= self._earliest or self._late >= LATE:
            self._fail_late(now)
            if self._late >= LATE:
                self._slow_down(now)

    def _fail_late(self, now: float) -> None:
        self._earliest = inf
        for question in self._sent:
            if question.due > now:
                if not question.settled:
                    self._earliest = min(self._earliest, question.due)
            elif question.abandoned or not question.settled:
                self._late += 1
                question.abandoned = False
                question.settle(StoreFailed(f"Redis at {spell(self.node)} did not answer in time"))

    def _slow_down(self, now: float) -> None:
        self.state = State.SLOW
        self._pause = FIRST_PAUSE
        self._probed_at = 0.0
        self._probe_due = now + self._pause
        self.trouble = f"Redis at {spell(self.node)} answers too late"
        self._give_up(self.trouble)

    def _probe(self, now: float) -> None:
        """Ask, in the same connection, whether the server has caught up."""
        if not self._probed_at:
            self._probed_at = now
            self._queue.append(Question(_PROBE, self._probed, now + SILENT))
        elif now - self._probed_at > SILENT:
            raise TimeoutError("it has not answered for seconds")
        self._probe_due = now + SILENT / 10

    def _probed(self, answer: Any) -> None:
        if self.state is not State.SLOW:
            return
        now = time.monotonic()
        if isinstance(answer, Exception) or now - self._probed_at > PROBE_IN_TIME:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._probed_at = 0.0
            self._probe_due = now + self._pause
        else:
            self._settle_in()

    def _hang_up(self, reason: str) -> None:
        self.state = State.DOWN
        if not self._closed:
            self.trouble = f"Redis at {spell(self.node)} cannot be reached: {reason.rstrip('.')}"
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._unsent = b""
        self._give_up(self.trouble)
        self._sent.clear()
        self.opened.set()

    def _give_up(self, why: str) -> None:
        """Fail everything under way; the answers that still come are dropped."""
        self._earliest = inf
        for question in self._sent:
            question.settle(StoreFailed(why))
        with suppress(IndexError):
            while True:
                self._queue.popleft().settle(StoreFailed(why))

    def _rest(self, bell: Bell) -> None:
        """Between two attempts to connect."""
        until = time.monotonic() + self._pause * random.uniform(0.7, 1.0)  # noqa: S311 -- spread
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        while not self._closed and (left := until - time.monotonic()) > 0:
            bell.wait(left)


_LINES: "WeakSet[RedisLine]" = WeakSet()


def _after_fork() -> None:
    for line in list(_LINES):
        line.forget_parent()


os.register_at_fork(after_in_child=_after_fork)
