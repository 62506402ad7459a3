"""Paths that climb, in every spelling."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.climbing import read_climb

CASES = {
    "../../etc/passwd": (2, False),
    "a/../b": (1, False),
    "..\\..\\x": (2, False),
    "..;/..;/x": (2, True),
    "....//....//x": (2, True),
    "..0x2f..0x2fx": (2, True),
    "..\u2215..\u2215x": (2, True),
    "/./../x": (1, True),
    "/.../.../x": (2, True),
    "/........x": (4, True),
    "..././.env": (1, True),
    "..././..././x": (2, True),
    "%/..%/..%/x": (2, True),
    "/%\\..%\\..winnt": (1, True),
    "50%/year": (0, False),
    "a..b": (0, False),
    "1..10": (0, False),
    "wait.../maybe": (0, False),
    "/a/.../b": (0, False),
    "": (0, False),
}


@pytest.mark.parametrize("path", CASES, ids=repr)
def test_climbs(path: str) -> None:
    climb = read_climb(path)
    assert (climb.ups, climb.disguised) == CASES[path]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="./\\;0x2feab=\u2215", max_size=300))
def test_anything_may_be_read(path: str) -> None:
    assert read_climb(path).ups <= len(path)


@given(st.integers(1, 12), st.sampled_from(["../", "..\\", "..;/", "....//", "..//", "..0x2f"]))
def test_each_step_is_counted(steps: int, step: str) -> None:
    assert read_climb(step * steps + "x").ups == steps or steps == 1
