"""Numbers and times as people read them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.console import words
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.incident import IncidentState
from nightlatch.exchange.judgement import (
    ALLOW_OBSERVE,
    Action,
    Decision,
    DetectionKind,
    Mode,
)
from nightlatch.exchange.record import Posture


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0.0, "never"),
        (1000.0, "just now"),
        (988.0, "12 s ago"),
        (880.0, "2 min ago"),
        (1000.0 - 7200, "2 h ago"),
        (1000.0 + 86400 * 3, "in 3 d"),
    ],
)
def test_ago(at: float, text: str) -> None:
    assert words.ago(at, 1000.0) == text


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_any_moment_has_words(at: float, now: float) -> None:
    assert words.ago(at, now)
    assert words.utc(at).endswith(" UTC")


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0 B"), (1023, "1,023 B"), (1536, "1.5 KiB"), (20 * 1024, "20 KiB"), (3 << 30, "3.0 GiB")],
)
def test_size(octets: int, text: str) -> None:
    assert words.size(octets) == text


def test_small_words() -> None:
    assert words.counted(1, "person", "people") == "1 person"
    assert words.counted(12345, "person", "people") == "12,345 people"
    assert words.counted(0, "record") == "0 records"
    assert words.percent(0.999) == "99 %"
    assert words.percent(0.001) == "< 1 %"
    assert words.rate(0.0001) == "1 in 10,000"
    assert words.duration(0.0000512) == "51 µs"
    assert words.duration(0.0123) == "12.3 ms"
    assert words.name("postal-address") == "postal address"
    assert words.name("iban") == "IBAN"


def test_a_decision_says_what_happened_and_what_would_have() -> None:
    assert words.decision(ALLOW_OBSERVE) == "Answered"
    assert words.decision(Decision(Action.REFUSE, Mode.OBSERVE, status=429)) == "Would refuse"
    assert words.decision(Decision(Action.REFUSE, Mode.ENFORCE, status=429)) == "Refused 429"


@pytest.mark.parametrize("body", ["", "plain", '{"a":1', "\ud800", "[" * 5000])
def test_what_is_not_json_stays_as_it_is(body: str) -> None:
    assert words.pretty(body) == body


def test_json_is_indented() -> None:
    assert words.pretty('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'


def test_every_enumeration_has_its_words() -> None:
    assert set(words.POSTURES) == set(Posture)
    assert set(words.EXPECTATIONS) == set(Expectation)
    assert set(words.MODES) == set(Mode)
    assert set(words.KINDS) == set(DetectionKind)
    assert set(words.STATES) == set(IncidentState)
