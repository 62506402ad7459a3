"""The compiled patterns and their file."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import hyperscan
import pytest

from nightlatch.store import compiled_patterns as module
from nightlatch.store.compiled_patterns import Patterns, open_database

WORDS = Patterns("the words", (b"union", b"select"), 0)
MORE = WORDS._replace(expressions=(b"union", b"select", b"drop"))
OTHERS = WORDS._replace(flags=1)
BUILD = """
import sys
from pathlib import Path
from nightlatch.store.compiled_patterns import Patterns, open_database
open_database(Patterns("the words", (b"union", b"select", b"from"), 0), Path(sys.argv[1]))
print("ready")
"""


@pytest.fixture(autouse=True)
def _forget() -> None:
    open_database.cache_clear()


def kept(directory: Path) -> list[Path]:
    return list(directory.glob("*.hsdb"))


def test_built_once_and_kept_for_the_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(WORDS, tmp_path / "new")
    (path,) = kept(tmp_path / "new")
    assert path.stat().st_mode & 0o077 == 0
    open_database.cache_clear()
    monkeypatch.setattr(module, "_build", lambda _: pytest.fail("it was built again"))
    open_database(WORDS, tmp_path / "new")


def test_other_patterns_have_a_file_of_their_own_and_the_unused_go(tmp_path: Path) -> None:
    open_database(WORDS, tmp_path)
    (first,) = kept(tmp_path)
    open_database(MORE, tmp_path)
    assert len(kept(tmp_path)) == 2
    os.utime(first, (0, 0))
    open_database(OTHERS, tmp_path)
    assert first not in kept(tmp_path)
    assert len(kept(tmp_path)) == 2


def test_a_file_in_use_stays(tmp_path: Path) -> None:
    open_database(WORDS, tmp_path)
    (first,) = kept(tmp_path)
    os.utime(first, (0, 0))
    open_database.cache_clear()
    open_database(WORDS, tmp_path)
    open_database(MORE, tmp_path)
    assert first in kept(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"junk", b"nightlatch-patterns-1\n" + b"x" * 400])
def test_a_damaged_file_is_built_anew(tmp_path: Path, damage: bytes) -> None:
    open_database(WORDS, tmp_path)
    (path,) = kept(tmp_path)
    sound = path.stat().st_size
    path.write_bytes(damage)
    open_database.cache_clear()
    open_database(WORDS, tmp_path)
    assert path.stat().st_size == sound


def test_a_directory_that_cannot_be_written_only_warns(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="cannot be written"):
        open_database(WORDS, tmp_path / "file" / "below")


def test_a_full_disk_costs_one_build_and_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, built = module._build, []

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def counted(patterns: Patterns) -> "hyperscan.Database":
        built.append(patterns)
        return build(patterns)

    monkeypatch.setattr(module, "replace_file", full)
    monkeypatch.setattr(module, "_build", counted)
    with pytest.warns(UserWarning, match="No space left"):
        open_database(WORDS, tmp_path)
    assert built == [WORDS]


@pytest.mark.slow
def test_several_processes_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILD, str(tmp_path)]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=paths) for _ in range(4)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == ["ready"] * 4
    assert len(kept(tmp_path)) == 1
    assert not list(tmp_path.glob(".patterns-*"))
