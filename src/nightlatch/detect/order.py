"""Order in what is asked for: numbers one after the other, in one batch or by many callers.

People's numbers have no order among each other. A walk through a range has: each number's neighbour
was asked for a moment ago, whoever asked. A list that is fed at random has none, and is left to
what hits, misses and returns say.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

RECENT = 128
"""Numbers asked for lately that the next one is compared with."""
FEWEST = 16
"""Numbers in a batch from which on their order says something."""
CLOSE = 8
"""Distance up to which two numbers of a batch are neighbours."""
DENSE = 0.75
"""Share of neighbours that makes a batch a range. In an address book a few relatives and the
colleagues of one company have numbers close to each other, never three quarters of it."""
_DIGITS = 9


def reach(number: int) -> int:
    """How far apart neighbours may be: 1 among record numbers, more among telephone numbers, which
    are sparse, so that the prefixes of a generated list are seen as well."""
    if number < 10**_DIGITS:
        return 1
    return int(10 ** (len(str(number)) - _DIGITS))


class Neighbours:
    """The numbers that were asked for lately at one endpoint."""

    __slots__ = ("_recent",)

    def __init__(self) -> None:
        self._recent: OrderedDict[int, None] = OrderedDict()

    def near(self, number: int) -> bool:
        """Whether this number's neighbourhood was asked for lately; it is from now on."""
        recent, width = self._recent, reach(number)
        # Two ranges of numbers with different widths must not meet by accident.
        block = number // width * 32 + len(str(width))
        found = block in recent or block - 32 in recent or block + 32 in recent
        if width == 1 and not found:
            found = block - 64 in recent or block + 64 in recent
        recent[block] = None
        if len(recent) > RECENT:
            recent.popitem(last=False)
        return found


def dense(numbers: Sequence[int]) -> int:
    """How many numbers of this batch have a neighbour in it, when it is a range; else 0."""
    if len(numbers) < FEWEST:
        return 0
    ordered = sorted(numbers)
    close = sum(b - a <= CLOSE for a, b in pairwise(ordered))
    return close + 1 if close >= DENSE * (len(ordered) - 1) else 0
