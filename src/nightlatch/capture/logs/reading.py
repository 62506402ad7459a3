"""From the bytes of one log to observed exchanges, with where in it each one stands."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct, field

from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.envelopes import Joined, Joining
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
        envelope = log_format.envelope
        self._joining = Joining(envelope) if envelope is not None else None
        self._recalling = Joining(envelope) if envelope is not None else None
        self._stop: int | None = None

    @property
    def offset(self) -> int:
        """Where the first line begins that was not read yet."""
        if self._stop is not None:
            return self._stop
        begun = self._joining.since if self._joining is not None else None
        return self._cutter.offset if begun is None else begun

    def recall(self, line: bytes) -> None:
        """A line from before `offset`, which may hold a directive."""
        with suppress(Unread):
            told = self._opened(line.decode("latin-1"), 0, self._recalling)
            if told is not None and told.text.startswith("#"):
                obey(self._reader, told.text)

    def feed(self, data: bytes) -> list[Observed]:
        """The exchanges of all lines that end in `data`."""
        found: list[Observed] = []
        for at, line in self._cutter.feed(data):
            self._take(at, line, found)
        self._count(found)
        self._count_given_up()
        return found

    def finish(self) -> list[Observed]:
        """There is no more. What has no line end is a line if it can be read; else its rest may be
        on the way, and it stays unread."""
        found = self._finish_line()
        if self._joining is not None and self._joining.since is not None and self._stop is None:
            self._refuse(Fault.CUT, b"")
        return found

    def _finish_line(self) -> list[Observed]:
        last = self._cutter.last()
        if not last.strip():
            return []
        self.tally.lines += 1
        stop = self.offset
        try:
            at = self._cutter.offset
            told = self._opened(last.decode("latin-1").removesuffix("\r"), at, self._joining)
            found = [self._observed(told, at)] if told is not None else []
        except Unread:
            self._refuse(Fault.CUT, last)
            self._stop = stop
            return []
        self._cutter.take_last()
        self._count(found)
        return found

    def _take(self, at: int, line: bytes | None, found: list[Observed]) -> None:
        self.tally.lines += 1
        if line is None:
            self._refuse(Fault.LONG, b"")
            return
        try:
            told = self._opened(line.decode("latin-1"), at, self._joining)
            if told is not None and not self._skips(told.text):
                found.append(self._observed(told, at))
        except Unread as unread:
            self._refuse(unread.fault, line)

    @staticmethod
    def _opened(text: str, at: int, joining: Joining | None) -> Joined | None:
        """The line within, where there is something around it; None while more of it is to come.
        Raises Unread."""
        if joining is None or not text.strip():
            return Joined(text, None)
        return joining.take(text, at)

    def _skips(self, text: str) -> bool:
        """Directives are obeyed, and nothing is said in them or in blank lines."""
        if text[:1] not in "# \t\r":
            return False
        if text.startswith("#"):
            obey(self._reader, text)
            return True
        return not text.strip()

    def _observed(self, told: Joined, at: int) -> Observed:
        line = self._reader.read(told.text)
        return self._assembler.observed(line, told.at, f"{self._prefix}{at}")

    def _count_given_up(self) -> None:
        joining = self._joining
        while joining is not None and joining.given_up:
            joining.given_up -= 1
            self._refuse(Fault.CUT, b"")

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
