"""The endpoints of an installation as their records tell it: what the console lists.

Made from records alone, so that a collector that never saw the application can make it. Services
may have the same endpoint: each of them is an entry. Not safe for several threads: its owner holds
a lock.
"""

import logging
from collections.abc import Collection, Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.facts import Contract, EndpointSummary, ServiceEndpoint
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.mark import Mark
from nightlatch.exchange.record import Record
from nightlatch.inventory.marks import with_mark
from nightlatch.inventory.posture import Evidence, Postures
from nightlatch.inventory.risk import RECENT, RiskFacts, risk
from nightlatch.store.ports import Exposure

log = logging.getLogger("nightlatch.catalogue")

MAX_ENDPOINTS = 5_000
"""Of all services together; the endpoint seen least recently goes first."""
MAX_ITEMS = 64
"""Places of data per endpoint; the one with the fewest values goes first."""
MAX_KEYS = 64
"""Statuses, checks and credential kinds per endpoint; beyond, new ones are not listed."""
DUMP_VERSION = 2
_OLDEST = 1
"""In which evidence was kept by endpoint alone."""

_NO_EXPOSURE = Exposure(0, 0)
_HIGH = Level.HIGH

Key = TypeVar("Key", int, str)
ItemKey = tuple[Side, str, DataClass]


class _Entry(Struct):
    """One endpoint's running account."""

    endpoint: str
    service: str
    first_seen: float
    last_seen: float
    requests: int = 0
    refused: int = 0
    items: dict[ItemKey, DataItem] = {}
    kinds: dict[str, int] = {}
    statuses: dict[int, int] = {}
    checks: dict[str, int] = {}
    severe_checks: dict[str, float] = {}
    """Checks of level High, by the time they last failed."""
    to_strangers: dict[DataClass, float] = {}
    """What left to strangers, by the time it last did."""
    confirmed_at: float = 0.0
    answered_stranger_at: float = 0.0
    mark: Mark | None = None
    """What the application says of it, as of the last record."""


class _Version(Struct):
    version: int


class _Dump(_Version):
    entries: list[_Entry]
    evidence: dict[str, Evidence]


class Catalogue:
    def __init__(self, max_endpoints: int = MAX_ENDPOINTS) -> None:
        self._max_endpoints = max_endpoints
        # In order of last sight, so that the first is the one to evict.
        self._entries: dict[str, _Entry] = {}
        self._postures = Postures()
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._entries)

    def note(self, record: Record) -> None:
        entry = self._entry(record)
        refused = record.refused
        entry.requests += 1
        entry.refused += refused
        entry.mark = record.mark
        entry.first_seen = min(entry.first_seen, record.at)
        entry.last_seen = max(entry.last_seen, record.at)
        if not refused:
            # Our own refusals say nothing of the application's protection.
            key = _key(record.service, record.endpoint)
            self._postures.note(key, record.credential_state, record.status, record.at)
        _count(entry.statuses, record.status)
        if record.credential_kind is not None:
            _count(entry.kinds, record.credential_kind.value)
        _note_findings(entry, record)
        if record.items:
            _note_items(entry, record)
        if record.stranger and not refused:
            _note_stranger(entry, record)

    def summaries(
        self,
        exposure: Mapping[ServiceEndpoint, Exposure],
        now: float,
        contracts: Mapping[ServiceEndpoint, Contract] | None = None,
        alarmed: Collection[ServiceEndpoint] = (),
    ) -> list[EndpointSummary]:
        """Every endpoint, the riskiest first, and among equals the most exposed.

        `alarmed` are the endpoints with an open incident. Where nothing is known of an endpoint of
        this service, what is known of it in every service counts.
        """
        decided = contracts or {}
        summaries = [
            _summary(
                entry,
                exposure.get(at) or exposure.get(at.everywhere, _NO_EXPOSURE),
                self._risk_facts(
                    entry,
                    with_mark(
                        at.endpoint, decided.get(at) or decided.get(at.everywhere), entry.mark
                    ),
                    now,
                    alarmed=at in alarmed or at.everywhere in alarmed,
                ),
                self._postures.coverage(key, now),
                now,
            )
            for key, entry in self._entries.items()
            for at in (ServiceEndpoint(entry.service, entry.endpoint),)
        ]
        return sorted(summaries, key=_worst_first)

    def places(self) -> list[ServiceEndpoint]:
        """Every endpoint, of each service."""
        return [ServiceEndpoint(entry.service, entry.endpoint) for entry in self._entries.values()]

    def dump(self) -> bytes:
        """Everything learned, for `load` of this version or a later one."""
        return _encode(
            _Dump(DUMP_VERSION, list(self._entries.values()), dict(self._postures.items()))
        )

    def load(self, dumped: bytes) -> bool:
        """Take back what `dump` gave; False, and nothing changed, when it cannot be read."""
        try:
            version = _decode_version(dumped).version
            if not _OLDEST <= version <= DUMP_VERSION:
                raise ValueError(f"version {version}, this Nightlatch reads {DUMP_VERSION}")
            dump = _decode_dump(dumped)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            log.warning(
                "The stored catalogue of endpoints cannot be read (%s): starting anew", error
            )
            return False
        self._entries = {_key(entry.service, entry.endpoint): entry for entry in dump.entries}
        evidence = dump.evidence
        if version == _OLDEST:
            evidence = {
                key: evidence[entry.endpoint]
                for key, entry in self._entries.items()
                if entry.endpoint in evidence
            }
        self._postures = Postures(evidence)
        return True

    def _entry(self, record: Record) -> _Entry:
        key = _key(record.service, record.endpoint)
        entry = self._entries.pop(key, None)
        if entry is None:
            if len(self._entries) >= self._max_endpoints:
                oldest = next(iter(self._entries))
                del self._entries[oldest]
                self._postures.forget(oldest)
                self.evicted += 1
            entry = _Entry(record.endpoint, record.service, record.at, record.at)
        self._entries[key] = entry
        return entry

    def _risk_facts(
        self, entry: _Entry, contract: Contract | None, now: float, *, alarmed: bool
    ) -> RiskFacts:
        since = now - RECENT
        return RiskFacts(
            posture=self._postures.posture(_key(entry.service, entry.endpoint), now),
            to_strangers=tuple(kind for kind, at in entry.to_strangers.items() if at > since),
            in_answers=tuple(
                dict.fromkeys(i.data_class for i in entry.items.values() if i.side is Side.RESPONSE)
            ),
            confirmed_to_strangers=entry.confirmed_at > since,
            answered_stranger_at=entry.answered_stranger_at,
            severe_checks=tuple(check for check, at in entry.severe_checks.items() if at > since),
            contract=contract,
            alarmed=alarmed,
        )


_encode = msgspec.msgpack.Encoder().encode
_decode_version = msgspec.msgpack.Decoder(_Version).decode
_decode_dump = msgspec.msgpack.Decoder(_Dump).decode


def _key(service: str, endpoint: str) -> str:
    return f"{service}\0{endpoint}"


def _item_key(item: DataItem) -> ItemKey:
    return (item.side, item.path, item.data_class)


def _count(counts: dict[Key, int], key: Key) -> None:
    if key in counts:
        counts[key] += 1
    elif len(counts) < MAX_KEYS:
        counts[key] = 1


def _note_findings(entry: _Entry, record: Record) -> None:
    checks = entry.checks
    for finding in record.findings:
        check = finding.check
        if check in checks:
            checks[check] += 1
        elif len(checks) < MAX_KEYS:
            checks[check] = 1
        else:
            continue
        if finding.level is _HIGH:
            entry.severe_checks[check] = record.at


def _note_items(entry: _Entry, record: Record) -> None:
    items = entry.items
    for item in record.items:
        key = _item_key(item)
        known = items.get(key)
        if known is None and len(items) >= MAX_ITEMS:
            # Keys that a caller invents are seen once each and so push each other out, never the
            # places that real traffic keeps filling.
            del items[min(items, key=lambda one: items[one].count)]
        items[key] = item if known is None else _merged(known, item)


def _merged(known: DataItem, new: DataItem) -> DataItem:
    surest = new if new.confidence > known.confidence else known
    return DataItem(
        known.side,
        known.path,
        known.data_class,
        surest.confidence,
        surest.sample,
        known.count + new.count,
    )


def _note_stranger(entry: _Entry, record: Record) -> None:
    at = record.at
    if 200 <= record.status < 300:
        entry.answered_stranger_at = max(entry.answered_stranger_at, at)
    if record.disclosed:
        entry.confirmed_at = max(entry.confirmed_at, at)
    for item in record.items:
        if item.side is Side.RESPONSE:
            entry.to_strangers[item.data_class] = at


def _summary(
    entry: _Entry, exposure: Exposure, facts: RiskFacts, coverage: float, now: float
) -> EndpointSummary:
    level, reason = risk(facts, now)
    return EndpointSummary(
        endpoint=entry.endpoint,
        service=entry.service,
        requests=entry.requests,
        first_seen=entry.first_seen,
        last_seen=entry.last_seen,
        posture=facts.posture,
        coverage=coverage,
        risk=level,
        risk_reason=reason,
        items=tuple(entry.items.values()),
        credential_kinds=tuple(sorted(entry.kinds, key=lambda kind: -entry.kinds[kind])),
        failed_checks=_most_first(entry.checks),
        statuses=_most_first(entry.statuses),
        refused=entry.refused,
        exposure_day=exposure.day,
        exposure_month=exposure.month,
        contract=facts.contract,
    )


def _most_first(counts: dict[Key, int]) -> tuple[tuple[Key, int], ...]:
    return tuple(sorted(counts.items(), key=lambda pair: -pair[1]))


def _worst_first(summary: EndpointSummary) -> tuple[int, int, int, int, str, str]:
    return (
        -summary.risk,
        -summary.exposure_month,
        -summary.exposure_day,
        -summary.requests,
        summary.endpoint,
        summary.service,
    )
