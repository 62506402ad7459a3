"""The engine with everything it knows, once for all tests; its patterns compiled once for all
runs."""

from functools import cache

from nightlatch.app.stores import cache_dir
from nightlatch.checks.attacks.engine import AttackEngine
from nightlatch.checks.attacks.recogniser import Recogniser
from nightlatch.checks.attacks.registry import RECOGNISERS
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.settings import Settings


@cache
def whole_engine() -> AttackEngine:
    return AttackEngine.open(cache_dir(Settings()))


def is_proposed(recogniser: Recogniser, text: str) -> bool:
    """Does one of its patterns match, so that it is asked at all?"""
    groups = whole_engine()._proposals.propose([text]).get(0, 0)
    return bool(groups >> RECOGNISERS.index(recogniser) & 1)


def clue_in(recogniser: Recogniser, value: Value) -> Clue | None:
    """What a recogniser says, asked as the engine asks: only what a pattern proposes is read."""
    if not is_proposed(recogniser, value.text):
        return None
    return recogniser.recognise(value.text, value)
