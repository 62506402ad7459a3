"""What people decided: kept, audited, and handed to every application as directives."""

from collections.abc import Callable
from threading import Lock

import msgspec
from msgspec import Struct

from nightlatch.exchange.facts import Contract, Directives
from nightlatch.exchange.judgement import Mode
from nightlatch.store.ports import AuditEntry, DocumentStore

_STATE = "directives"


class _Kept(Struct):
    revision: int = 0
    mode: Mode | None = None


class Decisions:
    """Safe for several threads. Every change raises `StoreFailed` when it could not be kept."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents
        self._lock = Lock()
        kept = _read(documents.state(_STATE))
        self._directives = Directives(kept.revision, kept.mode, tuple(documents.contracts()))

    @property
    def directives(self) -> Directives:
        return self._directives

    def contracts(self) -> dict[str, Contract]:
        """By endpoint."""
        return {contract.endpoint: contract for contract in self._directives.contracts}

    def decide(self, contract: Contract, entry: AuditEntry) -> None:
        """Replace the endpoint's contract."""

        def keep() -> None:
            self._documents.put_contract(contract)

        with self._lock:
            others = (c for c in self._directives.contracts if c.endpoint != contract.endpoint)
            changed = Directives(
                self._next_revision(entry.at), self._directives.mode, (*others, contract)
            )
            self._change(changed, keep, entry, urgent=contract.mode is Mode.ENFORCE)

    def set_mode(self, mode: Mode, entry: AuditEntry) -> None:
        """Override the mode of every application."""
        with self._lock:
            changed = Directives(self._next_revision(entry.at), mode, self._directives.contracts)
            self._change(changed, lambda: None, entry, urgent=mode is Mode.ENFORCE)

    def _change(
        self, changed: Directives, keep: Callable[[], None], entry: AuditEntry, *, urgent: bool
    ) -> None:
        if urgent:
            # Closing a door must not wait for a disk, nor fail because it is full.
            self._directives = changed
        keep()
        self._documents.put_state(
            _STATE, msgspec.msgpack.encode(_Kept(changed.revision, changed.mode))
        )
        self._directives = changed
        self._documents.audit(entry)

    def _next_revision(self, now: float) -> int:
        """Grows even across a lost store: applications compare it with what they have."""
        return max(self._directives.revision + 1, int(now * 1_000))


def _read(state: bytes | None) -> _Kept:
    if state is None:
        return _Kept()
    try:
        return msgspec.msgpack.decode(state, type=_Kept)
    except (msgspec.MsgspecError, ValueError):
        return _Kept()
