"""One pipeline for each service that is watched from outside, in the collector's process."""

import hashlib
import logging
import time
from collections.abc import Callable, Collection
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
QUIET = 86_400.0
"""Seconds after which a service that was not heard of gives its place to one that has none: what
was learned of it stays on disk, and is there again when it comes back. Less than a day, and one
that works at night would be forgotten in memory each day; more, and names that somebody made up
would hold all places for as long."""
LOOK_EVERY = 3_600.0
"""Seconds between two looks at what is kept of services."""
KEPT = 1_000
"""Services of which something is kept on disk; the one that was silent longest goes first."""
DAY = 86_400.0


class _Service:
    """What one service's exchanges pass."""

    def __init__(self, pipeline: Pipeline, memory: Memory) -> None:
        self.pipeline = pipeline
        self.memory = memory
        self.heard = 0.0
        """When, by the monotonic clock, and as of the last tick."""


class Services:
    """At most `most`, the last of which is shared by all that come later. Used by one thread."""

    def __init__(
        self, settings: Settings, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._most = most
        self._clock = clock
        self._now = self._looked = clock()
        self._crowded = False
        self._full_at = -1.0
        """When there was no place the last time: it is looked for once a tick, not once an exchange
        of a service that has none."""
        self._hasher = Hasher(load_or_create_key(data_dir(settings) / KEY))
        # The parts that serve all: patterns, networks, what is known of clients and addresses.
        self._rooms = build_rooms(settings, self._hasher)
        self._background: list[Closable] = background(settings, self._rooms)
        self._services: dict[str, _Service] = {}
        self._directives = Directives()
        self._forget()

    def observe(self, seen: Observed) -> Record:
        service = self._services.get(seen.service) or self._meet(seen.service)
        service.memory.changed = True
        service.heard = self._now
        return service.pipeline.on_observed(seen)

    def apply(self, directives: Directives) -> None:
        if directives is self._directives:
            return
        self._directives = directives
        for one in self._services.values():
            one.pipeline.apply(directives)

    def tick(self) -> None:
        self._now = now = self._clock()
        for one in self._services.values():
            one.memory.tick(now)
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._forget()

    def close(self) -> None:
        for worker in self._background:
            with guarded("app.services"):
                worker.close()
        for one in self._services.values():
            one.memory.keep()

    def _meet(self, name: str) -> _Service:
        if name != OTHERS and not self._has_place():
            if not self._crowded:
                self._crowded = True
                log.warning(
                    "More than %d services are watched: all further ones share one name, %s, and "
                    "are judged together. Raise NIGHTLATCH_SOURCES_SERVICES to tell them apart.",
                    self._most - 1,
                    OTHERS,
                )
            return self._services.get(OTHERS) or self._meet(OTHERS)
        made = self._services[name] = self._make(name)
        return made

    def _has_place(self) -> bool:
        """For one more, in the place of one that was not heard of for long where all are taken."""
        if self._full_at == self._now:
            return False
        named = {name: one for name, one in self._services.items() if name != OTHERS}
        if len(named) < self._most - 1:
            return True
        name = min(named, key=lambda each: named[each].heard)
        if self._now - named[name].heard < QUIET:
            self._full_at = self._now
            return False
        named[name].memory.keep()
        del self._services[name]
        return True

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

    def _forget(self) -> None:
        """Of services that did not come back what was learned goes when their records go."""
        with guarded("app.services"):
            forget_silent(
                self._home(), time.time() - self._settings.retention.days * DAY, KEPT,
                {self._place(name).stem for name in self._services},
            )  # fmt: skip

    def _home(self) -> Path:
        home = data_dir(self._settings) / OBSERVED
        home.mkdir(mode=0o700, exist_ok=True)
        return home

    def _place(self, name: str) -> Path:
        """Where is kept what is learned of a service: a name that anyone may choose is no name for
        a file."""
        return self._home() / hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]


def forget_silent(home: Path, before: float, most: int, spared: Collection[str] = ()) -> int:
    """Remove what is kept in `home` of services whose files were written last before then, and of
    those silent longest where there are more than `most`. Those named by `spared` stay. Returns
    how many services that were."""
    written: dict[str, float] = {}
    for path in home.iterdir():
        at = path.stat().st_mtime
        written[path.stem] = max(at, written.get(path.stem, at))
    newest = sorted(written, key=lambda stem: -written[stem])
    gone = {
        stem
        for number, stem in enumerate(newest)
        if stem not in spared and (number >= most or written[stem] < before)
    }
    for path in list(home.iterdir()):
        if path.stem in gone:
            path.unlink(missing_ok=True)
    return len(gone)
