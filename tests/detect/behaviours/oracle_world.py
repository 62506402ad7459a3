"""People who forgot their password or mistype it, at endpoints that say too much, or nothing."""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from random import Random
from typing import Any

from tests.detect.behaviours.sightings import NOW, caller, sighting

from nightlatch.detect.behaviour import Sighting
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject

FORGOT = "POST /password/forgot"
Answer = tuple[int, Any]
Says = Callable[[bool, str, Random, float], Answer]
"""What an application says of a (known?, name) with what chance and when."""
Takes = Callable[[bool, Random], float]


def quick(known: bool, random: Random) -> float:
    return 0.004 * random.lognormvariate(0, 0.4)


def hashes(known: bool, random: Random) -> float:
    """A password is hashed only where there is one to compare with."""
    return (0.070 if known else 0.004) * random.lognormvariate(0, 0.3)


def ask(
    number: int,
    name: str,
    at: float,
    answer: Answer,
    *,
    make: str = "app",
    duration: float = 0.004,
    key: str = FORGOT,
    password: str = "",
) -> Sighting:
    status, value = answer
    digest = blake2b(name.encode(), digest_size=8).digest()
    who = caller(number)
    who = type(who)(who.address, (who.circles[0], f"headers:{make}", who.circles[2]))
    sent = {"email": name} | ({"password": password} if password else {})
    return sighting(
        who,
        at,
        key,
        sent,
        value,
        status,
        disclosure=Disclosure((Subject(digest, DataClass.EMAIL),)),
        duration=duration,
    )


def people(
    seed: int,
    says: Says,
    takes: Takes = quick,
    *,
    count: int = 1_500,
    key: str = FORGOT,
    password: bool = False,
) -> Iterator[Sighting]:
    """One person after the other; one in eight under a name that nobody has, a third come again."""
    random = Random(seed)
    for number in range(count):
        known = random.random() > 0.12
        name = f"{'member' if known else 'nobody'}{number}@x.example"
        at = NOW + number * 700
        make = f"make{number % 5}"
        for turn in range(1 + (random.random() < 0.35)):
            when = at + turn * 40
            yield ask(
                number,
                name,
                when,
                says(known, name, random, when),
                make=make,
                duration=takes(known, random),
                key=key,
                password=f"guess{turn}" if password else "",
            )
