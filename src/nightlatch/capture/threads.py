"""A middleware that many threads call at once.

The rooms behind `Inline`, the gate and the state of delays were made for one thread. What is asked
of them takes tens of microseconds and never waits, and the interpreter runs one thread at a time
anyway: so one lock around each step of an exchange costs least and needs no proof for each room.
Nothing that can wait happens under it: no reading, no sending, no application.
"""

from threading import Lock
from typing import Unpack

from nightlatch.capture.delays import Delays
from nightlatch.capture.ports import F, Inline
from nightlatch.capture.setup import Limits, Setup

WAITING = 4
"""Threads that a slowed-down answer may keep at the same time; servers have ten or a hundred."""


class Threaded(Setup[F]):
    def __init__(self, inline: Inline[F], **limits: Unpack[Limits]) -> None:
        super().__init__(inline, **limits)
        self.delays = Delays(WAITING)
        self.lock = Lock()
