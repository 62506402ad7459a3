"""What was acknowledged is kept: through kill -9, and when the disk is full."""

import itertools
import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.store.processes import other_process, start_process
from tests.store.records import DEMO_LOOKUP, NOON, record

from nightlatch.exchange.record import Record
from nightlatch.store import duckdb_file
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery, StoreFailed

BATCH = 20

_APPEND_FOR_EVER = f"""
import itertools
from nightlatch.store import duckdb_file
from nightlatch.store.duckdb_events import DuckDBEvents
from tests.store.records import record
duckdb_file._CHECKPOINT_AT = "100KB"
store = DuckDBEvents(path)
start = store.size().records
for first in itertools.count(start, {BATCH}):
    store.append([record(first + n, disclosed=(first + n,)) for n in range({BATCH})])
    print(first + {BATCH}, flush=True)
"""


@pytest.mark.slow
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    moments = random.Random(4)
    acknowledged = 0
    kills = 0
    for _ in range(6):
        with start_process(_APPEND_FOR_EVER, path) as process:
            assert process.stdout is not None
            for _ in range(moments.randint(5, 60)):
                acknowledged = int(process.stdout.readline())
            process.kill()
            # What it said before it died counts too.
            acknowledged = max([acknowledged, *map(int, process.stdout.read().split())])
        assert process.returncode == -9
        kills += 1
        _assert_sound(path, acknowledged)
    assert kills == 6


def _assert_sound(path: Path, acknowledged: int) -> None:
    store = DuckDBEvents(path)
    found = [round(kept.at - NOON) for kept in store.search(EventQuery(limit=1_000_000))]
    assert found == list(range(len(found) - 1, -1, -1)), "lost or doubled"
    assert acknowledged <= len(found) <= acknowledged + BATCH
    assert len(found) % BATCH == 0, "half a batch"
    assert store.exposure(NOON + len(found))[DEMO_LOOKUP].day == len(found)
    store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small file system here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("checkpoint_at", ["64MB", "1MB"])
def test_a_full_disk_is_said_and_survived(
    small_disk: Path, checkpoint_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_file, "_CHECKPOINT_AT", checkpoint_at)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 3_000_000)
    store = DuckDBEvents(small_disk / "events.duckdb")
    kept = _fill(store)
    # Where DuckDB could not fold in its log it must be opened anew, which takes space too.
    with suppress(StoreFailed):
        assert store.count(EventQuery()) >= kept * 100
    ballast.unlink()
    store.append([_large(number) for number in range((kept + 1) * 100)])
    assert store.count(EventQuery()) == (kept + 1) * 100
    store.close()
    reopened = DuckDBEvents(small_disk / "events.duckdb")
    assert reopened.size().records == (kept + 1) * 100
    reopened.close()


def _fill(store: DuckDBEvents) -> int:
    """Append batches of 100 until the disk is full; returns how many were kept."""
    for kept in itertools.count():
        try:
            store.append([_large(kept * 100 + number) for number in range(100)])
        except StoreFailed:
            break
    with pytest.raises(StoreFailed, match=r"no space left for the events file .* Free some"):
        store.append([_large(200_000 + number) for number in range(5_000)])
    return kept


def _large(number: int) -> Record:
    return record(number, query=random.Random(number).randbytes(300).hex())


_FILL_A_LIMITED_FILE = """
import resource, signal
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery, StoreFailed
from tests.store.records import record
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = DuckDBEvents(path)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
kept = 0
try:
    while kept < 100_000:
        store.append([record(kept + n) for n in range(100)])
        kept += 100
except StoreFailed as error:
    print("no space left" in str(error))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
store.append([record(kept + n) for n in range(200)])
print(kept > 0, store.count(EventQuery()) == kept + 200)
store.close()
"""


@pytest.mark.slow
def test_a_file_that_may_not_grow_is_said_and_survived(tmp_path: Path) -> None:
    printed = other_process(_FILL_A_LIMITED_FILE, tmp_path / "events.duckdb")
    assert printed.split() == ["True", "True", "True"]
