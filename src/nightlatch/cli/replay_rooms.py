"""The pipeline that a replay plays against: an application's own, without what does not detect."""

import hashlib
import time
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.app.agent import build_rooms
from nightlatch.checks.attacks.engine import CLEAN, Inspection
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import Mode
from nightlatch.pipeline import Pipeline
from nightlatch.policy.attacks import Inspector
from nightlatch.settings import Settings
from nightlatch.workbench.replay.stage import Gate


class Unread:
    """Stands in for the engine that reads requests for attacks: a replay is about behaviour."""

    def inspect(self, *_given: Any) -> Inspection:
        return CLEAN


class NoGate:
    """Where passes are not to be had: a challenge cannot be completed."""

    def pay(self, price: int, now: float) -> tuple[str, int]:  # noqa: ARG002
        return "", price


class Made(Struct, frozen=True):
    pipeline: Pipeline
    gate: Gate


def make(settings: Settings) -> Made:
    """The real rooms, with a key of their own, in observe mode."""
    rooms = build_rooms(settings, Hasher(bytes(32)))
    inspector: Any = Unread()
    rooms = replace(rooms, checks=(), inspector=inspector)
    return Made(Pipeline(rooms, Mode.OBSERVE), NoGate())


def hash_rate(seconds: float = 0.05) -> float:
    """SHA-256 hashes that one core of this machine computes in a second."""
    began = time.perf_counter()
    number = 0
    while (spent := time.perf_counter() - began) < seconds:
        for _ in range(1_000):
            hashlib.sha256(b"nightlatch-replay-%d" % number).digest()
            number += 1
    return number / spent
