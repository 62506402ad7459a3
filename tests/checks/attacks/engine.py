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


def clue_in(recogniser: Recogniser, value: Value) -> Clue | None:
    """What a recogniser says, asked as the engine asks: only what a pattern proposes is read."""
    groups = whole_engine()._proposals.propose([value.text]).get(0, 0)
    if not groups >> RECOGNISERS.index(recogniser) & 1:
        return None
    return recogniser.recognise(value.text, value)
