"""One pipeline for each service that is watched from outside, in the collector's process."""

import hashlib
import logging
import time
from pathlib import Path

from nightlatch.app.agent import Learner, Memory
from nightlatch.app.rooms import Closable, background, build_rooms, rooms_beside
from nightlatch.app.stores import KEY, OBSERVED, data_dir
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.record import Record
from nightlatch.faults import guarded
from nightlatch.pipeline import Pipeline
from nightlatch.settings import Settings
from nightlatch.store.keys import load_or_create_key

log = logging.getLogger("nightlatch")

OTHERS = "(other services)"
"""Whose name those share that came when there was room for no more."""


class _Service:
    """What one service's exchanges pass."""

    def __init__(self, pipeline: Pipeline, memory: Memory) -> None:
        self.pipeline = pipeline
        self.memory = memory


class Services:
    """At most `most`, the last of which is shared by all that come later. Used by one thread."""

    def __init__(self, settings: Settings, most: int) -> None:
        self._settings = settings
        self._most = most
        self._hasher = Hasher(load_or_create_key(data_dir(settings) / KEY))
        # The parts that serve all: patterns, networks, what is known of clients and addresses.
        self._rooms = build_rooms(settings, self._hasher)
        self._background: list[Closable] = background(settings, self._rooms)
        self._services: dict[str, _Service] = {}
        self._directives = Directives()

    def observe(self, seen: Observed) -> Record:
        service = self._services.get(seen.service) or self._meet(seen.service)
        service.memory.changed = True
        return service.pipeline.on_observed(seen)

    def apply(self, directives: Directives) -> None:
        if directives is self._directives:
            return
        self._directives = directives
        for one in self._services.values():
            one.pipeline.apply(directives)

    def tick(self) -> None:
        now = time.monotonic()
        for one in self._services.values():
            one.memory.tick(now)

    def close(self) -> None:
        for worker in self._background:
            with guarded("app.services"):
                worker.close()
        for one in self._services.values():
            one.memory.keep()

    def _meet(self, name: str) -> _Service:
        if len(self._services) >= self._most - 1:
            name = OTHERS
            known = self._services.get(OTHERS)
            if known is not None:
                return known
            log.warning(
                "More than %d services are watched: all further ones share one name, %s, and are "
                "judged together. Raise NIGHTLATCH_SOURCES_SERVICES to tell them apart.",
                self._most - 1,
                OTHERS,
            )
        made = self._services[name] = self._make(name)
        return made

    def _make(self, name: str) -> _Service:
        rooms = rooms_beside(self._rooms, self._settings, name)
        pipeline = Pipeline(rooms, Mode.OBSERVE)
        pipeline.apply(self._directives)
        place = self._place(name)
        learners: dict[Path, Learner] = {
            place.with_suffix(".inventory"): rooms.inventory,
            place.with_suffix(".watch"): rooms.watch,
            place.with_suffix(".behaviours"): rooms.behaviours,
        }
        return _Service(pipeline, Memory(learners))

    def _place(self, name: str) -> Path:
        """Where is kept what is learned of a service: a name that anyone may choose is no name for
        a file."""
        place = data_dir(self._settings) / OBSERVED
        place.mkdir(mode=0o700, exist_ok=True)
        return place / hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
