"""Detections on their way out: each told once, and again while it lasts."""

from collections import OrderedDict, deque

from nightlatch.exchange.judgement import Detection, DetectionKind

REPEAT = 900.0
"""Seconds before an ongoing matter is told again."""
_WAITING = 1_024
_TOLD = 16_384


class Alarms:
    """A bounded outbox. When nobody takes them the oldest detections go first (`lost` counts)."""

    def __init__(self) -> None:
        self._waiting: deque[Detection] = deque()
        self._told: OrderedDict[tuple[DetectionKind, str, str], float] = OrderedDict()
        self.lost = 0

    def due(self, kind: DetectionKind, endpoint: str, circle: str, now: float) -> bool:
        """True when this was not told lately; asking counts as telling."""
        key = (kind, endpoint, circle)
        before = self._told.pop(key, None)
        due = before is None or abs(now - before) >= REPEAT
        if len(self._told) >= _TOLD:
            self._told.popitem(last=False)
        self._told[key] = now if before is None or due else before
        return due

    def raise_(self, detection: Detection) -> None:
        if len(self._waiting) >= _WAITING:
            self._waiting.popleft()
            self.lost += 1
        self._waiting.append(detection)

    def take(self) -> tuple[Detection, ...]:
        """Everything raised since the last call. Safe to call from another thread."""
        waiting = self._waiting
        if not waiting:
            return ()
        taken = []
        while True:
            try:
                taken.append(waiting.popleft())
            except IndexError:
                return tuple(taken)
