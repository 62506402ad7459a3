"""The ways in and out that count for themselves: who listens, what passes by, what leaves."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from nightlatch.exchange.tally import Tally


class ExportSeen(Struct, frozen=True):
    """A destination of live export, since the start of the process."""

    name: str
    """Without its secrets."""
    sent: int
    lost: int
    """Events that had no room, while it was slow or gone."""
    unwanted: int
    """Events that it refused for good."""
    waiting: int
    """Events and records that are not yet sent."""
    trouble: str
    """Why it does not go on; empty while it does."""


class Ways:
    """Nothing, until whoever opens a way replaces the function that tells of it."""

    def __init__(self) -> None:
        self.listeners: Callable[[], Mapping[str, Tally]] = dict
        """By address: "gelf udp://127.0.0.1:12201"."""
        self.ignored: Callable[[], Mapping[str, int]] = dict
        """What came over HTTP, could be read and tells of no exchange, by path."""
        self.waiting: Callable[[], int] = int
        """Exchanges of sources that are taken and not yet recorded."""
        self.exports: Callable[[], Sequence[ExportSeen]] = tuple
