"""The watch over every endpoint: what the pipeline asks before and after the application answers.

One event loop's thread calls `standing` and `note`; another thread may call `take_detections`,
`apply` and `explain` at any time. Nothing here waits: the counter store is asked about callers not
met before and told of convictions, and is expected to answer from memory.
"""

from msgspec.structs import replace

from nightlatch.detect.alarms import Alarms
from nightlatch.detect.callers import Callers, Key
from nightlatch.detect.convictions import Convictions
from nightlatch.detect.door import Door
from nightlatch.detect.evidence import Evidence
from nightlatch.detect.history import History
from nightlatch.detect.spending import Spending
from nightlatch.detect.suspicions import Suspicion, Suspicions
from nightlatch.detect.table import SegmentedTable
from nightlatch.detect.visit import Visit, address_of, network_of
from nightlatch.exchange.disclosure import Disclosure
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.judgement import Detection
from nightlatch.exchange.standing import Standing
from nightlatch.policy.budgets import DEFAULT_BUDGETS, Budgets, Limits
from nightlatch.store.ports import CounterStore

STRANGER = Standing()
PROVEN = Standing(stranger=False)


class Watch:
    """Evidence for and against every caller at every endpoint, in bounded memory.

    Holds at most 2 * `max_endpoints` endpoints (of those without a baseline the oldest goes first),
    2 * `max_callers` histories and about `max_subjects` subjects in them (see `Callers`).
    """

    def __init__(
        self,
        counters: CounterStore,
        budgets: Budgets = DEFAULT_BUDGETS,
        suspicions: Suspicions | None = None,
        *,
        max_callers: int = 32_768,
        max_subjects: int = 400_000,
        max_endpoints: int = 2_000,
    ) -> None:
        self._budgets = budgets
        # Not `or`: one that is still empty is false.
        self._suspicions = Suspicions() if suspicions is None else suspicions
        self._callers = Callers(max_callers, max_subjects)
        self._networks = Callers(max_callers // 2, max_subjects)
        self._doors: SegmentedTable[str, Door] = SegmentedTable(max_endpoints)
        self._alarms = Alarms()
        self._convictions = Convictions(counters, self._callers)
        self._evidence = Evidence(self._alarms, self._convictions)
        self._spending = Spending(budgets, self._callers, self._networks, self._alarms)

    def standing(
        self,
        endpoint_key: str,
        caller: Caller,
        stranger: bool,  # noqa: FBT001
        now: float,
    ) -> Standing:
        """Request phase: what speaks against this caller, whatever it is about to ask for.

        `stranger`: the caller has no proven credential. It is then known by its address, since an
        endpoint that answers anyone would give each invented key or cookie a budget of its own.
        """
        suspicion = self._suspicions.about(caller, endpoint_key, now)
        if suspicion is not None:
            return _suspected(suspicion, stranger=stranger)
        circle = address_of(caller) if stranger else caller.circles[0]
        key = (endpoint_key, circle)
        history = self._callers.get(key)
        if history is None:
            history = self._convictions.recall(key, now, stranger=stranger)
        if history is not None and self._convictions.stands(history, now):
            return history.standing
        door = self._doors.get(endpoint_key)
        if door is None:
            return STRANGER if stranger else PROVEN
        standing = self._in_walk(door, history, now) if stranger else PROVEN
        if now < door.barred_until or (history is not None and history.account.exhausted):
            known = History(now) if history is None else history
            visit = self._visit(door, key, known, caller, now, stranger=stranger)
            over = self._spending.over(visit, adding=False)
            return replace(standing, overspent=over) if over else standing
        return standing

    def note(
        self,
        endpoint_key: str,
        caller: Caller,
        stranger: bool,  # noqa: FBT001
        disclosure: Disclosure,
        now: float,
        withheld: bool = False,  # noqa: FBT001, FBT002
    ) -> Standing:
        """Response phase: take an answer into account before it leaves; returns what speaks against
        letting it go. `withheld`: the request was refused, so nothing left and nothing is learned.
        """
        if withheld or not (disclosure.asked or disclosure.disclosed):
            return self.standing(endpoint_key, caller, stranger, now)
        visit = self._enter(endpoint_key, caller, now, stranger=stranger)
        several = len(disclosure.asked) > 1 or len(disclosure.disclosed) > 1
        barred = self._barred(visit)
        visit.suspect = visit.door.walk.alarmed_at is not None and visit.newcomer
        if disclosure.hit is not None and disclosure.asked:
            self._evidence.weigh(visit, disclosure)
        if disclosure.disclosed:
            self._spending.take(visit, disclosure.disclosed)
        if visit.news:
            self._callers.charge(visit.history)
        return self._after(visit, barred=barred, settled=barred or several)

    def take_detections(self) -> tuple[Detection, ...]:
        """Everything detected since the last call."""
        return self._alarms.take()

    def apply(self, directives: Directives) -> None:
        """A person's hourly limit for all strangers together takes the place of the default."""
        self._spending.decided = {
            contract.endpoint: Limits(limit, limit, 24 * limit)
            for contract in directives.contracts
            if (limit := contract.hourly_limit) is not None
        }

    def explain(self, endpoint_key: str) -> str:
        """Whether the hit/miss tests can see at this endpoint, in words."""
        door = self._doors.get(endpoint_key)
        return "Nothing is known of this endpoint yet." if door is None else door.explain()

    @property
    def histories(self) -> int:
        """Histories held now, of callers and of networks."""
        return len(self._callers) + len(self._networks)

    @property
    def subjects(self) -> int:
        """Subjects held in them, once per window."""
        return self._callers.subjects + self._networks.subjects

    @property
    def forgotten(self) -> int:
        """Histories evicted before their time, since the start."""
        return self._callers.evicted + self._networks.evicted

    def _in_walk(self, door: Door, history: History | None, now: float) -> Standing:
        walk = door.walk
        if walk.alarmed_at is None or walk.over(now):
            return STRANGER
        if history is not None and history.clean_before(walk.began_turn):
            return door.good_standing
        if not walk.closed(now):
            return door.walked_standing
        walk.hear(now)
        return door.closed_standing

    def _enter(self, endpoint_key: str, caller: Caller, now: float, *, stranger: bool) -> Visit:
        """Open the books for an exchange that asked for someone or gave someone away."""
        door = self._doors.get(endpoint_key)
        if door is None:
            door = Door(endpoint_key, self._budgets)
            self._doors.add(endpoint_key, door)
        elif not door.kept and door.rate.share is not None:
            door.kept = True
            self._doors.keep(endpoint_key)
        circle = address_of(caller) if stranger else caller.circles[0]
        key = (endpoint_key, circle)
        history = self._callers.touch(key) or self._callers.add(key, now)
        visit = self._visit(door, key, history, caller, now, stranger=stranger)
        if stranger and visit.network is None:
            visit.network = self._networks.add((endpoint_key, visit.network_circle), now)
        return visit

    def _visit(
        self,
        door: Door,
        key: Key,
        history: History,
        caller: Caller,
        now: float,
        *,
        stranger: bool,
    ) -> Visit:
        if not stranger:
            return Visit(door, key, history, "", None, stranger, now)
        circle = network_of(caller)
        network = self._networks.touch((key[0], circle))
        return Visit(door, key, history, circle, network, stranger, now)

    def _barred(self, visit: Visit) -> bool:
        """Whether the caller was to be refused already, whatever this answer says."""
        history, door, now = visit.history, visit.door, visit.now
        if history.convicted_at is not None or history.account.exhausted:
            return True
        return visit.stranger and (
            now < door.barred_until or (door.walk.closed(now) and visit.newcomer)
        )

    def _after(self, visit: Visit, *, barred: bool, settled: bool) -> Standing:
        """The caller's standing once the answer is read, and whether it may be acted upon.

        A budget that was used up before stands against a miss as well as a hit; one that this
        answer reaches does not stand against this answer, only one that it overruns.
        """
        history = visit.history
        over = self._spending.over(visit, adding=not barred)
        if history.convicted_at is not None:
            standing = history.standing
        else:
            standing = self._in_walk(visit.door, history, visit.now) if visit.stranger else PROVEN
        if over or (settled and standing is not STRANGER and standing is not PROVEN):
            return replace(standing, overspent=over, settled=settled)
        return standing


def _suspected(suspicion: Suspicion, *, stranger: bool) -> Standing:
    if suspicion.convicts:
        return Standing(stranger=stranger, convicted=True, conviction=suspicion.reason)
    return Standing(stranger=stranger, challenge=suspicion.reason, price=suspicion.price)
