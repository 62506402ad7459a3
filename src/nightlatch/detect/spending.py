"""Budgets: what has left to a caller, its network and all strangers together."""

from nightlatch.detect import words
from nightlatch.detect.alarms import Alarms
from nightlatch.detect.callers import Callers
from nightlatch.detect.history import History
from nightlatch.detect.ledger import FEW, Account
from nightlatch.detect.visit import Visit
from nightlatch.exchange.disclosure import Subject
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.exchange.spent import Spent
from nightlatch.policy.budgets import Budgets, Limits, Trust, Window
from nightlatch.store.ports import SharedCounts

STRANGERS = "strangers"
SHARED_FROM = 16
"""A circle is counted together with other processes once one of them gave it this part of its
limit: below that, it would cost a round to Redis for each of a million callers that come once."""


class Spending:
    def __init__(
        self,
        budgets: Budgets,
        callers: Callers,
        networks: Callers,
        alarms: Alarms,
        shared: SharedCounts | None = None,
    ) -> None:
        self._budgets = budgets
        self._caller_full = budgets.caller.smallest
        self._network_full = budgets.network.smallest
        self._few = min(FEW, self._caller_full, self._network_full)
        self._callers = callers
        self._networks = networks
        self._alarms = alarms
        self._shared = shared
        self.decided: dict[str, Limits] = {}
        """By endpoint key: a person's limits for all strangers together."""

    def take(self, visit: Visit, disclosed: tuple[Subject, ...]) -> None:
        """Enter subjects that are about to leave into every circle's account."""
        history, now = visit.history, visit.now
        digests = [subject.digest for subject in disclosed]
        new = history.account.add(digests, now, self._few)
        if new:
            visit.news = True
        self._share(visit, visit.key[1], history.account, self._caller_full)
        if not visit.stranger:
            return
        door = visit.door
        walk = door.walk
        door.strangers.add(digests, now, 0)
        self._share(visit, STRANGERS, door.strangers, 0)
        if visit.network is not None:
            if visit.network.account.add(digests, now, self._few):
                self._networks.charge(visit.network)
            self._share(visit, visit.network_circle, visit.network.account, self._network_full)
        if walk.alarmed_at is not None:
            door.strangers.taint()
            if new and visit.suspect and history.convicted_at is None:
                walk.give(new, now)
                history.clearances += door.vouch(digests[0])
        elif history.vouched_turn is None and history.convicted_at is None:
            self._vouch(visit, history, digests[0])

    def _share(self, visit: Visit, circle: str, account: Account, limit: int) -> None:
        """Count together with other processes once this one has given a part of the limit."""
        if self._shared is None or account.tally is not None:
            return
        if len(account.known) * SHARED_FROM >= limit:
            name = f"{visit.door.key}\0{circle}"
            account.share(self._shared.tally(name, tuple(Window)), visit.now)

    def _vouch(self, visit: Visit, history: History, digest: bytes) -> None:
        if visit.door.vouch(digest):
            history.vouched_turn = visit.door.walk.turn
            self._callers.keep(visit.key)

    def over(self, visit: Visit, *, adding: bool) -> tuple[Spent, ...]:
        """Budgets that are used up or, when `adding`, overrun by what was just taken."""
        budgets, history = self._budgets, visit.history
        over: tuple[Spent, ...] = ()
        if history.account.full(self._caller_full):
            over = history.account.over(
                visit.key[1], budgets.caller, _trust(visit, history), visit.now, adding=adding
            )
        if visit.stranger:
            over += self._over_network(visit, adding=adding)
            over += self._over_strangers(visit, adding=adding)
        for spent in over:
            self._tell(visit, spent)
        return over

    def _over_network(self, visit: Visit, *, adding: bool) -> tuple[Spent, ...]:
        network, limits = visit.network, self._budgets.network
        if network is None or not network.account.full(self._network_full):
            return ()
        trust = max(_trust(visit, visit.history), _trust(visit, network))
        account = network.account
        over = account.over(visit.network_circle, limits, trust, visit.now, adding=adding)
        if account.exhausted:
            visit.door.bar(account.frees_at)
        return over

    def _over_strangers(self, visit: Visit, *, adding: bool) -> tuple[Spent, ...]:
        door = visit.door
        decided = self.decided.get(door.key)
        limits = self._budgets.strangers if decided is None else decided
        account = door.strangers
        if not account.full(limits.burst):
            return ()
        factor = self._budgets.sighted if decided is None and door.steps is not None else 1
        over = account.over(
            STRANGERS, limits, factor, visit.now, adding=adding, fixed=decided is not None
        )
        if account.exhausted:
            door.bar(account.frees_at)
        return over

    def _tell(self, visit: Visit, spent: Spent) -> None:
        kind = DetectionKind.BUDGET_EXCEEDED
        if not self._alarms.due(kind, visit.door.key, spent.circle, visit.now):
            return
        history = visit.history
        own = spent.circle == visit.key[1]
        self._alarms.raise_(
            Detection(
                kind,
                visit.door.key,
                spent.circle,
                Level.HIGH if own else Level.MEDIUM,
                visit.now,
                words.overspent(spent),
                0.0,
                spent.subjects,
                history.asked if own else spent.subjects,
            )
        )


def _trust(visit: Visit, history: History) -> Trust:
    if not visit.stranger:
        return Trust.HONEST
    return history.trust(blind=visit.door.rate.blind)
