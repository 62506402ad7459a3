"""Log4j's look-ups, resolved."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.expressions.lookups import resolve


@pytest.mark.parametrize(
    "text",
    [
        "${jndi:x}",
        "${JNDI:x}",
        "${${lower:J}ndi:x}",
        "${${::-j}${::-n}${::-d}${::-i}:x}",
        "${${env:NOT_SET:-j}ndi:x}",
        "${${lower:${upper:j}}ndi:x}",
        "${jnd${upper:\u0131}:x}",
        "${${date:'j'}ndi:x}",
        "${jndi:x",
    ],
)
def test_however_its_letters_are_spelled(text: str) -> None:
    assert resolve(text).jndi


@pytest.mark.parametrize(
    "text", ["", "${", "${a}", "${env:HOME}", "jndi:x", "${VAR:-default value}"]
)
def test_what_asks_nobody(text: str) -> None:
    resolved = resolve(text)
    assert not resolved.jndi
    assert not resolved.hidden


def test_counts_what_only_spells() -> None:
    assert resolve("${lower:a}${upper:b}").hidden == 2


@given(st.text(alphabet="${}:-jndilower'", max_size=200))
@settings(max_examples=100, deadline=None)
def test_never_raises(text: str) -> None:
    assert len(resolve(text).text) <= 2 * len(text) + 2
