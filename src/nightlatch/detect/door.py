"""All that is learned of one endpoint while it is watched."""

from collections import OrderedDict

from msgspec import Struct

from nightlatch.detect.baseline import MissRate, trial_weight
from nightlatch.detect.ceilings import Ceilings
from nightlatch.detect.enumeration import Steps, steps_for
from nightlatch.detect.history import History
from nightlatch.detect.ledger import Account, WindowMemory
from nightlatch.detect.newcomers import Newcomers
from nightlatch.detect.novelty import NoveltySteps, novelty_steps
from nightlatch.detect.order import Neighbours
from nightlatch.detect.pricing import price
from nightlatch.detect.shares import Share
from nightlatch.detect.walk import Walk
from nightlatch.exchange.standing import Standing
from nightlatch.policy.budgets import Budgets

_ORACLE_HITS = 20
_ORACLE_MISSES = 10
_ORACLE_RETURNS = 10
_ORACLE_ERRORS = 0.02

_VOUCHES = 3
"""Callers for whom one subject vouches: a person at home, at work and on the road."""
_VOUCHERS = 16_384
"""Subjects remembered for that; the one that first vouched longest ago is forgotten first."""

LAUNCH = 0.5
"""On the day of a launch everybody is new, asks for a record of its own, next to the one that was
made before it, and comes back for it at least once."""
FURTHER = 0.25
"""Who comes for a record of its own has little reason to ask for a second person's."""


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


class Learned(Struct, frozen=True):
    """What a process knows of one endpoint that the next one should know. Of people no more than
    their digests, as records have them, and those only of whom newcomers paid for."""

    key: str
    rate: tuple[tuple[float, float, int, int, int], ...]
    novel: tuple[float, float]
    fresh: tuple[float, float]
    orderly: tuple[float, float]
    newcomers: list[list[float]]
    travellers: list[list[float]]
    ceilings: list[int]
    further: tuple[float, float] = (0.0, 0.0)
    newcomers_owed: tuple[tuple[int, float], ...] = ()
    travellers_owed: tuple[tuple[int, float], ...] = ()
    paid: tuple[WindowMemory, ...] = ()
    bare: tuple[WindowMemory, ...] = ()


class Door:
    """One endpoint: its baseline, its tests, and what left to all strangers together."""

    __slots__ = (
        "_closed_standing",
        "_vouchers",
        "astray",
        "bare",
        "bare_people",
        "barred_until",
        "ceilings",
        "fresh",
        "further",
        "good_standing",
        "kept",
        "key",
        "longest",
        "neighbours",
        "newcomers",
        "novel",
        "novelty",
        "oracle",
        "orderly",
        "paid",
        "paid_people",
        "rate",
        "since",
        "steps",
        "strangers",
        "travellers",
        "walk",
        "walked_standing",
    )

    def __init__(self, key: str, budgets: Budgets, since: float = 0.0) -> None:
        self.key = key
        self.since = since
        """When somebody first asked here."""
        self._vouchers: OrderedDict[bytes, int] = OrderedDict()
        self.longest = 0
        """People in the longest answer yet."""
        self.kept = False
        """Protected from being forgotten for endpoints that nothing is known of."""
        self.rate = MissRate()
        self.steps: Steps | None = None
        """None while the hit/miss tests are off: not learned yet, or honest people miss as often
        as guessers."""
        self.novel = Share(LAUNCH)
        """How often hits of those who were nowhere else are about someone nobody had asked for."""
        self.fresh = Share(LAUNCH)
        """How often anyone's hits are."""
        self.further = Share(FURTHER)
        """How often hits of those who were elsewhere are about one more person nobody had asked for
        here, after they had one."""
        self.novelty: NoveltySteps | None = None
        """None while that test is off, as `steps`."""
        self.orderly = Share(LAUNCH)
        """How often newcomers' numbers are next to one asked for lately."""
        self.neighbours = Neighbours()
        self.walk = Walk(budgets.walk_allowance)
        self.newcomers = Newcomers(budgets.newcomers)
        """Those who came out of nowhere, and those who were at other endpoints before."""
        self.travellers = Newcomers(budgets.launch)
        self.ceilings = Ceilings()
        self.strangers = Account()
        self.paid = Account()
        """What left to those who solved a challenge."""
        self.bare = Account()
        """To those among them whom nothing explains."""
        self.astray = Account()
        """Whom those who solved a challenge asked for in vain."""
        self.paid_people = self.bare_people = 0
        """Of both within a day, when last counted."""
        self.oracle = Oracle()
        self.barred_until = 0.0
        """Until then some circle wider than one caller may have used up its budget."""
        self.good_standing = self.walked_standing = self._closed_standing = Standing()

    def learn(
        self,
        caller: History,
        *,
        miss: bool,
        fresh: bool,
        novel: bool | None,
        near: bool | None,
        further: bool | None,
    ) -> None:
        """Teach the baselines one trial; an epoch during which something was wrong is forgotten."""
        weight = trial_weight(caller.trials)
        if not miss:
            self.fresh.note(weight, yes=fresh)
        if novel is not None:
            self.novel.note(weight, yes=novel)
        if near is not None:
            self.orderly.note(weight, yes=near)
        if further is not None:
            self.further.note(weight, yes=further)
        if not self.rate.note(caller, miss=miss):
            return
        if self.walk.wary:
            self.rate.discard()
            self.novel.discard()
            self.fresh.discard()
            self.orderly.discard()
            self.further.discard()
            return
        self.rate.commit()
        self.novel.commit()
        self.fresh.commit()
        self.orderly.commit()
        self.further.commit()
        self._believe()

    def _believe(self) -> None:
        """Test against what is known now."""
        honest, fresh = self.rate.honest, self.fresh.honest
        self.steps = None if honest is None or self.rate.blind else steps_for(honest)
        self.novelty = None if fresh is None else novelty_steps(fresh)
        self.walk.learn(
            None if self.steps is None else self.steps.p0,
            self.novel.honest,
            self.orderly.honest,
            self.further.honest,
        )

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

    @property
    def crowded_until(self) -> float:
        """Until then newcomers of some kind have had too many people."""
        return max(self.newcomers.full_until, self.travellers.full_until)

    def bar(self, until: float) -> None:
        self.barred_until = max(self.barred_until, until)

    def dump(self) -> Learned:
        """What was learned here, for the next process."""
        return Learned(
            key=self.key,
            rate=self.rate.dump(),
            novel=(self.novel.weight, self.novel.yes),
            fresh=(self.fresh.weight, self.fresh.yes),
            orderly=(self.orderly.weight, self.orderly.yes),
            further=(self.further.weight, self.further.yes),
            newcomers=self.newcomers.hours.dump(),
            travellers=self.travellers.hours.dump(),
            ceilings=self.ceilings.dump(),
            newcomers_owed=tuple(self.newcomers.owed()),
            travellers_owed=tuple(self.travellers.owed()),
            paid=tuple(self.paid.dump()),
            bare=tuple(self.bare.dump()),
        )

    def load(self, learned: Learned) -> None:
        self.rate.load(learned.rate)
        self.novel.weight, self.novel.yes = learned.novel
        self.fresh.weight, self.fresh.yes = learned.fresh
        self.orderly.weight, self.orderly.yes = learned.orderly
        self.further.weight, self.further.yes = learned.further
        self.newcomers.load(learned.newcomers, learned.newcomers_owed)
        self.travellers.load(learned.travellers, learned.travellers_owed)
        self.ceilings.load(learned.ceilings)
        self.paid.load(learned.paid)
        self.bare.load(learned.bare)
        self.paid_people, self.bare_people = self.paid.today, self.bare.today
        self._believe()

    def explain(self) -> str:
        """What the tests can see here, in words."""
        share = self.rate.share
        if share is None:
            return "The hit/miss tests are still learning this endpoint; only budgets guard it."
        return f"{self._explain_misses(share)} {self._explain_others()}"

    def _explain_misses(self, share: float) -> str:
        if self.steps is None:
            return (
                f"The hit/miss tests are off: honest callers miss {share:.0%} here, as guessers do."
            )
        return (
            f"The hit/miss tests are on: honest callers miss {share:.0%} here"
            f" (tested against {self.steps.p0:.0%}, guessers {self.steps.p1:.0%})."
        )

    def _explain_others(self) -> str:
        on = [
            name
            for name, test in (
                ("novelty", self.novelty),
                ("order", self.orderly.honest),
            )
            if test is not None
        ]
        others = f"Tests of {' and '.join(on)} are on" if on else "No other test is on yet"
        ceiling = self.ceilings.limit
        if ceiling is None:
            return (
                f"{others}; how much one caller takes is still being learned: wide defaults hold."
            )
        return f"{others}; a newcomer that takes more than {ceiling} people in a day is challenged."

    @property
    def closed_standing(self) -> Standing:
        """Of newcomers while a walk has used up what it may have."""
        current = price(self.paid_people)
        if self._closed_standing.price != current:
            walk = self.walked_standing.walk
            self._closed_standing = Standing(
                walked=True, walk=walk, closed_to_newcomers=True, challenge=walk, price=current
            )
        return self._closed_standing

    def set_walk_standings(self, words: str) -> None:
        self._closed_standing = Standing()
        self.good_standing = Standing(walked=True, walk=words, known_good=True)
        self.walked_standing = Standing(walked=True, walk=words)
