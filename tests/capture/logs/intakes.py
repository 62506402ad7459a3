"""An intake that only remembers."""

from collections.abc import Sequence

from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind


class Remembering:
    """An Intake, and what was pushed into it; with a count of how often it was settled."""

    def __init__(self) -> None:
        self.seen: list[Observed] = []
        self.rejected: list[tuple[SourceKind, str, str, bytes]] = []
        self.settled = 0

    @property
    def intake(self) -> "Remembering":
        return self

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.seen]

    @property
    def paths(self) -> list[str]:
        return [one.request.path for one in self.seen]

    def offer(self, seen: Sequence[Observed]) -> int:
        self.seen += seen
        return len(seen)

    def push(self, seen: Sequence[Observed]) -> None:
        self.seen += seen

    def lose(self, kind: SourceKind, name: str, number: int) -> None:
        raise AssertionError("a file can wait")

    def reject(self, kind: SourceKind, name: str, reason: str, excerpt: bytes = b"") -> None:
        self.rejected.append((kind, name, reason, excerpt))

    def settle(self) -> bool:
        self.settled += 1
        return True


def log_line(path: str, second: int = 0, agent: str = "curl/8.5.0") -> str:
    return (
        f"203.0.113.7 - - [18/Nov/2026:19:{second // 60 % 60:02}:{second % 60:02} +0000] "
        f'"GET {path} HTTP/1.1" 200 5 "-" "{agent}"\n'
    )
