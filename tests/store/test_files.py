import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nightlatch.store.files import clear_drafts, create_file, replace_file

WRITE_TOGETHER = """
import os, sys, time
from pathlib import Path
from nightlatch.store.files import create_file, replace_file
path, gun = Path(sys.argv[1]), Path(sys.argv[2])
while not gun.exists():
    time.sleep(0.001)
mine = bytes([os.getpid() & 255]) * 100_000
print(create_file(path / "first", mine))
for _ in range(20):
    replace_file(path / "last", mine, durable=False)
    seen = (path / "last").read_bytes()
    assert len(seen) == 100_000 and len(set(seen)) == 1
"""

STOP_IN_THE_MIDDLE = """
import os, sys, time
from pathlib import Path
from nightlatch.store.files import replace_file
def stop(*_):
    print("now", flush=True)
    time.sleep(60)
setattr(os, sys.argv[2], stop)
replace_file(Path(sys.argv[1]), b"new" * 100_000)
"""

Put = Callable[[Path, bytes], object]
both = pytest.mark.parametrize("put", [replace_file, create_file])


def _names(place: Path) -> list[str]:
    return sorted(entry.name for entry in place.iterdir())


@contextmanager
def _no_file_larger_than(size: int) -> Iterator[None]:
    """A real failure in the middle of a write: Python ignores the signal, and gets EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@both
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_is_for_its_owner_alone(tmp_path: Path, put: Put, umask: int) -> None:
    before = os.umask(umask)
    try:
        put(tmp_path / "file", b"whole")
    finally:
        os.umask(before)
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    assert _names(tmp_path) == ["file"]


@pytest.mark.parametrize("durable", [True, False])
def test_takes_the_place_of_what_was_there(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new", durable=durable)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _names(tmp_path) == ["file"]


def test_the_first_to_create_it_wins(tmp_path: Path) -> None:
    assert create_file(tmp_path / "file", b"first")
    assert not create_file(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"first"
    assert _names(tmp_path) == ["file"]


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (tmp_path / "file").symlink_to("elsewhere")
    replace_file(tmp_path / "file", b"ours")
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"
    assert not (tmp_path / "file").is_symlink()


@both
def test_a_disk_that_is_full_in_the_middle_leaves_what_was_there(tmp_path: Path, put: Put) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with _no_file_larger_than(10_000), pytest.raises(OSError, match="File too large"):
        put(tmp_path / "file", b"x" * 100_000)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert _names(tmp_path) == ["file"]


@both
@pytest.mark.parametrize("step", ["fsync", "replace", "link"])
@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_a_failure_at_any_step_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: Put, step: str, error: BaseException
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    taken = step == {replace_file: "link", create_file: "replace"}[put]
    monkeypatch.setattr(f"os.{step}", failing)
    if taken:
        put(tmp_path / "file", b"whole")
        return
    with pytest.raises(type(error)):
        put(tmp_path / "file", b"whole")
    assert _names(tmp_path) == []


@both
def test_a_file_system_that_syncs_no_directories_keeps_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: Put
) -> None:
    real, tried = os.fsync, []

    def picky(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            tried.append(descriptor)
            raise OSError(22, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr("os.fsync", picky)
    put(tmp_path / "file", b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert len(tried) == 1


@both
def test_without_its_directory_it_fails(tmp_path: Path, put: Put) -> None:
    with pytest.raises(FileNotFoundError):
        put(tmp_path / "nowhere" / "file", b"whole")


def test_a_directory_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "file", b"whole")
    assert _names(tmp_path) == ["file"]


@pytest.mark.slow
def test_processes_at_once_see_whole_files_and_one_creates(tmp_path: Path) -> None:
    place, gun = tmp_path / "place", tmp_path / "gun"
    place.mkdir()
    arguments = [sys.executable, "-c", WRITE_TOGETHER, str(place), str(gun)]
    path = os.pathsep.join(one for one in sys.path if one)
    runs = [
        subprocess.Popen(
            arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )
        for _ in range(4)
    ]
    gun.touch()
    said = [run.communicate(timeout=60)[0].strip() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0, 0]
    assert sorted(said) == ["False", "False", "False", "True"]
    assert _names(place) == ["first", "last"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_who_is_killed_while_writing_leaves_what_was_there_and_a_draft_that_is_cleared(
    tmp_path: Path, step: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", STOP_IN_THE_MIDDLE, str(path), step]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"now\n"
        writer.kill()
    assert path.read_bytes() == b"old"
    (draft,) = (one for one in tmp_path.iterdir() if one != path)
    clear_drafts(tmp_path)
    assert draft.exists(), "somebody may be writing it"
    os.utime(draft, (0, 0))
    clear_drafts(tmp_path)
    assert _names(tmp_path) == ["file"]
