"""An intake and a doorkeeper that remember, for sources under test."""

from collections import Counter
from collections.abc import Sequence
from threading import Lock

from nightlatch.capture.intake import Grant, OverRate, Refused
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

TOKEN = "a-token-of-a-source"
"""What the sender shows."""


class RememberingIntake:
    """`room`: how many more there is room for."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.seen: list[Observed] = []
        self.lost: Counter[tuple[SourceKind, str]] = Counter()
        self.rejected: list[tuple[SourceKind, str, str, bytes]] = []
        # Bodies come in several threads.
        self._lock = Lock()

    def offer(self, seen: Sequence[Observed]) -> int:
        with self._lock:
            taken = seen[: self.room]
            self.room -= len(taken)
            self.seen += taken
            return len(taken)

    def push(self, seen: Sequence[Observed]) -> None:
        self.offer(seen)

    def lose(self, kind: SourceKind, name: str, number: int) -> None:
        self.lost[kind, name] += number

    def reject(self, kind: SourceKind, name: str, reason: str, excerpt: bytes = b"") -> None:
        self.rejected.append((kind, name, reason, excerpt))

    @property
    def reasons(self) -> Counter[str]:
        """Why messages were rejected, and how many."""
        return Counter(reason for _, _, reason, _ in self.rejected)

    @property
    def excerpts(self) -> list[bytes]:
        return [excerpt for *_, excerpt in self.rejected]


class OneToken:
    """Lets in whoever shows TOKEN, for one kind. `refusals` are given first, one a request."""

    def __init__(
        self,
        kind: SourceKind,
        *,
        name: str = "web",
        service: str = "",
        bytes_left: int = 1 << 40,
    ) -> None:
        self.grant = Grant(name, frozenset({kind}), service)
        self.refusals: list[OverRate | Refused] = []
        self.shown: list[tuple[str, int]] = []
        self._bytes_left = bytes_left

    def admit(
        self, kind: SourceKind, token: str, size: int, now: float
    ) -> Grant | OverRate | Refused:
        self.shown.append((token, size))
        if kind not in self.grant.kinds or token != TOKEN:
            return Refused.TOKEN
        if self.refusals:
            return self.refusals.pop(0)
        if size > self._bytes_left:
            return OverRate(self.grant.name)
        self._bytes_left -= size
        return self.grant
