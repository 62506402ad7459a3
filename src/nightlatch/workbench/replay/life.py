"""What the honest people do all day: visits of a few requests each, in the rhythm of a week.

A visit is asked for when it begins; its later requests follow within seconds or minutes, so the
stream of steps is put in order by a heap.
"""

import heapq
from collections.abc import Iterable, Iterator
from itertools import count
from random import Random

from msgspec import Struct

from nightlatch.workbench.replay.clients import token
from nightlatch.workbench.replay.identifiers import scatter
from nightlatch.workbench.replay.rhythm import DAY, HOUR, MONDAY, level, moments
from nightlatch.workbench.replay.scenario import POPULATIONS, Habit, Scenario
from nightlatch.workbench.replay.town import Person, Town
from nightlatch.workbench.replay.world import Call, World, plain_call

CALLS_A_VISIT = 2.3
"""On average, roughly: what turns requests per second into visits per second."""
MATCHED_AT_ONCE = 50


class Step(Struct, frozen=True, gc=False):
    """One honest request."""

    person: Person
    call: Call
    token: str = ""


class Launch(Struct, frozen=True):
    """A day on which everybody comes: the product is in the news."""

    since: float
    hours: float = 6.0
    factor: float = 4.0
    newcomers: float = 0.4


class Life:
    """The honest traffic of one API. `pace`: requests per second, on average over a week."""

    def __init__(
        self,
        scenario: Scenario,
        world: World,
        town: Town,
        pace: float,
        seed: int,
        launch: Launch | None = None,
    ) -> None:
        self._random = Random(seed)  # noqa: S311 - a replay must be repeatable
        self._scenario = scenario
        self._world = world
        self._town = town
        self._folk = folk = town.folk
        self._mistypes = min(0.95, scenario.honest_miss * folk.mistyped)
        self._pace = pace / CALLS_A_VISIT
        self._launch = launch
        self._present = frozenset(scenario.background or POPULATIONS)
        shares = {name: share for name, share in folk.shares if name in self._present}
        self._names = list(shares) or ["homes"]
        self._weights = list(shares.values()) or [1.0]
        self._popular = [person.n for person in town.homes[:: len(town.homes) // 300]]

    def steps(self, since: float, until: float) -> Iterator[tuple[float, Step]]:
        """Every honest request of this stretch, in order."""
        waiting: list[tuple[float, int, Step]] = []
        order = count()
        for at, name in heapq.merge(*self._arrivals(since, until)):
            for moment, step in self._visit(name, at):
                heapq.heappush(waiting, (moment, next(order), step))
            while waiting and waiting[0][0] <= at:
                moment, _, step = heapq.heappop(waiting)
                yield moment, step
        while waiting:
            moment, _, step = heapq.heappop(waiting)
            yield moment, step

    def push(self, at: float, people: int) -> Iterator[tuple[float, str]]:
        """A push message: `people` open the app within a minute and a half."""
        return iter(
            sorted((at + self._random.expovariate(1 / 30), "pushed") for _ in range(people))
        )

    def _arrivals(self, since: float, until: float) -> Iterator[Iterable[tuple[float, str]]]:
        random, names, weights = self._random, self._names, self._weights
        yield (
            (at, random.choices(names, weights)[0])
            for at in moments(self._pace, since, until, random, self._folk.late)
        )
        if "push" in self._present:
            day = MONDAY + (since - MONDAY) // DAY * DAY + self._folk.push_hour * HOUR
            people = min(self._folk.pushed, int(self._pace * 3_600))
            while day < until:
                if day >= since:
                    yield self.push(day, people)
                day += DAY
        if self._launch is not None:
            yield self._rush(self._launch, since, until)

    def _rush(self, launch: Launch, since: float, until: float) -> Iterator[tuple[float, str]]:
        extra = self._pace * (launch.factor - 1) * level(launch.since, self._folk.late)
        at, end = max(since, launch.since), min(until, launch.since + launch.hours * HOUR)
        while (at := at + self._random.expovariate(extra)) < end:
            yield at, "curious" if self._random.random() < launch.newcomers else "homes"

    def _visit(self, name: str, at: float) -> list[tuple[float, Step]]:
        if name == "crawler":
            return self._crawl(at)
        if name == "partners":
            return self._bulk(at)
        person, new = self._who(name)
        steps = self._register(person) if new else self._open(person)
        if name == "sync" and self._scenario.habit is not Habit.SYNC:
            steps += self._match_contacts(person)
        else:
            steps += self._ask(person, new=new, sync=name == "sync")
        return self._timed(steps, at)

    def _timed(self, steps: list[Step], at: float) -> list[tuple[float, Step]]:
        timed = []
        for step in steps:
            timed.append((at, step))
            at += self._random.expovariate(0.4) + 0.05
        return timed

    def _who(self, name: str) -> tuple[Person, bool]:
        random, town = self._random, self._town
        if name == "curious" or random.random() < self._folk.newcomers:
            person = town.newcomer()
            # Not yet a member: the registration comes first.
            self._world.members.add(person.n)
            return person, True
        people = {"offices": town.offices, "carriers": town.carriers}.get(name, town.homes)
        person = people[int(random.random() * len(people))]
        if not person.shared and random.random() < self._folk.roaming:
            return town.elsewhere(person), False
        return person, False

    def _register(self, person: Person) -> list[Step]:
        return [
            Step(person, plain_call("POST", "/v1/register", 201, "created")),
            Step(person, plain_call("GET", "/v1/profile", 200, "mine"), self._token(person)),
        ]

    def _open(self, person: Person) -> list[Step]:
        """What an app does before it does what it was opened for."""
        draw = self._random.random()
        if draw < self._folk.expired:
            return [
                Step(person, plain_call("GET", "/v1/profile", 401, "expired"), self._token(person)),
                Step(person, plain_call("POST", "/v1/token", 200, "renewed")),
            ]
        if draw < 0.25:
            return [
                Step(person, plain_call("GET", "/v1/profile", 200, "mine"), self._token(person))
            ]
        if draw < 0.45:
            return [Step(person, plain_call("GET", "/v1/news", 200, "news"))]
        return []

    def _ask(self, person: Person, *, new: bool, sync: bool) -> list[Step]:
        """What the visit is for, by what honest people do at this endpoint."""
        habit = self._scenario.habit
        if habit is Habit.OWN:
            return self._own(person)
        if habit is Habit.SYNC:
            return self._sync(person) if sync or new or self._random.random() < 0.12 else []
        if habit is Habit.LOGIN:
            return self._login(person)
        if habit is Habit.BROWSE:
            return self._browse(person)
        if habit is Habit.LINKS:
            return self._few(person, own=4, visit=2)
        if is_staff(person) and not new and habit is not Habit.ELSEWHERE:
            return self._work(person)
        return [Step(person, plain_call("GET", "/v1/news", 200, "news"))]

    def _work(self, person: Person) -> list[Step]:
        """Employees look up their customers; where the endpoint resets passwords, they need that
        now and then, and otherwise what is behind it."""
        if self._scenario.habit is Habit.STAFF:
            return self._few(person, own=25, visit=3)
        if self._scenario.follow is None or self._random.random() < 0.2:
            return self._own(person)
        return self._follow(person)

    def _own(self, person: Person) -> list[Step]:
        numbers = [person.n]
        if self._random.random() < self._mistypes:
            numbers.insert(0, self._world.nobody(self._random))
        return self._look_up(person, numbers)

    def _browse(self, person: Person) -> list[Step]:
        random, popular = self._random, self._popular
        seen = [
            popular[int(random.random() ** 2 * len(popular))] for _ in range(random.randint(1, 3))
        ]
        if random.random() < self._mistypes:
            seen.append(self._world.nobody(self._random))
        return self._look_up(person, [person.n, *seen] if random.random() < 0.5 else seen)

    def _few(self, person: Person, own: int, visit: int) -> list[Step]:
        """Of the few records that are theirs to work with, some."""
        random = self._random
        numbers = [
            self._belongs(person, random.randrange(own)) for _ in range(random.randint(1, visit))
        ]
        if random.random() < self._mistypes:
            numbers.append(self._world.nobody(self._random))
        return self._look_up(person, numbers)

    def _belongs(self, person: Person, nth: int) -> int:
        n = scatter(100_000_000 + person.n // 7 % 3_000_000 * 32 + nth)
        self._world.members.add(n)
        return n

    def _sync(self, person: Person) -> list[Step]:
        """The address book, in batches: mostly people who are not here."""
        book = self._book(person)
        size = self._scenario.batch
        token_ = self._token(person) if self._scenario.protected else ""
        return [
            Step(person, self._world.look_up(book[at : at + size]), token_)
            for at in range(0, len(book), size)
        ]

    def _book(self, person: Person) -> list[int]:
        """Always the same for the same person: people, and numbers that are nobody's here."""
        own = Random(person.n)  # noqa: S311 - a replay must be repeatable
        size = int(self._folk.book * (0.3 + own.random() * 1.4))
        homes = self._town.homes
        known = int(size * self._folk.known)
        return [
            *(homes[own.randrange(len(homes))].n for _ in range(known)),
            *(self._world.nobody(own) for _ in range(size - known)),
        ]

    def _match_contacts(self, person: Person) -> list[Step]:
        """A contact synchronisation beside the endpoint that the scenario is about."""
        book, size = self._book(person), MATCHED_AT_ONCE
        batches = [book[at : at + size] for at in range(0, len(book), size)]
        return [Step(person, self._world.match(batch), self._token(person)) for batch in batches]

    def _login(self, person: Person) -> list[Step]:
        steps = []
        while self._random.random() < self._mistypes:
            steps.append(Step(person, self._world.sign_in(person.n, right=False)))
        steps.append(Step(person, self._world.sign_in(person.n, right=True)))
        if self._scenario.follow and self._random.random() < 0.06:
            steps += self._follow(person)
        return steps

    def _follow(self, person: Person) -> list[Step]:
        """What the honest use the second step for: their own relatives, their own customers."""
        steps = [Step(person, self._world.follow(person.n), self._token(person))]
        if self._random.random() < 0.15:
            steps.insert(0, Step(person, self._world.turned_away()))
        return steps

    def _look_up(self, person: Person, numbers: list[int]) -> list[Step]:
        world, scenario = self._world, self._scenario
        if not scenario.protected:
            return [Step(person, world.look_up((n,))) for n in numbers]
        token_ = self._token(person)
        steps = [Step(person, world.look_up((n,)), token_) for n in numbers]
        if self._random.random() < self._folk.expired:
            # A token that has run out, or none yet: turned away, signed in, and again.
            stale = token_ if self._random.random() < 0.6 else ""
            steps.insert(0, Step(person, world.look_up((numbers[0],), known=False), stale))
        return steps

    def _bulk(self, at: float) -> list[tuple[float, Step]]:
        """A partner's back end goes through some of its customers."""
        town, random = self._town, self._random
        customers = random.sample(town.partner_customers, 25)
        if random.random() < 0.5:
            customers.append(self._world.nobody(self._random))
        habit = self._scenario.habit
        if habit in (Habit.LOGIN, Habit.ELSEWHERE):
            steps = [Step(town.partner, plain_call("GET", "/v1/orders", 200, "orders"))] * 10
        elif self._scenario.batch > 1:
            steps = [Step(town.partner, self._world.look_up(customers), self._partner_token())]
        else:
            steps = [
                Step(town.partner, self._world.look_up((n,)), self._partner_token())
                for n in customers
            ]
        return [(at + nth * 1.5, step) for nth, step in enumerate(steps)]

    def _crawl(self, at: float) -> list[tuple[float, Step]]:
        pages = self._random.sample(range(60), 8)
        return [
            (
                at + nth * 6.0,
                Step(self._town.crawler, plain_call("GET", f"/help/{page}", 200, "page")),
            )
            for nth, page in enumerate(pages)
        ]

    def _partner_token(self) -> str:
        return token("partner-1", "partner") if self._scenario.protected else ""

    def _token(self, person: Person) -> str:
        return token(f"u-{person.n}", "employee" if is_staff(person) else "customer")


def is_staff(person: Person) -> bool:
    """Works for the company: most of an office do, and a few from home."""
    return person.name.startswith("office") or person.n % 16 == 3
