"""What a source needs of the rest: somewhere to put what it has read, and what it could not read.

Sources see bytes and nothing else. They turn them into `Observed` values; who may send, how much at
a time and what becomes of them is decided behind these ports.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind


class Intake(Protocol):
    """Where observed exchanges go. Methods may be called from any thread, and never raise."""

    def offer(self, seen: Sequence[Observed]) -> int:
        """Take them, without waiting; how many of them, from the first on, had room. The caller
        tells its sender of the rest (429, partial success) or drops them with `lose`."""

    def push(self, seen: Sequence[Observed]) -> None:
        """Take all of them, waiting until there is room: for files, which can wait. Not on an event
        loop."""

    def lose(self, kind: SourceKind, name: str, number: int) -> None:
        """So many exchanges of a source are gone, because there was no room for them."""

    def reject(self, kind: SourceKind, name: str, reason: str, excerpt: bytes = b"") -> None:
        """A message of a source cannot be read, for one of a few fixed reasons; onto the list of
        dead letters, with the beginning of it."""


class Grant(Struct, frozen=True):
    """What one token allows."""

    name: str
    """Of the source."""
    kinds: frozenset[SourceKind]
    service: str = ""
    """The service that everything from this source belongs to; empty: the source says."""


class Refused(StrEnum):
    """Why a sender is turned away, with the HTTP status that says so."""

    TOKEN = "token"
    """Unknown, revoked, or not for this kind of source: 401."""
    RATE = "rate"
    """More wrong tokens than are looked at: 429."""


class OverRate(Struct, frozen=True):
    """A source that sends more than it may: 429."""

    name: str


class Doorkeeper(Protocol):
    """Who may send."""

    def admit(
        self, kind: SourceKind, token: str, size: int, now: float
    ) -> Grant | OverRate | Refused:
        """May whoever shows `token` send `size` bytes more? Takes the same time for every wrong
        token. Counts against the rate of the token, or of all wrong ones together."""
