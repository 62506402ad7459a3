"""Memory while something is under load: a curve, and whether it still rises at its end.

What grows without an end rises in the second half as it did in the first. What fills caches, maps
and queues up to their bounds rises less and less; and what the events store holds until it folds
its log into the file goes up and down, so that it is told apart.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import linear_regression
from threading import Event, Thread

from msgspec import Struct

POINTS = 10
MB = 2**20


class Point(Struct, frozen=True):
    at: float
    """Seconds since the load began."""
    resident: float
    store: float = 0.0
    """MB of the process, and what of it the events store says it holds."""


class Curve(Struct):
    points: list[Point] = []

    def slope(self) -> float:
        """MB a minute by which the second half rises, without what the store holds."""
        late = self.points[len(self.points) // 2 :]
        if len(late) < 2:
            return 0.0
        rest = [one.resident - one.store for one in late]
        return 60 * linear_regression([one.at for one in late], rest).slope

    def __str__(self) -> str:
        return "  ".join(
            f"{one.at:.0f} s {one.resident:.0f}/{one.store:.0f}" for one in self.points
        )


@contextmanager
def watched(look: Callable[[], tuple[float, float]], seconds: float) -> Iterator[Curve]:
    """`look` tells bytes of the process and of the store; asked each tenth of the time."""
    curve, over, began = Curve(), Event(), time.monotonic()

    def watch() -> None:
        for number in range(1, POINTS + 1):
            if over.wait(max(0.0, began + number * seconds / POINTS - time.monotonic())):
                return
            resident, store = look()
            curve.points.append(Point(time.monotonic() - began, resident / MB, store / MB))

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield curve
        watcher.join(seconds / POINTS + 5)
    finally:
        over.set()
        watcher.join()


def own_memory() -> tuple[float, float]:
    """Of this process, in which no store is open."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), 0.0
