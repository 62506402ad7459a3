import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nightlatch.store.keys import KeyRefused, load_or_create_key

START_TOGETHER = """
import sys, time
from pathlib import Path
from nightlatch.store.keys import load_or_create_key
while not Path(sys.argv[2]).exists():
    time.sleep(0.001)
print(load_or_create_key(Path(sys.argv[1])).hex())
"""

unless_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")


def test_is_created_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert path.read_bytes() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_lax_umask_does_not_open_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_create_key(tmp_path / "data" / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "data" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_stays_the_same_and_differs_between_installations(tmp_path: Path) -> None:
    one = load_or_create_key(tmp_path / "one")
    assert load_or_create_key(tmp_path / "one") == one
    assert load_or_create_key(tmp_path / "other") != one


def test_leaves_no_draft_behind(tmp_path: Path) -> None:
    load_or_create_key(tmp_path / "key")
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    gun = tmp_path / "gun"
    arguments = [sys.executable, "-c", START_TOGETHER, str(tmp_path / "data" / "key"), str(gun)]
    runs = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=_environment())
        for _ in range(6)
    ]
    gun.touch()
    seen = {run.communicate(timeout=60)[0].strip() for run in runs}
    assert len(seen) == 1
    assert len(bytes.fromhex(seen.pop())) == 32
    assert [entry.name for entry in (tmp_path / "data").iterdir()] == ["key"]


def test_the_slower_of_two_keeps_the_key_of_the_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    make = secrets.token_bytes

    def overtaken(size: int) -> bytes:
        path.write_bytes(b"f" * 32)
        path.chmod(0o600)
        return make(size)

    monkeypatch.setattr("secrets.token_bytes", overtaken)
    assert load_or_create_key(path) == b"f" * 32


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(KeyRefused, match=f"chmod 600 {path}"):
        load_or_create_key(path)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_what_is_not_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyRefused, match="restore it from a backup"):
        load_or_create_key(path)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused):
        load_or_create_key(tmp_path)


def test_a_parent_that_is_a_file_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(KeyRefused, match="data directory"):
        load_or_create_key(tmp_path / "data" / "key")


@unless_root
def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(KeyRefused, match="data directory"):
        load_or_create_key(tmp_path / "key")


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(KeyRefused, match="No space left"):
        load_or_create_key(tmp_path / "key")
    assert list(tmp_path.iterdir()) == []


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
