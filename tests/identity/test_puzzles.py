"""Puzzles: made cheaply, solved by trying, taken once, and never for what they are not."""

import base64
import hashlib
import json
from typing import Any

import pytest
from altcha.v1 import solve_challenge
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.hashing import Hasher
from nightlatch.identity.puzzles import (
    DEAREST,
    LONGEST_SOLUTION,
    PRICE,
    Fault,
    Puzzle,
    Puzzles,
)

NOW = 1_800_000_000.0
HASHER = Hasher(b"k" * 32)


def solved(puzzle: Puzzle, **changes: Any) -> str:
    """The solution as a client sends it, with these members changed."""
    number = next(
        number
        for number in range(puzzle.maxnumber + 1)
        if hashlib.sha256(f"{puzzle.salt}{number}".encode()).hexdigest() == puzzle.challenge
    )
    told = {
        "algorithm": puzzle.algorithm,
        "challenge": puzzle.challenge,
        "number": number,
        "salt": puzzle.salt,
        "signature": puzzle.signature,
        **changes,
    }
    return base64.b64encode(json.dumps(told).encode()).decode()


def number_of(solution: str) -> int:
    return int(json.loads(base64.b64decode(solution))["number"])


@pytest.fixture
def puzzles() -> Puzzles:
    return Puzzles(HASHER)


def test_a_solution_is_taken_once(puzzles: Puzzles) -> None:
    puzzle = puzzles.create(100, NOW)
    solution = solved(puzzle)
    assert puzzles.redeem(solution, NOW + 1).name == puzzle.salt[:24]
    assert puzzles.redeem(solution, NOW + 2).fault is Fault.SPENT
    assert len(solution) <= LONGEST_SOLUTION


def test_another_process_gives_the_same_name(puzzles: Puzzles) -> None:
    solution = solved(puzzles.create(100, NOW))
    other = Puzzles(Hasher(b"k" * 32))
    assert puzzles.redeem(solution, NOW) == other.redeem(solution, NOW)
    assert Puzzles(Hasher(b"x" * 32)).redeem(solution, NOW).fault is Fault.FORGED


def test_the_libraries_own_solver_solves_it(puzzles: Puzzles) -> None:
    puzzle = puzzles.create(100, NOW)
    found = solve_challenge(
        challenge=puzzle.challenge,
        salt=puzzle.salt,
        algorithm="SHA-256",
        max_number=puzzle.maxnumber,
    )
    assert found is not None
    assert found.number == number_of(solved(puzzle))


@pytest.mark.parametrize(
    ("price", "hashes"), [(0, PRICE), (1, 1), (700, 700), (10**12, DEAREST), (-5, 1)]
)
def test_the_price_is_the_mean_of_the_tries(puzzles: Puzzles, price: int, hashes: int) -> None:
    puzzle = puzzles.create(price, NOW)
    assert puzzle.maxnumber == 2 * hashes
    assert puzzle.salt.endswith(f"&price={hashes}&")


def test_puzzles_cannot_be_hoarded_while_they_are_cheap(puzzles: Puzzles) -> None:
    hoarded = [solved(puzzles.create(50, NOW)) for _ in range(3)]
    assert puzzles.create(200, NOW + 1).maxnumber == 400
    assert puzzles.redeem(hoarded[0], NOW + 2).fault is None
    puzzles.create(204, NOW + 3)
    assert puzzles.redeem(hoarded[1], NOW + 4).fault is Fault.CHEAP
    # Nor are there cheap ones elsewhere meanwhile, so that nobody is sent round in circles.
    elsewhere = puzzles.create(1, NOW + 5)
    assert elsewhere.maxnumber == 2 * 51
    assert puzzles.create(0, NOW + 6).maxnumber == 2 * 204
    assert puzzles.redeem(solved(elsewhere), NOW + 7).fault is None
    # Two minutes after the last dear one it is over; who only asks again does not prolong it.
    assert puzzles.redeem(hoarded[2], NOW + 127).fault is None
    assert puzzles.create(1, NOW + 127).maxnumber == 2


def test_it_ends(puzzles: Puzzles) -> None:
    solution = solved(puzzles.create(10, NOW))
    assert puzzles.redeem(solution, NOW + 600).fault is Fault.EXPIRED
    assert puzzles.redeem(solution, NOW + 599).fault is None


def test_splicing_the_salt_is_found_out(puzzles: Puzzles) -> None:
    """Digits moved over the border between salt and number hash to the same; ALTCHA's advisory."""
    puzzle = puzzles.create(1_000, NOW)
    while number_of(solved(puzzle)) < 10:
        puzzle = puzzles.create(1_000, NOW)
    digits = str(number_of(solved(puzzle)))
    spliced: list[dict[str, Any]] = [
        {"salt": puzzle.salt + digits[0], "number": int(digits[1:])},
        {"salt": puzzle.salt[:-1], "number": int(digits)},
        {"salt": puzzle.salt.replace("expires=1", "expires=9"), "number": int(digits)},
        {"salt": puzzle.salt.replace("price=1000&", "price=1&"), "number": int(digits)},
        {"salt": puzzle.salt + "expires=9999999999&", "number": int(digits)},
        {"salt": puzzle.salt.upper(), "number": int(digits)},
        {"number": f"{digits}"},
        {"number": f"&{digits}"},
        {"number": [int(digits)]},
        {"number": -1},
        {"algorithm": "SHA-1"},
        {"algorithm": "SHA-512"},
        {"signature": ""},
        {"signature": "é"},
        {"signature": puzzle.signature.upper()},
        {"challenge": puzzle.challenge.upper()},
    ]
    faults = [puzzles.redeem(solved(puzzle, **changes), NOW).fault for changes in spliced]
    assert [fault for fault in faults if fault not in (Fault.MALFORMED, Fault.FORGED)] == []
    assert len(faults) == 16
    assert puzzles.redeem(solved(puzzle), NOW).fault is None


@pytest.mark.parametrize(
    "text",
    ["", "=", "e30=", "bnVsbA==", "W10=", "!!!!", "ÿ", "A" * 100_000, "[" * 900, "\ud800"],
)
def test_what_is_no_solution(puzzles: Puzzles, text: str) -> None:
    assert puzzles.redeem(text, NOW).fault is Fault.MALFORMED


def test_deep_nesting_is_a_value(puzzles: Puzzles) -> None:
    deep = base64.b64encode(b'{"x":' + b"[" * 600).decode()
    assert puzzles.redeem(deep, NOW).fault is Fault.MALFORMED


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_any_text_is_a_value_and_no_exception(text: str) -> None:
    assert Puzzles(HASHER).redeem(text, NOW).fault is Fault.MALFORMED


MEMBERS = st.sampled_from(["algorithm", "challenge", "number", "salt", "signature"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(MEMBERS, VALUES, min_size=1))
def test_a_changed_solution_is_never_taken(changes: dict[str, Any]) -> None:
    puzzles = Puzzles(HASHER)
    puzzle = puzzles.create(5, NOW)
    genuine, changed = solved(puzzle), solved(puzzle, **changes)
    if json.loads(base64.b64decode(genuine)) != json.loads(base64.b64decode(changed)):
        assert puzzles.redeem(changed, NOW).fault in (Fault.MALFORMED, Fault.FORGED)


def test_full_it_takes_no_puzzle_of_before_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.identity.puzzles._MAX_SPENT", 3)
    puzzles = Puzzles(HASHER)
    solutions = [solved(puzzles.create(5, NOW + second)) for second in range(10)]
    assert all(puzzles.redeem(solution, NOW + 10).fault is None for solution in solutions)
    again = [puzzles.redeem(solution, NOW + 10).fault for solution in solutions]
    assert again == [Fault.EXPIRED] * 7 + [Fault.SPENT] * 3
    assert len(puzzles._spent) == len(puzzles._ends) == 3


def test_what_has_ended_is_forgotten(puzzles: Puzzles) -> None:
    assert puzzles.redeem(solved(puzzles.create(5, NOW)), NOW).fault is None
    assert puzzles.redeem(solved(puzzles.create(5, NOW + 700)), NOW + 700).fault is None
    assert len(puzzles._spent) == 1


def test_it_does_not_print_its_key(puzzles: Puzzles) -> None:
    assert repr(puzzles) == "Puzzles(•••)"
