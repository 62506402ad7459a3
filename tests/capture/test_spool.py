"""Batches on disk: in order, bounded, sent by one process at a time, whatever a disk holds."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records import record

from nightlatch.capture.spool import Spool
from nightlatch.capture.wire import encode_record


def batch(*numbers: int) -> list[bytes]:
    return [encode_record(record(number)) for number in numbers]


def taken(spool: Spool) -> list[list[bytes]]:
    """All batches, oldest first; gone afterwards."""
    found = []
    while (one := spool.take()) is not None:
        found.append(one.records)
        one.remove()
    return found


def test_the_oldest_first_and_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    put = [batch(1, 2), batch(3), batch(4, 5, 6)]
    for one in put:
        spool.put(one)
    assert spool.waiting == 6
    assert taken(spool) == put
    assert spool.waiting == 0
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    Spool(folder).put(batch(1))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in folder.iterdir()] == [0o600]


def test_a_batch_that_was_not_taken_is_still_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put(batch(1))
    for _ in range(3):
        one = spool.take()
        assert one is not None
        one.close()
    assert len(taken(Spool(tmp_path))) == 1


@pytest.mark.slow
def test_what_has_no_room_is_counted(tmp_path: Path) -> None:
    lost: list[int] = []
    spool = Spool(tmp_path, 3_000, lost.append)
    for number in range(0, 400, 4):
        spool.put(batch(*range(number, number + 4)))
    left = taken(spool)
    assert sum(lost) + sum(map(len, left)) == 400
    assert left[-1] == batch(396, 397, 398, 399)
    assert 0 < len(left) < 100


_HOLD = """
import sys
from pathlib import Path
from nightlatch.capture.spool import Spool
one = Spool(Path(sys.argv[1])).take()
print(len(one.records), flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
def test_what_another_process_sends_is_left_to_it_until_it_dies(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1)
    Spool(tmp_path).put(batch(1, 2, 3))
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "3\n"
        assert spool.take() is None
        # Nor is it thrown away for want of room, as it is about to go anyway.
        spool.put(batch(4))
        assert spool.waiting == 4
        holder.kill()
    assert taken(spool) == [batch(1, 2, 3), batch(4)]


def test_what_was_being_written_when_a_process_was_killed(tmp_path: Path) -> None:
    fresh, stale = tmp_path / "a.batch.part", tmp_path / "b.batch.part"
    for file in (fresh, stale):
        file.write_bytes(b"half")
    os.utime(stale, (time.time() - 7_200,) * 2)
    spool = Spool(tmp_path)
    assert spool.take() is None
    assert list(tmp_path.iterdir()) == [fresh], "somebody may be writing it just now"


def test_a_disk_that_is_full_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        spool.put(batch(1))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_empty(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    (tmp_path / "spool").rmdir()
    assert spool.take() is None
    assert spool.waiting == 0
    with pytest.raises(OSError, match="No such"):
        spool.put(batch(1))


def test_a_report_and_a_batch_look_through_the_folder_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    for number in range(50):
        spool.put(batch(number))
    looks: list[object] = []
    scandir = os.scandir

    def seen(folder: object) -> object:
        looks.append(folder)
        return scandir(folder)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", seen)
    counted = []
    while (one := spool.take()) is not None:
        counted.append(spool.waiting)
        one.remove()
    assert counted == [*range(50, 0, -1)]
    assert len(looks) == 2, "once for all that is there, and once for what came meanwhile"


def test_the_count_begins_with_what_is_there_and_follows_what_others_do(tmp_path: Path) -> None:
    one, other = Spool(tmp_path), Spool(tmp_path)
    one.put(batch(1, 2))
    late = Spool(tmp_path)
    assert (one.waiting, other.waiting, late.waiting) == (2, 0, 2)
    other.put(batch(3))
    assert (one.waiting, other.waiting) == (2, 3)
    assert taken(one) == [batch(1, 2), batch(3)]
    assert (one.waiting, other.waiting) == (0, 3)
    assert other.take() is None
    assert (one.waiting, other.waiting) == (0, 0)


def test_what_another_sent_since_the_look_is_passed_over(tmp_path: Path) -> None:
    one, other = Spool(tmp_path), Spool(tmp_path)
    for number in range(3):
        one.put(batch(number))
    first = one.take()
    assert first is not None
    first.close()
    assert len(taken(other)) == 3
    other.put(batch(9))
    assert taken(one) == [batch(9)]
    assert one.waiting == 0


def test_a_batch_that_was_not_taken_comes_before_newer_ones(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(3):
        spool.put(batch(number))
    first = spool.take()
    assert first is not None
    first.close()
    spool.put(batch(3))
    assert taken(spool) == [batch(number) for number in range(4)]


@pytest.mark.slow
@given(st.binary(max_size=300), st.text("0123456789-abc", max_size=12))
@settings(max_examples=100, deadline=None)
def test_whatever_lies_there_is_given_up_and_its_neighbours_go_on(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, name: str
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    lost: list[int] = []
    (folder / f"0{name}.batch").write_bytes(junk)
    spool = Spool(folder, on_lost=lost.append)
    spool.put(batch(7))
    assert taken(spool)[-1] == batch(7)
    assert list(folder.iterdir()) == []
