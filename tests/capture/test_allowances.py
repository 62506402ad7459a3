"""Limits in header fields: well-formed, whatever the limits are called."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.allowances import allowance_fields
from nightlatch.exchange.spent import Spent

SPENT = st.builds(
    Spent,
    circle=st.one_of(st.sampled_from(["strangers", "address:198.51.100.7"]), st.text()),
    window=st.one_of(st.sampled_from(["burst", "minute", "month"]), st.text()),
    subjects=st.integers(0, 10**9),
    limit=st.integers(0, 10**9),
    resets_in=st.integers(-5, 10**7),
    unit=st.one_of(st.sampled_from(["people", "requests"]), st.text()),
)
ITEM = r'"[a-z0-9-]+"(;[a-z]+=("[a-z0-9-]+"|\d{1,15}))*'
"""A String with parameters, of RFC 9651."""


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(SPENT, min_size=1, max_size=5))
def test_they_are_structured_fields(allowances: list[Spent]) -> None:
    told = {name: value.decode() for name, value in allowance_fields(allowances)}
    assert len(told) == 5
    for name in (b"ratelimit-policy", b"ratelimit"):
        assert re.fullmatch(rf"{ITEM}(, {ITEM})*", told[name]), told[name]
    for name in (b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset"):
        assert told[name].isdigit()


def test_there_is_nothing_to_tell() -> None:
    assert allowance_fields(()) == ()


def test_each_kind_of_limit_has_its_window() -> None:
    windows = ("burst", "minute", "hour", "day", "month", "season")
    allowances = [Spent("network:x", window, 0, 9, 1) for window in windows]
    policy = dict(allowance_fields(allowances))[b"ratelimit-policy"].decode()
    assert re.findall(r";w=(\d+)", policy) == ["300", "60", "3600", "86400", "2592000"]
    assert policy.count("network-") == 6
