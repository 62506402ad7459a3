"""One row of a scenario file, made a scenario: what it says, and what is taken for what it leaves
open."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from nightlatch.workbench.replay import freetext
from nightlatch.workbench.replay.doorway import method_of, name_of, place_of, template_of
from nightlatch.workbench.replay.freetext import Door
from nightlatch.workbench.replay.given import Given, RowFault, count_of
from nightlatch.workbench.replay.scenario import (
    COUNTS,
    POPULATIONS,
    Access,
    Follow,
    Habit,
    Ident,
    Order,
    Scenario,
)

_DEFAULT_RATE = 2.0
_LEAST_RATE = 0.5
"""A row that tells how many records left in how many months was not at it all the time."""
_DEFAULT_HITS = {
    Order.LIST: 0.15, Order.SEQUENTIAL: 0.6, Order.GENERATED: 0.1, Order.PREFIX: 0.2,
    Order.WILDCARD: 0.9, Order.POLLING: 1.0, Order.TARGETED: 0.9, Order.GUESS: 0.05,
}  # fmt: skip
_STUFFING_HITS = 0.007
_PATH_HITS = 0.001
_USUAL_BATCH = 100
_WILDCARD_BATCH = 100
_MOST_FIELDS = 60
_UNSEEN = (
    "Each request is one that an honest user could send: only the application's own rules know"
    " that it should have been turned down."
)
_Value = TypeVar("_Value")


def scenario_of(row: Mapping[str, Any], number: int) -> Scenario:
    """The scenario that a row describes. Raises RowFault, and nothing else."""
    return _Reader(Given(row), number).scenario()


class _Reader:
    def __init__(self, given: Given, number: int) -> None:
        self._given = given
        self._number = number
        self._assumed: list[str] = []

    def scenario(self) -> Scenario:
        given = self._given
        kind = given.text("kind")
        order, access = self._order(kind), self._access(kind)
        batch = self._batch(kind, order)
        ident = self._ident(kind, access, batch)
        door = freetext.door_for(ident, bulk=batch > 1)
        place = place_of(given, kind, ident, batch, door)
        seen, reason = self._seen()
        return Scenario(
            id=given.text("id") or f"row-{self._number}",
            title=given.text("title") or kind,
            seen=seen,
            unseen_because=reason,
            method=method_of(given, kind, place, door),
            template=template_of(given, kind, place, door),
            place=place,
            name=name_of(given, door),
            ident=ident,
            order=order,
            batch=batch,
            access=access,
            accounts=self._accounts(),
            addresses=self._addresses(),
            rate=self._rate(),
            hit_rate=self._hit_rate(order, access, ident),
            miss_status=self._miss(ident, batch),
            fields=self._fields(),
            habit=self._habit(door),
            honest_miss=self._honest_miss(door),
            background=self._background(),
            follow=self._follow(kind),
            attempts=given.whole("attempts", most=5_000_000),
            records=self._records(),
            sources=given.text("src"),
            assumed=tuple(self._assumed),
        )

    def _order(self, kind: str) -> Order:
        found = freetext.order_in(self._given.text("order")) or freetext.order_in(kind)
        return found or self._assume("order", Order.LIST)

    def _access(self, kind: str) -> Access:
        value = self._given.get("auth")
        if isinstance(value, bool):
            return Access.VALID if value else Access.NONE
        if value is None:
            login = "login" in kind.lower()
            return self._assume("auth", Access.STUFFING if login else Access.NONE)
        text = self._given.text("auth")
        if not text or text.lower() in ("no", "null"):
            return Access.NONE
        return freetext.access_in(text) or self._assume("auth", Access.NONE)

    def _batch(self, kind: str, order: Order) -> int:
        value = self._given.get("batch")
        if isinstance(value, bool):
            batch = _USUAL_BATCH if value else 1
        elif value is not None:
            batch = self._given.whole("batch", most=10_000) or 1
        elif freetext.is_batch(f"{kind} {self._given.text('order')}"):
            batch = self._assume("batch", _USUAL_BATCH)
        else:
            batch = 1
        return max(batch, _WILDCARD_BATCH) if order is Order.WILDCARD else batch

    def _ident(self, kind: str, access: Access, batch: int) -> Ident:
        if access is Access.STUFFING:
            return Ident.PAIR
        found = freetext.ident_in(self._given.text("ident")) or freetext.ident_in(kind)
        return found or self._assume("ident", Ident.PHONE if batch > 1 else Ident.NUMBER)

    def _accounts(self) -> int:
        number = self._given.number("accounts")
        if number is None:
            # "Many fake": as many as the attack can use.
            return 0
        if not 0 <= number <= 10_000_000 or number != int(number):
            right = "this should be a whole number"
            raise RowFault("accounts", right, self._given.get("accounts"))
        return int(number)

    def _addresses(self) -> tuple[int, ...]:
        """`addresses` says which runs there are; `ips`, as reported, is one more of the usual."""
        wanted = self._counts("addresses")
        if wanted:
            return wanted
        reported = self._counts("ips")
        alone = not isinstance(self._given.get("ips"), list)
        return tuple(sorted({*COUNTS, *reported})) if alone else reported

    def _counts(self, field: str) -> tuple[int, ...]:
        value = self._given.get(field)
        if value is None:
            return ()
        if isinstance(value, str):
            # Words without a number are a report: "many", "residential proxies".
            value = freetext.numbers_in(value) or []
        elif not isinstance(value, list):
            value = [value]
        elif not value:
            raise RowFault(field, "this should be numbers of addresses", value)
        found = [count_of(one) for one in value[:20]]
        if None in found:
            right = "this should be how many addresses the attack comes from, [1, 50, 2000, 20000]"
            raise RowFault(field, right, self._given.get(field))
        return tuple(sorted({one for one in found if one}))

    def _rate(self) -> float:
        given = self._given.get("rate")
        told = freetext.rate_in(given) if isinstance(given, str) else self._given.number("rate")
        if told is None:
            return self._assume("rate", self._derived_rate())
        if not 1e-4 <= told <= 1e7:
            right = "this should be identifiers tried per second, more than 0"
            raise RowFault("rate", right, given)
        return told

    def _derived_rate(self) -> float:
        derived = self._given.get("derived")
        told = derived.get("records_per_s") if isinstance(derived, dict) else None
        if isinstance(told, int | float) and not isinstance(told, bool) and 0 < told < 1e7:
            return max(_LEAST_RATE, float(told))
        return _DEFAULT_RATE

    def _hit_rate(self, order: Order, access: Access, ident: Ident) -> float:
        told = self._given.share("hit_rate")
        if told is not None:
            return told
        usual = _STUFFING_HITS if access is Access.STUFFING else _DEFAULT_HITS[order]
        return self._assume("hit_rate", _PATH_HITS if ident is Ident.PATH else usual)

    def _miss(self, ident: Ident, batch: int) -> int:
        value = self._given.get("miss")
        if isinstance(value, dict):
            value = value.get("status", 200)
        if value is None:
            usual = 401 if ident is Ident.PAIR else 200 if batch > 1 else 404
            return self._assume("miss", usual)
        number = freetext.number_in(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            # "Another body": of an answer like any other.
            return 200
        if not 200 <= number <= 599 or number != int(number):
            right = "this should be the status of an answer that found nothing, such as 404 or 200"
            raise RowFault("miss", right, value)
        return int(number)

    def _fields(self) -> tuple[str, ...]:
        value = self._given.get("fields") or self._given.get("classes") or "name, email, phone"
        if isinstance(value, str):
            value = [part.strip() for part in re.split("[,;]", value)]
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            right = 'this should be names of what an answer holds, ["name", "email"]'
            raise RowFault("fields", right, value)
        return tuple(part for part in value[:_MOST_FIELDS] if part) or ("name",)

    def _habit(self, door: Door) -> Habit:
        text = self._given.text("habit").lower()
        if text and text not in set(Habit):
            raise RowFault("habit", f"this should be one of {', '.join(Habit)}", text)
        return Habit(text) if text else door.habit

    def _honest_miss(self, door: Door) -> float:
        told = self._given.share("honest_miss")
        return door.honest_miss if told is None else min(told, 0.95)

    def _background(self) -> tuple[str, ...]:
        """The populations that the row names; all of them where it names none."""
        value = self._given.get("background")
        text = " ".join(map(str, value)) if isinstance(value, dict | list) else str(value)
        return tuple(name for name in POPULATIONS if name.rstrip("s") in text.lower())

    def _follow(self, kind: str) -> Follow | None:
        value = self._given.get("follow")
        if value is None:
            if "login" in kind.lower() and "relatives" in kind.lower():
                return Follow(people=490, fields=("user_id", "name", "ancestry"))
            return None
        if not isinstance(value, dict):
            right = 'this should be an object such as {"path": "/v1/related", "people": 25}'
            raise RowFault("follow", right, value)
        people, path = value.get("people", 1), value.get("path") or "/v1/related"
        if count_of(people) is None or not re.fullmatch(r"/[\w\-./]*", str(path), re.ASCII):
            raise RowFault("follow", 'this should have a "path" and how many "people"', value)
        fields = value.get("fields")
        named = tuple(map(str, fields[:_MOST_FIELDS])) if isinstance(fields, list) else ()
        found = min(count_of(people) or 1, 10_000)
        return Follow(template=str(path), people=found, fields=named or ("user_id", "name"))

    def _seen(self) -> tuple[bool, str]:
        seen = self._given.get("seen")
        if seen is None:
            seen = not (self._given.get("tried") == 1 and not self._given.get("records"))
        if not isinstance(seen, bool):
            raise RowFault("seen", "this should be true or false", seen)
        return seen, "" if seen else self._given.text("reason") or _UNSEEN

    def _records(self) -> int | None:
        value = self._given.get("records")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def _assume(self, field: str, value: _Value) -> _Value:
        self._assumed.append(f"{field} {value}")
        return value
