"""The pipeline that a replay plays against: an application's own, without what does not detect."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.app.rooms import build_rooms
from nightlatch.checks.attacks.engine import CLEAN, Inspection
from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.exchange import Ending, Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import ALLOW_OBSERVE, Level, Mode
from nightlatch.exchange.record import Record
from nightlatch.exchange.redaction import Redactor
from nightlatch.exchange.scribe import Scribe
from nightlatch.identity.passes import CIRCLE, Passes
from nightlatch.pipeline import Pipeline
from nightlatch.settings import Settings

USUAL_PRICE = 50_000
"""Hashes of a puzzle whose decision names no price."""
HIGHEST_PRICE = 2_000_000
"""A browser gives up on what is dearer, so no puzzle is."""
_COOKIE = "nightlatch-pass="
_UNWRITTEN = Record(
    id="", at=0.0, duration=0.0, service="", endpoint="", method="", scheme="", host="", path="",
    query="", status=0, ending=Ending.ANSWERED, address="", circles=(), credential_kind=None,
    credential_state=CredentialState.NONE, level=Level.LOW, reason="", decision=ALLOW_OBSERVE,
)  # fmt: skip


class Unread:
    """Stands in for the engine that reads requests for attacks: a replay is about behaviour."""

    def inspect(self, *_given: Any) -> Inspection:
        return CLEAN


class Silent(Scribe):
    """Reads what the detectors want to know of a body, and writes nothing down."""

    def write(self, *_given: Any, **_named: Any) -> Record:
        return _UNWRITTEN


class PassGate:
    """Grants passes to those who have paid; the puzzle itself is reckoned, not solved."""

    def __init__(self, grant: Callable[[float], str]) -> None:
        self._grant = grant

    def pay(self, price: int, now: float) -> tuple[str, int]:
        return _COOKIE + self._grant(now), min(price or USUAL_PRICE, HIGHEST_PRICE)


class PlainPasses(Passes):
    """Passes as long as the installation's own cannot be granted here: numbered, good for an hour,
    the oldest of a hundred thousand forgotten first."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()
        self._number = 0

    def grant(self, now: float, name: str = "") -> str:  # noqa: ARG002
        self._number += 1
        if len(self._until) >= 100_000:
            self._until.popitem(last=False)
        shown = f"{self._number:016x}"
        self._until[shown] = now + 3_600
        return shown

    def circle(self, request: Request, now: float) -> str:
        sent = request.headers.get(b"cookie")
        if sent is None or not sent.startswith(_COOKIE):
            return ""
        shown = sent.removeprefix(_COOKIE)
        return CIRCLE + shown if now < self._until.get(shown, 0.0) else ""


class Made(Struct, frozen=True):
    pipeline: Pipeline
    gate: PassGate


def make(settings: Settings) -> Made:
    """The real rooms, with a key of their own, in observe mode."""
    rooms = build_rooms(settings, Hasher(bytes(32)))
    inspector: Any = Unread()
    scribe = Silent(settings.service, Redactor(rooms.hasher))
    rooms = replace(rooms, checks=(), inspector=inspector, scribe=scribe)
    rooms.inventory.warm()
    grant: Callable[[float], str] | None = getattr(rooms.passes, "grant", None)
    if grant is None:
        plain = PlainPasses()
        rooms, grant = replace(rooms, passes=plain), plain.grant
    return Made(Pipeline(rooms, Mode.OBSERVE), PassGate(grant))


def hash_rate(seconds: float = 0.05) -> float:
    """SHA-256 hashes that one core of this machine computes in a second."""
    began = time.perf_counter()
    number = 0
    while (spent := time.perf_counter() - began) < seconds:
        for _ in range(1_000):
            hashlib.sha256(b"nightlatch-replay-%d" % number).digest()
            number += 1
    return number / spent
