"""An intake that remembers and a doorkeeper with one token, for tests of sources."""

import threading
from collections import Counter
from collections.abc import Sequence

from nightlatch.capture.intake import Grant, Refused
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

SOURCE_TOKEN = "a-source-token-for-tests"
"""What the sender shows."""


class RememberingIntake:
    """`room`: how many more there is room for."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.seen: list[Observed] = []
        self.lost = 0
        self.rejected: Counter[str] = Counter()
        self.excerpts: list[bytes] = []
        self._lock = threading.Lock()

    def offer(self, seen: Sequence[Observed]) -> int:
        with self._lock:
            taken = seen[: self.room]
            self.room -= len(taken)
            self.seen += taken
            return len(taken)

    def push(self, seen: Sequence[Observed]) -> None:
        self.offer(seen)

    def lose(self, kind: SourceKind, name: str, number: int) -> None:
        self.lost += number

    def reject(self, kind: SourceKind, name: str, reason: str, excerpt: bytes = b"") -> None:
        self.rejected[reason] += 1
        self.excerpts.append(excerpt)


class OneToken:
    """Lets in whoever shows SOURCE_TOKEN. `refusals` are given first, one a request."""

    def __init__(self, kind: SourceKind, *, service: str = "", name: str = "shop-sdk") -> None:
        self.kind = kind
        self.grant = Grant(name, frozenset({kind}), service)
        self.refusals: list[Refused] = []
        self.sizes: list[int] = []

    def admit(self, kind: SourceKind, token: str, size: int, now: float) -> Grant | Refused:
        if kind is not self.kind or token != SOURCE_TOKEN:
            return Refused.TOKEN
        self.sizes.append(size)
        return self.refusals.pop(0) if self.refusals else self.grant
