"""Who appears in the demo: the honest people, their addresses, and the attacker's list.

Everything follows from one seed, so that the API and the traffic agree without talking, and two
runs see the same people. The numbers are of the ranges kept for fiction: +1 NPA 555-01XX.
"""

import base64
import hashlib
import random
from collections.abc import Iterator

from msgspec import Struct

HIT_RATE = 0.15
"""Share of the attacker's numbers that have an account, as in the breach's own lists."""

_AREA_CODES = [code for code in range(201, 990) if code % 100 != 11 and code % 10 != 9]


class Person(Struct, frozen=True):
    name: str
    phone: str
    address: str
    newcomer: bool = False
    """First seen when the attack is already under way."""


class Cast(Struct, frozen=True):
    people: tuple[Person, ...]
    partner_address: str
    partner_numbers: tuple[str, ...]
    """Numbers that the partner's back end asks for: its own customers, and a few that left."""
    strangers_with_accounts: tuple[str, ...]
    """Members who do not appear in the traffic, but are on the attacker's list."""
    attack_list: tuple[str, ...]

    @property
    def members(self) -> list[str]:
        """Every number that has an account when the demo begins."""
        registered = [person.phone for person in self.people if not person.newcomer]
        customers = self.partner_numbers[: len(self.partner_numbers) * 9 // 10]
        return [*registered, *customers, *self.strangers_with_accounts]


def totp_seed(phone: str) -> str:
    """The second-factor seed that this number's app made, base32 (RFC 4648)."""
    return base64.b32encode(hashlib.sha256(phone.encode()).digest()[:20]).decode()


def make_cast(attempts: int, seed: int = 33_420_546) -> Cast:
    """Homes, two offices, a carrier, a partner, and a list of `attempts` numbers to try."""
    random_ = random.Random(seed)  # noqa: S311 - a demo must be repeatable
    numbers = _numbers(random_)
    people = tuple(_people(random_, numbers))
    partner = tuple(next(numbers) for _ in range(200))
    known = tuple(next(numbers) for _ in range(int(attempts * HIT_RATE)))
    attack_list = [*known, *(next(numbers) for _ in range(attempts - len(known)))]
    random_.shuffle(attack_list)
    return Cast(people, "198.18.7.20", partner, known, tuple(attack_list))


def _numbers(random_: random.Random) -> Iterator[str]:
    """Every fictional number once, in random order: about 70,000."""
    pool = [f"+1{area}55501{last:02d}" for area in _AREA_CODES for last in range(100)]
    random_.shuffle(pool)
    yield from pool


def _people(random_: random.Random, numbers: Iterator[str]) -> Iterator[Person]:
    for home in range(220):
        address = f"198.19.{home // 250}.{home % 250 + 1}"
        for member in range(random_.choice((1, 2, 2, 3))):
            name = f"home {home}, person {member}"
            # The last ten households install the app while the attack is running.
            yield Person(name, next(numbers), address, newcomer=home >= 210)
    for office, address in enumerate(("198.18.1.10", "198.18.2.10")):
        for desk in range(120):
            yield Person(f"office {office}, desk {desk}", next(numbers), address)
    for customer in range(400):
        yield Person(f"carrier customer {customer}", next(numbers), "198.18.5.1")


def attack_addresses(count: int, seed: int = 15) -> list[str]:
    """`count` distinct public-looking addresses, scattered like a rented proxy network."""
    random_ = random.Random(seed)  # noqa: S311 - a demo must be repeatable
    found: dict[str, None] = {}
    while len(found) < count:
        first = random_.choice((5, 31, 45, 77, 89, 103, 146, 178, 185, 193))
        rest = (random_.randrange(256), random_.randrange(256), random_.randrange(1, 255))
        found[".".join(map(str, (first, *rest)))] = None
    return list(found)
