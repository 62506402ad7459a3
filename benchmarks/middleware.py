"""What the middleware costs: CPU before and after the answer, import time, memory.

The bare application and the one behind Nightlatch (all checks, ledger, stores) take turns in one
process, so that a slow minute of the machine hits both. CPU of the event loop's thread until the
last byte left is what the client waits for; CPU of the whole process, drained, is the total.

Where the total goes, each part alone in a tight loop (least of ten, µs, GET / 2 KB POST echoed):
before the answer 60 / 105; the ledger right after it 50 / 50; the worker 133 / 283, of which
behaviours 35 / 50, checks 23 / 26, one walk through each body 15 / 90, reading for attacks 9 / 79,
classifying 11 / 18, the record 12 / 12; storing a batch 30 / 37. In the benchmark two threads share
caches and the interpreter lock, which adds a third to a half; the garbage collector takes 14 / 17.
"""

import asyncio
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nightlatch.app import Nightlatch
from nightlatch.app.agent import Agent

ROUNDS = 12
REQUESTS = 500
"""Requests of each kind in each round, per application."""
MEMORY_REQUESTS = int(os.environ.get("BENCH_MEMORY_REQUESTS", "1000000"))
MEMORY_ADDRESSES = 100_000

_JSON = [(b"content-type", b"application/json")]
_BROWSER = [
    (b"host", b"api.example.com"),
    (b"user-agent", b"Passkeeper/25.1.0 (Android 14)"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip"),
    (b"accept-language", b"en"),
    (b"x-request-id", b"6f1c0de4"),
]


def small_answer(number: int) -> bytes:
    answer = {
        "account_id": 48_000_000 + number,
        "status": "active",
        "devices": 2,
        "over_the_top": False,
        "plan": "personal",
        "locale": "en-GB",
        "features": ["push", "totp", "backup"],
        "last_seen": "2026-03-01T12:00:00Z",
        "links": {"self": f"/v1/users/{number}/status", "help": "https://example.com/help/status"},
        "note": "x" * 20,
    }
    return json.dumps(answer).encode()


def _order(number: int, size: int) -> bytes:
    """A body of about `size` bytes with some forty values, as a shop's API has."""
    lines = [
        {
            "sku": f"A-{number}-{line}",
            "title": "Garden chair, folding",
            "quantity": 2,
            "price": 49.5,
        }
        for line in range(20)
    ]
    order = {
        "order": number,
        "customer": {"name": "Ada Byron", "email": f"ada{number}@example.com", "city": "Leeds"},
        "currency": "GBP",
        "lines": lines,
    }
    text = json.dumps(order)
    return (
        text[:size].encode()
        if len(text) < size
        else json.dumps({**order, "lines": lines[:18]}).encode()
    )


async def _status(request: Request) -> Response:
    return Response(small_answer(int(request.path_params["phone"][-6:])), headers=dict(_TEXT_JSON))


async def _create(request: Request) -> Response:
    body = await request.body()
    return Response(body, 201, headers=dict(_TEXT_JSON))


_TEXT_JSON = [("content-type", "application/json")]


def _application() -> Starlette:
    return Starlette(
        routes=[
            Route("/v1/users/{phone}/status", _status),
            Route("/v1/orders", _create, methods=["POST"]),
        ]
    )


class Call(Struct):
    """One request, ready to be made of any ASGI application."""

    scope: dict[str, Any]
    body: bytes


def calls(kind: str, count: int, addresses: int, seed: int) -> Iterator[Call]:
    random_ = random.Random(seed)
    for index in range(count):
        number = random_.randrange(1_000_000)
        octets = divmod(random_.randrange(addresses), 250)
        address = f"198.{18 + octets[0] // 250}.{octets[0] % 250}.{octets[1] + 1}"
        if kind == "get":
            path, method, body, headers = (
                f"/v1/users/+1415{number:07d}/status",
                "GET",
                b"",
                _BROWSER,
            )
        else:
            path, method, body = "/v1/orders", "POST", _order(index, 2048)
            length = (b"content-length", str(len(body)).encode())
            headers = [
                *_BROWSER,
                *_JSON,
                length,
                (b"authorization", b"Bearer opaque-" + str(number % 50).encode()),
            ]
        yield Call(_scope(method, path, headers, address), body)


def _scope(
    method: str, path: str, headers: list[tuple[bytes, bytes]], address: str
) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": (address, 50_000),
        "server": ("127.0.0.1", 443),
    }


def _agent(guard: Nightlatch) -> Agent:
    if guard.agent is None:
        raise RuntimeError("Nightlatch did not start; its log says why")
    return guard.agent


async def _make(application: Any, call: Call) -> float:
    """CPU of this thread until the last byte was handed over, in microseconds."""
    began = left = time.thread_time_ns()
    messages = iter([{"type": "http.request", "body": call.body, "more_body": False}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        nonlocal left
        left = time.thread_time_ns()

    await application(dict(call.scope), receive, send)
    return (left - began) / 1_000


class Sample(Struct):
    """CPU of one round, in microseconds per request."""

    inline: list[float]
    total: float


async def _round(application: Any, guard: Nightlatch | None, asked: list[Call]) -> Sample:
    gc.collect()
    before = time.process_time_ns()
    inline = [await _make(application, call) for call in asked]
    if guard is not None:
        _agent(guard).drain(30)
    return Sample(inline, (time.process_time_ns() - before) / 1_000 / len(asked))


async def _compare(kind: str, directory: str) -> dict[str, float]:
    bare = _application()
    guard = Nightlatch(_application(), data_dir=directory, mode="enforce")
    samples: dict[bool, list[Sample]] = {False: [], True: []}
    for number in range(ROUNDS + 2):
        asked = list(calls(kind, REQUESTS, 2_000, number))
        for guarded in (False, True):
            sample = await _round(guard if guarded else bare, guard if guarded else None, asked)
            if number >= 2:
                samples[guarded].append(sample)
    _agent(guard).close()
    return _figures(samples[False], samples[True])


def _figures(bare: list[Sample], guarded: list[Sample]) -> dict[str, float]:
    def inline(samples: list[Sample]) -> list[float]:
        return sorted(value for sample in samples for value in sample.inline)

    def p99(values: list[float]) -> float:
        return values[int(len(values) * 0.99)]

    plain, ours = inline(bare), inline(guarded)
    total = [ours.total - plain.total for plain, ours in zip(bare, guarded, strict=True)]
    return {
        "bare": statistics.median(plain),
        "added": statistics.median(ours) - statistics.median(plain),
        "total": statistics.median(total),
        "p99": p99(ours) - p99(plain),
        "ratio": statistics.median(ours) / statistics.median(plain),
    }


def _import_ms() -> float:
    """Median over fresh interpreters, with the interpreter's own start taken off."""
    times = []
    for _ in range(7):
        code = (
            "import time; t = time.perf_counter(); from nightlatch import Nightlatch; "
            "print((time.perf_counter() - t) * 1000)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        times.append(float(done.stdout))
    return statistics.median(times)


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def _growth(directory: str) -> tuple[float, float]:
    """Memory after two fifths of the requests, when every map is full, and what the rest added."""
    guard = Nightlatch(_application(), data_dir=directory, mode="observe")
    settled = 0.0
    for step in range(50):
        for call in calls("get", MEMORY_REQUESTS // 50, MEMORY_ADDRESSES, step):
            await _make(guard, call)
        _agent(guard).drain(60)
        if step == 19:
            gc.collect()
            settled = _rss_mb()
        if sys.stderr.isatty():
            sys.stderr.write(
                f"\r  memory: {step * 2 + 2} % of {MEMORY_REQUESTS:,} requests, {_rss_mb():.0f} MB "
            )
    gc.collect()
    grown = _rss_mb() - settled
    _agent(guard).close()
    return settled, grown


def run() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as directory:
        get = asyncio.run(_compare("get", f"{directory}/get"))
        post = asyncio.run(_compare("post", f"{directory}/post"))
        settled, grown = asyncio.run(_growth(f"{directory}/memory"))
    return {
        "get_added_us": round(get["added"], 1),
        "post_added_us": round(post["added"], 1),
        "get_total_us": round(get["total"], 1),
        "post_total_us": round(post["total"], 1),
        "get_p99_us": round(get["p99"], 1),
        "post_p99_us": round(post["p99"], 1),
        "ratio_to_bare": round(get["ratio"], 2),
        "bare_get_us": round(get["bare"], 1),
        "bare_post_us": round(post["bare"], 1),
        "import_ms": round(_import_ms(), 1),
        "rss_settled_mb": round(settled, 1),
        "rss_growth_mb": round(grown, 1),
    }
