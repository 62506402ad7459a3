"""Members and staff who use an API with their credentials for thirty days: lists that lead to
objects, links from mails, identifiers that staff type in, people who register themselves."""

import base64
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.detect.behaviours.sightings import DAY, NOW, bearer, caller, sighting

from nightlatch.detect.behaviour import Sighting

ORDERS = "GET /orders"
ORDER = "GET /orders/{order_id}"
CANCEL = "POST /orders/{order_id}/cancel"
PROFILE = "GET /users/{user_id}"
CUSTOMER = "GET /staff/customers/{customer_id}"
REFUND = "POST /staff/refunds"
REGISTER = "POST /register"


def token(role: str, name: str) -> tuple[tuple[str, str], ...]:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"sub": name, "role": role}
    return (("Authorization", f"Bearer {part({'alg': 'HS256'})}.{part(claims)}.c2ln"),)


class Members:
    def __init__(self, seed: int, people: int = 300) -> None:
        self.random = Random(seed)
        self.people = people
        self.orders = {n: [f"o{n:05d}{k}" for k in range(3 + n % 9)] for n in range(people)}
        self._newest = people

    def call(
        self,
        at: float,
        person: int,
        key: str,
        answer: Any = None,
        *,
        role: str = "member",
        status: int = 200,
        **parameters: str,
    ) -> Sighting:
        name = f"{role}{person}"
        who = caller(person + 5_000, f"principal:{name}", f"credential:c-{name}")
        return sighting(
            who,
            at,
            key,
            None if key.startswith("GET") else {"reason": "changed my mind"},
            answer if answer is not None else {"ok": True},
            status,
            parameters=parameters or None,
            request_headers=token(role, name),
            credentials=(bearer(name),),
            stranger=False,
        )

    def days(self, first: int, last: int, per_day: int = 60) -> Iterator[Sighting]:
        for day in range(first, last):
            start = NOW + day * DAY
            number = int(per_day * (0.6 if day % 7 > 4 else 1) * (3 if day == 20 else 1))
            for moment in sorted(self.random.random() * 80_000 for _ in range(number)):
                yield from self.visit(start + moment)
            yield from self.staff(start + 81_000)

    def visit(self, at: float) -> Iterator[Sighting]:
        random = self.random
        if random.random() < 0.03:
            yield from self.register(at)
        person = random.randrange(self.people)
        yield self.call(at, person, PROFILE, {"id": f"u{person}"}, user_id=f"u{person}")
        mine = self.orders[person]
        if random.random() < 0.15:  # From a link in a mail.
            yield self.call(at + 2, person, ORDER, {"state": "sent"}, order_id=random.choice(mine))
        listed = {"orders": [{"order_id": one} for one in mine]}
        yield self.call(at + 5, person, ORDERS, listed)
        for turn, order in enumerate(random.sample(mine, random.randrange(len(mine)))):
            answer = {"order_id": order, "state": "sent"}
            yield self.call(at + 9 + turn, person, ORDER, answer, order_id=order)
        if random.random() < 0.2:
            yield self.call(at + 60, person, CANCEL, order_id=mine[0])

    def register(self, at: float) -> Iterator[Sighting]:
        """Somebody makes an account and orders something at once."""
        self._newest += 1
        person = self._newest
        sent = {"email": f"n{person}@x.example", "password": "x"}
        yield sighting(caller(person + 5_000), at, REGISTER, sent, {"id": person}, 201)
        yield self.call(at + 5, person, ORDERS, {"orders": [{"order_id": f"o{person}"}]})
        yield self.call(at + 9, person, CANCEL, order_id=f"o{person}")

    def staff(self, at: float) -> Iterator[Sighting]:
        """Six of them type in the numbers that people tell them on the phone."""
        random = self.random
        for member in range(6):
            for turn in range(random.randrange(10, 25)):
                customer = f"u{random.randrange(self.people)}"
                when = at + member * 300 + turn * 9
                yield self.call(
                    when, member, CUSTOMER, {"id": customer}, role="staff", customer_id=customer
                )
                if random.random() < 0.3:
                    yield self.call(when + 4, member, REFUND, role="staff")
