"""A log followed while another process writes and rotates it."""

import gzip
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest
from tests.capture.logs.intakes import Remembering, log_line
from tests.servers import eventually

from nightlatch.app.importing import FileReport, Follower, Importer, follow
from nightlatch.capture.logs import following
from nightlatch.capture.logs.bookmarks import Bookmarks
from nightlatch.capture.logs.run import Ways


def nothing(path: str, done: int, lines: int) -> None:
    """No bar."""


def seen_so_far(intake: Remembering, number: int) -> bool:
    return len(intake.seen) == number


class Following:
    """A follower in a thread of its own."""

    def __init__(self, log: Path, intake: Remembering) -> None:
        bookmarks = Bookmarks(log.parent / "imports")
        importer = Importer(Ways("api"), bookmarks, intake, nothing, body_limit=1000)
        self.follower = Follower(str(log), importer, FileReport(str(log)))
        self._stop = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.follower.close()

    def _run(self) -> None:
        follow([self.follower], self._stop.is_set, lambda: None, lambda _: self._pause())

    def _pause(self) -> None:
        self._stop.wait(0.01)


def by_rename(log: Path, number: int) -> None:
    """As logrotate does by default; the writer goes on in the old file for a while."""
    log.rename(log.with_suffix(f".{number}"))


def by_rename_and_packed(log: Path, number: int) -> None:
    old = log.with_suffix(f".{number}")
    log.rename(old)
    log.with_suffix(f".{number}.gz").write_bytes(gzip.compress(old.read_bytes()))


@pytest.fixture(autouse=True)
def _writers_let_go_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.app.importing.QUIET", 0.3)
    assert following.QUIET == 2.0


@pytest.mark.slow
@pytest.mark.parametrize("rotate", [by_rename, by_rename_and_packed])
def test_nothing_is_lost_and_nothing_comes_twice(
    tmp_path: Path, rotate: Callable[[Path, int], None]
) -> None:
    log, intake, chance = tmp_path / "access.log", Remembering(), random.Random(1)
    wanted: list[str] = []
    with Following(log, intake):
        for rotation in range(4):
            file = log.open("a")
            for number in range(300):
                path = f"/{rotation}/{number}"
                wanted.append(path)
                line = log_line(path, number)
                cut = chance.randrange(len(line))
                # As a writer with a buffer does: not by whole lines.
                file.write(line[:cut])
                file.flush()
                file.write(line[cut:])
                if number == 200:
                    eventually(lambda: len(intake.seen) >= len(wanted) - 1, pause=0.01)
                    rotate(log, rotation)
                    # The new one is there already, the old one is still written to.
                    log.touch()
            file.close()
            eventually(lambda: len(intake.seen) == len(wanted), pause=0.01)
    assert intake.paths == wanted
    assert len(set(intake.ids)) == len(wanted)
    rest = Remembering()
    importer = Importer(
        Ways("api"), Bookmarks(tmp_path / "imports"), rest, nothing, body_limit=1000
    )
    old = sorted(tmp_path.glob("access.*"))
    assert len(old) >= 5
    for each in old:
        report = importer.read(str(each))
        assert report.trouble == "" or each.stat().st_size == 0
    assert rest.seen == []


def test_a_log_that_is_cut_and_begun_anew(tmp_path: Path) -> None:
    log, intake = tmp_path / "access.log", Remembering()
    with Following(log, intake) as following_it:
        for rotation in range(3):
            with log.open("a") as file:
                for number in range(50 * (rotation + 1)):
                    file.write(log_line(f"/{rotation}/{number}", number, f"agent-{rotation}"))
            total = sum(50 * (each + 1) for each in range(rotation + 1))
            eventually(partial(seen_so_far, intake, total), pause=0.01)
            shutil.copy(log, tmp_path / f"access.log.{rotation}")
            with log.open("r+") as file:
                file.truncate(0)
            eventually(
                lambda: following_it.follower.report.tally.lines == 0,
                pause=0.01,
            )
    assert len(intake.seen) == len(set(intake.paths)) == 300


def test_a_log_that_is_not_there_yet(tmp_path: Path) -> None:
    log, intake = tmp_path / "access.log", Remembering()
    with Following(log, intake):
        log.write_text(log_line("/first")[:30])
        log.write_text(log_line("/first"))
        eventually(lambda: intake.paths == ["/first"], pause=0.01)
