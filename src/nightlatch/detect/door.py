"""All that is learned of one endpoint while it is watched."""

from collections import OrderedDict

from nightlatch.detect.baseline import MissRate
from nightlatch.detect.enumeration import Steps, steps_for
from nightlatch.detect.history import History
from nightlatch.detect.ledger import Account
from nightlatch.detect.walk import Walk
from nightlatch.exchange.standing import Standing
from nightlatch.policy.budgets import Budgets, Limits

_ORACLE_HITS = 20
_ORACLE_MISSES = 10
_ORACLE_RETURNS = 10
_ORACLE_ERRORS = 0.02

_VOUCHES = 3
"""Callers for whom one subject vouches: a person at home, at work and on the road."""
_VOUCHERS = 16_384
"""Subjects remembered for that; the one that first vouched longest ago is forgotten first."""


class Oracle:
    """Do the endpoint's two answers depend on the identifier alone?"""

    __slots__ = ("hits", "misses", "same", "told", "turned")

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self.same = 0
        """Identifiers asked for again that got the same kind of answer as before."""
        self.turned = 0
        self.told = False

    def note(self, *, before: bool | None, hit: bool) -> None:
        """An answer about an identifier that was `before` a hit, a miss, or never asked for."""
        if before is None:
            if hit:
                self.hits += 1
            else:
                self.misses += 1
        elif before == hit:
            self.same += 1
        else:
            self.turned += 1

    @property
    def found(self) -> bool:
        returns = self.same + self.turned
        return (
            self.hits >= _ORACLE_HITS
            and self.misses >= _ORACLE_MISSES
            and returns >= _ORACLE_RETURNS
            and self.turned <= _ORACLE_ERRORS * returns
        )


class Door:
    """One endpoint: its baseline, its tests, and what left to all strangers together."""

    __slots__ = (
        "_vouchers",
        "barred_until",
        "closed_standing",
        "good_standing",
        "kept",
        "key",
        "limits",
        "oracle",
        "rate",
        "steps",
        "strangers",
        "walk",
        "walked_standing",
    )

    def __init__(self, key: str, budgets: Budgets) -> None:
        self.key = key
        self._vouchers: OrderedDict[bytes, int] = OrderedDict()
        self.kept = False
        """Protected from being forgotten for endpoints that nothing is known of."""
        self.rate = MissRate()
        self.steps: Steps | None = None
        """None while the hit/miss tests are off: not learned yet, or honest people miss as often
        as guessers."""
        self.walk = Walk(budgets.walk_allowance)
        self.strangers = Account()
        self.oracle = Oracle()
        self.limits: Limits | None = None
        """A person's decision for all strangers together, in place of the default."""
        self.barred_until = 0.0
        """Until then some circle wider than one caller may have used up its budget."""
        self.good_standing = self.walked_standing = self.closed_standing = Standing()

    def learn(self, caller: History, *, miss: bool) -> None:
        """Teach the baseline one trial; an epoch during which something was wrong is forgotten."""
        rate = self.rate
        if not rate.note(caller, miss=miss):
            return
        if self.walk.wary:
            rate.discard()
            return
        rate.commit()
        honest = rate.honest
        self.steps = None if honest is None or rate.blind else steps_for(honest)
        self.walk.learn(None if self.steps is None else self.steps.p0)

    def vouch(self, digest: bytes) -> bool:
        """Whether a look-up of this subject still speaks for the caller. Everybody has a number of
        their own; ten thousand addresses that all know the same one are one attacker's, warmed up.
        """
        vouched = self._vouchers.get(digest, 0)
        if vouched >= _VOUCHES:
            return False
        if len(self._vouchers) >= _VOUCHERS:
            self._vouchers.popitem(last=False)
        self._vouchers[digest] = vouched + 1
        return True

    def bar(self, until: float) -> None:
        self.barred_until = max(self.barred_until, until)

    def explain(self) -> str:
        """Whether the hit/miss tests can see here, in words."""
        share = self.rate.share
        if share is None:
            return "The hit/miss tests are still learning this endpoint; only budgets guard it."
        if self.steps is None:
            return (
                f"The hit/miss tests are off: honest callers miss {share:.0%} here, as guessers do."
                " Only budgets guard this endpoint."
            )
        return (
            f"The hit/miss tests are on: honest callers miss {share:.0%} here"
            f" (tested against {self.steps.p0:.0%}, guessers {self.steps.p1:.0%})."
        )

    def set_walk_standings(self, words: str) -> None:
        self.good_standing = Standing(walked=True, walk=words, known_good=True)
        self.walked_standing = Standing(walked=True, walk=words)
        self.closed_standing = Standing(walked=True, walk=words, closed_to_newcomers=True)
