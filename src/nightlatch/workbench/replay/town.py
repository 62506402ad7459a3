"""The honest people: in homes, in offices behind one address, behind carriers' gateways, and the
machines that serve them. Everything follows from one seed."""

from random import Random

from msgspec import Struct

from nightlatch.workbench.replay.clients import APPS, BROWSERS, CRAWLER, PARTNER, Pairs
from nightlatch.workbench.replay.folk import INLAND, Folk
from nightlatch.workbench.replay.identifiers import scatter


class Person(Struct, eq=False):
    """Somebody honest, or a machine that works for them."""

    name: str
    """Which population, and which of it: "office 2, desk 17"."""
    n: int
    """Their own identifier."""
    address: str
    sends: Pairs
    shared: bool = False
    """Many others come from the same address."""
    solves: bool = True
    """Completes a challenge; a crawler does not."""
    is_person: bool = True
    cookie: str = ""
    """The pass they were given, as they send it back."""


class Town:
    """Who lives there, and who moves there."""

    def __init__(self, seed: int, folk: Folk = INLAND) -> None:
        self.folk = folk
        self._random = Random(seed)  # noqa: S311 - a replay must be repeatable
        self._next = 0
        self.homes = [person for home in range(folk.homes) for person in self._household(home)]
        self.offices = [
            self._desk(office, desk) for office in range(folk.offices) for desk in range(folk.desks)
        ]
        self.carriers = [
            self._subscriber(gateway, number)
            for gateway in range(folk.gateways)
            for number in range(folk.subscribers)
        ]
        self.partner = self._machine("partner", "185.60.7.20", PARTNER)
        self.partner_customers = [self._own() for _ in range(400)]
        self.crawler = self._machine("crawler", "66.249.66.1", CRAWLER)
        self.crawler.solves = False

    def everyone(self) -> list[Person]:
        return [*self.homes, *self.offices, *self.carriers]

    def numbers(self) -> set[int]:
        """Every identifier that has an account when virtual time begins."""
        return {person.n for person in self.everyone()} | set(self.partner_customers)

    def newcomer(self) -> Person:
        """Somebody who has never been here, at an address that nobody has seen; about one in four
        comes by a carrier."""
        number = self._next
        if self._random.random() < 0.25:
            return self._subscriber(number % self.folk.gateways, number, "newcomer")
        return Person(f"newcomer {number}", self._own(), self._fresh_address(), self._program())

    def elsewhere(self, person: Person) -> Person:
        """The same person on the road, for one visit: another address, the same phone."""
        return Person(
            person.name, person.n, self._fresh_address(), person.sends, cookie=person.cookie
        )

    def _household(self, home: int) -> list[Person]:
        address = f"84.{home // 60_000}.{home // 250 % 240}.{home % 250 + 1}"
        size = self._random.choice((1, 2, 2, 3))
        return [
            Person(f"home {home}, person {member}", self._own(), address, self._program())
            for member in range(size)
        ]

    def _desk(self, office: int, desk: int) -> Person:
        sends = BROWSERS[desk % 2] if desk % 3 else self._program()
        address = f"217.110.{office + 1}.10"
        return Person(f"office {office}, desk {desk}", self._own(), address, sends, shared=True)

    def _subscriber(self, gateway: int, number: int, word: str = "subscriber") -> Person:
        address = f"89.204.{gateway + 130}.1"
        name = f"carrier {gateway}, {word} {number}"
        return Person(name, self._own(), address, self._program(), shared=True)

    def _machine(self, name: str, address: str, sends: Pairs) -> Person:
        return Person(name, self._own(), address, sends, is_person=False)

    def _program(self) -> Pairs:
        draw = self._random.random()
        if draw < 0.15:
            return BROWSERS[int(draw * 100) % 2]
        return APPS[min(int((draw - 0.15) * (draw - 0.15) * 7), len(APPS) - 1)]

    def _fresh_address(self) -> str:
        at = self._random.randrange(1, 10_000_000)
        return f"{(62, 79, 91, 95)[at % 4]}.{at // 62_500 % 250}.{at // 250 % 250}.{at % 250 + 1}"

    def _own(self) -> int:
        self._next += 1
        return scatter(self._next)
