"""`nightlatch patterns`, as whoever builds an image runs it."""

from pathlib import Path

import pytest
from tests.servers import answer_of, nightlatch

pytestmark = pytest.mark.slow


def test_compiles_once_and_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = answer_of(tmp_path, "patterns")
    assert first["directory"] == str(tmp_path / "cache" / "nightlatch")
    (kept,) = (tmp_path / "cache" / "nightlatch").glob("*.hsdb")
    written = kept.stat().st_size
    second = nightlatch(tmp_path, "patterns")
    assert second.returncode == 0
    assert "The attack patterns are ready" in second.stdout
    assert kept.stat().st_size == written


def test_without_a_home_they_go_to_the_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    answer_of(tmp_path, "patterns")
    assert len(list((tmp_path / ".nightlatch").glob("*.hsdb"))) == 1
