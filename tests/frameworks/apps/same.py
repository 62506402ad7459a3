"""What the applications of all frameworks have in common: the same endpoints say the same."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

GUARDED = os.environ.get("GUARDED") == "1"
"""Behind Nightlatch, or bare."""
HERE = Path.cwd()
PEOPLE = [{"phone": f"+1201555{number:04}", "name": "Ada"} for number in range(3_000)]
BINARY = bytes(range(256)) * 1_600
COOKIES = ("a=1; Path=/", "b=2; Path=/; HttpOnly")
CALLS: list[str] = []
"""Numbers that the look-up was asked for."""


def look_up(phone: str) -> dict[str, object]:
    CALLS.append(phone)
    return {"account_id": 48_000_000 + int(phone[-4:]), "status": "active"}


def pieces(template: str) -> Iterator[bytes]:
    for number in range(5):
        yield (template % number).encode()


def gated() -> Iterator[bytes | None]:
    """The second event is only made once the test, having read the first, opens the gate. None
    where it would have to wait."""
    yield b"data: 0\n\n"
    until = time.monotonic() + 20
    while not (HERE / "gate").exists():
        assert time.monotonic() < until, "nobody opened the gate"
        yield None
    yield b"data: 1\n\n"


def endless() -> Iterator[bytes]:
    """Ends when nobody listens, and leaves a word of it."""
    try:
        while True:
            yield b"data: on\n\n" * 100
    finally:
        (HERE / "closed").touch()


def midway() -> Iterator[bytes]:
    yield b"[1, 2"
    raise RuntimeError("midway")


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def file() -> Path:
    """One for all servers, whose fields tell its path and time."""
    return HERE.parent / "data.bin"
