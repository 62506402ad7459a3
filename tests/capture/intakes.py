"""An intake and a doorkeeper that remember, for sources under test."""

from collections import Counter
from collections.abc import Sequence

from nightlatch.capture.intake import Grant, Refused
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

TOKEN = "a-token-of-a-source"


class RememberingIntake:
    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.seen: list[Observed] = []
        self.lost: Counter[tuple[SourceKind, str]] = Counter()
        self.rejected: list[tuple[SourceKind, str, str, bytes]] = []

    def offer(self, seen: Sequence[Observed]) -> int:
        taken = seen[: max(0, self.room - len(self.seen))]
        self.seen += taken
        return len(taken)

    def push(self, seen: Sequence[Observed]) -> None:
        self.seen += seen

    def lose(self, kind: SourceKind, name: str, number: int) -> None:
        self.lost[kind, name] += number

    def reject(self, kind: SourceKind, name: str, reason: str, excerpt: bytes = b"") -> None:
        self.rejected.append((kind, name, reason, excerpt))

    @property
    def reasons(self) -> list[str]:
        return [reason for _, _, reason, _ in self.rejected]


class OneToken:
    """Admits whoever shows TOKEN, for one kind."""

    def __init__(self, kind: SourceKind, bytes_left: int = 1 << 40) -> None:
        self._kind = kind
        self.bytes_left = bytes_left
        self.shown: list[tuple[str, int]] = []

    def admit(self, kind: SourceKind, token: str, size: int, now: float) -> Grant | Refused:
        self.shown.append((token, size))
        if kind is not self._kind or token != TOKEN:
            return Refused.TOKEN
        if size > self.bytes_left:
            return Refused.RATE
        self.bytes_left -= size
        return Grant("web", frozenset({kind}), "shop")
