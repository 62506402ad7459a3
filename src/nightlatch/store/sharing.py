"""Everything that processes share, and the thread that carries it."""

import logging
import os
import time
from threading import Event, Thread
from weakref import WeakSet

from nightlatch.faults import guarded
from nightlatch.store.redis_address import RedisAddress
from nightlatch.store.redis_nodes import RedisNodes
from nightlatch.store.shared_counts import AGAIN, RedisSharedCounts
from nightlatch.store.shared_news import SharedNews

INTERVAL = 0.01
"""Seconds between two rounds while there is something to share."""
DOZE = 1.0
"""Seconds between two looks at whether all is well, while there is nothing to do."""
LAST = 0.25
"""Seconds that `close` gives to what is left, at most."""
OPEN = 1.0
"""Seconds that a start waits for the first connection, at most."""
LOG_EVERY = 10.0
"""Seconds between two lines about a Redis that comes and goes."""

log = logging.getLogger("nightlatch.redis")


class Sharing:
    """Begins with the first use after a start or a fork; `close` sends what is left."""

    def __init__(self, address: RedisAddress, service: str, interval: float = INTERVAL) -> None:
        self._interval = interval
        self.nodes = RedisNodes(address)
        self.counts = RedisSharedCounts(self.nodes, service)
        self._ear = RedisNodes(address)
        self.news = SharedNews(self.nodes, self._ear, service)
        self.counts.wake = self.news.wake = self._wake
        self._settle_in()
        _SHARINGS.add(self)

    def _settle_in(self) -> None:
        self._thread: Thread | None = None
        self._told_at = -LOG_EVERY
        self._told = False
        self._bell = Event()
        self._dozing = False
        self._closed = False

    def start(self, wait: float = OPEN) -> bool:
        """True when a server answered within so many seconds; if not, it may do so later."""
        self._ear.open()
        answered = self.nodes.open(wait)
        self._begin()
        return answered

    @property
    def trouble(self) -> str:
        """Why nothing is shared right now, in words; empty while all is well."""
        return self.nodes.trouble or self.counts.trouble or self._ear.trouble

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._bell.set()
        if self._thread is not None:
            self._thread.join(1.0)
        until = time.monotonic() + LAST
        while not (self._idle or self.trouble) and time.monotonic() < until:
            self._round()
            time.sleep(0.001)
        self.nodes.close()
        self._ear.close()

    def after_fork(self) -> None:
        """In a child: a process of its own, that shares if its parent did."""
        shared = self._thread is not None and not self._closed
        self.counts.after_fork()
        self.news.after_fork()
        self._settle_in()
        if shared:
            self._begin()

    @property
    def _idle(self) -> bool:
        return self.counts.idle and self.news.idle

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._run, name="nightlatch-sharing", daemon=True)
            self._thread.start()

    def _wake(self) -> None:
        if self._dozing:
            self._dozing = False
            self._bell.set()
        elif self._thread is None:
            self._begin()

    def _run(self) -> None:
        while not self._closed:
            busy = bool(self.counts.dirty or self.news.waiting)
            with guarded("store.sharing"):
                self._round()
                self._tell_trouble()
            if busy:
                # So that what comes meanwhile goes in one round, not each in one of its own.
                time.sleep(self._interval)
            else:
                self._doze()

    def _round(self) -> None:
        self.counts.flush()
        self.news.flush()

    def _tell_trouble(self) -> None:
        """One line in the log when sharing ends, one when it begins again."""
        trouble, now = self.trouble, time.monotonic()
        if not trouble and self._told:
            self._told = False
            log.warning("Budgets are shared again")
        elif trouble and not self._told and now - self._told_at >= LOG_EVERY:
            self._told = True
            self._told_at = now
            log.error("Each process keeps its budgets for itself: %s", trouble)

    def _doze(self) -> None:
        """Until there is something to tell, or to try again."""
        self._bell.clear()
        self._dozing = True
        if not (self.counts.dirty or self.news.waiting or self._closed):
            well = self.news.listening and not (self.trouble or self._told)
            self._bell.wait(DOZE if well else AGAIN)
        self._dozing = False


_SHARINGS: "WeakSet[Sharing]" = WeakSet()


def _after_fork() -> None:
    for sharing in list(_SHARINGS):
        sharing.after_fork()


os.register_at_fork(after_in_child=_after_fork)
