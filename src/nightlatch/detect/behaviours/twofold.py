"""Is one of two kinds of answer chosen by the identifier alone? Counts, and what they prove.

A channel is one way to tell answers apart: their shape and words, their size, the time they took.
An identifier's kind is compared with its kind when it is asked for again; the mutual information of
the two is at most that of identifier and answer (data processing inequality), and it is tested
against none at all (G-test). Answers are compared only among callers of one make (`Caller`'s
headers circle) that has met both kinds, so that a language or a version that answers differently is
no oracle; and the kinds must take turns, so that a release that changes all answers is none either.
"""

import math
from collections import OrderedDict

MIN_IDENTIFIERS = 10
"""Different identifiers of each kind."""
MIN_TURNS = 10
"""Times that the kind changed from one identifier to the next."""
MIN_SHARE = 0.7
"""Of what there is to know of the kind, the identifier tells so much at least."""
ALPHA = 1e-6
_G_ALPHA = 23.93
"""Quantile 1 - ALPHA of chi-squared with one degree of freedom."""
_REMEMBERED = 4_096
_MAKES = 256


class Twofold:
    """One channel of one endpoint. Forgets first the identifier met longest ago."""

    __slots__ = ("_kinds", "_last", "_makes", "counts", "pairs", "turns")

    def __init__(self) -> None:
        self._kinds: OrderedDict[int, int] = OrderedDict()
        self._makes: OrderedDict[str, int] = OrderedDict()
        self._last = -1
        self.counts = [0, 0]
        """Different identifiers of each kind."""
        self.pairs = [[0, 0], [0, 0]]
        """First kind by kind when asked for again."""
        self.turns = 0

    def note(self, identifier: int, kind: int, make: str) -> bool:
        """Take an answer of kind 0 or 1; True when it is new evidence."""
        met = self._makes.get(make, 0) | 1 << kind
        if make not in self._makes and len(self._makes) >= _MAKES:
            self._makes.popitem(last=False)
        self._makes[make] = met
        if met != 3:
            return False
        before = self._kinds.get(identifier)
        if before is not None:
            self.pairs[before][kind] += 1
            return True
        if len(self._kinds) >= _REMEMBERED:
            self._kinds.popitem(last=False)
        self._kinds[identifier] = kind
        self.counts[kind] += 1
        self.turns += self._last not in (-1, kind)
        self._last = kind
        return True

    @property
    def returns(self) -> int:
        return sum(map(sum, self.pairs))

    @property
    def information(self) -> float:
        """Mutual information of the kinds of one identifier at two times, in bits, less its bias
        (Miller 1955)."""
        total = self.returns
        if not total:
            return 0.0
        rows = [sum(row) for row in self.pairs]
        columns = [self.pairs[0][kind] + self.pairs[1][kind] for kind in (0, 1)]
        plain = sum(
            count / total * math.log2(count * total / (rows[first] * columns[second]))
            for first, row in enumerate(self.pairs)
            for second, count in enumerate(row)
            if count
        )
        return max(0.0, plain - 1 / (2 * total * math.log(2)))

    @property
    def uncertainty(self) -> float:
        """What there is to know of the kind of an identifier asked for again, in bits."""
        total = self.returns
        shares = [(self.pairs[0][kind] + self.pairs[1][kind]) / total for kind in (0, 1)]
        return -sum(share * math.log2(share) for share in shares if share)

    @property
    def proven(self) -> bool:
        if min(self.counts) < MIN_IDENTIFIERS or self.turns < MIN_TURNS or not self.returns:
            return False
        information = self.information
        if 2 * self.returns * information * math.log(2) < _G_ALPHA:
            return False
        return information >= MIN_SHARE * self.uncertainty
