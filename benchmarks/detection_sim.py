"""How many people a list attack gets, and how many honest people pay: in virtual time.

A town of honest people (homes, two offices, a mobile carrier, a partner back end) and a list attack
with 15 % hits, replayed against the real detectors and the real policy. Nothing sleeps: an hour of
traffic takes a second. `python benchmarks/detection_sim.py [--json] [--seeds N]`.
"""

import argparse
import heapq
import itertools
import json
import random
import time
from collections.abc import Iterator
from typing import NamedTuple

from nightlatch.detect.watch import Watch
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.judgement import DetectionKind, Mode, Phase
from nightlatch.policy.decide import decide
from nightlatch.store.memory_counters import MemoryCounters

ENDPOINT = "GET /users/{phone}"
START = 1_700_000_000.0


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
    after: float = 0.0
    """Seconds of honest traffic after the attack."""


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
        self.legit = self.legit_refused = self.tries = self.false_alarms = 0
        self.first_alert: int | None = None
        self.digests: dict[int, Subject] = {}
        self.callers: dict[str, Caller] = {}

    def subject(self, number: int) -> Subject:
        found = self.digests.get(number)
        if found is None:
            digest = self.rng.randbytes(8)
            found = self.digests[number] = Subject(digest, DataClass.PHONE)
        return found

    def caller(self, address: str) -> Caller:
        found = self.callers.get(address)
        if found is None:
            network = address.rpartition(".")[0]
            circles = (f"address:{address}", "headers:app", f"network:{network}.0/24")
            found = self.callers[address] = Caller(address, circles)
        return found

    def exchange(self, address: str, number: int, now: float, *, hit: bool) -> bool:
        """One look-up through both phases; True when the caller got the application's answer."""
        caller, watch, mode = self.caller(address), self.watch, self.scenario.mode
        standing = watch.standing(ENDPOINT, caller, True, now)
        if decide(standing, None, mode, Phase.REQUEST, now).withhold:
            return False
        subject = self.subject(number)
        disclosure = Disclosure((subject,), (subject,) if hit else (), hit)
        standing = watch.note(ENDPOINT, caller, True, disclosure, now)
        return not decide(standing, None, mode, Phase.RESPONSE, now).withhold

    def honest(self, now: float) -> None:
        person, number, hit = self.town.ask()
        passed = self.exchange(person.address, number, now, hit=hit)
        self.legit += 1
        self.met.add(person.name)
        if not passed:
            self.legit_refused += 1
            self.refused.add(person.name)
        self._alerts(attacking=False)

    def attack(self, nth: int, now: float) -> None:
        scenario = self.scenario
        index = nth % scenario.addresses
        address = f"10.{index // 62_500}.{index // 250 % 250}.{index % 250}"
        hit = self.rng.random() < scenario.hit_share
        number = 20_000_000 + nth
        self.tries += 1
        if self.exchange(address, number, now, hit=hit) and hit:
            self.stolen.add(number)
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
        for nth in range(self.scenario.attempts):
            now += 1 / self.scenario.attack_rate
            yield now, nth

    def _honest_times(self, now: float) -> Iterator[tuple[float, int]]:
        end = now + self.scenario.attempts / self.scenario.attack_rate + self.scenario.after
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
            self.first_alert,
            self.false_alarms,
        )


PACES = (
    # name, attack per second, honest per second, honest look-ups to learn from
    ("compressed", 1_500.0, 500.0, 3_000),
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
    Scenario("no attack", 1, 1.0, 4.0, 30_000, attempts=0),
    Scenario("no attack, compressed", 1, 1.0, 1_000.0, 30_000, attempts=0),
    Scenario("contact discovery, no attack", 1, 1.0, 4.0, 30_000, attempts=0, miss_share=0.8),
    Scenario("contact discovery, compressed", 1, 1.0, 1_000.0, 30_000, attempts=0, miss_share=0.8),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    results = []
    for scenario in SCENARIOS:
        if options.only not in scenario.name:
            continue
        for seed in range(options.seeds):
            began = time.perf_counter()
            run = Run(scenario, seed)
            result = run.play()
            results.append(result)
            print(
                f"{result.scenario:45} disclosed {result.disclosed:5}"
                f" | people refused {result.people_refused:4} of {result.people:5}"
                f" ({100 * result.people_refused / max(1, result.people):4.1f} %)"
                f" | alert after {result.first_alert_after} | false {result.false_alarms}"
                f" | {time.perf_counter() - began:.1f} s"
            )
    if options.json:
        print(json.dumps({"runs": [result._asdict() for result in results]}))


if __name__ == "__main__":
    main()
