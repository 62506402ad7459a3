"""Where an application's files go."""

import os
import stat
from pathlib import Path

import pytest

from nightlatch.app.stores import cache_dir
from nightlatch.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path / "data"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_cache_is_where_the_user_says(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    path = cache_dir(settings)
    assert path == tmp_path / "caches" / "nightlatch"
    assert mode(path) == 0o700
    assert cache_dir(settings) == path
    assert not Path(settings.data_dir).exists()


@pytest.mark.parametrize("unset", [None, ""])
def test_else_it_is_in_the_users_home(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unset: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if unset is None:
        monkeypatch.delenv("XDG_CACHE_HOME")
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
    assert cache_dir(settings) == tmp_path / ".cache" / "nightlatch"


def test_a_user_without_a_home_keeps_it_with_the_data(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "expanduser", homeless)
    assert cache_dir(settings) == Path(settings.data_dir)
    assert mode(Path(settings.data_dir)) == 0o700


def test_a_home_that_is_no_directory_is_none(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nothing").write_text("")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "nothing"))
    assert cache_dir(settings) == Path(settings.data_dir)


def test_a_home_that_cannot_be_written_is_none(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # Root may write anywhere: what the system says of others is said here.
    monkeypatch.setattr(os, "access", lambda path, _: tmp_path / "nightlatch" != path)
    assert cache_dir(settings) == Path(settings.data_dir)
