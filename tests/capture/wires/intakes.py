"""Intakes for tests: they remember what they were given."""

from collections import Counter
from collections.abc import Sequence

from nightlatch.capture.attributes import Attributes
from nightlatch.capture.intake import Grant, Refused
from nightlatch.capture.texts import TextReader
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

NOW = 1_800_000_000.0


class RememberingIntake:
    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.seen: list[Observed] = []
        self.lost: Counter[tuple[SourceKind, str]] = Counter()
        self.rejected: list[tuple[SourceKind, str, str, bytes]] = []

    def offer(self, seen: Sequence[Observed]) -> int:
        taken = min(len(seen), self.room - len(self.seen))
        self.seen += seen[:taken]
        return taken

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
    """Admits whoever shows it."""

    def __init__(self, token: str = "let-me-in", service: str = "") -> None:
        self._token = token
        self._service = service

    def admit(self, kind: SourceKind, token: str, size: int, now: float) -> Grant | Refused:
        if token != self._token:
            return Refused.TOKEN
        return Grant("edge", frozenset({kind}), self._service)


def texts(attributes: Attributes | None = None) -> TextReader:
    return TextReader(attributes or Attributes())
