"""One log read into the intake: exactly once, from where an earlier run stopped."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.capture.intake import Intake
from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.bookmarks import Bookmarks, grown, is_of
from nightlatch.capture.logs.detection import SAMPLE, detect
from nightlatch.capture.logs.envelopes import envelope_of, unwrapped
from nightlatch.capture.logs.files import LogFile, first_lines
from nightlatch.capture.logs.following import Change, change_of
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.packing import Damaged
from nightlatch.capture.logs.reading import Reading, Tally
from nightlatch.capture.logs.values import Fault
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind


class UnknownFormat(Exception):
    """No format reads enough of a log; the text says of which and shows its first line."""


class Ways(Struct, frozen=True):
    """How logs shall be read."""

    service: str
    format: LogFormat | None = None
    """None: told from each log's first lines."""
    zone: tzinfo = UTC
    """Of times that name none."""
    hosts: frozenset[str] = frozenset()
    """Only exchanges with these, where the log tells them; empty: all."""
    again: bool = False
    """From the beginning, whatever was read before. What came before is not counted twice."""
    name: str = ""
    """Of the source."""


class Run:
    """One log, held by this process while it reads it."""

    def __init__(
        self,
        path: str,
        ways: Ways,
        bookmarks: Bookmarks,
        intake: Intake,
        settle: Callable[[], bool],
    ) -> None:
        """`settle` waits until all that was pushed is kept; False where it cannot be. Raises
        OSError, InUse, UnknownFormat, Damaged."""
        self.path = path
        self.damage = ""
        """Why the rest of a packed log cannot be read."""
        self._ways = ways
        self._bookmarks = bookmarks
        self._intake = intake
        self._settle = settle
        with ExitStack() as opening:
            self.file = opening.enter_context(LogFile(path))
            self.format = format_of(self.file, ways)
            self.bookmark = bookmarks.find(self.file.head)
            opening.enter_context(bookmarks.held(self.bookmark.name))
            self.before = 0 if ways.again else self.bookmark.offset
            """Bytes that an earlier run read."""
            assembler = Assembler(ways.service, name=ways.name, zone=ways.zone)
            self._reading = Reading(
                self.format, assembler, self.bookmark.name, self._reject, self.before
            )
            self._resume()
            self._handed_on = self.before, 0
            """Bytes and lines of which all that is in them was pushed."""
            # The name must be known before anything is pushed under it.
            bookmarks.keep(replace(self.bookmark, path=path))
            self._held = opening.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @property
    def tally(self) -> Tally:
        return self._reading.tally

    def step(self) -> bool:
        """Read the next piece; False where there is no more, for now."""
        try:
            data = self.file.read()
        except Damaged as damaged:
            self.damage = str(damaged)
            return False
        self._hand_on(self._reading.feed(data))
        return bool(data)

    def finish(self) -> None:
        """There will be no more: a last line without an end is a line."""
        self._hand_on(self._reading.finish())
        self.checkpoint()

    def checkpoint(self, now: float = 0.0) -> None:
        """What was handed on so far needs not be read again, if it could be kept: not what was only
        read when somebody broke in."""
        offset, read = self._handed_on
        lines = self.bookmark.lines + read
        mark = replace(self.bookmark, offset=max(offset, self.bookmark.offset), at=now)
        head = self.file.beginning_now()
        if is_of(mark, head):
            mark = grown(mark, head)
            self.bookmark = replace(self.bookmark, length=mark.length, digest=mark.digest)
        if self._settle():
            self._bookmarks.keep(replace(mark, lines=lines, path=self.path))

    def change(self) -> Change:
        """What became of the file, of one that is being written to."""
        plain = self.file.plain
        if plain is None:
            return Change.NONE
        return change_of(Path(self.path), plain, self.bookmark, self.file.position)

    def _resume(self) -> None:
        directives = hasattr(self.format.open(), "directive")
        try:
            for line in self.file.skip(self.before, lines=directives):
                self._reading.recall(line)
        except Damaged as damaged:
            self.damage = str(damaged)

    def _hand_on(self, found: Sequence[Observed]) -> None:
        self._push(found)
        self._handed_on = self._reading.offset, self.tally.lines

    def _push(self, found: Sequence[Observed]) -> None:
        hosts = self._ways.hosts
        if hosts:
            found = [one for one in found if _bare(one.request.host) in hosts]
        if found:
            self._intake.push(found)

    def _reject(self, fault: Fault, excerpt: bytes) -> None:
        self._intake.reject(SourceKind.LOG, self._ways.name, fault.value, excerpt)


def format_of(file: LogFile, ways: Ways) -> LogFormat:
    """Raises UnknownFormat."""
    lines = first_lines(file.head)
    envelope = envelope_of(lines[:SAMPLE])
    chosen = ways.format
    if chosen is None:
        if envelope is not None:
            lines = unwrapped(envelope, lines)
        guess = detect(lines, timed=envelope is not None)
        if guess is None:
            shown = next((line for line in lines if line.strip()), "")[:120]
            raise UnknownFormat(f"{file.path}: {shown!a}" if shown else f"{file.path}: it is empty")
        chosen = guess.format
    return replace(chosen, envelope=envelope) if envelope is not None else chosen


def _bare(host: str) -> str:
    """Without a port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()
