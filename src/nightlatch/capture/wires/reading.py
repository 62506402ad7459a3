"""What listeners and the readers of protocols say to each other."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol

from nightlatch.capture.http_source import EXCERPT, Malformed
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

__all__ = ["EXCERPT", "Framer", "Malformed", "Quiet", "Reader", "Said"]


class Quiet(Enum):
    """Why a sound message is no exchange."""

    IDLE = auto()
    """It tells of none."""
    PIECE = auto()
    """The rest of it is to come, or all of it was there before."""


Said = Observed | Malformed | Quiet


class Reader(Protocol):
    """Bytes to values, for one protocol. Never raises, whatever the bytes are."""

    @property
    def kind(self) -> SourceKind: ...

    @property
    def name(self) -> str: ...

    def read(self, data: bytes, sender: str, now: float) -> Said:
        """One message, of UDP one datagram; `sender` is "address port"."""

    def expire(self, now: float) -> Sequence[Malformed]:
        """What will never be complete."""


class Framer(Protocol):
    """A stream of bytes into messages; remembers what is not complete. Never raises."""

    def feed(self, data: bytes) -> Sequence[bytes | Malformed]:
        """The messages that are complete with this."""

    def end(self) -> Sequence[bytes | Malformed]:
        """What the sender left when it hung up."""
