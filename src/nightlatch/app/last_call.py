"""Servers that end by a signal and tell nobody: what waits is recorded when the signal comes."""

import signal
from collections.abc import Callable
from threading import Thread, current_thread, main_thread
from typing import Any

WITHIN = 2.0


def before_sigterm(record: Callable[[float], object]) -> None:
    """Have `record(seconds)` called when SIGTERM comes, before the server's own handler.

    uvicorn raises the signal anew once it has shut down, so that no `atexit` runs; applications
    without the lifespan protocol, such as Django's, hear of it in no other way. Does nothing where
    the server handles the signal in another way than by a function.
    """
    if current_thread() is not main_thread():
        return
    theirs = signal.getsignal(signal.SIGTERM)
    if not callable(theirs):
        return

    def handle(number: int, frame: Any) -> None:
        # In a thread: this one may hold a lock that the recording needs, and then goes on.
        recording = Thread(target=record, args=(WITHIN,), daemon=True)
        recording.start()
        recording.join(WITHIN)
        theirs(number, frame)

    signal.signal(signal.SIGTERM, handle)
