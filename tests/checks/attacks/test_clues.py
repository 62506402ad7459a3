"""What several recognisers say of one request, weighed together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.checks.attacks.clues import CERTAIN, FINDING, Clues
from nightlatch.checks.attacks.value import Attack, Clue, Place, Value

CHECK = "sql-injection"
VALUE = Value(Place.QUERY, "q", "x")


def weighed(*certainties: int) -> list[Attack]:
    """Each clue with a reason of its own."""
    clues = Clues()
    for number, certainty in enumerate(certainties):
        clues.keep(CHECK, Clue(certainty, f"reason {number}", "x"), VALUE)
    return list(clues.attacks())


@pytest.mark.parametrize(
    ("certainties", "together"),
    [
        ((FINDING,), FINDING),
        ((FINDING - 1,), None),
        ((40, 40), 64),
        ((35, 35), None),
        ((30, 30, 30), 66),
        ((25, 25, 25, 25), 68),
        # Only the strongest few are weighed: many faint doubts are none.
        ((20, 20, 20, 20, 20, 20, 20, 20), None),
        ((100, 10), 100),
        ((), None),
    ],
)
def test_doubts_of_one_class_add_up(certainties: tuple[int, ...], together: int | None) -> None:
    assert [one.certainty for one in weighed(*certainties)] == ([together] if together else [])


def test_doubts_of_different_classes_do_not() -> None:
    clues = Clues()
    clues.keep(CHECK, Clue(50, "a reason", "x"), VALUE)
    clues.keep("path-traversal", Clue(50, "another", "x"), VALUE)
    assert clues.any
    assert list(clues.attacks()) == []


def test_the_same_reason_counts_once_and_with_its_strongest_clue() -> None:
    clues = Clues()
    for certainty in (40, 50, 30):
        clues.keep(CHECK, Clue(certainty, "a reason", f"{certainty}"), VALUE)
    clues.keep(CHECK, Clue(30, "another reason", "x"), VALUE)
    (attack,) = clues.attacks()
    assert attack.certainty == 65
    assert "`50` a reason" in attack.evidence


def test_an_attack_is_told_by_its_strongest_clue() -> None:
    clues = Clues()
    clues.keep(CHECK, Clue(50, "a doubt", "x"), Value(Place.JSON, "$.a", "x"))
    clues.keep(CHECK, Clue(90, "a proof", "y"), Value(Place.COOKIE, "b", "y"))
    clues.keep(CHECK, Clue(60, "a sign", "z"), None)
    (attack,) = clues.attacks()
    assert attack.evidence == "Cookie `b`: `y` a proof"
    assert (attack.check, attack.place, attack.name) == (CHECK, "cookie", "b")


def test_what_is_about_the_request_as_a_whole_has_no_place() -> None:
    clues = Clues()
    clues.keep(CHECK, Clue(90, "a proof", "y"), None)
    assert list(clues.attacks()) == [Attack(CHECK, 90, "The request: `y` a proof")]


def test_a_class_is_certain_from_its_bound_on() -> None:
    clues = Clues()
    assert not clues.any
    assert not clues.certain(CHECK)
    clues.keep(CHECK, Clue(CERTAIN - 1, "a reason", "x"), VALUE)
    assert not clues.certain(CHECK)
    clues.keep(CHECK, Clue(CERTAIN, "another", "x"), VALUE)
    assert clues.certain(CHECK)
    assert not clues.certain("path-traversal")


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_weighing_never_weakens_and_does_not_mind_the_order(certainties: list[int]) -> None:
    attacks = weighed(*certainties)
    assert [one.certainty for one in attacks] == [
        one.certainty for one in weighed(*reversed(certainties))
    ]
    if attacks:
        assert max(certainties) <= attacks[0].certainty <= 100
    else:
        assert max(certainties) < FINDING
