"""What became of all that the sources sent: taken, lost, unreadable; and who was heard of when.

Kept in the documents store, so that the command line can read it and a restart loses nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from threading import Lock

import msgspec
from msgspec import Struct

from nightlatch.exchange.source import SourceKind
from nightlatch.respond.dead_letters import MAX_REASONS, OTHER, DeadLetters
from nightlatch.store.ports import DocumentStore, StoreFailed

BOOK = "sources"
"""Where the documents store has it."""
MAX_SOURCES = 256
"""Sources that are told apart; the rest of each kind counts as one."""
MAX_SERVICES = 8
"""Services of a source that are named."""
MAX_SERVICE = 128
"""Characters of their names that are kept."""
REST = "(others)"


class SourceSeen(Struct):
    """One source, since it was first heard of. What it sent was either taken, lost or rejected."""

    kind: SourceKind
    name: str
    """Empty where it was turned away before it was known whose it was."""
    first_seen: float
    last_seen: float
    accepted: int = 0
    """Exchanges taken."""
    recorded: int = 0
    """Those among them that went on to the recorder."""
    repeated: int = 0
    """Those among them that had come before, and count once."""
    failed: int = 0
    """Those among them that a bug of ours cost, or the end of the process."""
    lost: int = 0
    """Exchanges for which there was no room."""
    services: list[str] = []
    letters: list[DeadLetters] = []
    """Messages rejected, by reason."""

    @property
    def rejected(self) -> int:
        return sum(one.count for one in self.letters)


class SourceBook:
    """Safe for several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sources: dict[tuple[SourceKind, str], SourceSeen] = {}
        self._changed = False

    def accept(self, kind: SourceKind, name: str, services: Mapping[str, int], now: float) -> None:
        """So many exchanges of these services were taken."""
        with self._lock:
            seen = self._seen(kind, name, now)
            seen.accepted += sum(services.values())
            for service in (one[:MAX_SERVICE] for one in services):
                if service not in seen.services and len(seen.services) < MAX_SERVICES:
                    seen.services.append(service)

    def record(self, kind: SourceKind, name: str, now: float) -> None:
        """One of those taken is on its way to the recorder."""
        with self._lock:
            self._seen(kind, name, now).recorded += 1

    def repeat(self, kind: SourceKind, name: str, now: float) -> None:
        """One of those taken had come before."""
        with self._lock:
            self._seen(kind, name, now).repeated += 1

    def fail(self, kind: SourceKind, name: str, number: int, now: float) -> None:
        """So many of those taken are gone by our own fault."""
        with self._lock:
            self._seen(kind, name, now).failed += number

    def lose(self, kind: SourceKind, name: str, number: int, now: float) -> None:
        with self._lock:
            self._seen(kind, name, now).lost += number

    def reject(self, kind: SourceKind, name: str, reason: str, excerpt: bytes, now: float) -> None:
        with self._lock:
            letters = self._seen(kind, name, now).letters
            found = next((one for one in letters if one.reason == reason), None)
            if found is None:
                reason = reason if len(letters) < MAX_REASONS else OTHER
                found = next((one for one in letters if one.reason == reason), None)
            if found is None:
                found = DeadLetters(reason)
                letters.append(found)
            found.note(excerpt, now)

    def settle(self) -> None:
        """Nothing waits any more: what was taken and did not come through is gone."""
        with self._lock:
            for one in self._sources.values():
                done = one.recorded + one.repeated + one.failed
                if one.accepted > done:
                    one.failed += one.accepted - done
                    self._changed = True

    @property
    def sources(self) -> list[SourceSeen]:
        """By kind and name."""
        with self._lock:
            return [_decode(_encode(self._sources[key])) for key in sorted(self._sources)]

    def keep(self, documents: DocumentStore) -> None:
        """Raises StoreFailed. Does nothing where nothing was heard since the last time: another
        process may keep the book of the same store."""
        if not self._changed:
            return
        self._changed = False
        try:
            documents.put_state(BOOK, msgspec.json.encode(self.sources))
        except StoreFailed:
            self._changed = True
            raise

    def restore(self, documents: DocumentStore) -> None:
        """Raises StoreFailed. What waited when the process before this one was killed is gone."""
        for one in read_book(documents):
            self._sources[one.kind, one.name] = one
        self.settle()

    def _seen(self, kind: SourceKind, name: str, now: float) -> SourceSeen:
        self._changed = True
        known = self._sources.get((kind, name))
        if known is None and len(self._sources) >= MAX_SOURCES:
            name = REST
            known = self._sources.get((kind, name))
        if known is None:
            known = self._sources[kind, name] = SourceSeen(kind, name, now, now)
        known.last_seen = max(known.last_seen, now)
        return known


def last_heard(seen: Iterable[SourceSeen], name: str, kinds: Collection[SourceKind]) -> float:
    """When the source that sends these kinds was; 0 for never."""
    heard = (one.last_seen for one in seen if one.name == name and one.kind in kinds)
    return max(heard, default=0.0)


def read_book(documents: DocumentStore) -> list[SourceSeen]:
    """What the collector of these documents keeps; nothing where there is none yet. Raises
    StoreFailed."""
    kept = documents.state(BOOK)
    if kept is None:
        return []
    try:
        return msgspec.json.decode(kept, type=list[SourceSeen])
    except msgspec.MsgspecError:
        # Another version's: it begins anew.
        return []


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SourceSeen).decode
