"""One replay: honest life until the pipeline knows it, then the attack in the middle of it."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from nightlatch.exchange.judgement import Action, Detection
from nightlatch.workbench.replay.alarming import accuses, alarming
from nightlatch.workbench.replay.attack import Attack, Attacker
from nightlatch.workbench.replay.clients import headers
from nightlatch.workbench.replay.folk import INLAND, Folk
from nightlatch.workbench.replay.life import Life, Step
from nightlatch.workbench.replay.result import Outcome
from nightlatch.workbench.replay.rhythm import DAY, HOUR, MONDAY
from nightlatch.workbench.replay.scenario import Scenario
from nightlatch.workbench.replay.stage import Made, Reply, Scene, Stage
from nightlatch.workbench.replay.town import Town
from nightlatch.workbench.replay.world import World

LEARNING_DAYS = 2.0
ATTACK_HOUR = 10.0
"""The attack begins in the morning after the learning stretch."""
PACE = 0.3
"""Honest requests per second, on average over a week."""
MOST_HONEST = 40_000
"""While a slow attack is on: its API is a smaller one."""
AFTERMATH = 0.5 * HOUR
"""Honest life goes on after the attack: whoever is still turned away then is counted."""


class Tally(Struct):
    """The honest side, counted at the clients' end."""

    requests: int = 0
    refused: int = 0
    people: set[str] = field(default_factory=set)
    challenged: set[str] = field(default_factory=set)
    people_refused: set[str] = field(default_factory=set)
    shared_refused: set[str] = field(default_factory=set)
    people_waiting: set[str] = field(default_factory=set)
    false_alarms: list[Detection] = field(default_factory=list)


class Alert(Struct, frozen=True):
    disclosed: int
    attempts: int
    kind: str


class Replay:
    """One scenario on one stage. `learn` once, then `attack` once (or fork between the two)."""

    def __init__(
        self,
        scenario: Scenario,
        make: Callable[[], Made],
        seed: int = 7,
        aftermath: float = AFTERMATH,
        folk: Folk = INLAND,
    ) -> None:
        self.scenario = scenario
        self.stage = Stage(make())
        self.world = World(scenario, folk.phones)
        self._town = Town(seed, folk)
        self.world.members |= self._town.numbers()
        self._life = Life(scenario, self.world, self._town, pace_of(scenario), seed)
        self._aftermath = aftermath
        self.now = MONDAY
        self.alarms_in_peace: list[Detection] = []

    def learn(self, days: float = LEARNING_DAYS) -> int:
        """Honest traffic in observe mode; returns how many requests there were."""
        begin = MONDAY + ATTACK_HOUR * HOUR + math.ceil(days) * DAY
        since, self.now = begin - days * DAY, begin
        number, tally = 0, Tally()
        for at, step in self._life.steps(since, begin):
            number += 1
            reply = honest_exchange(self.stage, step, at, tally)
            self.alarms_in_peace += alarming(reply.detections)
        return number

    def attack(self, attacker: Attacker, addresses: int, hash_rate: float) -> Outcome:
        """The attack from so many addresses, in enforce mode, and its aftermath. `hash_rate`: what
        the attacker's processor computes in a second."""
        self.stage.enforce()
        attack = Attack(self.scenario, self.world, self.stage, attacker, addresses)
        tally, alert = Tally(), None
        for at, what in self._events(attack):
            if isinstance(what, Step):
                found = alarming(honest_exchange(self.stage, what, at, tally).detections)
                raised = [one for one in found if attack.loot.attempts and self._concerns(one)]
                tally.false_alarms += [one for one in found if one not in raised]
            else:
                raised = alarming(attack.attempt(what, at))
            if raised and alert is None:
                kind = raised[0].kind.value
                alert = Alert(len(attack.people), attack.loot.attempts, kind)
        return outcome_of(attack, tally, alert, hash_rate, len(self.alarms_in_peace))

    def _concerns(self, detection: Detection) -> bool:
        """A detection that an honest request raised is about the attack all the same: it speaks of
        the attacked endpoint, and of nobody in particular."""
        return not accuses(detection) and detection.endpoint in {"", *self.scenario.endpoints}

    def _events(self, attack: Attack) -> Iterator[tuple[float, Step | int]]:
        scenario, since = self.scenario, self.now
        length = attack.attempts / scenario.rate
        until = since + length + self._aftermath
        honest: Iterable[tuple[float, Step | int]] = self._life.steps(since, until)
        return heapq.merge(honest, attack.times(since + 60.0), key=lambda event: event[0])


def honest_exchange(stage: Scene, step: Step, at: float, tally: Tally) -> Reply:
    """One honest request. A challenge is completed once, and the pass kept from then on."""
    person, call = step.person, step.call
    typed = call.body.size > 0
    sent = headers(person.sends, step.token, person.cookie, typed=typed)
    reply = stage.exchange(call, sent, person.address, at)
    tally.requests += 1
    if person.is_person:
        tally.people.add(person.name)
    if reply.action is Action.CHALLENGE and person.solves:
        tally.challenged.add(person.name)
        person.cookie, _ = stage.gate.pay(reply.price, at)
        sent = headers(person.sends, step.token, person.cookie, typed=typed)
        again = stage.exchange(call, sent, person.address, at + 1.0)
        reply = replace(again, detections=reply.detections + again.detections)
    if not reply.served:
        tally.refused += 1
        if person.is_person:
            tally.people_refused.add(person.name)
            if person.shared:
                tally.shared_refused.add(person.name)
            if reply.waits:
                tally.people_waiting.add(person.name)
    return reply


def outcome_of(
    attack: Attack, tally: Tally, alert: Alert | None, hash_rate: float, alarms: int = 0
) -> Outcome:
    """What one run came to. `alarms`: false ones from before the attack."""
    loot, people = attack.loot, len(attack.people)
    contained = loot.last_at if loot.last_at < 0.95 * loot.attempts else None
    paid = loot.hashes / hash_rate / max(1, people) if loot.challenged else None
    return Outcome(
        attacker=attack.attacker.name,
        attempts=loot.attempts,
        disclosed_unprotected=len(attack.would_have),
        disclosed=people,
        disclosed_before_alert=alert.disclosed if alert else None,
        first_alert_attempts=alert.attempts if alert else None,
        first_alert_kind=alert.kind if alert else "",
        contained_after=contained,
        refused=loot.refused,
        challenges_solved=loot.challenged,
        cpu_seconds_per_record=paid,
        legit_requests=tally.requests,
        legit_refused=tally.refused,
        people=len(tally.people),
        people_challenged=len(tally.challenged),
        people_refused=len(tally.people_refused),
        shared_refused=len(tally.shared_refused),
        people_waiting=len(tally.people_waiting),
        false_alarms=len(tally.false_alarms) + alarms,
    )


def pace_of(scenario: Scenario) -> float:
    """Honest requests per second: an API under a slow attack is a smaller one, so that a replay
    of weeks ends in minutes."""
    longest = max(map(scenario.attempts_from, scenario.addresses or (1,))) / scenario.rate
    return min(PACE, MOST_HONEST / (longest + AFTERMATH))
