"""Limits that are exact over all processes, for those who would rather wait: one script a decision.

The budgets of the ledger never wait, and pay with a little slack (`shared_counts`). Where not one
request too many may pass, a decision asks Redis and waits, `deadline` seconds at most.
"""

import asyncio
import time
from collections import deque
from weakref import WeakKeyDictionary

from nightlatch.store.redis_counters import DEADLINE
from nightlatch.store.redis_nodes import RedisNodes, check
from nightlatch.store.redis_questions import Answer, run_script
from nightlatch.store.redis_scripts import GCRA, name_of


class RedisLimits:
    """The generic cell rate algorithm. Safe to use from several threads and event loops."""

    def __init__(self, nodes: RedisNodes, deadline: float = DEADLINE) -> None:
        self._nodes = nodes
        self._deadline = deadline
        self._mailboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Mailbox] = (
            WeakKeyDictionary()
        )

    def wait(self, name: str, interval: float, burst: int, now: float, cost: int = 1) -> float:
        """One request each `interval` seconds, `burst` at once: 0.0 when `cost` more may pass now,
        and are counted; otherwise the seconds until they may. Raises StoreFailed after the
        deadline, and at once while Redis is slow or gone."""
        keys = (name_of(name) + b":g",)
        return float(self._nodes.call(GCRA, keys, (now, interval, burst, cost), self._deadline))

    async def soon(
        self, name: str, interval: float, burst: int, now: float, cost: int = 1
    ) -> float:
        """The same, while the event loop goes on with others."""
        loop = asyncio.get_running_loop()
        mailbox = self._mailboxes.get(loop)
        if mailbox is None:
            mailbox = self._mailboxes[loop] = _Mailbox(loop)
        letter: asyncio.Future[Answer] = loop.create_future()
        key = name_of(name) + b":g"

        def take(answer: Answer) -> None:
            mailbox.put(letter, answer)

        words = (key, now, interval, burst, cost)
        self._nodes.submit(key, run_script(GCRA, 1, words, take, time.monotonic() + self._deadline))
        return float(check(await letter))


class _Mailbox:
    """Answers on their way into one event loop, which is woken once for all that wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._letters: deque[tuple[asyncio.Future[Answer], Answer]] = deque()
        self._told = False

    def put(self, letter: "asyncio.Future[Answer]", answer: Answer) -> None:
        """Called in any thread."""
        self._letters.append((letter, answer))
        if not self._told:
            self._told = True
            try:
                self._loop.call_soon_threadsafe(self._open)
            except RuntimeError:
                # The loop is closed: nobody waits any more.
                self._letters.clear()

    def _open(self) -> None:
        self._told = False
        while self._letters:
            letter, answer = self._letters.popleft()
            if not letter.done():
                letter.set_result(answer)
