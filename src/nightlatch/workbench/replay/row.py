"""One row of a scenario file, made a scenario: what it says, and what is taken for what it leaves
open."""

import math
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from nightlatch.workbench.replay import freetext
from nightlatch.workbench.replay.scenario import (
    COUNTS,
    Access,
    Follow,
    Habit,
    Ident,
    Order,
    Place,
    Scenario,
)

_ALIASES = {
    "id": "id name slug breach",
    "title": "title summary description",
    "kind": "kind endpoint_kind endpoint what",
    "method": "method verb",
    "path": "path template url route uri",
    "place": "place where location_of_identifier in",
    "parameter": "parameter param identifier_name field_name",
    "ident": "ident identifier identifier_type ident_type id_type identifier_kind iterated",
    "order": "order ordering walk sequence strategy",
    "batch": "batch batch_size batchsize ids_per_request identifiers_per_request bulk bulk_size",
    "auth": "auth credential_state credentials credential auth_state access authentication",
    "accounts": "accounts account_count number_of_accounts n_accounts",
    "addresses": "addresses address_counts source_addresses sources_count n_addresses",
    "ips": "ips ip ip_addresses ip_count n_ips sources_ips",
    "rate": "rate rate_per_s rate_s rate_per_second attempts_per_s attempts_per_second rps"
    " per_second requests_per_second req_s",
    "hit_rate": "hit_rate hits hitrate hit_share hit_ratio hit success_rate exists",
    "miss": "miss miss_status miss_answer on_miss miss_response miss_code not_found",
    "fields": "fields response_fields answer_fields",
    "classes": "classes data_classes response_classes response_data_classes data",
    "background": "background legitimate_background legit populations population honest"
    " legitimate legit_background",
    "honest_miss": "honest_miss honest_miss_rate legit_miss_rate background_miss legit_miss",
    "attempts": "attempts tries total_attempts",
    "follow": "follow then follow_up second_stage stage2 fan_out",
    "records": "records",
    "src": "src source sources references reference",
    "seen": "seen visible detectable in_traffic",
    "reason": "reason because unseen_because why",
    "derived": "derived",
    "tried": "tried",
    "habit": "habit honest_habit",
}
_Value = TypeVar("_Value")
_NAMES = {alias: field for field, aliases in _ALIASES.items() for alias in aliases.split()}
_NOTES = {
    "space", "duration_s", "duration", "owasp", "notes", "note", "year", "comment",
}  # fmt: skip
"""Fields that say something to people and nothing to a replay."""
_DEFAULT_RATE = 2.0
_DEFAULT_HITS = {
    Order.LIST: 0.15, Order.SEQUENTIAL: 0.6, Order.GENERATED: 0.1, Order.PREFIX: 0.2,
    Order.WILDCARD: 0.9, Order.POLLING: 1.0, Order.TARGETED: 0.9, Order.GUESS: 0.05,
}  # fmt: skip
_UNSEEN = (
    "Each request is one that an honest user could send: only the application's own rules know"
    " that it should have been turned down."
)


class RowFault(Exception):
    """One field is wrong; the text names it and says what would be right."""


def scenario_of(row: Mapping[str, Any], number: int) -> Scenario:
    """The scenario that a row describes. Raises RowFault, and nothing else."""
    return _Reader(row, number).scenario()


class _Reader:
    def __init__(self, row: Mapping[str, Any], number: int) -> None:
        self._given = _by_field(row)
        self._number = number
        self._assumed: list[str] = []

    def scenario(self) -> Scenario:
        kind = self._text("kind")
        name = self._text("id") or f"row-{self._number}"
        order = self._order(kind)
        access = self._access(kind)
        batch = self._batch(kind)
        ident = self._ident(kind, access, batch)
        if order is Order.WILDCARD:
            batch = max(batch, 50)
        door = freetext.door_for(ident, bulk=batch > 1)
        place = self._place(kind, ident, batch, door)
        seen, reason = self._seen()
        return Scenario(
            id=name,
            title=self._text("title") or kind,
            seen=seen,
            unseen_because=reason,
            method=self._method(kind, place, door),
            template=self._template(kind, place, door),
            place=place,
            name=self._text("parameter") or door.name,
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
            honest_miss=self._share("honest_miss", door.honest_miss),
            background=self._background(),
            follow=self._follow(kind),
            attempts=self._whole("attempts", None, most=5_000_000),
            records=self._records(),
            sources=self._text("src"),
            assumed=tuple(self._assumed),
        )

    # Values as they may be written

    def _text(self, field: str) -> str:
        value = self._given.get(field)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return "; ".join(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise RowFault(f"field {field}: this should be a text, not {_shown(value)}.")

    def _number_of(self, field: str) -> float | None:
        """A number, or the first one in a text; None for a text without one."""
        value = self._given.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise RowFault(f"field {field}: this should be a number, not {_shown(value)}.")
        number = freetext.number_in(value) if isinstance(value, str) else float(value)
        if number is not None and not math.isfinite(number):
            raise RowFault(f"field {field}: this should be a number, not {_shown(value)}.")
        return number

    def _whole(self, field: str, default: int | None, *, most: int) -> int | None:
        if self._given.get(field) is None:
            return default
        number = self._number_of(field)
        if number is None or number != int(number) or not 1 <= number <= most:
            raise RowFault(
                f"field {field}: this should be a whole number from 1 to {most:,},"
                f" not {_shown(self._given[field])}."
            )
        return int(number)

    def _share(self, field: str, default: float) -> float:
        if self._given.get(field) is None:
            return default
        number = self._number_of(field)
        if number is not None and 1 < number <= 100:
            number /= 100
        if number is None or not 0 <= number <= 1:
            raise RowFault(
                f"field {field}: this should be a share from 0 to 1, such as 0.15,"
                f" not {_shown(self._given[field])}."
            )
        return number

    # The parameters

    def _order(self, kind: str) -> Order:
        text = self._text("order")
        found = freetext.order_in(text) or freetext.order_in(kind)
        return found or self._assume("order", Order.LIST)

    def _access(self, kind: str) -> Access:
        value = self._given.get("auth")
        if isinstance(value, bool):
            return Access.VALID if value else Access.NONE
        if value is None:
            return self._assume("auth", Access.STUFFING if "login" in kind.lower() else Access.NONE)
        text = self._text("auth")
        if not text or text.lower() in ("no", "null"):
            return Access.NONE
        return freetext.access_in(text) or self._assume("auth", Access.NONE)

    def _batch(self, kind: str) -> int:
        value = self._given.get("batch")
        if isinstance(value, bool):
            return 100 if value else 1
        if value is None and freetext.is_batch(f"{kind} {self._text('order')}"):
            return self._assume("batch", 100)
        return self._whole("batch", 1, most=10_000) or 1

    def _ident(self, kind: str, access: Access, batch: int) -> Ident:
        if access is Access.STUFFING:
            return Ident.PAIR
        found = freetext.ident_in(self._text("ident")) or freetext.ident_in(kind)
        return found or self._assume("ident", Ident.PHONE if batch > 1 else Ident.NUMBER)

    def _place(self, kind: str, ident: Ident, batch: int, door: freetext.Door) -> Place:
        text = self._text("place").lower()
        for place in Place:
            if place in text:
                return place
        if text:
            raise RowFault(f'field place: "path", "query" or "body", not {_shown(text)}.')
        template = self._text("path") or freetext.path_in(kind) or ""
        if batch > 1:
            return Place.BODY
        if "{" in template:
            return Place.PATH
        if "?" in kind:
            return Place.QUERY
        method = self._text("method").upper() or freetext.method_in(kind)
        if method in ("POST", "PUT", "PATCH"):
            return Place.BODY
        if method == "GET" and door.place is Place.BODY:
            return Place.QUERY
        return Place.QUERY if template and ident is not Ident.PATH else door.place

    def _method(self, kind: str, place: Place, door: freetext.Door) -> str:
        text = self._text("method").upper()
        if text and not re.fullmatch("[A-Z]{3,10}", text):
            raise RowFault(f'field method: a method such as "GET", not {_shown(text)}.')
        fallback = "POST" if place is Place.BODY else door.method if door.place is place else "GET"
        return text or freetext.method_in(kind) or fallback

    def _template(self, kind: str, place: Place, door: freetext.Door) -> str:
        """The route; a parameter in braces is renamed to the identifier's name."""
        given = self._text("path") or freetext.path_in(kind) or ""
        given = given.partition("?")[0]
        if given and not given.startswith("/"):
            raise RowFault(f'field path: a path begins with "/", not {_shown(given)}.')
        name = self._text("parameter") or door.name
        if place is not Place.PATH:
            return given or (door.template if door.place is place else _bare(door.template))
        if not given:
            return door.template if door.place is place else f"{_bare(door.template)}/{{{name}}}"
        return (
            re.sub(r"\{[^}]*\}", f"{{{name}}}", given, count=1)
            if "{" in given
            else (f"{given.rstrip('/')}/{{{name}}}")
        )

    def _accounts(self) -> int:
        value = self._given.get("accounts")
        if isinstance(value, str) and freetext.number_in(value) is None:
            return 0
        number = self._number_of("accounts")
        if number is None:
            return 0
        if not 0 <= number <= 10_000_000 or number != int(number):
            raise RowFault(f"field accounts: this should be a whole number, not {_shown(value)}.")
        return int(number)

    def _addresses(self) -> tuple[int, ...]:
        """From how many addresses: `addresses` says which runs, `ips` is one more of them."""
        value = self._given.get("addresses")
        if value is None:
            return self._reported()
        values = value if isinstance(value, list) else [value]
        found = [_count(one) for one in values]
        if not found or None in found:
            raise RowFault(
                "field addresses: this should be how many addresses the attack comes from, such as"
                f" [1, 50, 2000, 20000], not {_shown(value)}."
            )
        return tuple(sorted({one for one in found if one}))

    def _reported(self) -> tuple[int, ...]:
        value = self._given.get("ips")
        if isinstance(value, list):
            found = [_count(one) for one in value]
            if found and None not in found:
                return tuple(sorted({one for one in found if one}))
            raise RowFault(f"field ips: whole numbers of addresses, not {_shown(value)}.")
        number = _count(value)
        return tuple(sorted({*COUNTS, number})) if number else COUNTS

    def _rate(self) -> float:
        number = self._number_of("rate")
        if number is None:
            derived = self._given.get("derived")
            told = derived.get("records_per_s") if isinstance(derived, dict) else None
            if isinstance(told, int | float) and told > 0:
                return self._assume("rate", max(0.5, float(told)))
            return self._assume("rate", _DEFAULT_RATE)
        if not 0 < number <= 1e7:
            raise RowFault(
                "field rate: identifiers tried per second, more than 0,"
                f" not {_shown(self._given['rate'])}."
            )
        return number

    def _hit_rate(self, order: Order, access: Access, ident: Ident) -> float:
        if self._given.get("hit_rate") is None:
            default = 0.007 if access is Access.STUFFING else _DEFAULT_HITS[order]
            default = 0.001 if ident is Ident.PATH else default
            return self._assume("hit_rate", default)
        return self._share("hit_rate", 0.0)

    def _miss(self, ident: Ident, batch: int) -> int:
        value = self._given.get("miss")
        default = 401 if ident is Ident.PAIR else 200 if batch > 1 else 404
        if isinstance(value, dict):
            value = value.get("status", 200)
        if value is None:
            return self._assume("miss", default)
        number = freetext.number_in(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            # "Another body": of an answer like any other.
            return 200
        if not 200 <= number <= 599 or number != int(number):
            raise RowFault(
                f"field miss: the status of an answer that found nothing, such as 404 or 200,"
                f" not {_shown(value)}."
            )
        return int(number)

    def _fields(self) -> tuple[str, ...]:
        value = self._given.get("fields")
        if value is None:
            value = self._given.get("classes") or ["name", "email", "phone"]
        if isinstance(value, str):
            value = [part.strip() for part in re.split("[,;]", value)]
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise RowFault(
                'field fields: names of what an answer holds, such as ["name", "email"],'
                f" not {_shown(value)}."
            )
        return tuple(part for part in value[:60] if part) or ("name",)

    def _habit(self, door: freetext.Door) -> Habit:
        text = self._text("habit").lower()
        if text and text not in set(Habit):
            raise RowFault(f"field habit: one of {', '.join(Habit)}, not {_shown(text)}.")
        return Habit(text) if text else door.habit

    def _background(self) -> tuple[str, ...]:
        from nightlatch.workbench.replay.life import POPULATIONS

        text = str(self._text("background")).lower()
        return tuple(name for name in POPULATIONS if name.rstrip("s") in text)

    def _follow(self, kind: str) -> Follow | None:
        value = self._given.get("follow")
        if value is None:
            if "login" in kind.lower() and "relatives" in kind.lower():
                return Follow(people=490, fields=("user_id", "name", "ancestry"))
            return None
        if isinstance(value, bool | str | list):
            raise RowFault(
                'field follow: an object such as {"path": "/v1/related", "people": 25},'
                f" not {_shown(value)}."
            )
        given = value if isinstance(value, dict) else {"people": value}
        inner = _Reader({"attempts": given.get("people"), "path": given.get("path")}, 0)
        people = inner._whole("attempts", 1, most=10_000) or 1
        fields = given.get("fields")
        named = tuple(map(str, fields)) if isinstance(fields, list) else ("user_id", "name")
        return Follow(template=inner._text("path") or "/v1/related", people=people, fields=named)

    def _seen(self) -> tuple[bool, str]:
        seen = self._given.get("seen")
        if seen is None:
            seen = not (self._given.get("tried") == 1 and not self._given.get("records"))
        if not isinstance(seen, bool):
            raise RowFault(f"field seen: true or false, not {_shown(seen)}.")
        return seen, "" if seen else self._text("reason") or _UNSEEN

    def _records(self) -> int | None:
        value = self._given.get("records")
        return int(value) if isinstance(value, int) and value >= 0 else None

    def _assume(self, field: str, value: _Value) -> _Value:
        self._assumed.append(f"{field}: {value}")
        return value


def _by_field(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row under the fields' own names. A name that is almost one of them is a mistake; others
    are notes."""
    given: dict[str, Any] = {}
    for key, value in row.items():
        plain = re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")
        field = _NAMES.get(plain)
        if field is None:
            if plain not in _NOTES and (near := get_close_matches(plain, _NAMES, 1, 0.85)):
                raise RowFault(f"field {key[:60]}: did you mean {near[0]}?")
            continue
        if given.get(field) is None:
            given[field] = value
    return given


def _count(value: Any) -> int | None:
    if isinstance(value, str):
        value = freetext.number_in(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return (
        int(value) if value == value and 1 <= value <= 1_000_000 and value == int(value) else None
    )


def _bare(template: str) -> str:
    return re.sub(r"/\{.*", "", template) or "/v1/look-up"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
