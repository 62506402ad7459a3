"""What is normal at one endpoint: how often honest people miss, learned so that an attack cannot
teach it.

A trial is one identifier a caller asks for. It weighs `trial_weight(n)` as the caller's n-th, so a
caller with n trials contributes about 4 + 4 ln(n/4): ten thousand guesses from one address teach
less than nine visitors do.
"""

import math

from msgspec import Struct

from nightlatch.detect.history import History, Witness

FULL_TRIALS = 4
"""So many trials of each caller count in full."""
LAST_TRIAL = 100
"""Later ones would weigh under 4 % and are left out."""

EPOCH = 50.0
"""Weight of the trials that are believed, or thrown away, together."""
MIN_CALLERS = 20
"""Fewer callers say nothing about people in general."""
MEMORY = 2_000.0
"""Weight after which older epochs fade."""
BLOCK = 8
"""Trials after which a caller's own share of misses is compared with everyone's."""

MARGIN = 1.25
"""The promised error rates hold as long as honest people miss up to this much more often."""
FLOOR = 0.03
BLIND_FROM = 0.5
"""From this share of honest misses on, hit and miss do not tell a guesser from a person."""
CREEP = 1.5
"""The recent share may differ from the share of all time by this factor, not more: a patient
attacker who adds a few misses an hour cannot ratchet the baseline up to his own rate, nor down with
a number he knows until honest misses raise alarms."""


def trial_weight(nth: int) -> float:
    """1 for a caller's first trials, then 4/n. A likelihood ratio raised to a weight below 1 still
    has an expectation of at most 1 under the null hypothesis (Jensen), so the tests stay valid."""
    return 1.0 if nth <= FULL_TRIALS else FULL_TRIALS / nth


class _Vote:
    """What one caller adds to an epoch."""

    __slots__ = ("block", "misses", "weight")

    def __init__(self) -> None:
        self.weight = 0.0
        self.misses = 0.0
        self.block: int | None = None
        """Misses among its first `BLOCK` trials, when it completed them in this epoch."""


_Votes = dict[Witness, _Vote]


class _Sum(Struct):
    weight: float = 0.0
    misses: float = 0.0
    blocks: int = 0
    """Callers that have completed `BLOCK` trials."""
    block_misses: int = 0
    block_squares: int = 0

    def take(self, vote: _Vote) -> None:
        self.weight += vote.weight
        self.misses += vote.misses
        if vote.block is not None:
            self.blocks += 1
            self.block_misses += vote.block
            self.block_squares += vote.block * vote.block


class MissRate:
    """The share of honest trials that miss.

    Votes are counted one epoch late, and those of callers convicted by then are void: a guesser
    whose dozen tries convict him has taught nothing.
    """

    __slots__ = ("_all", "_pending", "_pending_weight", "_recent", "_waiting", "honest", "share")

    def __init__(self) -> None:
        self._pending: _Votes = {}
        self._pending_weight = 0.0
        self._waiting: _Votes = {}
        self._recent = _Sum()
        self._all = _Sum()
        self.share: float | None = None
        """The plain estimate; None until enough was seen."""
        self.honest: float | None = None
        """p0 for the tests: an upper bound that includes how much callers differ; None until
        enough was seen."""

    @property
    def blind(self) -> bool:
        """Honest people miss as often as guessers, or almost: hit/miss tests are off."""
        return self.honest is not None and self.honest > BLIND_FROM

    def note(self, caller: History, *, miss: bool) -> bool:
        """Take the caller's latest trial into the pending epoch; True when the epoch is full and
        must be believed (`commit`) or not (`discard`)."""
        vote = self._pending.get(caller.witness)
        if vote is None:
            vote = self._pending[caller.witness] = _Vote()
        nth = caller.trials
        weight = 1.0 if nth <= FULL_TRIALS else FULL_TRIALS / nth
        vote.weight += weight
        if miss:
            vote.misses += weight
        if nth == BLOCK:
            vote.block = caller.misses
        self._pending_weight += weight
        if self._pending_weight < EPOCH:
            return False
        return self.share is not None or len(self._pending) >= MIN_CALLERS

    def commit(self) -> None:
        recent = self._recent
        counted = self._waiting if self.share is not None else self._pending
        for caller, vote in counted.items():
            if caller.convicted_at is None:
                recent.take(vote)
                self._all.take(vote)
        self._waiting = self._pending if counted is self._waiting else {}
        self._pending, self._pending_weight = {}, 0.0
        if recent.weight > MEMORY:
            recent.misses *= MEMORY / recent.weight
            recent.weight = MEMORY
        self._settle()

    def _settle(self) -> None:
        if self._recent.weight:
            self.share = self._recent.misses / self._recent.weight
            self.honest = self._upper_bound()

    def dump(self) -> tuple[tuple[float, float, int, int, int], ...]:
        return tuple(
            (each.weight, each.misses, each.blocks, each.block_misses, each.block_squares)
            for each in (self._recent, self._all)
        )

    def load(self, sums: tuple[tuple[float, float, int, int, int], ...]) -> None:
        """Go on from what another process learned."""
        self._recent, self._all = (_Sum(*each) for each in sums)
        self._settle()

    def discard(self) -> None:
        """Void this epoch, and the one before, in which it may have begun."""
        self._pending, self._waiting, self._pending_weight = {}, {}, 0.0

    def _upper_bound(self) -> float:
        recent, ever = self._recent, self._all
        # Jeffreys' prior; two standard errors above the mean.
        share = (recent.misses + 0.5) / (recent.weight + 1)
        bound = share * MARGIN + 2 * math.sqrt(share * (1 - share) / recent.weight)
        always = (ever.misses + 0.5) / (ever.weight + 1)
        bound = min(max(bound, always / CREEP), always * CREEP + FLOOR)
        return min(0.99, max(FLOOR, bound + 2 * self._spread(share)))

    def _spread(self, share: float) -> float:
        """Standard deviation of the share of misses between callers, beyond what chance explains
        (moment estimate of the beta-binomial's intraclass correlation). People who send their whole
        address book differ a lot; people who ask for themselves hardly do."""
        ever = self._all
        if ever.blocks < MIN_CALLERS:
            return 0.0
        mean = ever.block_misses / ever.blocks
        variance = ever.block_squares / ever.blocks - mean * mean
        rate = mean / BLOCK
        chance = BLOCK * rate * (1 - rate)
        if chance <= 0:
            return 0.0
        # Twice the standard error of a variance is left to chance before callers "differ".
        excess = variance / chance - 1 - 2 * math.sqrt(2 / ever.blocks)
        correlation = min(1.0, max(0.0, excess / (BLOCK - 1)))
        return math.sqrt(correlation * share * (1 - share))
