"""What one caller did at one endpoint: its account, its misses and where its test stands."""

from nightlatch.detect.enumeration import (
    HONEST,
    SUSPECT,
    TRUSTED,
    Run,
    Steps,
    covered,
)
from nightlatch.detect.ledger import REMEMBERED, Account
from nightlatch.detect.novelty import DOUBTFUL_WALK, NoveltySteps
from nightlatch.exchange.standing import NOTHING_KNOWN, Standing
from nightlatch.policy.budgets import Trust, Window

_NONE: dict[bytes, None] = {}
_FEWEST_HITS = 10
"""Distinct people a caller must have asked for before volume is forgiven."""
_CLEARED = 2
"""Distinct people without a miss that clear a newcomer during a walk."""
_RETURN_SHARE = 5
"""Where misses say nothing: one return for so many distinct people speaks for people, who ask for
themselves again, and against a list, which never does."""


class Witness:
    """What of a caller is asked for after its trials: who keeps those must not keep its history,
    which is large, and may be forgotten before."""

    __slots__ = ("convicted_at",)

    def __init__(self) -> None:
        self.convicted_at: float | None = None


class History:
    """One caller (or network) at one endpoint. About 900 bytes for a caller that came once (and a
    quarter of that once it is idle, see `briefs`); at most about 1 MB for one with thousands of
    subjects."""

    __slots__ = (
        "_older_missed",
        "account",
        "charged",
        "clearances",
        "credits",
        "day",
        "doubted_until",
        "doubts",
        "habit",
        "hits",
        "last",
        "level",
        "missed",
        "misses",
        "novelty",
        "owed",
        "returned",
        "returns",
        "run",
        "standing",
        "statistic",
        "taken",
        "trials",
        "trusted",
        "vouched_turn",
        "witness",
    )

    def __init__(self, now: float) -> None:
        self.account = Account()
        self.missed: dict[bytes, None] = {}
        """Identifiers asked for that do not exist."""
        self._older_missed = _NONE
        self.trials = 0
        """Distinct identifiers asked for, and honest returns that were credited."""
        self.hits = 0
        """Distinct identifiers asked for that exist."""
        self.misses = 0
        self.credits = 0
        """Returns to a known record that counted as honest."""
        self.returns = 0
        """All returns to a known record."""
        self.trusted = False
        self.statistic: float | None = None
        """Of the sequential test; None until the endpoint is learned."""
        self.clearances = 0
        """Distinct people asked for during a walk whom few others asked for."""
        self.vouched_turn: int | None = None
        """The walk's turn at which the caller first had a clean history."""
        self.witness = Witness()
        self.standing: Standing = NOTHING_KNOWN
        """What to say at the request phase once convicted, or in doubt."""
        self.novelty = 0.0
        """Where the test for ever new people stands."""
        self.doubted_until = 0.0
        """Until then the caller is challenged."""
        self.doubts = 0
        self.returned = False
        """Came back for a record it had, one that not everybody knows."""
        self.owed = 0
        """People it had while it had not come back."""
        self.day = now
        """When the day began in which it had so many more people (`taken`)."""
        self.taken = 0
        self.level = 0
        """Of `ceilings.LEVELS`, how many it reached today."""
        self.habit = 0
        """What it may have in a day because it always had."""
        self.run: Run | None = None
        self.last = now
        self.charged = 0
        """Size at which the bound on memory counted this history."""

    @property
    def convicted_at(self) -> float | None:
        return self.witness.convicted_at

    @convicted_at.setter
    def convicted_at(self, now: float | None) -> None:
        self.witness.convicted_at = now

    @property
    def size(self) -> int:
        return 1 + self.account.size + len(self.missed) + len(self._older_missed)

    @property
    def asked(self) -> int:
        """Distinct identifiers asked for."""
        return self.hits + self.misses

    def recall(self, digest: bytes) -> bool | None:
        """Whether this identifier was a hit when last asked for; None when it never was."""
        if self.account.knows(digest):
            return True
        return False if digest in self.missed or digest in self._older_missed else None

    def trial(self, digest: bytes, *, before: bool | None, hit: bool) -> bool:
        """Take one identifier that was asked for, `before` being what `recall` says of it. False
        when this is no new evidence: it missed before, or is cover that is no longer believed."""
        if before is None:
            if hit:
                self.hits += 1
            else:
                self._miss(digest)
        elif before and hit:
            self.returns += 1
            if not covered(self.hits, self.misses):
                return False
            self.credits += 1
        else:
            return False
        self.trials += 1
        return True

    def weigh(self, steps: Steps, *, hit: bool) -> float:
        """Advance the test by the trial just taken; returns the statistic."""
        statistic = self.statistic
        if statistic is None:
            # Trials from before the endpoint was learned count as soon as they can be weighed.
            statistic = (self.hits + self.credits) * steps.hit + self.misses * steps.miss
        else:
            statistic += steps.hit if hit else steps.miss
        statistic = self.statistic = max(HONEST, statistic)
        # Two levels, so that a few misses in a row do not take a busy office's budget away.
        if statistic <= TRUSTED:
            self.trusted = True
        elif statistic >= SUSPECT:
            self.trusted = False
        return statistic

    def weigh_novelty(self, steps: NoveltySteps, *, novel: bool) -> float:
        """Advance the test for ever new people by one hit; returns the statistic."""
        self.novelty = max(0.0, self.novelty + (steps.new if novel else steps.known))
        return self.novelty

    def count_taken(self, new: int, now: float) -> None:
        """So many people more that it never had before."""
        if abs(now - self.day) >= Window.DAY:
            if self.shared:
                self.habit = max(self.habit, 2 * self.taken)
            self.day, self.taken, self.level = now, 0, 0
        self.taken += new

    def recognise(self) -> None:
        """This caller had a clean history here, before it was forgotten."""
        self.vouched_turn = -1
        self.returned = True

    @property
    def shared(self) -> bool:
        """Many people, who come back: a home, an office or a carrier rather than one caller."""
        return self.hits >= _FEWEST_HITS and self.returns * _RETURN_SHARE >= self.hits

    @property
    def suspect(self) -> bool:
        """Something speaks against it, though not enough to say so."""
        guessing = self.statistic is not None and self.statistic >= SUSPECT
        return guessing or self.novelty >= DOUBTFUL_WALK

    def clean_before(self, turn: int) -> bool:
        """Had a hit and nothing against it before this turn of the walk, and still looks honest; or
        came later and asked for several different people without a miss, as one guesser in fifty
        does in two tries and most honest newcomers do."""
        vouched = self.vouched_turn
        if vouched is not None and vouched < turn:
            return self.statistic is None or self.statistic < SUSPECT
        return self.clearances >= _CLEARED and not self.misses

    def trust(self, *, blind: bool) -> Trust:
        if self.hits < _FEWEST_HITS:
            return Trust.UNKNOWN
        if blind:
            return Trust.HONEST if self.shared else Trust.UNTESTABLE
        return Trust.HONEST if self.trusted else Trust.UNKNOWN

    def _miss(self, digest: bytes) -> None:
        self.misses += 1
        self.missed[digest] = None
        if len(self.missed) > REMEMBERED:
            self._older_missed, self.missed = self.missed, {}
