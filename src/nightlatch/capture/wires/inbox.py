"""From a listener to the intake: everything that arrived becomes one count."""

from collections.abc import Iterable

from nightlatch.capture.intake import Intake
from nightlatch.capture.wires.rate import SenderRates
from nightlatch.capture.wires.reading import EXCERPT, Malformed, Quiet, Reader
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.tally import Tally
from nightlatch.faults import guarded

Arrival = tuple[bytes | Malformed, str, str]
"""A message or what is wrong with it, who sent it ("address port"), and their address alone."""


class Inbox:
    """One listener's. Not for several threads."""

    def __init__(self, reader: Reader, intake: Intake, rates: SenderRates) -> None:
        self._reader = reader
        self._intake = intake
        self._rates = rates
        self.tally = Tally()

    def take(self, arrivals: Iterable[Arrival], now: float) -> None:
        """Read them, hand on what they tell, and count each."""
        seen: list[Observed] = []
        over = 0
        for data, sender, address in arrivals:
            self.tally.received += 1
            if not self._rates.admits(address, now):
                over += 1
            elif isinstance(data, Malformed):
                self._reject(data)
            else:
                self._read(data, sender, now, seen)
        self._offer(seen)
        self._lose(over)
        self.tally.over_rate += over

    def tick(self, now: float, overrun: int = 0) -> None:
        """Once a second, and at the end; `overrun`: so many more were lost in the kernel."""
        for broken in self._reader.expire(now):
            self.tally.incomplete += 1
            self._tell(broken)
        self.tally.overrun += overrun
        self._lose(overrun)

    def _read(self, data: bytes, sender: str, now: float, seen: list[Observed]) -> None:
        said: object = _OURS
        with guarded(f"capture.{self._reader.kind}"):
            said = self._reader.read(data, sender, now)
        if isinstance(said, Observed):
            seen.append(said)
        elif said is Quiet.IDLE:
            self.tally.idle += 1
        elif said is Quiet.PIECE:
            self.tally.pieces += 1
        elif isinstance(said, Malformed):
            self._reject(Malformed(said.reason, said.excerpt or data))

    def _reject(self, broken: Malformed) -> None:
        self.tally.malformed += 1
        self._tell(broken)

    def _tell(self, broken: Malformed) -> None:
        kind, name = self._reader.kind, self._reader.name
        self._intake.reject(kind, name, broken.reason, broken.excerpt[:EXCERPT])

    def _offer(self, seen: list[Observed]) -> None:
        if not seen:
            return
        taken = self._intake.offer(seen)
        self.tally.taken += taken
        self.tally.lost += len(seen) - taken
        self._lose(len(seen) - taken)

    def _lose(self, number: int) -> None:
        if number:
            self._intake.lose(self._reader.kind, self._reader.name, number)


_OURS = Malformed("a fault of ours")
