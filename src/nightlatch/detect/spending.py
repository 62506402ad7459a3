"""Budgets: what has left to a caller, its network, all strangers and all newcomers together."""

from msgspec.structs import replace

from nightlatch.detect import words
from nightlatch.detect.alarms import Alarms
from nightlatch.detect.callers import Callers
from nightlatch.detect.doubts import Doubts
from nightlatch.detect.history import History
from nightlatch.detect.ledger import FEW, Account
from nightlatch.detect.newcomers import NEWCOMERS
from nightlatch.detect.seen import SeenCallers
from nightlatch.detect.visit import Visit
from nightlatch.exchange.disclosure import Subject
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.exchange.spent import Spent
from nightlatch.policy.budgets import PAID_MISSES, Budgets, Limits, Trust, Window
from nightlatch.store.ports import SharedCounts

STRANGERS = "strangers"
PAID = "paid"
BARE = "paid-unexplained"
ASTRAY = "paid-in-vain"
PAYERS = 40
"""So many honest newcomers shall be served in a day whatever one usually takes here, twice over."""
STRANGE = 3.0
"""Of the test for ever new people: some five more new ones than known ones."""
CALM_FACTOR = 10
"""Those who paid may have so many times more while no walk is on."""
FEW_LISTS = 4
"""In so many answers a budget may be used up where nobody knows yet how long the lists are."""
FAR_ABOVE = 5
SHARED_FROM = 16
"""A circle is counted together with other processes once one of them gave it this part of its
limit: below that, it would cost a round to Redis for each of a million callers that come once."""
FAR_ABOVE_ACCOUNT = 2
"""Times the ceiling, for an address and for an account, which many people do not share."""


class Spending:
    def __init__(
        self,
        budgets: Budgets,
        callers: Callers,
        networks: Callers,
        alarms: Alarms,
        doubts: Doubts,
        known: SeenCallers,
        shared: SharedCounts | None = None,
    ) -> None:
        self._budgets = budgets
        self._caller_full = budgets.caller.smallest
        self._network_full = budgets.network.smallest
        self._few = min(FEW, self._caller_full, self._network_full)
        self._callers = callers
        self._networks = networks
        self._alarms = alarms
        self._doubts = doubts
        self._known = known
        self._shared = shared
        self.decided: dict[str, Limits] = {}
        """By endpoint key: a person's limits for all strangers together."""

    def take(self, visit: Visit, disclosed: tuple[Subject, ...]) -> None:
        """Enter subjects that are about to leave into every circle's account."""
        history, door, now = visit.history, visit.door, visit.now
        digests = [subject.digest for subject in disclosed]
        door.longest = max(door.longest, len(digests))
        new = history.account.add(digests, now, self._few)
        full = self._caller_full if visit.payer is None else self._budgets.passed
        self._share(visit, visit.key[1], history.account, full)
        door.newcomers.scale = max(1, door.ceilings.twice_usual // 8)
        door.travellers.scale = max(1, door.ceilings.twice_usual // 32)
        door.newcomers.tick(now, learn=not door.walk.wary)
        door.travellers.tick(now, learn=not door.walk.wary)
        if visit.stranger:
            self._take_together(visit, digests)
        if visit.payer is not None:
            self._take_paid(visit, digests)
        if not new:
            return
        visit.news = True
        if visit.payer is None and history.convicted_at is None:
            self._take_new(visit, new, digests[0])

    def _take_together(self, visit: Visit, digests: list[bytes]) -> None:
        door, network, now = visit.door, visit.network, visit.now
        door.strangers.add(digests, now, 0)
        self._share(visit, STRANGERS, door.strangers, 0)
        if network is not None:
            if network.account.add(digests, now, self._few):
                self._networks.charge(network)
            self._share(visit, visit.network_circle, network.account, self._network_full)
        if door.walk.alarmed_at is not None:
            door.strangers.taint()

    def _share(self, visit: Visit, circle: str, account: Account, limit: int) -> None:
        """Count together with other processes once this one has given a part of the limit."""
        if self._shared is None or account.tally is not None:
            return
        if len(account.known) * SHARED_FROM >= limit:
            name = f"{visit.door.key}\0{circle}"
            account.share(self._shared.tally(name, tuple(Window)), visit.now)

    def _take_paid(self, visit: Visit, digests: list[bytes]) -> None:
        door, now = visit.door, visit.now
        door.paid.add(digests, now, 0)
        self._share(visit, PAID, door.paid, 0)
        door.paid_people = door.paid.count(Window.DAY, now)
        if visit.bare:
            door.bare.add(digests, now, 0)
            self._share(visit, BARE, door.bare, 0)
            door.bare_people = door.bare.count(Window.DAY, now)

    def _take_new(self, visit: Visit, new: int, digest: bytes) -> None:
        """So many people that this caller never had before."""
        history, door, now = visit.history, visit.door, visit.now
        if not history.returned:
            history.owed += new
            (door.travellers if visit.travelled else door.newcomers).give(new, now)
        history.count_taken(new, now)
        many = door.ceilings.note(history, new, learn=not door.walk.wary)
        if many and not history.shared and _strange(visit):
            limit = max(door.ceilings.limit or 0, history.habit)
            self._doubts.enter(
                visit, DetectionKind.BUDGET_EXCEEDED, 0.0, lambda: words.greedy(history, limit)
            )
        if door.walk.alarmed_at is not None:
            if visit.suspect:
                door.walk.give(new, now)
                history.clearances += door.vouch(digest)
        elif history.vouched_turn is None and door.vouch(digest):
            history.vouched_turn = door.walk.turn
            self._callers.keep(visit.key)
            self._known.meet(*visit.key)

    def over(self, visit: Visit, *, adding: bool) -> tuple[Spent, ...]:
        """Budgets that are used up or, when `adding`, overrun by what was just taken."""
        budgets, history = self._budgets, visit.history
        over: tuple[Spent, ...] = ()
        if history.account.full(self._caller_full):
            over = history.account.over(
                visit.key[1],
                budgets.caller,
                _trust(visit, history),
                visit.now,
                adding=adding,
                usual=visit.door.ceilings.limit or 0,
            )
        if visit.stranger:
            over += self._over_network(visit, adding=adding)
            over += self._over_strangers(visit, adding=adding)
        if visit.now < visit.door.crowded_until:
            self._tell_crowd(visit)
        for spent in over:
            self._tell(visit, spent)
        return over

    def paid_up(self, visit: Visit) -> Spent | None:
        """The budget of all who solved challenges, when it is used up."""
        door, budgets = visit.door, self._budgets
        # Where everybody asks for new people, nobody needs an explanation.
        bare = visit.bare and door.novelty is not None
        if bare and budgets.bare_allowance and door.bare_people >= budgets.bare_allowance:
            spent = _day_spent(door.bare, BARE, budgets.bare_allowance, visit.now)
            if spent is not None:
                return spent
        # A guesser's few hits may each open a door behind which there are thousands.
        astray = len(door.astray.known) >= PAID_MISSES
        if astray and door.steps is not None and budgets.paid_allowance:
            spent = _day_spent(door.astray, ASTRAY, PAID_MISSES, visit.now)
            if spent is not None:
                return replace(spent, unit="misses")
        # Where one caller usually takes many, so do those who paid.
        allowance = max(budgets.paid_allowance, PAYERS * door.ceilings.twice_usual)
        doubted = visit.payer is not None and visit.payer.doubts
        if door.walk.alarmed_at is None and not doubted:
            # Nothing but numbers speaks against them: a launch rather than a list.
            allowance *= CALM_FACTOR
        if budgets.paid_allowance and door.paid_people >= allowance:
            return _day_spent(door.paid, PAID, allowance, visit.now)
        return None

    def pass_full(self, visit: Visit, *, adding: bool) -> bool:
        """Whether this pass has no room left. It is good for a few people, or for as many as one
        caller usually asks for here."""
        limit = max(self._budgets.passed, visit.door.ceilings.twice_usual)
        count = visit.history.account.count(Window.HOUR, visit.now)
        return count > limit if adding else count >= limit

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
        sighted = door.steps is not None or door.novelty is not None
        factor = self._budgets.sighted if decided is None and sighted else 1
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
        # One of a few long lists, where nobody knows yet how long they are.
        longest = visit.door.longest
        unknown = visit.door.ceilings.limit is None and FEW_LISTS * longest >= spent.subjects
        grave = Level.HIGH if own else Level.MEDIUM
        self._alarms.raise_(
            Detection(
                kind,
                visit.door.key,
                spent.circle,
                Level.LOW if unknown else grave,
                visit.now,
                words.overspent(spent) + (words.lists(longest) if unknown else ""),
                0.0,
                spent.subjects,
                history.asked if own else spent.subjects,
                refuted_by=words.REFUTED_BY_OWNER,
            )
        )

    def _tell_crowd(self, visit: Visit) -> None:
        door, kind = visit.door, DetectionKind.NEW_CALLERS
        full = door.newcomers if visit.now < door.newcomers.full_until else door.travellers
        spent = full.spent
        if spent is None or not self._alarms.due(kind, visit.door.key, NEWCOMERS, visit.now):
            return
        self._alarms.raise_(
            Detection(
                kind,
                visit.door.key,
                NEWCOMERS,
                Level.MEDIUM,
                visit.now,
                words.crowded(spent),
                0.0,
                spent.subjects,
                spent.subjects,
                confidence=0.7,
                refuted_by=words.REFUTED_BY_NEWS,
            )
        )


def _strange(visit: Visit) -> bool:
    """Whether the caller asks for people whom nobody else asks for. Where that is not known, since
    it is normal or still being learned, only a caller far above all others is strange."""
    if visit.stranger and visit.travelled:
        return False
    if visit.door.novelty is not None:
        return visit.history.novelty >= STRANGE
    far = FAR_ABOVE if visit.stranger else FAR_ABOVE_ACCOUNT
    return visit.history.taken > far * max(visit.door.ceilings.limit or 0, visit.history.habit)


def _day_spent(account: Account, circle: str, allowance: int, now: float) -> Spent | None:
    for window in account.windows:
        count = account.count(window.window, now)
        if window.window is Window.DAY and count >= allowance:
            return window.spent(circle, count, allowance, window.start + window.window - now)
    return None


def _trust(visit: Visit, history: History) -> Trust:
    if not visit.stranger:
        return Trust.HONEST
    return history.trust(blind=visit.door.rate.blind)
