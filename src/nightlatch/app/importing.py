"""`nightlatch import`: logs and archives into the records, in the order of what happened."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from nightlatch.app.stores import data_dir
from nightlatch.capture.har import MAX_FILE, HarFault, looks_like_har, read_har
from nightlatch.capture.intake import Intake
from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.bookmarks import Bookmarks, InUse
from nightlatch.capture.logs.files import STANDARD_INPUT, LogFile, first_lines
from nightlatch.capture.logs.following import QUIET, Change
from nightlatch.capture.logs.lines import CHUNK
from nightlatch.capture.logs.packing import Damaged
from nightlatch.capture.logs.reading import Reading, Tally
from nightlatch.capture.logs.run import Run, UnknownFormat, Ways, format_of
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind
from nightlatch.settings import Settings

BOOKMARKS = "imports"
"""Directory in the data directory."""
KEEP_EVERY = 2.0
"""Seconds between two bookmarks: at most so much is read again after a crash."""
LOOK_EVERY = 0.25
"""Seconds between two looks at a log that is followed."""
AT_ONCE = 2_000
"""Exchanges of an archive that are handed on together."""

INTERRUPTED = "interrupted: the same command reads on from there"
NOT_BEGUN = "not read: the import was interrupted before it"

_NOT_A_LOG = (OSError, InUse, UnknownFormat, Damaged, HarFault)


class Destination(Protocol):
    """Where exchanges go, and when they have arrived."""

    @property
    def intake(self) -> Intake: ...

    def settle(self) -> bool:
        """Wait until all that was pushed so far is kept; False where it cannot be."""


class FileReport(Struct):
    """What became of one file."""

    path: str
    format: str = ""
    software: str = ""
    zone_named: bool = True
    """Its times name their zone."""
    before: int = 0
    """Unpacked bytes that an earlier import had read."""
    trouble: str = ""
    """Why it, or the rest of it, was not read."""
    tally: Tally = field(default_factory=Tally)


class Progress(Protocol):
    """Told now and then how far it is."""

    def __call__(self, path: str, done: int, lines: int) -> None:
        """Bytes on the disk that were read of this file, and lines of it."""


def open_bookmarks(settings: Settings) -> Bookmarks:
    return Bookmarks(data_dir(settings) / BOOKMARKS)


class Importer:
    """Reads files into a destination, one after the other."""

    def __init__(
        self,
        ways: Ways,
        bookmarks: Bookmarks,
        destination: Destination,
        progress: Progress,
        *,
        body_limit: int,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stopping` is asked between two pieces: whether to leave off there."""
        self._ways = ways
        self.stopping = stopping
        self._bookmarks = bookmarks
        self._destination = destination
        self._progress = progress
        self._body_limit = body_limit

    def read(self, path: str) -> FileReport:
        """One file to its end. Never raises for what is wrong with the file."""
        report = FileReport(path)
        if self.stopping():
            report.trouble = NOT_BEGUN
            return report
        try:
            if self._ways.format is None and is_archive(path):
                self._read_archive(path, report)
            else:
                with self.open(path) as run:
                    self._read_log(run, report)
        except _NOT_A_LOG as trouble:
            report.trouble = in_words(trouble)
        return report

    def open(self, path: str) -> Run:
        """Raises OSError, InUse, UnknownFormat, Damaged."""
        destination = self._destination
        return Run(path, self._ways, self._bookmarks, destination.intake, destination.settle)

    def _read_log(self, run: Run, report: FileReport) -> None:
        due = time.monotonic() + KEEP_EVERY
        try:
            while self._comes(run) and run.step():
                self._progress(run.path, run.file.done, run.tally.lines)
                if self.stopping():
                    break
                if time.monotonic() >= due:
                    run.checkpoint(time.time())
                    due = time.monotonic() + KEEP_EVERY
            if not self.stopping():
                run.finish()
                return
            run.checkpoint(time.time())
            run.damage = run.damage or INTERRUPTED
        finally:
            describe(run, report)

    def _comes(self, run: Run) -> bool:
        """Wait until there is something to read, or the end; False where we are to stop."""
        if run.file.ready(LOOK_EVERY):
            return True
        # A pipe may be silent for hours: people shall see what it brought before.
        run.checkpoint(time.time())
        while not run.file.ready(LOOK_EVERY):
            if self.stopping():
                return False
        return True

    def _read_archive(self, path: str, report: FileReport) -> None:
        report.format, report.software = "har", "HTTP Archive 1.2"
        with LogFile(path) as file:
            data, mark = _whole(file), self._bookmarks.find(file.head)
        if not self._ways.again and mark.offset >= len(data):
            report.before = mark.offset
            return
        tally, intake = report.tally, self._destination.intake

        def reject(fault: str, excerpt: bytes) -> None:
            tally.rejected[fault] += 1
            intake.reject(SourceKind.HAR, self._ways.name, fault, excerpt)

        entries = read_har(
            data, self._ways.service, reject, name=self._ways.name, max_body=self._body_limit
        )
        for batch in _batches(entries):
            tally.exchanges += len(batch)
            for one in batch:
                tally.note_times(one.at, one.at)
                tally.unseen |= one.source.unseen
            intake.push(batch)
            self._progress(path, 0, tally.exchanges)
            if self.stopping():
                # What of it came already does not count twice.
                report.trouble = INTERRUPTED
                return
        tally.lines = tally.exchanges + tally.rejected.total()
        if self._destination.settle():
            self._bookmarks.keep(replace(mark, offset=len(data), at=time.time(), path=path))


def describe(run: Run, report: FileReport) -> None:
    report.format, report.software = run.format.id, run.format.written_by
    report.zone_named = run.format.zone
    report.before, report.trouble, report.tally = run.before, run.damage, run.tally


class Follower:
    """One log that somebody is writing to, through all its rotations."""

    def __init__(self, path: str, importer: Importer, report: FileReport) -> None:
        self.report = report
        """Of the log that is open now; what was before it is added to `past`."""
        self.past = Tally()
        self._path = path
        self._importer = importer
        self._open = ExitStack()
        self._run: Run | None = None
        self._quiet_since: float | None = None
        self._kept = 0.0

    def look(self, now: float) -> bool:
        """Read what has come; False where nothing has. `now` is monotonic."""
        run = self._run or self._begin()
        if run is None:
            return False
        if run.step():
            self._quiet_since = None
            self._keep(run, now)
            return True
        self._keep(run, now)
        change = run.change()
        if change is Change.NONE:
            self._quiet_since = None
            return False
        if self._quiet_since is None:
            self._quiet_since = now
        if change is Change.BEGUN_ANEW or now - self._quiet_since >= QUIET:
            self._end(run)
            return True
        return False

    def close(self) -> None:
        if self._run is not None:
            self._end(self._run, finish=False)

    def _begin(self) -> Run | None:
        """None while there is nothing there, or nothing that tells its format."""
        path = Path(self._path)
        with suppress(OSError):
            if not path.exists() or b"\n" not in _beginning(path):
                return None
        try:
            self._run = self._open.enter_context(self._importer.open(self._path))
        except _NOT_A_LOG as trouble:
            self.report.trouble = in_words(trouble)
            return None
        self._quiet_since = None
        describe(self._run, self.report)
        return self._run

    def _keep(self, run: Run, now: float) -> None:
        if now - self._kept >= KEEP_EVERY:
            self._kept = now
            run.checkpoint(time.time())

    def _end(self, run: Run, *, finish: bool = True) -> None:
        if finish and run.change() is Change.REPLACED:
            run.finish()
        else:
            run.checkpoint(time.time())
        self.past.add(run.tally)
        self.report.tally = Tally()
        self._open.close()
        self._run = None


def follow(
    followers: Sequence[Follower],
    stopping: Callable[[], bool],
    told: Callable[[], None],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Until it is to stop; `told` is called after each look."""
    while not stopping():
        # All of them, each time: one that is busy must not keep the others waiting.
        news = [follower.look(time.monotonic()) for follower in followers]
        told()
        if not any(news):
            pause(LOOK_EVERY)


def in_order(paths: Sequence[str], ways: Ways) -> list[str]:
    """Oldest first, by the first exchange in each: what came together must be judged together, and
    names like access.log.10.gz sort as nobody means it. What cannot be read stands last."""

    def began(path: str) -> float:
        if path == STANDARD_INPUT:
            return float("inf")
        try:
            with LogFile(path) as file:
                found = _sample(file, ways, 1) if not looks_like_har(file.head) else []
        except _NOT_A_LOG:
            return float("inf")
        return found[0].at if found else float("inf")

    return sorted(paths, key=began)


def sample(path: str, ways: Ways, number: int) -> tuple[FileReport, list[Observed]]:
    """The first exchanges as they are understood; nothing is kept. Raises what is wrong with the
    file."""
    report = FileReport(path)
    if ways.format is None and is_archive(path):
        report.format, report.software = "har", "HTTP Archive 1.2"
        with LogFile(path) as file:
            entries = read_har(_whole(file), ways.service, lambda *_: None)
            return report, [one for one, _ in zip(entries, range(number), strict=False)]
    with LogFile(path) as file:
        found = _sample(file, ways, number, report)
    return report, found


def _sample(
    file: LogFile, ways: Ways, number: int, report: FileReport | None = None
) -> list[Observed]:
    chosen = format_of(file, ways)
    assembler = Assembler(ways.service, zone=ways.zone)
    reading = Reading(chosen, assembler, "sample", lambda *_: None)
    found = reading.feed("\n".join([*first_lines(file.head), ""]).encode("latin-1"))
    if report is not None:
        report.format, report.software = chosen.id, chosen.written_by
        report.zone_named, report.tally = chosen.zone, reading.tally
    return found[:number]


def is_archive(path: str) -> bool:
    """A HAR file, by its content. Raises OSError, Damaged."""
    if path == STANDARD_INPUT:
        return False
    with LogFile(path) as file:
        return looks_like_har(file.head)


def in_words(trouble: Exception) -> str:
    if isinstance(trouble, InUse):
        return "another nightlatch import is reading it"
    if isinstance(trouble, UnknownFormat):
        return "no format that is known reads it; name one with --format"
    if isinstance(trouble, OSError):
        return trouble.strerror or str(trouble)
    return str(trouble)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(CHUNK)


def _whole(file: LogFile) -> bytes:
    """Raises HarFault, Damaged, OSError."""
    parts: list[bytes] = []
    while file.position <= MAX_FILE and (data := file.read()):
        parts.append(data)
    if file.position > MAX_FILE:
        raise HarFault(f"a HAR file of more than {MAX_FILE >> 20} MB is too large to be read")
    return b"".join(parts)


def _batches(entries: Iterator[Observed]) -> Iterator[list[Observed]]:
    batch: list[Observed] = []
    for one in entries:
        batch.append(one)
        if len(batch) >= AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
