"""The pipeline that a replay plays against: an application's own, without what does not detect."""

import hashlib
import time
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.app.rooms import build_rooms
from nightlatch.checks.attacks.engine import CLEAN, Inspection
from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import ALLOW_OBSERVE, Level, Mode
from nightlatch.exchange.record import Record
from nightlatch.exchange.redaction import Redactor
from nightlatch.exchange.scribe import Scribe
from nightlatch.identity.passes import Passes
from nightlatch.identity.puzzles import DEAREST, PRICE
from nightlatch.pipeline import Pipeline
from nightlatch.settings import Settings

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

    def __init__(self, passes: Passes) -> None:
        self._passes = passes

    def pay(self, price: int, now: float) -> tuple[str, int]:
        return _COOKIE + self._passes.grant(now), min(price or PRICE, DEAREST)


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
    return Made(Pipeline(rooms, Mode.OBSERVE), PassGate(rooms.passes))


def hash_rate(seconds: float = 0.05) -> float:
    """SHA-256 hashes that one core of this machine computes in a second."""
    began = time.perf_counter()
    number = 0
    while (spent := time.perf_counter() - began) < seconds:
        for _ in range(1_000):
            hashlib.sha256(b"nightlatch-replay-%d" % number).digest()
            number += 1
    return number / spent
