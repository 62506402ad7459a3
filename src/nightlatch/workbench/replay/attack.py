"""The attacker: in which order, from which addresses, at which pace, and what he does when he is
turned away."""

from collections.abc import Iterator

from msgspec import Struct

from nightlatch.exchange.judgement import Action, Detection
from nightlatch.workbench.demo.cast import attack_addresses
from nightlatch.workbench.replay.clients import COPIED, LIBRARY, headers, token
from nightlatch.workbench.replay.identifiers import chance, scatter
from nightlatch.workbench.replay.orders import nth_tried
from nightlatch.workbench.replay.scenario import Access, Habit, Ident, Scenario
from nightlatch.workbench.replay.stage import Reply, Scene
from nightlatch.workbench.replay.world import Call, World, plain_call

_GUESS = 77
"""Salt: whether a stolen pair of e-mail address and password opens an account here."""


class Attacker(Struct, frozen=True):
    name: str
    solves: bool
    """Solves the challenges it is set."""
    copies: bool
    """Sends exactly what the real app sends."""
    mimics: bool = False
    """Opens the app from each address first, as people do: its requests have a story."""


ATTACKERS = {
    one.name: one
    for one in (
        Attacker("ignores", solves=False, copies=False),
        Attacker("solves", solves=True, copies=False),
        Attacker("copies", solves=True, copies=True),
        Attacker("mimics", solves=True, copies=True, mimics=True),
    )
}
DEFAULT_ATTACKER = "copies"


class Loot(Struct):
    """What the attacker came away with, counted at his end."""

    attempts: int = 0
    """Identifiers tried."""
    requests: int = 0
    refused: int = 0
    """Requests turned away for good, after what was done about a challenge."""
    challenged: int = 0
    hashes: int = 0
    last_at: int = 0
    """Attempts made when the last new person left."""


class Attack:
    """One run of one attacker against one stage."""

    def __init__(
        self, scenario: Scenario, world: World, stage: Scene, attacker: Attacker, addresses: int
    ) -> None:
        self._scenario = scenario
        self._world = world
        self._stage = stage
        self.attacker = attacker
        self._addresses = attack_addresses(addresses)
        self._sends = COPIED if attacker.copies else LIBRARY
        self._passes: dict[int, str] = {}
        """The pass that each address holds."""
        self._opened: set[int] = set()
        """From where the app was opened."""
        self._tokens = self._make_tokens(addresses)
        self.attempts = scenario.attempts_from(addresses)
        self.loot = Loot()
        self.people: set[int] = set()
        """Whose records the attacker has."""
        self.would_have: set[int] = set()
        """Whose records the attacker would have, had nobody stood in the way."""

    def times(self, since: float) -> Iterator[tuple[float, int]]:
        """When each request of the attack is sent, and the index of its first identifier."""
        batch = self._scenario.batch
        for index in range(0, self.attempts, batch):
            yield since + index / self._scenario.rate, index

    def attempt(self, index: int, now: float) -> tuple[Detection, ...]:
        """One request of the attack, with what follows from it; returns what was detected."""
        scenario, loot = self._scenario, self.loot
        size = min(scenario.batch, self.attempts - index)
        numbers = [nth_tried(scenario.order, index + step) for step in range(size)]
        call = self._call(numbers)
        nth = index // scenario.batch
        loot.attempts += size
        self.would_have.update(call.gives)
        reply, detections = self._send(call, nth, now)
        if reply.served:
            self._take(call.gives)
        if scenario.follow is not None and call.gives:
            detections += self._follow(call.gives[0], nth, now, open_=reply.served)
        return detections

    def _call(self, numbers: list[int]) -> Call:
        if self._scenario.ident is Ident.PAIR:
            n = numbers[0]
            return self._world.sign_in(n, right=chance(n, _GUESS) < self._scenario.hit_rate)
        return self._world.look_up(numbers)

    def _take(self, people: tuple[int, ...]) -> None:
        before = len(self.people)
        self.people.update(people)
        if len(self.people) > before:
            self.loot.last_at = self.loot.attempts

    def _follow(self, n: int, nth: int, now: float, *, open_: bool) -> tuple[Detection, ...]:
        """What the success opens: nothing, if the success was withheld."""
        people = self._world.people_of(n)
        self.would_have.update(people)
        if not open_:
            return ()
        reply, detections = self._send(
            self._world.follow(n), nth, now + 0.5, token(f"u-{n}", self._taken_role())
        )
        if reply.served:
            self._take(people)
        return detections

    def _taken_role(self) -> str:
        """Whose accounts are taken over."""
        return "employee" if self._scenario.habit is Habit.RESET else "customer"

    def _send(
        self, call: Call, nth: int, now: float, held: str = ""
    ) -> tuple[Reply, tuple[Detection, ...]]:
        """From the next address in turn; a challenge is solved once, by those who do."""
        place = nth % len(self._addresses)
        address, loot = self._addresses[place], self.loot
        bearer = held or (self._tokens[nth % len(self._tokens)] if self._tokens else "")
        if self.attacker.mimics and place not in self._opened:
            self._opened.add(place)
            self._exchange(plain_call("GET", "/v1/news", 200, "news"), bearer, place, address, now)
        reply = self._exchange(call, bearer, place, address, now)
        detections = reply.detections
        if reply.action is Action.CHALLENGE and self.attacker.solves:
            loot.challenged += 1
            self._passes[place], cost = self._stage.gate.pay(reply.price, now)
            loot.hashes += cost
            reply = self._exchange(call, bearer, place, address, now)
            detections += reply.detections
        if not reply.served:
            loot.refused += 1
            # A pass that opens nothing any more is thrown away, and the next one paid for.
            self._passes.pop(place, None)
        return reply, detections

    def _exchange(self, call: Call, bearer: str, place: int, address: str, now: float) -> Reply:
        self.loot.requests += 1
        cookie = self._passes.get(place, "")
        sent = headers(self._sends, bearer, cookie, typed=call.body.size > 0)
        return self._stage.exchange(call, sent, address, now)

    def _make_tokens(self, addresses: int) -> list[str]:
        scenario = self._scenario
        if scenario.access is Access.VALID:
            number = scenario.accounts or 1
        elif scenario.access is Access.FAKE:
            number = scenario.accounts or min(500, max(20, addresses // 4))
        else:
            return []
        return [token(f"u-{scatter(300_000_000 + k)}", "customer") for k in range(number)]
