"""People who log in for thirty days: mornings and evenings, weekends, a launch day, offices and
carriers behind one address, a mobile app after a push message, devices with old passwords."""

import math
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from tests.detect.behaviours.sightings import DAY, LOGIN, NOW, caller, sighting

from nightlatch.detect.behaviour import Sighting

COMMON = ("123456", "password", "qwerty", "123456789", "Passw0rd!")


class Answers(NamedTuple):
    """How an application says yes and no."""

    yes: tuple[int, Any]
    no: tuple[int, Any]
    yes_headers: tuple[tuple[str, str], ...] = ()
    no_headers: tuple[tuple[str, str], ...] = ()


TOKEN = {"access_token": "b9a1f3d5c7e9" * 3, "token_type": "Bearer"}
HONEST_STATUS = Answers((200, TOKEN), (401, {"detail": "Unauthorized"}))
BOTH_200 = Answers((200, TOKEN), (200, {"status": "failed", "message": "Wrong password"}))
BARE_200 = Answers((200, {"result": 1}), (200, {"result": 0, "error": "E17"}))
REDIRECTS = Answers(
    (302, None),
    (302, None),
    (("Location", "/home"), ("Set-Cookie", "sessionid=8f3a9c1b2d4e5f60718293a4; HttpOnly")),
    (("Location", "/home"),),
)
ANSWERS = (HONEST_STATUS, BOTH_200, BARE_200, REDIRECTS)


class World:
    def __init__(self, seed: int, answers: Answers = HONEST_STATUS, people: int = 3_000) -> None:
        self.random = Random(seed)
        self.answers = answers
        self.people = people

    def try_(self, at: float, address: int, account: str, guess: str, *, right: bool) -> Sighting:
        status, value = self.answers.yes if right else self.answers.no
        headers = self.answers.yes_headers if right else self.answers.no_headers
        sent = {"email": account, "password": guess}
        return sighting(caller(address), at, LOGIN, sent, value, status, headers=headers)

    def days(self, first: int, last: int, per_day: int = 400) -> Iterator[Sighting]:
        for day in range(first, last):
            launch = day == 20
            share = 0.6 if day % 7 > 4 else 1.0
            number = int(per_day * share * (4 if launch else 1))
            moments = sorted(self._moment() for _ in range(number))
            for moment in moments:
                yield from self.visit(NOW + day * DAY + moment, launch=launch)

    def visit(self, at: float, *, launch: bool = False) -> Iterator[Sighting]:
        """One person logs in: right away, after mistyping, or gives up."""
        random = self.random
        person = random.randrange(self.people * (4 if launch else 1))
        account = f"p{person}@mail.example"
        address = self._address(person)
        if random.random() < 0.01:
            # A device with an old password, over and over.
            for turn in range(30):
                yield self.try_(at + turn * 60, address, account, f"old-{person}", right=False)
            return
        mistakes = 0
        if random.random() < (0.22 if launch else 0.13):
            mistakes = min(9, 1 + int(random.expovariate(0.9)))
        for turn in range(mistakes):
            guess = random.choice(COMMON) if random.random() < 0.04 else f"typo-{person}-{turn}"
            yield self.try_(at + turn * 9, address, account, guess, right=False)
        if mistakes < 4 or random.random() < 0.5:
            yield self.try_(at + 100, address, account, f"secret-{person}", right=True)

    def _moment(self) -> float:
        """Twice a day it is busy; at half past twelve a push message makes everyone open the
        app."""
        random = self.random
        if random.random() < 0.1:
            return 45_000 + random.random() * 300
        while True:
            moment = random.random() * DAY
            if random.random() < 0.55 - 0.45 * math.cos(2 * math.pi * (moment - 10_800) / DAY):
                return moment

    def _address(self, person: int) -> int:
        random = self.random
        if person % 10 == 0:
            return 1 + person % 7  # An office, seven of them.
        if person % 10 == 1 or random.random() < 0.2:
            return 100 + random.randrange(40)  # A carrier's gateways.
        return 1_000 + person if random.random() < 0.9 else random.randrange(1 << 20, 1 << 22)
