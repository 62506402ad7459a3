"""The watch over every endpoint: what the pipeline asks before and after the application answers.

One event loop's thread calls `standing` and `note`; another thread may call `take_detections`,
`apply` and `explain` at any time. Nothing here waits: the counter store is asked about callers not
met before and told of convictions, and is expected to answer from memory.
"""

from msgspec.structs import replace

from nightlatch.detect import memory, words
from nightlatch.detect.alarms import Alarms
from nightlatch.detect.callers import Callers, Key
from nightlatch.detect.convictions import Convictions
from nightlatch.detect.door import Door
from nightlatch.detect.doubts import Doubts, insist
from nightlatch.detect.evidence import Evidence
from nightlatch.detect.history import History
from nightlatch.detect.journeys import Journeys
from nightlatch.detect.pass_books import PassBooks
from nightlatch.detect.pricing import price
from nightlatch.detect.seen import OF_THIS_PROCESS, SeenCallers
from nightlatch.detect.spending import STRANGERS, Spending
from nightlatch.detect.suspicions import Suspicions
from nightlatch.detect.table import SegmentedTable
from nightlatch.detect.visit import Visit, address_of, network_of, own_circle, pass_of
from nightlatch.exchange.disclosure import Disclosure
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.judgement import Detection
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import Standing
from nightlatch.faults import guarded
from nightlatch.identity.passes import CIRCLE as PASS
from nightlatch.policy.budgets import DEFAULT_BUDGETS, Budgets, Limits
from nightlatch.store.ports import CounterStore, SharedCounts

STRANGER = Standing()
PROVEN = Standing(stranger=False)
PAID_STRANGER = Standing(weighed=True)
PAID_PROVEN = Standing(stranger=False, weighed=True)
REGULAR = 1_800.0
"""Seconds before a walk was noticed that a caller must have been about to be none of it."""
LONG_AGO = 0.0
"""Since when an endpoint is known that another process has learned."""
KNOWN = 500_000
"""Callers with a clean history that are known as such after their history is forgotten, twice."""


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
        shared: SharedCounts | None = None,
        *,
        max_callers: int = 32_768,
        max_subjects: int = 400_000,
        max_endpoints: int = 2_000,
        key: bytes = OF_THIS_PROCESS,
    ) -> None:
        """`key` is the installation's, for what the next process shall know of callers."""
        self._budgets = budgets
        # Not `or`: one that is still empty is false.
        self._suspicions = Suspicions() if suspicions is None else suspicions
        self._callers = Callers(max_callers, max_subjects)
        self._networks = Callers(max_callers // 2, max_subjects)
        self._doors: SegmentedTable[str, Door] = SegmentedTable(max_endpoints)
        self._known = SeenCallers(KNOWN, key)
        self._passes = PassBooks(self._callers)
        self._journeys = Journeys()
        self._alarms = Alarms()
        self._convictions = Convictions(counters, self._callers)
        self._doubts = Doubts(self._alarms)
        self._evidence = Evidence(self._alarms, self._convictions, self._doubts)
        self._spending = Spending(
            budgets,
            self._callers,
            self._networks,
            self._alarms,
            self._doubts,
            self._known,
            shared,
        )

    def standing(
        self,
        endpoint_key: str,
        caller: Caller,
        stranger: bool,  # noqa: FBT001
        now: float,
    ) -> Standing:
        """Request phase: what speaks against this caller, whatever it is about to ask for.

        `stranger`: the caller has no proven credential. Who presents a pass is heard by itself
        where its address or principal would be challenged.
        """
        self._journeys.pass_by(address_of(caller), endpoint_key, now)
        paid = pass_of(caller)
        suspicion = self._suspicions.about(caller, endpoint_key, now)
        if suspicion is not None and (suspicion.convicts or not paid):
            return suspicion.standing(stranger=stranger)
        key = (endpoint_key, own_circle(caller, stranger=stranger))
        history = self._callers.get(key)
        if history is None or history.convicted_at is None:
            history = self._recall(key, history, now, stranger=stranger)
        if history is not None and self._convictions.stands(history, now):
            return history.standing
        door = self._doors.get(endpoint_key)
        if door is None:
            return STRANGER if stranger else PROVEN
        standing = self._judge(door, key, history, caller, now, stranger=stranger)
        if not standing.challenge:
            return standing
        if paid:
            return self._of_pass(
                self._visit_of_pass(door, paid, key[1], history, now, stranger=stranger)
            )
        door.walk.knock()
        if history is not None and now < history.doubted_until:
            insist(history, now)
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
        visit, barred = self._enter(endpoint_key, caller, now, stranger=stranger)
        visit.travelled = self._travelled(caller)
        several = len(disclosure.asked) > 1 or len(disclosure.disclosed) > 1
        walk = visit.door.walk
        visit.suspect = walk.alarmed_at is not None and not self._is_good(
            visit.door, visit.key, visit.history, caller
        )
        if visit.payer is not None:
            # By what was asked for, before the answer is looked at: a miss is withheld like a hit.
            visit.fresh = self._evidence.unheard(visit, disclosure)
            spent = self._spending.paid_up(visit)
            if spent is not None:
                walk.knock()
                return Standing(stranger=stranger, overspent=(spent,), settled=True)
        if visit.suspect:
            walk.answer()
        if disclosure.hit is not None and disclosure.asked:
            self._evidence.weigh(visit, disclosure)
        if disclosure.disclosed:
            self._spending.take(visit, disclosure.disclosed)
        if visit.news:
            self._callers.charge(visit.history)
        standing = self._after(visit, caller, adding=not barred)
        if standing.bars and (barred or several):
            # Not met: who asks again, having paid, must not find that somebody asked before.
            return replace(standing, settled=True)
        self._evidence.meet(visit.door, disclosure)
        return standing

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

    def dump(self) -> bytes:
        """What was learned, for the next process. From any thread: the latest may be missing."""
        doors = [door.dump() for door in self._doors.values() if door.rate.share is not None]
        proven = self._suspicions.known.dump()
        passes = self._passes.dump()
        return memory.write(memory.Memory(doors, self._known.dump(), proven, passes))

    def load(self, data: bytes) -> None:
        """Take up what another process learned; what cannot be read is learned anew."""
        found = memory.read(data)
        self._known.load(found.clean)
        self._suspicions.known.load(found.let_in)
        self._passes.load(found.passes)
        for learned in found.doors:
            with guarded("detect.memory"):
                self._door(learned.key, LONG_AGO).load(learned)

    @property
    def histories(self) -> int:
        """Held now, of callers and of networks."""
        return len(self._callers) + len(self._networks)

    @property
    def subjects(self) -> int:
        """Subjects held in them, once per window."""
        return self._callers.subjects + self._networks.subjects

    def _judge(
        self,
        door: Door,
        key: Key,
        history: History | None,
        caller: Caller,
        now: float,
        *,
        stranger: bool,
    ) -> Standing:
        """What speaks against an address or a principal, its conviction apart."""
        if history is not None and now < history.doubted_until:
            return history.standing
        standing = STRANGER if stranger else PROVEN
        if door.walk.alarmed_at is not None and not door.walk.over(now):
            standing = self._in_walk(door, key, history, caller, now)
            if standing.challenge:
                return standing
        if now < door.crowded_until and not self._came_back(key, history):
            crowd = door.travellers if self._travelled(caller) else door.newcomers
            if now < crowd.full_until and crowd.spent is not None:
                reason = words.crowded(crowd.spent)
                return replace(standing, challenge=reason, price=price(door.paid_people))
        if now < door.barred_until or (history is not None and history.account.exhausted):
            known = History(now) if history is None else history
            visit = self._visit(door, key, known, caller, now, stranger=stranger)
            return self._spent(visit, standing, self._spending.over(visit, adding=False))
        return standing

    def _in_walk(
        self, door: Door, key: Key, history: History | None, caller: Caller, now: float
    ) -> Standing:
        walk = door.walk
        if self._is_good(door, key, history, caller):
            return door.good_standing
        if not walk.closed(now):
            return door.walked_standing
        return door.closed_standing

    def _is_good(self, door: Door, key: Key, history: History | None, caller: Caller) -> bool:
        """Whether this caller was known before the walk: here, or at other endpoints."""
        walk = door.walk
        if walk.feigned:
            # One look-up by way of other endpoints is what those who walk begin with.
            return self._came_back(key, history) and (history is None or not history.suspect)
        if self._knows(key) if history is None else history.clean_before(walk.began_turn):
            return True
        since = self._journeys.since(address_of(caller))
        if since is None or walk.alarmed_at is None or since > walk.alarmed_at - REGULAR:
            return False
        return history is None or not history.suspect

    def _travelled(self, caller: Caller) -> bool:
        return self._journeys.since(address_of(caller)) is not None

    def _came_back(self, key: Key, history: History | None) -> bool:
        return self._knows(key) if history is None else history.returned

    def _knows(self, key: Key) -> bool:
        return self._known.knows(*key)

    def _spent(self, visit: Visit, standing: Standing, over: tuple[Spent, ...]) -> Standing:
        """Budgets that are used up: who has a proven credential, or meets a limit that a person
        set, waits; who may be one of many behind an address is challenged instead."""
        if not over:
            return standing
        decided = visit.door.key in self._spending.decided
        hard = tuple(s for s in over if not visit.stranger or (decided and s.circle == STRANGERS))
        if hard:
            return replace(standing, overspent=hard)
        own = [spent for spent in over if spent.circle == visit.key[1]]
        if not own and visit.history.returned:
            return standing
        spent = own[0] if own else over[0]
        return replace(
            standing, challenge=words.overspent(spent), price=price(visit.door.paid_people)
        )

    def _of_pass(self, visit: Visit, *, adding: bool = False) -> Standing:
        """What speaks against who holds this pass, whatever speaks against its address."""
        history, door, now = visit.history, visit.door, visit.now
        if self._convictions.stands(history, now):
            return history.standing
        standing = PAID_STRANGER if visit.stranger else PAID_PROVEN
        if door.walk.alarmed_at is not None:
            standing = replace(door.walked_standing, weighed=True)
        spent = self._spending.paid_up(visit)
        if spent is not None:
            return replace(standing, overspent=(spent,))
        if not self._spending.pass_full(visit, adding=adding):
            return standing
        faults = 0 if visit.payer is None else visit.payer.doubts
        return replace(standing, challenge=words.USED_UP, price=price(door.paid_people, 1 + faults))

    def _enter(
        self, endpoint_key: str, caller: Caller, now: float, *, stranger: bool
    ) -> tuple[Visit, bool]:
        """Open the books for an exchange that asked for someone or gave someone away; and whether
        it was to be refused or challenged already, whatever this answer says."""
        door = self._door(endpoint_key, now)
        key = (endpoint_key, own_circle(caller, stranger=stranger))
        history = self._callers.touch(key) or self._callers.recall(key) or self._add(key, now)
        convicted = history.convicted_at is not None
        standing = history.standing
        if not convicted:
            standing = self._judge(door, key, history, caller, now, stranger=stranger)
        paid = pass_of(caller)
        if paid and standing.challenge:
            visit = self._visit_of_pass(door, paid, key[1], history, now, stranger=stranger)
            return visit, self._of_pass(visit).bars
        visit = self._visit(door, key, history, caller, now, stranger=stranger)
        if stranger and visit.network is None:
            visit.network = self._networks.add((endpoint_key, visit.network_circle), now)
        return visit, standing.bars

    def _door(self, endpoint_key: str, now: float) -> Door:
        door = self._doors.get(endpoint_key)
        if door is None:
            door = Door(endpoint_key, self._budgets, now)
            self._doors.add(endpoint_key, door)
        elif not door.kept and door.rate.share is not None:
            door.kept = True
            self._doors.keep(endpoint_key)
        return door

    def _add(self, key: Key, now: float) -> History:
        history = self._callers.add(key, now)
        if self._known and self._knows(key):
            history.recognise()
            self._callers.keep(key)
        return history

    def _recall(
        self, key: Key, history: History | None, now: float, *, stranger: bool
    ) -> History | None:
        """A caller that was idle for long, or that another process convicted meanwhile."""
        known = history or self._callers.recall(key)
        return self._convictions.recall(key, known, now, stranger=stranger)

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

    def _visit_of_pass(
        self, door: Door, paid: str, own: str, payer: History | None, now: float, *, stranger: bool
    ) -> Visit:
        # Behind an address there may be many, behind an account there is one: however many puzzles
        # it solves, it is one caller.
        circle = paid if stranger else f"{PASS}{own}"
        key = (door.key, circle)
        history = self._recall(key, self._callers.touch(key), now, stranger=stranger)
        if history is None:
            history = self._callers.add(key, now)
            self._passes.meet(key, history)
        return Visit(door, key, history, "", None, stranger, now, payer=payer or History(now))

    def _after(self, visit: Visit, caller: Caller, *, adding: bool) -> Standing:
        """The caller's standing once the answer is read.

        A budget that was used up before stands against a miss as well as a hit; one that this
        answer reaches does not stand against this answer, only one that it overruns.
        """
        if visit.payer is not None:
            return self._of_pass(visit, adding=adding)
        history, now = visit.history, visit.now
        if history.convicted_at is not None:
            return history.standing
        standing = self._judge(visit.door, visit.key, history, caller, now, stranger=visit.stranger)
        if standing.bars and not adding:
            return standing
        return self._spent(visit, standing, self._spending.over(visit, adding=adding))
