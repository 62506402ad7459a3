"""The clues of one request, weighed together."""

from collections.abc import Iterator

from msgspec import Struct

from nightlatch.checks.attacks.evidence import worded
from nightlatch.checks.attacks.value import Attack, Clue, Value

FINDING = 60
"""Percent of certainty from which a clue, or several together, are an attack."""
CERTAIN = 80
"""A class that is this certain is not looked for any further."""
_MOST = 4
"""Clues of one class that are kept: the strongest."""


class _Found(Struct, frozen=True, gc=False):
    clue: Clue
    value: Value | None
    """None for a rule about the request as a whole."""


class Clues:
    """What the recognisers said, by check; the strongest first, and each reason once."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[str, list[_Found]] = {}

    @property
    def any(self) -> bool:
        return bool(self._found)

    def certain(self, check: str) -> bool:
        found = self._found.get(check)
        return found is not None and found[0].clue.certainty >= CERTAIN

    def keep(self, check: str, clue: Clue, value: Value | None) -> None:
        kept = self._found.setdefault(check, [])
        for number, one in enumerate(kept):
            if one.clue.why == clue.why:
                if one.clue.certainty >= clue.certainty:
                    return
                del kept[number]
                break
        kept.append(_Found(clue, value))
        kept.sort(key=lambda one: -one.clue.certainty)
        del kept[_MOST:]

    def attacks(self) -> Iterator[Attack]:
        """The classes whose clues together are certain enough."""
        for check, found in self._found.items():
            certainty = _together(found)
            if certainty >= FINDING:
                clue, value = found[0].clue, found[0].value
                place, name = (value.place.value, value.name) if value else ("", "")
                yield Attack(check, certainty, worded(clue, value), place, name)


def _together(found: list[_Found]) -> int:
    """Independent clues: the chance that not all of them are wrong."""
    wrong = 1.0
    for one in found:
        wrong *= 1 - one.clue.certainty / 100
    return round(100 * (1 - wrong))
