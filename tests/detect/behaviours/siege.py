"""Attacks on the directory of `crowd`, among its honest people."""

from collections.abc import Callable, Iterator
from itertools import islice
from random import Random

from tests.browsers import CHROME_UA, GOOGLEBOT_UA, REQUESTS, Pairs, with_headers
from tests.detect.behaviours.crowd import DAY, HOUR, LOOK_UP, MONDAY, Call, Peace, Town

from nightlatch.detect.behaviour import Behaviour

ATTACK = 5 * DAY + 3 * HOUR
FIRST = 10**9
"""The attackers' numbers begin here."""
LIAR = with_headers(REQUESTS, user_agent=CHROME_UA)
HEADLESS = with_headers(REQUESTS, user_agent=CHROME_UA.replace("Chrome", "HeadlessChrome"))
IMPOSTOR: Pairs = [("host", "api.example"), ("user-agent", GOOGLEBOT_UA), ("accept", "*/*")]
Places = Callable[[Random], str]


def cloud(rng: Random) -> str:
    return f"45.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"


def listed(rng: Random) -> str:
    return f"47.0.{rng.randrange(256)}.{rng.randrange(256)}"


def private(rng: Random) -> str:
    return f"10.0.{rng.randrange(256)}.{rng.randrange(256)}"


def attack(pairs: Pairs, place: Places, every: float = 2.0, hits: float = 0.15) -> Iterator[Call]:
    """Look-ups that each come from a new address."""
    rng = Random(7)
    for number in range(100_000):
        at = MONDAY + ATTACK + every * number
        yield Call(at, place(rng), pairs, FIRST + number, rng.random() < hits, LOOK_UP)


def attempts_until_told(town: Town, calls: Iterator[Call], hours: float = 2.0) -> int | None:
    """After five honest days, and among the people of the sixth; None: it was never told."""
    peace, end = Peace(seed=3), MONDAY + ATTACK + hours * HOUR
    for call in peace.days(0, 5):
        town.see(call)
    assert town.detections == []
    honest = [call for call in peace.days(5, 6) if call.at < end]
    theirs = [call for call in islice(calls, 20_000) if call.at < end]
    attempts = 0
    for call in sorted(honest + theirs, key=lambda call: call.at):
        attempts += call.number >= FIRST
        if town.see(call):
            return attempts
    return None


def thirty_honest_days(make: type[Behaviour], seed: int) -> None:
    """Asserts that nothing is told, and nobody suspected."""
    town = Town(make)
    number = 0
    for call in Peace(seed).days(0, 30):
        number += 1
        town.see(call)
    assert number > 100_000
    assert [found.evidence for found in town.detections] == []
    assert len(town.suspicions) == 0
