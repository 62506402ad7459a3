"""From the bytes of one log to observed exchanges, with where in it each one stands."""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct, field

from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.lines import Cutter
from nightlatch.capture.logs.log_format import LogFormat, obey
from nightlatch.capture.logs.values import Fault, Unread
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part

EXCERPT = 200
"""Bytes of a line that cannot be read that are shown of it."""


class Tally(Struct):
    """What was in a log."""

    lines: int = 0
    """Blank ones and comments included."""
    exchanges: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """By reason."""
    first: float = 0.0
    last: float = 0.0
    """Of the exchanges; 0 while there is none."""
    unseen: set[Part] = field(default_factory=set)
    """What some of the exchanges could not show."""

    def add(self, other: "Tally") -> None:
        self.lines += other.lines
        self.exchanges += other.exchanges
        self.rejected += other.rejected
        self.note_times(other.first, other.last)
        self.unseen |= other.unseen

    def note_times(self, first: float, last: float) -> None:
        if first:
            self.first = min(self.first or first, first)
            self.last = max(self.last, last)


class Reading:
    """Reads one log from `offset` on. `reject` is told of each line that is no exchange."""

    def __init__(
        self,
        log_format: LogFormat,
        assembler: Assembler,
        name: str,
        reject: Callable[[Fault, bytes], None],
        offset: int = 0,
    ) -> None:
        """`name`: of the log, whatever it is called and however it is packed; it and a line's
        place are the exchange's id."""
        self.tally = Tally()
        self._reader = log_format.open()
        self._assembler = assembler
        self._prefix = f"log:{name}:"
        self._reject = reject
        self._cutter = Cutter(offset)

    @property
    def offset(self) -> int:
        """Where the first line begins that was not read yet."""
        return self._cutter.offset

    @property
    def pending(self) -> int:
        """Bytes after that, of a line whose end did not come yet."""
        return self._cutter.pending

    def recall(self, directive: bytes) -> None:
        """A directive from before `offset`."""
        obey(self._reader, directive.decode("latin-1"))

    def feed(self, data: bytes) -> list[Observed]:
        """The exchanges of all lines that end in `data`."""
        found: list[Observed] = []
        for at, line in self._cutter.feed(data):
            self._take(at, line, found)
        self._count(found)
        return found

    def finish(self) -> list[Observed]:
        """The line without an end, where it is one; else it stays unread: its rest may be on the
        way."""
        last = self._cutter.last()
        found: list[Observed] = []
        if last is not None:
            self._take(*last, found)
            self._count(found)
        return found

    def _take(self, at: int, line: bytes | None, found: list[Observed]) -> None:
        self.tally.lines += 1
        if line is None:
            self._refuse(Fault.LONG, b"")
            return
        text = line.decode("latin-1")
        if text[:1] in "# \t\r":
            if text.startswith("#"):
                obey(self._reader, text)
                return
            if not text.strip():
                return
        try:
            read = self._reader.read(text)
            found.append(self._assembler.observed(read, None, f"{self._prefix}{at}"))
        except Unread as unread:
            self._refuse(unread.fault, line)

    def _refuse(self, fault: Fault, line: bytes) -> None:
        self.tally.rejected[fault.value] += 1
        self._reject(fault, line[:EXCERPT])

    def _count(self, found: list[Observed]) -> None:
        if not found:
            return
        tally = self.tally
        tally.exchanges += len(found)
        times = [one.at for one in found]
        tally.note_times(min(times), max(times))
        for unseen in {id(one.source): one.source.unseen for one in found}.values():
            tally.unseen |= unseen
