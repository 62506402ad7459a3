"""What all ways out have in common."""

from collections.abc import Sequence
from typing import Protocol


class Undelivered(Exception):
    """It did not go through, and may later: the events are kept and sent again. The text says why,
    without secrets."""

    def __init__(self, reason: str, delivered: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.delivered = delivered
        """How many of them, from the first on, went through."""
        self.retry_after = retry_after
        """Seconds, where the other end has said so."""


class Unwanted(Exception):
    """The other end will never take these events: they are counted and left."""

    def __init__(self, reason: str, number: int | None = None) -> None:
        super().__init__(reason)
        self.number = number
        """How many of them, where the others went through; None: all."""


class Sender(Protocol):
    """One way out, for one thread."""

    def send(self, events: Sequence[bytes]) -> None:
        """All of them, in order. Raises Undelivered, Unwanted."""

    def close(self) -> None: ...
