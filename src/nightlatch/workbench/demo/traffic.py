"""The honest and the dishonest traffic of the demo, over real HTTP.

Both use the same app and so send the same headers: nothing but behaviour tells them apart. The
client's address travels in `X-Forwarded-For`, as behind a load balancer that the API trusts.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import aiohttp
import pyotp
from msgspec import Struct, field

from nightlatch.workbench.demo.cast import Cast, Person, totp_seed
from nightlatch.workbench.demo.sample_api import APP_KEY, PARTNER_KEY
from nightlatch.workbench.puzzle import solution

CONNECTIONS = 16
MISTYPED = 0.1
"""Share of honest look-ups that go wrong: a typo, a number that was given up."""
RETURNING = 0.4
"""Share of the people who open the app again while the attack is under way."""

_APP_HEADERS = {"User-Agent": "Passkeeper/25.1.0 (Android 14)", "Accept": "application/json"}
_LOAD_BALANCER = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.passkeeper.example"}
_REFUSALS = frozenset({403, 429})
_SOLUTION, _PASS = "Nightlatch-Solution", "Nightlatch-Pass"

Step = Callable[[], Awaitable[None]]
"""One thing somebody does: a visit of several requests, or one attempt of the attacker."""
Progress = Callable[[], None]


class Tally(Struct):
    """What one run came to, counted at the client: the truth, whatever the server believes."""

    attempts: int = 0
    disclosed: int = 0
    legit_requests: int = 0
    legit_refused: int = 0
    refused_people: set[str] = field(default_factory=set)
    failed: int = 0
    """Requests without an answer. Anything but 0 is a fault of the demo."""
    sent_at: list[float] = field(default_factory=list)

    def attempts_before(self, moment: float) -> int:
        """How many attempts had been sent at `moment`, in seconds since the epoch."""
        return sum(1 for sent in self.sent_at if sent < moment)


class Traffic:
    """Sends the cast's requests to one API and keeps the tally."""

    def __init__(self, base: str, cast: Cast, session: aiohttp.ClientSession) -> None:
        self._base = base
        self._cast = cast
        self._session = session
        self._random = random.Random(7)  # noqa: S311 - a demo must be repeatable
        self._passes: dict[str, str] = {}
        """By person: what completing a challenge brought."""
        self.tally = Tally()

    def honest_stretch(self) -> list[Step]:
        """Every customer uses the app once, and the partner synchronises its list."""
        people = [person for person in self._cast.people if not person.newcomer]
        return self._shuffled(people, self._cast.partner_numbers)

    def attack(self, addresses: Sequence[str]) -> list[Step]:
        """The list is walked from `addresses` in turn, while honest life goes on around it."""
        attempts: list[Step] = [
            self._attempt(number, addresses[index % len(addresses)])
            for index, number in enumerate(self._cast.attack_list)
        ]
        people = [
            person
            for person in self._cast.people
            if person.newcomer or self._random.random() < RETURNING
        ]
        return _spread(attempts, self._shuffled(people, self._cast.partner_numbers[::3]))

    async def run(self, steps: Sequence[Step], progress: Progress) -> None:
        """Take the steps in order, CONNECTIONS at a time."""
        queue = iter(steps)

        async def work() -> None:
            for step in queue:
                await step()
                progress()

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))

    def _shuffled(self, people: Sequence[Person], numbers: Sequence[str]) -> list[Step]:
        steps: list[Step] = [self._visit(person) for person in people]
        steps += [self._partner_look_up(number) for number in numbers]
        self._random.shuffle(steps)
        return steps

    def _visit(self, person: Person) -> Step:
        """Open the app: ask for the own number; now and then mistype it, or sign in."""
        mistyped = self._random.random() < MISTYPED
        wrong = person.phone[:-1] + str(self._random.randrange(10))
        signs_in = person.newcomer or self._random.random() < 0.1

        async def visit() -> None:
            if mistyped:
                await self._honest(person, "GET", f"/v1/users/{wrong}/status")
            await self._honest(person, "GET", f"/v1/users/{person.phone}/status")
            if person.newcomer:
                await self._register(person)
            if signs_in:
                await self._sign_in(person)

        return visit

    async def _register(self, person: Person) -> None:
        seed = totp_seed(person.phone)
        body = {"phone": person.phone, "email": "new@example.com", "totp_seed": seed}
        await self._honest(person, "POST", "/v1/register", {"X-API-Key": APP_KEY}, body)
        await self._honest(person, "GET", f"/v1/users/{person.phone}/status")

    async def _sign_in(self, person: Person) -> None:
        code = pyotp.TOTP(totp_seed(person.phone)).now()
        body = {"phone": person.phone, "code": code}
        answer = await self._honest(person, "POST", "/v1/verify", {"X-API-Key": APP_KEY}, body)
        token = answer.get("access_token", "")
        await self._honest(person, "GET", "/v1/profile", {"Authorization": f"Bearer {token}"})

    def _partner_look_up(self, number: str) -> Step:
        partner = Person("partner", number, self._cast.partner_address)

        async def look_up() -> None:
            path = f"/v1/users/{number}/status"
            await self._honest(partner, "GET", path, {"X-API-Key": PARTNER_KEY})

        return look_up

    def _attempt(self, number: str, address: str) -> Step:
        async def attempt() -> None:
            self.tally.sent_at.append(time.time())
            status, _ = await self._send("GET", f"/v1/users/{number}/status", address)
            self.tally.attempts += 1
            self.tally.disclosed += status == 200

        return attempt

    async def _honest(
        self,
        person: Person,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        shown = self._passes.get(person.name)
        own = {**(headers or {}), **({_PASS: shown} if shown else {})}
        status, answer = await self._send(method, path, person.address, own, body)
        puzzle = answer.get("challenge") if status == 403 else None
        if puzzle:
            # As real clients do, once: in a thread, since others go on meanwhile.
            solved, _ = await asyncio.to_thread(solution, puzzle)
            own[_SOLUTION] = solved
            own.pop(_PASS, None)
            status, answer = await self._send(method, path, person.address, own, body, person.name)
        self.tally.legit_requests += 1
        if status in _REFUSALS:
            self.tally.legit_refused += 1
            self.tally.refused_people.add(person.name)
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        address: str,
        headers: dict[str, str] | None = None,
        body: dict[str, str] | None = None,
        pass_for: str = "",
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON answer; status 0 when there was none. A pass is kept for `pass_for`."""
        sent = {**_APP_HEADERS, **_LOAD_BALANCER, "X-Forwarded-For": address, **(headers or {})}
        try:
            async with self._session.request(
                method, self._base + path, headers=sent, json=body
            ) as answer:
                if pass_for and _PASS in answer.headers:
                    self._passes[pass_for] = answer.headers[_PASS]
                return answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            self.tally.failed += 1
            return 0, {}


def _spread(many: list[Step], few: list[Step]) -> list[Step]:
    """`few` scattered evenly among `many`, both in order."""
    if not few:
        return many
    gap = max(1, len(many) // len(few))
    return list(_interleave(many, iter(few), gap))


def _interleave(many: list[Step], few: Iterator[Step], gap: int) -> Iterator[Step]:
    for index, step in enumerate(many):
        yield step
        if index % gap == gap - 1 and (other := next(few, None)):
            yield other
    yield from few
