"""A replay over real HTTP: the same honest people and the same attacker, against a server.

Time cannot be compressed there, so requests are sent in their virtual order as fast as they go: one
after the other, over one connection, as a load balancer would pass them on.
"""

import heapq
import http.client
import json
import time
from collections.abc import Callable, Iterable
from itertools import islice
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Action
from nightlatch.faults import Mistake
from nightlatch.workbench.puzzle import solution
from nightlatch.workbench.replay.attack import Attack, Attacker
from nightlatch.workbench.replay.life import Life, Step
from nightlatch.workbench.replay.result import Outcome
from nightlatch.workbench.replay.rhythm import HOUR, MONDAY
from nightlatch.workbench.replay.run import Alert, Tally, honest_exchange, outcome_of, pace_of
from nightlatch.workbench.replay.scenario import Scenario
from nightlatch.workbench.replay.stage import HOST, Reply
from nightlatch.workbench.replay.town import Town
from nightlatch.workbench.replay.world import Call, World

LEARNED = 2_000
"""Honest requests before the attack."""
ATTEMPTS = 3_000
"""Identifiers tried, where the scenario does not say."""
AFTERMATH = 300
"""Honest requests after it."""
PUZZLES = 20
"""The attacker gives up paying after so many: here they are really solved, a second or two each."""
_REFUSALS = frozenset({403, 429})
_GATE = "/.nightlatch/pass"
_FORM = {"content-type": "application/x-www-form-urlencoded", "host": HOST}


class ServerFailed(Mistake):
    """The server did not answer; the text says what it said last."""


class HttpScene:
    """Sends requests to a server that believes the load balancer's word about addresses."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=30)
        self._puzzle: dict[str, str | int] = {}
        self.gate = self

    def exchange(self, call: Call, headers: Headers, address: str, now: float) -> Reply:  # noqa: ARG002
        """Sends one request. `now` is virtual, and so of no use here."""
        target = f"{call.path}?{call.query}" if call.query else call.path
        status, body, _ = self._send(
            call.method, target, list(headers.text()), call.body.data, address
        )
        if status in _REFUSALS:
            return Reply(self._refused(status, body), 0, ())
        return Reply(Action.ALLOW, 0, ())

    def pay(self, price: int, now: float) -> tuple[str, int]:  # noqa: ARG002
        """Solve the puzzle that came last, and cash it in for a pass."""
        puzzle, self._puzzle = self._puzzle, {}
        if not puzzle:
            return "", 0
        packed, number = solution(puzzle)
        body = urlencode({"solution": packed}).encode()
        _, _, fields = self._send("POST", _GATE, list(_FORM.items()), body, "127.0.0.1")
        return (fields.get("set-cookie") or "").partition(";")[0], number

    def close(self) -> None:
        self._connection.close()

    def _refused(self, status: int, body: bytes) -> Action:
        try:
            told = json.loads(body) if status == 403 else {}
        except ValueError:
            told = {}
        puzzle = told.get("challenge") if isinstance(told, dict) else None
        if not isinstance(puzzle, dict):
            return Action.REFUSE
        self._puzzle = puzzle
        return Action.CHALLENGE

    def _send(
        self, method: str, target: str, fields: list[tuple[str, str]], body: bytes, address: str
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = self._connection
        try:
            # Exactly the fields of the program that is played, in its order.
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in fields:
                connection.putheader(name, value)
            for name, value in _balancer(address):
                connection.putheader(name, value)
            connection.putheader("content-length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        except (OSError, http.client.HTTPException) as error:
            raise ServerFailed(f"the server gave no answer: {error!r}") from error


def _balancer(address: str) -> tuple[tuple[str, str], ...]:
    return (("x-forwarded-for", address), ("x-forwarded-proto", "https"))


class Moment(Struct, frozen=True):
    """How far the attack was."""

    at: float
    """Seconds since the epoch, really."""
    disclosed: int
    attempts: int


def play_http(
    scenario: Scenario,
    attacker: Attacker,
    addresses: int,
    scene: HttpScene,
    first_alert: Callable[[], float | None],
    seed: int,
    hash_rate: float,
) -> Outcome:
    """Honest requests, then the attack among more of them, then a few more. `first_alert`: when
    the server first spoke up, asked at the end."""
    world, town = World(scenario), Town(seed)
    world.members |= town.numbers()
    life = Life(scenario, world, town, pace_of(scenario), seed)
    begin = MONDAY + 10 * HOUR
    for at, step in islice(life.steps(begin, begin + 90 * 24 * HOUR), LEARNED):
        honest_exchange(scene, step, at, Tally())
    tally, trail = Tally(), []
    patient = replace(attacker, puzzles=PUZZLES)
    attack = Attack(scenario, world, scene, patient, addresses)
    honest = islice(
        life.steps(begin, begin + attack.attempts / scenario.rate + 24 * HOUR),
        attack.attempts + AFTERMATH,
    )
    events: Iterable[tuple[float, Step | int]] = heapq.merge(
        honest, attack.times(begin + 60.0), key=lambda event: event[0]
    )
    after = AFTERMATH
    for at, what in events:
        if isinstance(what, Step):
            honest_exchange(scene, what, at, tally)
            after -= attack.loot.attempts >= attack.attempts
            if not after:
                break
        else:
            trail.append(Moment(time.time(), len(attack.people), attack.loot.attempts))
            attack.attempt(what, at)
    return outcome_of(attack, tally, _alert(trail, first_alert()), hash_rate)


def _alert(trail: list[Moment], at: float | None) -> Alert | None:
    if at is None:
        return None
    before = [moment for moment in trail if moment.at <= at]
    if not before:
        return Alert(0, 0, "before the attack")
    return Alert(before[-1].disclosed, before[-1].attempts, "incident")
