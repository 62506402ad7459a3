"""`nightlatch patterns`, as whoever builds an image runs it."""

from pathlib import Path

import pytest
from tests.servers import answer_of, nightlatch

pytestmark = pytest.mark.slow


def test_compiles_once_and_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = answer_of(tmp_path, "patterns")
    assert first["directory"] == str(tmp_path / "cache" / "nightlatch")
    kept = sizes(tmp_path / "cache" / "nightlatch")
    assert len(kept) == 2, "of attacks, and of secrets"
    second = nightlatch(tmp_path, "patterns")
    assert second.returncode == 0
    assert "The attack patterns are ready" in second.stdout
    assert sizes(tmp_path / "cache" / "nightlatch") == kept


def test_without_a_home_they_go_to_the_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    answer_of(tmp_path, "patterns")
    assert len(sizes(tmp_path / ".nightlatch")) == 2


def sizes(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in directory.glob("*.hsdb")}
