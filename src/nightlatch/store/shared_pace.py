"""A rate that several processes keep together, and no request waits for.

The generic cell rate algorithm needs one number: the moment at which all that was asked for would
have been due. Each process decides at once by the moment that it knows, and a few milliseconds
later moves the common one in Redis by what it has let ask since; the moment after that comes back.
So beyond a limit passes at most what the processes let pass within one round (`Slack`).
"""

import time
from functools import partial
from typing import TYPE_CHECKING

from nightlatch.store.redis_nodes import RedisNodes
from nightlatch.store.redis_questions import Answer, Refusal
from nightlatch.store.redis_scripts import PACE, name_of

if TYPE_CHECKING:
    from nightlatch.store.shared_counts import RedisSharedCounts

WITHIN = 0.25
"""Seconds after which a step counts as failed. Nobody waits for it."""


class Pace:
    """Safe to use from several threads."""

    __slots__ = (
        "__weakref__",
        "_bound",
        "_counts",
        "_due",
        "_interval",
        "_keys",
        "_now",
        "_sent",
        "_since",
        "_waiting",
    )

    def __init__(
        self, counts: "RedisSharedCounts", name: str, interval: float, bound: float
    ) -> None:
        """`interval`: seconds for each request; `bound`: how far ahead the moment may lie."""
        self._counts = counts
        self._keys = (name_of(name) + b":p",)
        self._interval = interval
        self._bound = bound
        self._waiting = 0
        self._sent = 0
        """Under way; nothing else is sent until it is settled."""
        self._due = 0.0
        self._now = 0.0
        self._since = 0.0

    @property
    def due(self) -> float:
        """The common moment as far as it is known, and what this process asked for since."""
        return self._due + (self._waiting + self._sent) * self._interval if self._due else 0.0

    def add(self, requests: int, now: float) -> None:
        """So many were asked for now. Costs about a microsecond, and never waits."""
        counts = self._counts
        with counts.lock:
            if not self._waiting:
                self._since = time.monotonic()
            if self not in counts.dirty:
                counts.mark(self)
            self._waiting += requests
            self._now = now
        counts.wake()

    def send(self, nodes: RedisNodes) -> bool:
        """Move the common moment on; False when the last step is still under way."""
        with self._counts.lock:
            if self._sent:
                return False
            # More than fill the bound move it no further.
            most = int(self._bound / self._interval) + 1
            self._sent, self._waiting = min(self._waiting, most), 0
            now, since = self._now, self._since
        words = (now, self._interval, self._bound, self._sent)
        nodes.run(PACE, self._keys, words, partial(self._stepped, since), WITHIN)
        return True

    def after_fork(self) -> None:
        """In a child: what is under way is the parent's."""
        self._waiting = self._sent = 0

    def _stepped(self, since: float, answer: Answer) -> None:
        counts, failed = self._counts, isinstance(answer, Exception)
        with counts.lock:
            if failed:
                self._waiting += self._sent
            else:
                self._due = float(answer)
            self._sent = 0
            counts.settle(self, more=bool(self._waiting))
        if failed:
            counts.failed(answer.failure if isinstance(answer, Refusal) else answer)
        else:
            counts.merged(since)
