"""What one middleware was given, and how its own faults are counted."""

import time
from collections.abc import Callable
from typing import Generic, Literal, TypedDict

from nightlatch.capture.delays import Delays
from nightlatch.capture.ports import F, Inline, OnLost
from nightlatch.exchange.judgement import Outcome
from nightlatch.faults import guarded

BODY_LIMIT = 65_536


def _uncounted(_outcome: Outcome, _count: int) -> None:
    """For an application that does not count its losses."""


class Limits(TypedDict, total=False):
    """What `Setup` may be told by keyword; there it is explained."""

    body_limit: int
    fail: Literal["open", "closed"]
    on_lost: OnLost
    clock: Callable[[], float]


class Setup(Generic[F]):
    """The pipeline to ask, and the limits to keep.

    body_limit: bytes of each body that are captured, and of an answer that is held.
    fail: after a fault of ours, leave the application alone ("open") or answer 503 ("closed").
    on_lost: told of each exchange that a fault of ours kept from being recorded.
    clock: seconds since the epoch.
    """

    def __init__(
        self,
        inline: Inline[F],
        *,
        body_limit: int = BODY_LIMIT,
        fail: Literal["open", "closed"] = "open",
        on_lost: OnLost = _uncounted,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if body_limit < 1:
            raise ValueError(f"body_limit must be at least 1 byte, not {body_limit}")
        if fail not in ("open", "closed"):
            raise ValueError(f'fail must be "open" or "closed", not {fail!r}')
        self.inline = inline
        self.body_limit = body_limit
        self.fail_closed = fail == "closed"
        self.on_lost = on_lost
        self.clock = clock
        self.delays = Delays()

    def fault(self, place: str, error: Exception) -> None:
        """Count a fault of ours; raises it under test."""
        with guarded(place):
            raise error

    def lose(self, place: str, error: Exception) -> None:
        """Count a fault of ours that costs an exchange its record."""
        with guarded("capture.on_lost"):
            self.on_lost(Outcome.LOST_FAULT, 1)
        self.fault(place, error)
