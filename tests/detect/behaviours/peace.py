"""Thirty honest days of a shop with a messenger: what no detector may call an attack.

People at home, in offices and behind carriers' gateways, with a daily and a weekly rhythm; one
launch day; crawlers, partners, monitors. Everything follows from the seed.
"""

import math
from collections.abc import Iterator
from random import Random

from msgspec import Struct
from tests.detect.behaviours.world import DAY, HOUR, MONDAY, Call, caller, json, people

from nightlatch.exchange.client import Client, ClientKind, Network
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.facts import EndpointFacts
from nightlatch.exchange.record import Posture
from nightlatch.inventory.templates import UNMATCHED

LAUNCH = 20
"""The day of the launch: from 10 to 16 o'clock six times as many come, most for the first time."""
_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 8, 8, 9, 8, 7, 7, 8, 9, 11, 12, 11, 8, 5, 2)
_WEEKEND = 0.6
_PRIVATE = Network(kinds=("private",))
_CRAWLER = Client(ClientKind.BOT, "Examplebot", 0.9, None)
_HEADERS = tuple(f"phone-{n}" for n in range(7)) + tuple(f"browser-{n}" for n in range(9))
_WRONG = json({"error": "wrong user name or password"})
_TOKEN = json({"token": "t", "expires_in": 3600})


class Person(Struct):
    number: int
    addresses: tuple[str, ...]
    """Those they may be behind; one of them for each visit."""
    headers: str

    def at(self, rng: Random, *, signed_in: bool = True) -> Caller:
        address = self.addresses[0]
        if len(self.addresses) > 1:
            address = rng.choice(self.addresses)
        name = f"p{self.number}" if signed_in else ""
        return caller(address, principal=name, headers=self.headers)


class Peace:
    """`calls()` gives every call in the order of time; `seed` alone decides all of them."""

    def __init__(
        self, seed: int = 1, days: int = 30, *, monitor: float = 10.0, launch: int = LAUNCH
    ) -> None:
        self.days = days
        self.launch = launch
        self._monitor = monitor
        """Seconds between two looks at /health."""
        self._rng = Random(seed)
        self.people = self._town()
        self._strangers = 0
        self._registered = 10_000

    def calls(self) -> Iterator[Call]:
        waiting: list[Call] = []
        for day in range(self.days):
            midnight = MONDAY + day * DAY
            waiting += self._day(day, midnight)
            waiting.sort(key=lambda call: call.at)
            end = midnight + DAY
            done = sum(call.at < end for call in waiting)
            yield from waiting[:done]
            waiting = waiting[done:]

    @staticmethod
    def asleep() -> dict[str, EndpointFacts]:
        """Endpoints that were used before the month began: the yearly report."""
        then = MONDAY - 40 * DAY
        return {"GET /reports/annual": EndpointFacts(Posture.PROTECTED, None, 12, then, then)}

    def _town(self) -> list[Person]:
        rng, town = self._rng, []
        for number in range(420):
            if number < 220:
                places: tuple[str, ...] = (f"81.2.{number // 250}.{number % 250}",)
            elif number < 320:
                places = (f"198.51.100.{10 + number % 3}",)
            else:
                carrier = number % 2
                places = tuple(f"100.6{carrier}.{k}.7" for k in range(4))
            town.append(Person(number, places, rng.choice(_HEADERS)))
        return town

    def _day(self, day: int, midnight: float) -> list[Call]:
        weekend = _WEEKEND if day % 7 >= 5 else 1.0
        calls: list[Call] = []
        for person in self.people:
            if self._rng.random() < 0.55 * weekend:
                calls += self._visit(person, self._moment(midnight))
        for _ in range(round(50 * weekend)):
            calls += self._stranger(self._moment(midnight), day)
        for _ in range(4):
            calls += self._register(self._moment(midnight))
            calls += self._reset(self._rng.choice(self.people), self._moment(midnight))
        if day == self.launch:
            calls += self._launch_day(midnight, day)
        calls += self._machines(day, midnight)
        if day % 7 == 3:
            calls += self._push(midnight + 18 * HOUR)
        if day == 16:
            boss = caller("81.2.0.1", principal="accountant")
            calls.append(Call(midnight + 9 * HOUR, boss, "GET", "/reports/annual", size=90_000))
        if day % 7 == 4:
            self._deploy(calls, midnight + 14 * HOUR)
        return calls

    def _moment(self, midnight: float) -> float:
        hour = self._rng.choices(range(24), _BY_HOUR)[0]
        return midnight + (hour + self._rng.random()) * HOUR

    def _pause(self) -> float:
        """Seconds between two things a person does."""
        return 0.4 + self._rng.expovariate(1 / 12)

    def _call(
        self, at: float, who: Caller, method: str, template: str, path: str = "", status: int = 200
    ) -> Call:
        rng = self._rng
        if rng.random() < 0.002:
            status = 500
        slow = rng.lognormvariate(math.log(0.03), 0.5)
        return Call(at, who, method, template, path, status, duration=slow, size=_size(rng))

    def _visit(self, person: Person, at: float) -> list[Call]:
        rng = self._rng
        who = person.at(rng)
        calls: list[Call] = []
        if rng.random() < 0.3:
            at = self._log_in(calls, person, at)
        if rng.random() < 0.5:
            at = self._browse(calls, who, at, shop=True)
        if rng.random() < 0.6:
            at = self._chat(calls, who, person, at)
        if rng.random() < 0.25:
            self._leave_app_open(calls, who, at)
        return calls

    def _log_in(self, calls: list[Call], person: Person, at: float) -> float:
        rng, who = self._rng, person.at(self._rng, signed_in=False)
        name = f"user{person.number}@example.com"
        while True:
            right = rng.random() > 0.1
            call = self._call(at, who, "POST", "/login", status=200 if right else 401)
            word = f"secret{person.number}" if right else f"typo{rng.random()}"
            call.request = json({"email": name, "password": word})
            call.response = _TOKEN if call.status == 200 else _WRONG
            call.asked = people([person.number])
            calls.append(call)
            at += self._pause()
            if right:
                break
        while rng.random() < 0.2:
            right = rng.random() > 0.1
            call = self._call(at, who, "POST", "/login/code", status=200 if right else 401)
            code = f"{rng.randrange(10**6):06d}"
            call.request = json({"email": name, "code": code})
            call.response = _TOKEN if call.status == 200 else _WRONG
            call.asked = people([person.number])
            calls.append(call)
            at += self._pause()
            if right:
                break
        return at

    def _browse(self, calls: list[Call], who: Caller, at: float, *, shop: bool) -> float:
        rng = self._rng
        for page in range(1, 1 + min(8, int(rng.expovariate(0.6)) + 1)):
            call = self._call(at, who, "GET", "/products")
            call.query = f"page={page}"
            call.response = json(
                {"items": [{"id": page * 20 + n, "price": 5} for n in range(20)], "page": page}
            )
            call.size = 4_000
            calls.append(call)
            at += self._pause()
            if rng.random() < 0.7:
                number = int(rng.paretovariate(0.8)) % 2_000
                call = self._call(at, who, "GET", "/products/{id}", f"/products/{number}")
                call.response = json({"id": number, "name": "chair", "price": 5})
                calls.append(call)
                at += self._pause()
        if shop and rng.random() < 0.25:
            for template in ("/cart", "/checkout"):
                calls.append(self._call(at, who, "POST", template))
                at += self._pause()
        return at

    def _chat(self, calls: list[Call], who: Caller, person: Person, at: float) -> float:
        rng = self._rng
        for template in ("/me", "/feed", "/messages"):
            call = self._call(at, who, "GET", template)
            friends = (rng.randrange(420) for _ in range(3 if template != "/me" else 0))
            call.disclosed = people([person.number, *friends])
            calls.append(call)
            at += rng.uniform(0.05, 1)
        for _ in range(rng.randrange(4)):
            found = rng.random() > 0.1
            number = rng.randrange(420) if found else 900_000 + rng.randrange(10**5)
            call = self._call(at, who, "GET", "/users/{phone}", f"/users/1555{number:07d}")
            call.status = call.status if found else 404
            call.asked = people([number])
            call.disclosed = call.asked if call.status == 200 else ()
            calls.append(call)
            at += self._pause()
        if rng.random() < 0.4:
            calls.append(self._call(at, who, "POST", "/messages"))
        return at

    def _leave_app_open(self, calls: list[Call], who: Caller, at: float) -> None:
        """A timer asks every minute, as long as somebody looks."""
        rng = self._rng
        friends = [rng.randrange(420) for _ in range(12)]
        for turn in range(rng.randrange(3, 120)):
            call = self._call(at + 60 * turn + rng.uniform(0, 0.3), who, "GET", "/feed")
            call.query = f"since={int(call.at) - 60}"
            call.disclosed = people([friends[(turn // 9) % 12]])
            calls.append(call)

    def _stranger(self, at: float, day: int) -> list[Call]:
        """A visitor of the web site whom nobody has seen before."""
        rng = self._rng
        self._strangers += 1
        n = self._strangers
        address = f"{60 + n // 62_500}.{n // 250 % 250}.{n % 250}.{rng.randrange(250)}"
        if rng.random() < 0.3:
            # Behind an office's or a carrier's address, as many others are.
            address = rng.choice(self.people[220:]).addresses[0]
        who = caller(address, headers=rng.choice(_HEADERS))
        calls: list[Call] = []
        if rng.random() < 0.5:
            calls += self._missing(at, who, ("/favicon.ico", "/apple-touch-icon.png"))
        if day >= 12:
            calls += self._missing(at + 1, who, ("/img/banner-spring.png",))
        self._browse(calls, who, at + 2, shop=False)
        return calls

    def _missing(self, at: float, who: Caller, paths: tuple[str, ...]) -> list[Call]:
        return [
            self._call(at + 0.1 * n, who, "GET", UNMATCHED, path, 404)
            for n, path in enumerate(paths)
        ]

    def _register(self, at: float) -> list[Call]:
        """Somebody new, who then sends the whole address book: four of five are not members."""
        rng = self._rng
        self._registered += 1
        person = Person(self._registered, (_new_address(self._registered),), rng.choice(_HEADERS))
        stranger, who = person.at(rng, signed_in=False), person.at(rng)
        calls = []
        for template in ("/register", "/register/verify"):
            call = self._call(at, stranger, "POST", template)
            call.asked = people([person.number])
            calls.append(call)
            at += 5 + self._pause()
        book = [
            rng.randrange(420) if rng.random() < 0.2 else rng.randrange(10**7) for _ in "x" * 150
        ]
        for start in range(0, 150, 50):
            call = self._call(at, who, "POST", "/contacts/sync")
            call.asked = people(book[start : start + 50])
            call.disclosed = people(n for n in book[start : start + 50] if n < 420)
            calls.append(call)
            at += rng.uniform(2, 12)
        return calls

    def _reset(self, person: Person, at: float) -> list[Call]:
        """Who is under way may get another address before the letter has come."""
        calls = []
        for template in ("/password/reset", "/password/reset/confirm"):
            who = person.at(self._rng, signed_in=False)
            call = self._call(at, who, "POST", template)
            call.asked = people([person.number]) if template == "/password/reset" else ()
            calls.append(call)
            at += 40 + 5 * self._pause()
        return calls

    def _launch_day(self, midnight: float, day: int) -> list[Call]:
        calls: list[Call] = []
        for _ in range(1_500):
            at = midnight + self._rng.uniform(10, 16) * HOUR
            calls += self._stranger(at, day)
            if self._rng.random() < 0.1:
                calls += self._register(at + 60)
        for person in self.people:
            calls += self._visit(person, midnight + self._rng.uniform(10, 16) * HOUR)
        return calls

    def _push(self, at: float) -> list[Call]:
        calls: list[Call] = []
        for person in self.people:
            if self._rng.random() < 0.6:
                opened = at + self._rng.expovariate(1 / 20)
                self._chat(calls, person.at(self._rng), person, opened)
        return calls

    def _deploy(self, calls: list[Call], at: float) -> None:
        """Half a minute without an application."""
        for call in calls:
            if at <= call.at < at + 30:
                call.status, call.disclosed = 502, ()

    def _machines(self, day: int, midnight: float) -> Iterator[Call]:
        yield from self._crawl(midnight)
        yield from self._export(day, midnight + 2 * HOUR)
        partner = caller("203.0.113.77", principal="warehouse", headers="java")
        for turn in range(288):
            call = self._call(midnight + 300 * turn + 7, partner, "GET", "/orders")
            if turn % 3 == 0:
                call.disclosed = people([20_000 + 100 * day + turn])
            yield call
        collector = caller("10.0.0.5", headers="prometheus")
        watcher = caller("192.0.2.10", headers="monitor")
        for turn in range(288):
            at = midnight + 300 * turn
            yield Call(at, collector, "GET", "/metrics", size=20_000, network=_PRIVATE)
        for turn in range(int(DAY / self._monitor)):
            yield Call(midnight + self._monitor * turn + 0.5, watcher, "GET", "/health", size=15)

    def _crawl(self, midnight: float) -> Iterator[Call]:
        rng = self._rng
        who = caller("192.0.2.66", headers="crawler")
        at = midnight + 60
        while at < midnight + DAY - 600:
            number = rng.randrange(2_000)
            if rng.random() < 0.05:
                yield self._missing(at, who, (f"/shop/old/{number}.html",))[0]
            elif rng.random() < 0.01:
                yield self._missing(at, who, ("/robots.txt",))[0]
            else:
                call = self._call(at, who, "GET", "/products/{id}", f"/products/{number}")
                call.response = json({"id": number, "name": "chair", "price": 5})
                call.client = _CRAWLER
                yield call
            at += rng.expovariate(1 / 200)

    def _export(self, day: int, at: float) -> Iterator[Call]:
        partner = caller("203.0.113.77", principal="warehouse", headers="java")
        for page in range(1, 61):
            call = self._call(at, partner, "GET", "/export/customers")
            call.query = f"page={page}"
            call.disclosed = people(range(30_000 + page * 50, 30_050 + page * 50))
            call.size = 40_000
            yield call
            at += 1.2 + 0.05 * self._rng.random()


def _size(rng: Random) -> int:
    return int(rng.lognormvariate(math.log(400), 0.4))


def _new_address(number: int) -> str:
    return f"90.{number // 62_500}.{number // 250 % 250}.{number % 250}"
