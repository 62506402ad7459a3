"""Which text is proposed to whom."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks import proposals as module
from nightlatch.checks.attacks.proposals import Proposals
from nightlatch.store.compiled_patterns import open_database

GROUPS = (("union", "^start"), ("end$", r"a\d"))


@pytest.fixture(scope="module")
def both() -> Proposals:
    return Proposals(GROUPS, None)


def test_each_text_goes_to_those_whose_patterns_it_matches(both: Proposals) -> None:
    texts = ["plain", "a UNION b", "the start", "start a1", "at the end", "end of it", ""]
    assert both.propose(texts) == {1: 0b01, 3: 0b11, 4: 0b10}


def test_offsets_are_of_bytes(both: Proposals) -> None:
    assert both.propose(["\u00e4\u00f6\u4e2d", "union", "\U0001f600 a1"]) == {1: 0b01, 2: 0b10}


def test_lone_surrogates_and_zero_bytes_are_texts(both: Proposals) -> None:
    assert both.propose(["\ud800union\0", "\0"]) == {0: 0b01}


def test_nothing_to_look_for_proposes_nothing() -> None:
    assert Proposals((), None).propose(["union"]) == {}
    assert Proposals(GROUPS, None).propose([]) == {}


def test_a_flood_of_matches_hides_no_other(
    both: Proposals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_MATCHES", 5)
    monkeypatch.setattr(module, "MAX_MATCHES_ALONE", 4)
    flood = ["union " * 10, "plain", "union a1", "at the end"]
    assert both.propose(flood) == {0: 0b11, 1: 0, 2: 0b11, 3: 0b10}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["union", "x", "", "\u00e4", "a1", "no\nunion"]), max_size=30))
def test_together_as_each_alone(texts: list[str]) -> None:
    both = Proposals(GROUPS, None)
    alone = {n: found[0] for n, text in enumerate(texts) if (found := both.propose([text]))}
    assert both.propose(texts) == alone


def test_the_cache_is_read_back(tmp_path: Path) -> None:
    first = Proposals(GROUPS, tmp_path)
    (kept,) = tmp_path.glob("*.hsdb")
    open_database.cache_clear()
    again = Proposals(GROUPS, tmp_path)
    assert again.propose(["union"]) == first.propose(["union"]) == {0: 1}
    assert list(tmp_path.glob("*.hsdb")) == [kept]
