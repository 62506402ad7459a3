"""File names; whole classes of them are in the cases."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.upload.names import read_name


@pytest.mark.parametrize("ending", ["php", "phtml", "jsp", "aspx", "cfm", "phar"])
@pytest.mark.parametrize(
    "shape", ["x.{}", "x.{}.jpg", "x.jpg.{}", "x.{}.", "x.{}\0.png", "x.{};.gif"]
)
def test_what_a_server_runs_is_found_however_it_ends(ending: str, shape: str) -> None:
    assert read_name(shape.format(ending)) is not None
    assert read_name(shape.format(ending.upper())) is not None


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab./\\: \0%;\u202e", max_size=200))
def test_anything_may_be_read(name: str) -> None:
    read_name(name)
