"""What people decided: kept, audited, and handed to every application as directives."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.facts import Contract, Directives, ServiceEndpoint
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.store.ports import AuditEntry, DocumentStore, StoreFailed

MAX_MEASURES = 2_000
"""In force at a time: each travels to every application."""

_STATE = "directives"


class _Kept(Struct):
    revision: int = 0
    mode: Mode | None = None


class Decisions:
    """Safe for several threads. Every change raises `StoreFailed` when it could not be kept."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents
        self._lock = Lock()
        self._directives = self._read(_kept(documents.state(_STATE)))

    @property
    def directives(self) -> Directives:
        return self._directives

    def contracts(self) -> dict[ServiceEndpoint, Contract]:
        return {contract.at: contract for contract in self._directives.contracts}

    def contract(self, at: ServiceEndpoint) -> Contract | None:
        """What holds there: what was decided for this service, else for every service."""
        contracts = self.contracts()
        return contracts.get(at) or contracts.get(at.everywhere)

    def refresh(self) -> None:
        """Take over what another process decided over the same store, as the command line does.
        Raises `StoreFailed`."""
        with self._lock:
            self._catch_up()

    def decide(self, contract: Contract, entry: AuditEntry) -> None:
        """Replace the contract of the same endpoint of the same service."""
        with self._changing():
            self._replace([contract], entry)

    def enforce(self, at: ServiceEndpoint, entry: AuditEntry) -> None:
        """There, whatever else is decided; where no service is named, in all, in one step."""
        with self._changing():
            covered = self._covered(at)
            self._replace([replace(one, mode=Mode.ENFORCE) for one in covered], entry)

    def put_measure(self, measure: Measure, entry: AuditEntry) -> None:
        """Replace the measure of the same id; it is in force from now on, or no longer."""

        def keep() -> None:
            self._documents.put_measure(measure)

        with self._changing():
            holding = [
                one
                for one in self._directives.measures
                if one.id != measure.id and one.holds(entry.at)
            ]
            if measure.holds(entry.at):
                holding.append(measure)
            changed = self._next(entry.at, measures=tuple(holding))
            urgent = measure.holds(entry.at) and measure.kind is not MeasureKind.EXEMPT
            self._change(changed, keep, entry, urgent=urgent)

    def set_mode(self, mode: Mode | None, entry: AuditEntry) -> None:
        """Override the mode of every application."""
        with self._changing():
            changed = replace(self._next(entry.at), mode=mode)
            self._change(changed, lambda: None, entry, urgent=mode is Mode.ENFORCE, moded=True)

    def _covered(self, at: ServiceEndpoint) -> list[Contract]:
        """Every contract that has to change if one thing is to hold there, whether decided so far
        or not: where no service is named, those of the single ones too."""
        contracts = self.contracts()
        others = [one for place, one in contracts.items() if place != at and at.covers(place)]
        return [replace(self.contract(at) or Contract(at.endpoint), service=at.service), *others]

    def _replace(self, contracts: Sequence[Contract], entry: AuditEntry) -> None:
        def keep() -> None:
            for contract in contracts:
                self._documents.put_contract(contract)

        replaced = {contract.at for contract in contracts}
        others = (one for one in self._directives.contracts if one.at not in replaced)
        changed = self._next(entry.at, contracts=(*others, *contracts))
        urgent = any(contract.mode is Mode.ENFORCE for contract in contracts)
        self._change(changed, keep, entry, urgent=urgent)

    def _changing(self) -> Lock:
        """The lock, to hold while something is changed, over what is decided everywhere so far."""
        # A store that cannot be read must not keep a door from being closed.
        with suppress(StoreFailed):
            self.refresh()
        return self._lock

    def _change(
        self,
        changed: Directives,
        keep: Callable[[], None],
        entry: AuditEntry,
        *,
        urgent: bool,
        moded: bool = False,
    ) -> None:
        """`moded`: what is changed is the mode."""
        known = self._directives.revision
        if urgent:
            # Closing a door must not wait for a disk, nor fail because it is full.
            self._directives = changed

        def head(state: bytes | None) -> bytes:
            found, made = _kept(state), _Kept(changed.revision, changed.mode)
            if found.revision > known:
                # Another process decided since this one looked: both hold. Newer than either, so
                # that all take over the other's, this one too.
                made.revision = max(found.revision, changed.revision) + 1
                made.mode = changed.mode if moded else found.mode
            return msgspec.msgpack.encode(made)

        keep()
        self._documents.change_state(_STATE, head)
        self._directives = changed
        self._documents.audit(entry)

    def _next(
        self,
        now: float,
        *,
        contracts: tuple[Contract, ...] | None = None,
        measures: tuple[Measure, ...] | None = None,
    ) -> Directives:
        """The directives with one part changed. The revision grows even across a lost store:
        applications compare it with what they have."""
        current = self._directives
        return Directives(
            max(current.revision + 1, int(now * 1_000)),
            current.mode,
            current.contracts if contracts is None else contracts,
            current.measures if measures is None else measures,
        )

    def _catch_up(self) -> None:
        kept = _kept(self._documents.state(_STATE))
        if kept.revision > self._directives.revision:
            self._directives = self._read(kept)

    def _read(self, kept: _Kept) -> Directives:
        # The revision is the moment of the last change: what was over then is over now.
        measures = self._documents.measures(kept.revision / 1_000, MAX_MEASURES)
        holding = tuple(one for one in reversed(measures) if not one.undone)
        return Directives(kept.revision, kept.mode, tuple(self._documents.contracts()), holding)


def _kept(state: bytes | None) -> _Kept:
    if state is None:
        return _Kept()
    try:
        return msgspec.msgpack.decode(state, type=_Kept)
    except (msgspec.MsgspecError, ValueError):
        return _Kept()
