"""Every recogniser against its cases: what it must find, and what it must leave in peace.

A case is a line of `cases/CHECK-ID.txt`: "bad" or "good", a tab, the text with Python's escapes,
and optionally a tab and the place and name it stood in ("json-name" for a name of JSON).
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.checks.attacks.engine import clue_in

from nightlatch.checks.attacks.clues import FINDING
from nightlatch.checks.attacks.recogniser import Recogniser
from nightlatch.checks.attacks.registry import ATTACK_CHECKS, RECOGNISERS, REQUEST_RULES
from nightlatch.checks.attacks.value import Place, Value

CASES = Path(__file__).parent / "cases"
FEWEST = 20
"""Of each kind; a recogniser with less has not been thought about."""

_PLACES = {place.name.lower().replace("_", "-"): place for place in Place}


class Case(NamedTuple):
    line: int
    bad: bool
    value: Value


def read_cases(path: Path) -> Iterator[Case]:
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            wanted, text, *rest = line.split("\t")
            assert wanted in {"bad", "good"}, f"{path.name}:{number}: {wanted!r}"
            place, _, name = (rest[0] if rest else "query q").partition(" ")
            is_name = place.endswith("-name") and place not in _PLACES
            place = place.removesuffix("-name") if is_name else place
            value = Value(_PLACES[place], name, _unescaped(text), is_name)
            yield Case(number, wanted == "bad", value)


def _unescaped(text: str) -> str:
    escaped = text.replace('"', '\\"').replace("\n", "")
    return str(ast.literal_eval(f'"{escaped}"')) if "\\" in text else text


@pytest.mark.parametrize("recogniser", RECOGNISERS, ids=[reader.check for reader in RECOGNISERS])
def test_finds_the_bad_and_leaves_the_good(recogniser: Recogniser) -> None:
    wrong, ran = [], {True: 0, False: 0}
    for case in read_cases(CASES / f"{recogniser.check}.txt"):
        clue = clue_in(recogniser, case.value)
        ran[case.bad] += 1
        if (clue is not None and clue.certainty >= FINDING) is not case.bad:
            wrong.append(f"line {case.line}: {case.value.text!r} gave {clue}")
    assert not wrong, "\n".join(wrong)
    assert min(ran.values()) >= FEWEST


def test_every_attack_has_its_check_and_its_reader() -> None:
    checks = {check.id for check in ATTACK_CHECKS}
    readers = {reader.check for reader in RECOGNISERS} | {rule.check for rule in REQUEST_RULES}
    assert checks == readers
    assert len(ATTACK_CHECKS) == len(checks)


def test_no_case_file_is_forgotten() -> None:
    files = {path.stem for path in CASES.glob("*.txt")}
    assert files == {recogniser.check for recogniser in RECOGNISERS}
