"""What measures cost a request, and what a limit lets pass when addresses outnumber its table."""

import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial

from msgspec.structs import replace

from nightlatch.detect.limits import Limiter
from nightlatch.detect.rates import Gcra
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.policy.levers import Levers

NOW = 1_800_000_000.0
TURNS = 50_000
ENDPOINT = Endpoint("GET", "/v1/users/{id}")
CALLER = Caller("192.0.2.1", ("address:192.0.2.1", "headers:00112233", "network:192.0.2.0/24"))
AGENT = headers_of([("user-agent", "curl/8")])
REQUEST = Request("GET", "https", "api.example", "/v1/users/1", "", AGENT, "192.0.2.1")
PREDICATES = (
    'user-agent ~ "python*"',
    "address in (10.0.0.0/8, 172.16.0.0/12)",
    'method = POST and path ~ "/admin*"',
)


def run() -> Mapping[str, object]:
    return {**_levers(), **_limits(), **_round_robin()}


def _levers() -> dict[str, object]:
    circles = [
        _measure(number, circle=f"address:10.0.{number >> 8}.{number & 255}")
        for number in range(1_000)
    ]
    predicates = [_measure(2_000 + n, predicate=text) for n, text in enumerate(PREDICATES)]
    figures: dict[str, object] = {}
    for name, measures in (
        ("no measures", []),
        ("1,000 circles", circles),
        ("1,000 circles, 3 predicates", [*circles, *predicates]),
        ("the same, and a hit", [*circles, *predicates, _measure(1, circle=CALLER.key)]),
    ):
        levers = Levers()
        levers.apply(measures)
        figures[f"rule, {name} (µs)"] = _cost(partial(levers.rule, REQUEST, ENDPOINT, CALLER, NOW))
    return figures


def _limits() -> dict[str, object]:
    limiter, figures = Limiter(), dict[str, object]()
    for kind in (MeasureKind.LIMIT_REQUESTS, MeasureKind.LIMIT_PEOPLE):
        limit = _measure(0, kind=kind, amount=10**6, seconds=60.0, each="address")
        ask = partial(limiter.ask, [limit], CALLER, ENDPOINT.key, NOW, stranger=True)
        figures[f"{kind.value} (µs)"] = _cost(ask)
    keys = [_keys(number) for number in range(60_000)]
    rate = Gcra(10, 60.0)
    tracemalloc.start()
    for key in keys:
        rate.ask(key, NOW)
    figures["bytes per caller of a limit"] = round(tracemalloc.get_traced_memory()[0] / len(keys))
    tracemalloc.stop()
    return figures


def _round_robin() -> dict[str, object]:
    """Each address asks 24 times in a minute, in turn, where 10 are allowed, and a burst of 10; the
    table has 10,000 places. Where it was large enough, a third would be refused."""
    figures: dict[str, object] = {}
    for callers in (1_025, 5_001, 10_001, 50_000):
        rate = Gcra(10, 60.0, capacity=10_000)
        asked = 24 * callers
        passed = sum(
            rate.ask(_keys(turn % callers), NOW + 60.0 * turn / asked).passes
            for turn in range(asked)
        )
        figures[f"{callers:,} addresses: refused"] = f"{1 - passed / asked:.1%} of {asked:,}"
    return figures


def _measure(number: int, kind: MeasureKind = MeasureKind.BLOCK, **fields: object) -> Measure:
    return replace(Measure(f"M{number}", kind, "bench", "", NOW - 1, NOW + 1), **fields)


def _keys(number: int) -> tuple[str, str]:
    a, b, c = number >> 16, number >> 8 & 255, number & 255
    return f"address:10.{a}.{b}.{c}", f"network:10.{a}.{b}.0/24"


def _cost(ask: Callable[[], object]) -> float:
    """Microseconds, the best of five rounds."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(TURNS):
            ask()
        best = min(best, time.perf_counter() - began)
    return round(best / TURNS * 1e6, 2)
