"""How many people a list attack gets, and how many honest people pay: in virtual time.

A town of honest people (homes, two offices, a mobile carrier, a partner back end) and a list attack
with 15 % hits, replayed against the real detectors and the real policy. Nothing sleeps: an hour of
traffic takes a second. More seeds: `python -m benchmarks.detection_sim --seeds 8 --only 10,000`.
"""

import argparse
import heapq
import itertools
import json
import random
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nightlatch.detect.disclosure import Disclosures
from nightlatch.detect.watch import Watch
from nightlatch.exchange.content import EMPTY, Content, Leaf, read_content
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Body, Caller
from nightlatch.exchange.hashing import KEY_SIZE, Hasher
from nightlatch.exchange.judgement import Action, DetectionKind, Mode, Phase
from nightlatch.policy.decide import decide
from nightlatch.store.memory_counters import MemoryCounters

ENDPOINT = "GET /users/{phone}"
START = 1_700_000_000.0


class Wire(NamedTuple):
    """How numbers are asked for and answered, as bytes."""

    method: str
    in_query: bool = False
    in_body: bool = False
    listed: bool = False
    miss_status: int = 404


WIRES = {
    "path, misses 404": Wire("GET"),
    "query, misses 200": Wire("GET", in_query=True, miss_status=200),
    "JSON, misses 200": Wire("POST", in_body=True, miss_status=200),
    "bulk": Wire("POST", in_body=True, listed=True),
}


class Scenario(NamedTuple):
    name: str
    addresses: int
    attack_rate: float
    honest_rate: float
    learn: int
    """Honest look-ups before the attack."""
    attempts: int = 12_000
    hit_share: float = 0.15
    miss_share: float = 0.10
    """Of honest people's look-ups."""
    homes: int = 300
    carrier: int = 1_500
    mode: Mode = Mode.ENFORCE
    batch: int = 1
    """Numbers that the attacker asks for in one request."""
    solves: bool = False
    """The attacker pays for challenges."""
    wire: str = ""
    """One of `WIRES`; without one the subjects are handed to the watch as they are."""


class Result(NamedTuple):
    scenario: str
    seed: int
    addresses: int
    attempts: int
    disclosed: int
    people: int
    people_refused: int
    legit_requests: int
    legit_refused: int
    people_challenged: int
    first_alert_after: int | None
    """Attack attempts before the first detection; None when there was none."""
    false_alarms: int
    """Detections of guessing about honest callers, or any before the attack."""


class Person(NamedTuple):
    name: int
    address: str
    subject: int


class Town:
    """Honest people: who they are, and what they ask for."""

    def __init__(self, scenario: Scenario, rng: random.Random) -> None:
        self.rng = rng
        self.miss_share = scenario.miss_share
        self.people: list[Person] = []
        for home in range(scenario.homes):
            for _ in range(rng.randint(1, 3)):
                self._add(f"198.{18 + home // 250}.{home % 250}.7")
        for office in range(2):
            for _ in range(rng.randint(100, 200)):
                self._add(f"203.0.113.{office + 1}")
        for _ in range(scenario.carrier):
            self._add("192.0.2.1")
        self.partner = Person(-1, "192.0.2.200", -1)
        self.registered = len(self.people)
        self._unregistered = itertools.count(10_000_000)

    def _add(self, address: str) -> None:
        self.people.append(Person(len(self.people), address, len(self.people)))

    def ask(self) -> tuple[Person, int, bool]:
        """Somebody, the identifier asked for, and whether it exists. Most ask for themselves, some
        for a friend, some mistype."""
        rng = self.rng
        person = self.partner if rng.random() < 0.05 else rng.choice(self.people)
        if rng.random() < self.miss_share:
            return person, next(self._unregistered), False
        if person is self.partner or rng.random() < 0.2:
            return person, rng.randrange(self.registered), True
        return person, person.subject, True


class Reader:
    """Numbers into disclosures, through real requests and answers or, without a wire, directly."""

    def __init__(self, wire: Wire | None, rng: random.Random) -> None:
        self._wire = wire
        self._rng = rng
        self._subjects: dict[int, Subject] = {}
        self._disclosures = Disclosures(Hasher(b"k" * KEY_SIZE))

    def read(self, numbers: list[tuple[int, bool]]) -> Disclosure:
        if self._wire is None:
            asked = tuple(self._subject(number) for number, _ in numbers)
            gone = tuple(self._subject(number) for number, hit in numbers if hit)
            return Disclosure(asked, gone, bool(gone))
        asked = self._ask(self._wire, numbers)
        status, answer = self._answer(self._wire, numbers)
        return self._disclosures.read(ENDPOINT, asked, status, _json(answer))

    def _subject(self, number: int) -> Subject:
        found = self._subjects.get(number)
        if found is None:
            digest = self._rng.randbytes(8)
            found = self._subjects[number] = Subject(digest, DataClass.PHONE)
        return found

    def _ask(self, wire: Wire, numbers: list[tuple[int, bool]]) -> tuple[Subject, ...]:
        phones = [_phone(number) for number, _ in numbers]
        path: tuple[Leaf, ...] = ()
        query: tuple[Leaf, ...] = ()
        body = EMPTY
        if wire.listed:
            body = _json({"phones": phones})
        elif wire.in_body:
            body = _json({"phone": phones[0]})
        elif wire.in_query:
            query = (Leaf("phone", "phone", phones[0]),)
        else:
            path = (Leaf("path.phone", "phone", phones[0]),)
        return self._disclosures.asked(ENDPOINT, path, query, body)

    def _answer(self, wire: Wire, numbers: list[tuple[int, bool]]) -> tuple[int, object]:
        accounts = [_account(number) for number, hit in numbers if hit]
        if wire.listed:
            return 200, {"accounts": accounts}
        if accounts:
            return 200, accounts[0]
        return wire.miss_status, {"message": "User not found", "success": False}


def _phone(number: int) -> str:
    # Spread over the number space: a real list is in no order.
    return f"+49{number * 2_654_435_761 % 10**10:010d}"


def _account(number: int) -> dict[str, object]:
    phone = _phone(number)
    return {"account_id": f"a-{number}", "phone": phone, "status": "active", "device_count": 2}


def _json(value: object) -> Content:
    return read_content(Body(json.dumps(value).encode()), "application/json")


class Run:
    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.rng = random.Random(seed)
        self.town = Town(scenario, self.rng)
        self.watch = Watch(MemoryCounters())
        self.seed = seed
        self.stolen: set[int] = set()
        self.refused: set[int] = set()
        self.met: set[int] = set()
        self.challenged: set[int] = set()
        self.passes: dict[str, int] = {}
        self.legit = self.legit_refused = self.tries = self.false_alarms = 0
        self.first_alert: int | None = None
        self.reader = Reader(WIRES.get(scenario.wire), self.rng)
        self.callers: dict[str, Caller] = {}

    def caller(self, address: str) -> Caller:
        found = self.callers.get(address)
        if found is None:
            network = address.rpartition(".")[0]
            circles = (f"address:{address}", "headers:app", f"network:{network}.0/24")
            found = self.callers[address] = Caller(address, circles)
        return found

    def exchange(self, caller: Caller, numbers: list[tuple[int, bool]], now: float) -> Action:
        """One request through both phases; ALLOW when the caller got the application's answer."""
        watch, mode = self.watch, self.scenario.mode
        standing = watch.standing(ENDPOINT, caller, True, now)
        decision = decide(standing, None, mode, Phase.REQUEST, now)
        if decision.withhold:
            return decision.action
        disclosure = self.reader.read(numbers)
        standing = watch.note(ENDPOINT, caller, True, disclosure, now)
        decision = decide(standing, None, mode, Phase.RESPONSE, now)
        return decision.action if decision.withhold else Action.ALLOW

    def honest(self, now: float) -> None:
        """A person's look-up; a challenge is solved once, as the app does by itself."""
        person, number, hit = self.town.ask()
        caller = self.with_pass(self.caller(person.address), f"person-{person.name}")
        action = self.exchange(caller, [(number, hit)], now)
        if action is Action.CHALLENGE:
            self.challenged.add(person.name)
            self.buy(f"person-{person.name}")
            caller = self.with_pass(self.caller(person.address), f"person-{person.name}")
            action = self.exchange(caller, [(number, hit)], now)
        self.legit += 1
        self.met.add(person.name)
        if action is not Action.ALLOW:
            self.legit_refused += 1
            self.refused.add(person.name)
        self._alerts(attacking=False)

    def buy(self, who: str) -> None:
        """Solve a challenge; the pass before is thrown away."""
        self.passes[who] = self.passes.get(who, 0) + 1

    def with_pass(self, caller: Caller, who: str) -> Caller:
        bought = self.passes.get(who)
        if bought is None:
            return caller
        return Caller(caller.address, (f"pass:{who}-{bought}", *caller.circles))

    def attack(self, nth: int, now: float) -> None:
        scenario = self.scenario
        index = nth % scenario.addresses
        address = f"10.{index // 62_500}.{index // 250 % 250}.{index % 250}"
        first = 20_000_000 + nth * scenario.batch
        numbers = [
            (first + step, self.rng.random() < scenario.hit_share) for step in range(scenario.batch)
        ]
        self.tries += scenario.batch
        caller = self.with_pass(self.caller(address), address)
        action = self.exchange(caller, numbers, now)
        if action is Action.CHALLENGE and scenario.solves:
            self.buy(address)
            action = self.exchange(self.with_pass(self.caller(address), address), numbers, now)
        if action is Action.ALLOW:
            self.stolen.update(number for number, hit in numbers if hit)
        self._alerts(attacking=True)

    def _alerts(self, *, attacking: bool) -> None:
        for detection in self.watch.take_detections():
            if detection.kind is DetectionKind.EXISTENCE_ORACLE:
                continue
            walk = detection.kind is DetectionKind.DISTRIBUTED_ENUMERATION
            if not self.tries or (not attacking and not walk):
                self.false_alarms += 1
            elif self.first_alert is None:
                self.first_alert = self.tries

    def play(self) -> Result:
        scenario = self.scenario
        now = START
        for _ in range(scenario.learn):
            now += self.rng.expovariate(scenario.honest_rate)
            self.honest(now)
        for when, nth in heapq.merge(self._honest_times(now), self._attack_times(now)):
            if nth < 0:
                self.honest(when)
            else:
                self.attack(nth, when)
        return self.result()

    def _attack_times(self, now: float) -> Iterator[tuple[float, int]]:
        for nth in range(self.scenario.attempts // self.scenario.batch):
            now += self.scenario.batch / self.scenario.attack_rate
            yield now, nth

    def _honest_times(self, now: float) -> Iterator[tuple[float, int]]:
        end = now + self.scenario.attempts / self.scenario.attack_rate
        while now < end:
            now += self.rng.expovariate(self.scenario.honest_rate)
            yield now, -1

    def result(self) -> Result:
        return Result(
            self.scenario.name,
            self.seed,
            self.scenario.addresses,
            self.tries,
            len(self.stolen),
            len(self.met),
            len(self.refused),
            self.legit,
            self.legit_refused,
            len(self.challenged),
            self.first_alert,
            self.false_alarms,
        )


PACES = (
    # name, attack per second, honest per second, honest look-ups to learn from
    ("compressed", 1_500.0, 500.0, 4_000),
    ("compressed, short learning", 1_500.0, 300.0, 1_000),
    ("100/s", 100.0, 4.0, 7_200),
    ("10/s", 10.0, 4.0, 7_200),
    ("1/s", 1.0, 4.0, 7_200),
)
SCENARIOS = (
    *(
        Scenario(f"{name}, {addresses:,} addresses", addresses, attack, honest, learn)
        for name, attack, honest, learn in PACES
        for addresses in (1, 100, 10_000)
    ),
    *(
        Scenario(f"{wire}, {addresses:,} addresses", addresses, 1_500.0, 500.0, 4_000, wire=wire)
        for wire in WIRES
        for addresses in (1, 10_000)
    ),
    *(
        Scenario(
            f"bulk of {batch}, {addresses:,} addresses",
            addresses,
            1_500.0,
            500.0,
            4_000,
            wire="bulk",
            batch=batch,
        )
        for batch in (5, 500)
        for addresses in (1, 10_000)
    ),
    *(
        Scenario(
            f"every number exists, {addresses:,} addresses", addresses, 100.0, 4.0, 15_000
        )._replace(hit_share=1.0)
        for addresses in (1, 50, 2_000, 10_000)
    ),
    *(
        Scenario(f"solves, {addresses:,} addresses", addresses, 100.0, 4.0, 7_200, solves=True)
        for addresses in (1, 50, 10_000)
    ),
    Scenario("no attack", 1, 1.0, 4.0, 30_000, attempts=0),
    Scenario("no attack, compressed", 1, 1.0, 1_000.0, 30_000, attempts=0),
    Scenario("contact discovery, no attack", 1, 1.0, 4.0, 30_000, attempts=0, miss_share=0.8),
    Scenario("contact discovery, compressed", 1, 1.0, 1_000.0, 30_000, attempts=0, miss_share=0.8),
)


def run() -> dict[str, object]:
    """Every scenario with one seed."""
    return {"runs": [result._asdict() for result in play(SCENARIOS, seeds=1)]}


def play(scenarios: Iterable[Scenario], seeds: int) -> Iterator[Result]:
    """Play them one after the other; a line for people goes to standard error."""
    for scenario in scenarios:
        for seed in range(seeds):
            result = Run(scenario, seed).play()
            share = 100 * result.people_refused / max(1, result.people)
            sys.stderr.write(
                f"  {result.scenario:42} {result.disclosed:6,} people disclosed,"
                f" {share:4.1f} % of {result.people:,} honest ones refused,"
                f" alert after {result.first_alert_after}\n"
            )
            yield result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="runs of each scenario")
    parser.add_argument("--only", default="", help="scenarios whose name has this in it")
    options = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if options.only in scenario.name]
    results = [result._asdict() for result in play(chosen, options.seeds)]
    sys.stdout.write(json.dumps({"runs": results}) + "\n")


if __name__ == "__main__":
    main()
