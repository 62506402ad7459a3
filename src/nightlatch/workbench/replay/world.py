"""The breached API: who has an account there, and what it answers to whom.

In process the answers are asked for by number; over HTTP the same class reads the requests.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from random import Random
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from nightlatch.exchange.exchange import NO_BODY, Body
from nightlatch.workbench.replay.fields import field_name, maker
from nightlatch.workbench.replay.identifiers import (
    PHONES,
    birth_date,
    chance,
    scatter,
    spell,
    street,
)
from nightlatch.workbench.replay.scenario import Access, Ident, Order, Place, Scenario

MATCH = "/v1/friends/match"


class Call(Struct, frozen=True, gc=False):
    """One request as the application means it, and what the application would answer."""

    method: str
    path: str
    route: str
    status: int
    answer: Body
    query: str = ""
    body: Body = NO_BODY
    gives: tuple[int, ...] = ()
    """Whose records the answer holds."""
    form: str = "application/json"
    """Media type of the answer."""


class World:
    """The accounts and the endpoint of one scenario."""

    def __init__(self, scenario: Scenario, phones: str = "") -> None:
        self.scenario = scenario
        self._phones = phones or PHONES
        self.members: set[int] = set()
        """The honest people who have an account."""
        self._nobody: set[int] = set()
        self._fields = tuple(
            (name, maker(name)) for name in dict.fromkeys(map(field_name, scenario.fields))
        )
        follow = scenario.follow
        self._follow = tuple(
            (name, maker(name)) for name in map(field_name, follow.fields if follow else ())
        )
        self._before, _, self._after = scenario.template.partition("{" + scenario.name + "}")

    def exists(self, n: int) -> bool:
        if n in self.members:
            return True
        return chance(n) < self.scenario.hit_rate and n not in self._nobody

    def nobody(self, random: Random) -> int:
        """An identifier that nobody has: mistyped, or given up long ago."""
        for _ in range(20):
            n = scatter(850_000_000 + random.randrange(100_000_000))
            if not self.exists(n):
                return n
        self._nobody.add(n)
        return n

    def look_up(self, numbers: Sequence[int], *, known: bool = True) -> Call:
        """The endpoint's answer; `known`: the caller has what it takes to be heard."""
        if not known and self.scenario.protected:
            return self._call(numbers, 401, {"error": "invalid_token"})
        found = [n for n in numbers if self.exists(n)]
        if self.scenario.batch > 1:
            return self._call(numbers, 200, {"matches": list(map(self.record, found))}, found)
        if found:
            return self._call(numbers, 200, self._hit(found[0]), found)
        return self._call(numbers, self.scenario.miss_status, self._miss())

    def match(self, phones: Sequence[int]) -> Call:
        """The contact synchronisation that any such API has beside the endpoint in question."""
        found = [{"phone": self._spell(Ident.PHONE, n)} for n in phones if n in self.members]
        asked = {"phones": [self._spell(Ident.PHONE, n) for n in phones]}
        return Call("POST", MATCH, MATCH, 200, _body({"matches": found}), body=_body(asked))

    def sign_in(self, n: int, *, right: bool) -> Call:
        """A log-in with the n-th person's name, where the endpoint is the login itself."""
        if right:
            return self._call((n,), 200, self._hit(n), (n,), password=f"right-{n}")
        wrong = f"wrong-{n}"
        return self._call((n,), self.scenario.miss_status, self._miss(), password=wrong)

    def people_of(self, n: int) -> tuple[int, ...]:
        """Whom the n-th person's account leads to."""
        follow = self.scenario.follow
        count = follow.people if follow else 0
        return tuple((n * 31 + step * 1_009) % 900_000_007 for step in range(count))

    def follow(self, n: int) -> Call:
        """What a success leads to: all whom the n-th person's account can see."""
        follow = self.scenario.follow
        if follow is None:
            raise ValueError("this scenario has no second step")
        people = self.people_of(n)
        rows = [{name: make(other) for name, make in self._follow} for other in people]
        for other, row in zip(people, rows, strict=True):
            row.setdefault("user_id", other)
        answer = _body({"items": rows})
        return Call(follow.method, follow.template, follow.template, 200, answer, gives=people)

    def turned_away(self) -> Call:
        """The second step, asked for without a credential."""
        follow = self.scenario.follow
        if follow is None:
            raise ValueError("this scenario has no second step")
        answer = _body({"error": "unauthenticated"})
        return Call(follow.method, follow.template, follow.template, 401, answer)

    def record(self, n: int) -> dict[str, object]:
        """The n-th person's record, under the identifier by which it was asked for."""
        row = {name: make(n) for name, make in self._fields}
        if self.scenario.ident is not Ident.PATH:
            row[self.scenario.name] = self._spell(self.scenario.ident, n)
        return row

    def _spell(self, ident: Ident, n: int) -> str:
        return spell(ident, n, self._phones)

    def _hit(self, n: int) -> dict[str, object]:
        if self.scenario.ident is Ident.PAIR:
            return {"access_token": f"at-{n:x}-{'0' * 24}", "expires_in": 3600}
        return self.record(n)

    def _miss(self) -> dict[str, object]:
        if self.scenario.ident is Ident.PAIR:
            return {"error": "invalid_credentials", "message": "Wrong e-mail address or password."}
        return {"success": False, "message": "Not found"}

    def _call(
        self,
        numbers: Sequence[int],
        status: int,
        answer: object,
        gives: Iterable[int] = (),
        password: str = "",
    ) -> Call:
        scenario = self.scenario
        path, query, body = scenario.template, "", NO_BODY
        if scenario.place is Place.BODY:
            body = _body(self._asked(numbers, password))
        elif scenario.place is Place.QUERY:
            query = f"{scenario.name}={quote(self._spell(scenario.ident, numbers[0]))}"
        else:
            path = self._before + self._spell(scenario.ident, numbers[0]) + self._after
        route = scenario.template if status != 404 or scenario.ident is not Ident.PATH else ""
        return Call(scenario.method, path, route, status, _body(answer), query, body, tuple(gives))

    def _asked(self, numbers: Sequence[int], password: str) -> dict[str, Any]:
        scenario = self.scenario
        if scenario.order is Order.WILDCARD and len(numbers) > 1:
            text = self._spell(scenario.ident, numbers[0])
            return {scenario.name: text[:-2] + "*"}
        if scenario.batch > 1:
            return {scenario.name + "s": [self._spell(scenario.ident, n) for n in numbers]}
        n = numbers[0]
        if scenario.ident is Ident.PERSON:
            return _person_asked(n, sentinel=scenario.access is Access.BROKEN)
        asked = {scenario.name: self._spell(scenario.ident, n)}
        if scenario.ident is Ident.PAIR:
            asked["password"] = password
        return asked


def _person_asked(n: int, *, sentinel: bool) -> dict[str, Any]:
    return {
        "name": spell(Ident.PERSON, n),
        "street": street(n),
        "zip": f"{10_000 + n * 37 % 89_999}",
        "dob": "0000-00-00" if sentinel else birth_date(n),
    }


def _body(value: object) -> Body:
    data = msgspec.json.encode(value)
    return Body(data, len(data))


@lru_cache(maxsize=4_096)
def plain_call(method: str, path: str, status: int, kind: str) -> Call:
    """One of the API's other endpoints, which give away no one but the caller."""
    return Call(method, path, path, status, _body({"status": kind}))
