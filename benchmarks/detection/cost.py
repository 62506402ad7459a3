"""CPU of the engine for each request, beside a bare parse of the same request."""

import json
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from benchmarks.detection.corpus import Row
from benchmarks.detection.requests import request_of_row
from nightlatch.checks.attacks.value import Attack
from nightlatch.exchange.content import Content, Leaf, query_leaves, read_content
from nightlatch.exchange.exchange import Body, Request

Find = Callable[[Request, tuple[Leaf, ...], Content], Sequence[Attack]]

REPEATS = 400
HOSTILE_SIZE = 1_000_000


class Cost(NamedTuple):
    """CPU of this thread, in microseconds."""

    parse: float
    """`read_content` and `query_leaves`: what every reader of the request needs anyway."""
    engine: float


def inspect(find: Find, request: Request) -> tuple[Sequence[Attack], Cost]:
    """What the engine finds in the request, and what both steps cost."""
    clock = time.thread_time_ns
    began = clock()
    content = read_content(request.body, request.headers.get(b"content-type"))
    query = query_leaves(request.query)
    parsed = clock()
    attacks = find(request, query, content)
    return attacks, Cost((parsed - began) / 1_000, (clock() - parsed) / 1_000)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def typical(find: Find, row: Row) -> Cost:
    """Medians over many askings for the same request."""
    request = request_of_row(row)
    costs = [inspect(find, request)[1] for _ in range(REPEATS)]
    return Cost(
        percentile([cost.parse for cost in costs], 0.5),
        percentile([cost.engine for cost in costs], 0.5),
    )


def worst_hostile(find: Find) -> tuple[str, Cost]:
    """The dearest of a few bodies of 1 MB that aim at the engine itself, by name."""
    costs = {name: inspect(find, _hostile(name, unit))[1] for name, unit in HOSTILE.items()}
    name = max(costs, key=lambda one: costs[one].engine)
    return name, costs[name]


_AGENT = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")


def _row(method: str, target: str, body: bytes = b"", content_type: str = "") -> Row:
    headers = [("accept", "application/json"), ("accept-language", "en-GB,en;q=0.8"), _AGENT]
    if content_type:
        headers.append(("content-type", content_type))
    return Row(method, target, tuple(headers), body, 0, "fixed")


_ORDER = {
    "order": 48_000_017,
    "customer": {"name": "Ada Byron", "email": "ada@example.com", "city": "Leeds"},
    "currency": "GBP",
    "note": "Please leave it with the neighbour; the bell doesn't work & the gate is locked.",
    "lines": [
        {"sku": f"A-17-{line}", "title": "Garden chair, folding", "quantity": 2, "price": 49.5}
        for line in range(22)
    ],
}

SMALL_GET = _row("GET", "/v1/users/+14155550123/status?fields=plan,devices&locale=en-GB")
ORDER_POST = _row("POST", "/v1/orders", json.dumps(_ORDER).encode(), "application/json")

HOSTILE: dict[str, tuple[str, bytes]] = {
    "quotes": ("text/plain", b"' or \" "),
    "tags": ("text/plain", b"<svg/onload="),
    "comments": ("application/x-www-form-urlencoded", b"a=1/**/union/**/select/**/"),
    "nested brackets": ("text/plain", b"${jndi:${lower:"),
    "shell": ("text/plain", b";cat${IFS}/etc/$(a`b`"),
    "percent signs": ("application/x-www-form-urlencoded", b"%2525%253c"),
    "base64": ("text/plain", b"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg"),
    "many parameters": ("application/x-www-form-urlencoded", b"a'=<b&"),
    "many members": ("application/json", b'{"a":"\' or 1=1--"},'),
    "paths": ("text/plain", b"..%c0%af../"),
}
"""Media type and what is repeated up to a megabyte."""


def _hostile(name: str, of: tuple[str, bytes]) -> Request:
    content_type, unit = of
    data = unit * (HOSTILE_SIZE // len(unit))
    if content_type == "application/json":
        data = b"[" + data[:-1] + b"]"
    row = _row("POST", f"/hostile/{name.replace(' ', '-')}", b"", content_type)
    # Not by way of the capture, whose limit would cut it: a coding may expand to as much.
    return replace(request_of_row(row), body=Body(data, len(data)))
