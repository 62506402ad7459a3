"""Decisions beside an application: there again after a restart, and never in its way."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.app.kept_directives import KeptDirectives
from nightlatch.exchange.facts import Contract, Directives
from nightlatch.exchange.judgement import Mode

DECIDED = Directives(7, Mode.ENFORCE, (Contract("GET /users/{phone}", hourly_limit=3),))


def test_what_was_decided_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "directives.msgpack"
    assert KeptDirectives(path).load() == Directives()
    KeptDirectives(path).keep(DECIDED)
    assert KeptDirectives(path).load() == DECIDED
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_said_and_survived(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    KeptDirectives(tmp_path / "gone" / "directives.msgpack").keep(DECIDED)
    assert "cannot be kept" in caplog.text


@pytest.mark.slow
@given(st.binary(max_size=100))
@settings(max_examples=100, deadline=None)
def test_whatever_the_file_holds_is_no_error(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes
) -> None:
    path = tmp_path_factory.mktemp("kept") / "directives.msgpack"
    path.write_bytes(junk)
    assert isinstance(KeptDirectives(path).load(), Directives)
