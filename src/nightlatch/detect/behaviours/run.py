"""Asks every behaviour about every exchange; one that breaks costs no other its turn."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from nightlatch.detect.alarms import Alarms
from nightlatch.detect.behaviour import Behaviour, Reporter, Sighting
from nightlatch.detect.behaviours.registry import BEHAVIOURS
from nightlatch.detect.suspicions import Suspicions
from nightlatch.exchange.judgement import Detection
from nightlatch.faults import FAULTS
from nightlatch.policy.budgets import PAID_LOGINS

VERSION = 1
"""Of what is kept as a whole; each behaviour refuses by itself what it cannot read."""


@runtime_checkable
class Lasting(Protocol):
    """A behaviour whose baselines take days to learn, and should outlive the process."""

    def dump(self) -> bytes: ...

    def load(self, data: bytes, /) -> None:
        """Raises ValueError or a DecodeError for what another version wrote."""


class Kept(Struct, frozen=True):
    version: int
    behaviours: dict[str, bytes]


_WRITE = msgspec.msgpack.Encoder()
_READ = msgspec.msgpack.Decoder(Kept)


class Behaviours:
    """Used by one thread."""

    def __init__(
        self,
        suspicions: Suspicions,
        behaviours: Sequence[Callable[[Reporter], Behaviour]] = BEHAVIOURS,
        *,
        paid_logins: int = PAID_LOGINS,
    ) -> None:
        self._alarms = Alarms()
        reporter = Reporter(self._alarms, suspicions, paid_logins)
        self._behaviours = tuple(make(reporter) for make in behaviours)

    def note(self, sighting: Sighting) -> tuple[Detection, ...]:
        """What is detected now that this exchange is known."""
        for behaviour in self._behaviours:
            try:
                behaviour.note(sighting)
            except Exception as error:  # noqa: BLE001  # one broken detector blinds no other
                FAULTS.note(f"detect.{type(behaviour).__name__}", error)
        return self._alarms.take()

    def dump(self) -> bytes:
        """What takes long to learn, for the next process."""
        lasting = [one for one in self._behaviours if isinstance(one, Lasting)]
        return _WRITE.encode(Kept(VERSION, {type(one).__name__: one.dump() for one in lasting}))

    def load(self, data: bytes) -> None:
        """Take up what another process learned; what cannot be read is learned anew."""
        try:
            kept = _READ.decode(data)
        except msgspec.DecodeError as error:
            FAULTS.note("detect.behaviours", error)
            return
        if kept.version != VERSION:
            return
        for one in self._behaviours:
            name = type(one).__name__
            if isinstance(one, Lasting) and name in kept.behaviours:
                self._load(one, kept.behaviours[name])

    def _load(self, one: Lasting, data: bytes) -> None:
        try:
            one.load(data)
        except (msgspec.DecodeError, ValueError) as error:
            FAULTS.note(f"detect.{type(one).__name__}", error)
