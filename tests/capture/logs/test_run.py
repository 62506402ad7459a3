"""Files read exactly once: packed, rotated, cut, and begun anew."""

import bz2
import gzip
import lzma
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import zstandard
from msgspec.structs import replace
from tests.capture.logs.intakes import Remembering, log_line

from nightlatch.app.importing import INTERRUPTED, NOT_BEGUN, FileReport, Importer
from nightlatch.capture.logs import bookmarks
from nightlatch.capture.logs.bookmarks import Bookmarks, InUse
from nightlatch.capture.logs.following import Change
from nightlatch.capture.logs.packing import Damaged
from nightlatch.capture.logs.registry import format_by_id
from nightlatch.capture.logs.run import Run, UnknownFormat, Ways
from nightlatch.exchange.observed import Observed

WAYS = Ways("api")
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return tmp_path


def text(numbers: range) -> str:
    return "".join(log_line(f"/v1/users/{number}", number) for number in numbers)


def read(path: Path, house: Path, intake: Remembering, ways: Ways = WAYS) -> Run:
    with Run(str(path), ways, Bookmarks(house / "imports"), intake, intake.settle) as run:
        while run.step():
            pass
        run.finish()
    return run


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_log_that_was_rotated_and_packed_is_the_same_log(house: Path, packing: str) -> None:
    log, first, then = house / "access.log", Remembering(), Remembering()
    log.write_text(text(range(500)))
    read(log, house, first)
    packed = house / f"access.log.1.{packing}"
    packed.write_bytes(PACKINGS[packing]((text(range(500)) + log_line("/late")).encode()))
    run = read(packed, house, then)
    assert len(first.seen) == 500
    assert then.paths == ["/late"]
    assert run.before == len(text(range(500)))
    again = Remembering()
    read(packed, house, again)
    assert again.seen == []
    assert len(PACKINGS) == 4


def test_by_content_and_not_by_name(house: Path) -> None:
    liar = house / "access.log"
    liar.write_bytes(gzip.compress(text(range(3)).encode()))
    intake = Remembering()
    assert read(liar, house, intake).format.id == "nginx-combined"
    assert len(intake.seen) == 3


@pytest.mark.slow
def test_a_small_log_keeps_its_name_as_it_grows(house: Path) -> None:
    log, intake = house / "access.log", Remembering()
    for number in range(100):
        with log.open("a") as file:
            file.write(log_line(f"/{number}", number))
        read(log, house, intake)
    assert intake.paths == [f"/{number}" for number in range(100)]
    assert len(list((house / "imports").glob("*.json"))) == 1


def test_ids_are_the_same_the_second_time(house: Path) -> None:
    log, first, again = house / "access.log", Remembering(), Remembering()
    log.write_text(text(range(50)))
    read(log, house, first)
    read(log, house, again, Ways("api", again=True))
    assert again.ids == first.ids
    assert len(set(first.ids)) == 50


def test_bad_lines_are_told_and_the_rest_goes_on(house: Path) -> None:
    log, intake = house / "access.log", Remembering()
    bad = '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "\\x16\\x03\\x01" 400 150 "-" "-"\n'
    none = '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "-" 408 0 "-" "-"\n'
    long = log_line("/" + "a" * 70_000)
    log.write_text(
        text(range(5)) + bad + none + "nonsense\n\n# a comment\n" + long + text(range(5, 8))
    )
    run = read(log, house, intake)
    assert len(intake.seen) == 8
    assert [reason for _, _, reason, _ in intake.rejected] == [
        "the request is not HTTP",
        "no request in it",
        "not in this format",
        "line too long",
    ]
    assert run.tally.lines == 14
    assert run.tally.rejected.total() == 4


def test_an_unfinished_last_line_is_read_when_it_is_one(house: Path) -> None:
    log, intake = house / "access.log", Remembering()
    log.write_text(text(range(2)) + log_line("/last").rstrip("\n"))
    read(log, house, intake)
    assert intake.paths[-1] == "/last"
    with log.open("a") as file:
        file.write("\n" + log_line("/next")[:40])
    read(log, house, intake)
    assert intake.paths[-1] == "/last"
    assert intake.rejected[-1][2] == "the last line has no end"
    with log.open("a") as file:
        file.write(log_line("/next")[40:])
    read(log, house, intake)
    assert intake.paths[-2:] == ["/last", "/next"]


@pytest.mark.slow
def test_what_is_damaged_gives_what_came_before(house: Path) -> None:
    damaged = 0
    for name, pack in PACKINGS.items():
        path, intake = house / f"cut.{name}", Remembering()
        lines = "".join(log_line(f"/{name}/{n * 7919 % 10_007}", n) for n in range(20_000))
        whole = pack(lines.encode())
        path.write_bytes(whole[: len(whole) * 9 // 10])
        try:
            run = read(path, house, intake)
        except Damaged:
            continue
        damaged += "damaged" in run.damage or name == "zst"
        assert len(intake.seen) < 20_000
    assert damaged >= 2


def test_columns_are_remembered_when_reading_on(house: Path) -> None:
    log, first, then = house / "u_ex.log", Remembering(), Remembering()
    log.write_text(
        "#Software: Microsoft Internet Information Services 10.0\r\n#Fields: date time s-ip "
        "cs-method cs-uri-stem c-ip sc-status\r\n2026-11-18 19:18:28 10.0.0.4 GET /a 203.0.113.7 "
        "200\r\n#Fields: date time s-ip c-ip cs-method cs-uri-stem sc-status\r\n"
    )
    read(log, house, first)
    with log.open("a") as file:
        file.write("2026-11-18 19:18:29 10.0.0.4 203.0.113.8 GET /b 404\r\n")
    read(log, house, then)
    assert (first.paths, then.paths) == (["/a"], ["/b"])
    assert then.seen[0].request.peer == "203.0.113.8"


def test_only_the_hosts_that_were_asked_for(house: Path) -> None:
    log, intake = house / "access.log", Remembering()
    log.write_text("".join(f"{host} {log_line('/')}" for host in ("a.example", "b.example") * 2))
    read(log, house, intake, Ways("api", hosts=frozenset({"b.example"})))
    assert [one.request.host for one in intake.seen] == ["b.example"] * 2


def test_one_process_reads_a_log_at_a_time(house: Path) -> None:
    log, intake = house / "access.log", Remembering()
    log.write_text(text(range(5)))
    marks = Bookmarks(house / "imports")
    with Run(str(log), WAYS, marks, intake, intake.settle), pytest.raises(InUse):
        Run(str(log), WAYS, marks, intake, intake.settle)
    read(log, house, intake)
    assert len(intake.seen) == 5


def test_a_log_of_no_format_is_refused_with_its_first_line(house: Path) -> None:
    log, intake = house / "syslog", Remembering()
    log.write_text("Nov 18 19:18:28 host kernel: hello\n" * 3)
    with pytest.raises(UnknownFormat, match="kernel: hello"):
        read(log, house, intake)
    read(log, house, intake, Ways("api", format_by_id("common")))
    assert len(intake.rejected) == 3


def test_what_became_of_a_file_that_is_open(house: Path) -> None:
    log, intake = house / "access.log", Remembering()
    log.write_text(text(range(5)))
    with Run(str(log), WAYS, Bookmarks(house / "imports"), intake, intake.settle) as run:
        while run.step():
            pass
        assert run.change() is Change.NONE
        log.rename(house / "access.log.1")
        assert run.change() is Change.NONE
        log.write_text(log_line("/new"))
        assert run.change() is Change.REPLACED
    with Run(str(log), WAYS, Bookmarks(house / "imports"), intake, intake.settle) as run:
        while run.step():
            pass
        log.write_text(log_line("/cut", 7))
        assert run.change() is Change.BEGUN_ANEW
        log.write_text(text(range(100, 200)))
        assert run.change() is Change.BEGUN_ANEW


class BrokenOff(Remembering):
    """Somebody presses Ctrl-C while the second piece is pushed."""

    def push(self, seen: Sequence[Observed]) -> None:
        if self.seen:
            super().push(seen[:10])
            raise KeyboardInterrupt
        super().push(seen)


def test_what_was_read_and_not_handed_on_is_read_again(house: Path) -> None:
    log, first, then = house / "access.log", BrokenOff(), Remembering()
    log.write_text(text(range(5_000)))
    with Run(str(log), WAYS, Bookmarks(house / "imports"), first, first.settle) as run:
        run.step()
        with pytest.raises(KeyboardInterrupt):
            run.step()
        run.checkpoint()
    assert 0 < len(first.seen) < 5_000
    read(log, house, then)
    assert {*first.ids, *then.ids} == {*read_whole(log, house)}
    # What came twice is told by its id.
    assert len(first.ids) + len(then.ids) == 5_000 + 10


def read_whole(log: Path, house: Path) -> list[str]:
    intake = Remembering()
    read(log, house, intake, replace(WAYS, again=True))
    return intake.ids


def test_an_import_leaves_off_between_two_pieces_and_goes_on_there(house: Path) -> None:
    names = [str(house / name) for name in ("a.log", "b.log")]
    for name, number in zip(names, (5_000, 10), strict=True):
        Path(name).write_text(text(range(number)))
    first, then = Remembering(), Remembering()

    def importing(intake: Remembering, stopping: Callable[[], bool]) -> list[FileReport]:
        marks = Bookmarks(house / "imports")
        importer = Importer(
            WAYS, marks, intake, lambda *_: None, body_limit=1_000, stopping=stopping
        )
        return [importer.read(name) for name in names]

    begun, waiting = importing(first, lambda: bool(first.seen))
    assert begun.trouble == INTERRUPTED
    assert begun.tally.exchanges == len(first.seen) < 5_000
    assert (waiting.trouble, waiting.tally.lines) == (NOT_BEGUN, 0)
    for report in importing(then, lambda: False):
        assert report.trouble == ""
    assert len(first.seen) + len(then.seen) == 5_010
    assert len({*first.ids, *then.ids}) == 5_010


def test_the_bookmarks_of_the_oldest_logs_are_forgotten(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookmarks, "MAX_BOOKMARKS", 3)
    for number in range(6):
        log = house / f"{number}.log"
        log.write_text(log_line(f"/{number}", number))
        run = read(log, house, Remembering())
        # As if each had been read an hour after the one before.
        for kept in (house / "imports").glob(f"{run.bookmark.name}.*"):
            os.utime(kept, (number * 3_600, number * 3_600))
    assert len(list((house / "imports").iterdir())) == 2 * 3
    again = Remembering()
    for number in (5, 4, 3, 0):
        read(house / f"{number}.log", house, again)
    assert again.paths == ["/0"]
