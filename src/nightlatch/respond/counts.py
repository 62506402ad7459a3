"""How many exchanges ended where, and what they were: since the start of the process."""

from collections import Counter
from collections.abc import Mapping, Sequence
from threading import Lock

from nightlatch.exchange.judgement import Level, Outcome
from nightlatch.exchange.record import Record


class Counts:
    """Safe for several threads. Every key is one of a fixed few."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._outcomes: Counter[str] = Counter({outcome.value: 0 for outcome in Outcome})
        self._levels: Counter[str] = Counter({level.name.lower(): 0 for level in Level})
        self._detections: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._refused = 0

    def count(self, outcome: Outcome, number: int = 1) -> None:
        with self._lock:
            self._outcomes[outcome.value] += number

    def note(self, records: Sequence[Record]) -> None:
        by_level = Counter([int(record.level) for record in records])
        with self._lock:
            for level, number in by_level.items():
                self._levels[Level(level).name.lower()] += number
            for record in records:
                self._refused += record.refused
                for detection in record.detections:
                    self._detections[detection.kind.value] += 1

    def reject(self, reason: str) -> None:
        with self._lock:
            self._rejected[reason] += 1

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Every outcome, those that never happened included."""
        return dict(self._outcomes)

    @property
    def levels(self) -> Mapping[str, int]:
        return dict(self._levels)

    @property
    def detections(self) -> Mapping[str, int]:
        """By kind."""
        return dict(self._detections)

    @property
    def rejected(self) -> Mapping[str, int]:
        return dict(self._rejected)

    @property
    def refused(self) -> int:
        return self._refused
