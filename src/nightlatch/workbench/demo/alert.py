"""When did Nightlatch first speak up? Read from its own documents, as a person would be told."""

import time
from contextlib import closing
from pathlib import Path

from nightlatch.exchange.judgement import DetectionKind
from nightlatch.store.sqlite_documents import SQLiteDocuments

_ATTACK_KINDS = frozenset(
    {
        DetectionKind.ENUMERATION,
        DetectionKind.DISTRIBUTED_ENUMERATION,
        DetectionKind.BUDGET_EXCEEDED,
    }
)
_PATIENCE = 5.0
"""Seconds: incidents are written a moment after the exchange that opened them."""


def first_alert(data: Path, kinds: frozenset[DetectionKind] = _ATTACK_KINDS) -> float | None:
    """The moment (seconds since the epoch) the first incident of these kinds opened; None if none
    did."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        with closing(SQLiteDocuments(data / "documents.sqlite")) as documents:
            incidents = documents.incidents()
        opened = [incident.opened for incident in incidents if incident.kind in kinds]
        if opened:
            return min(opened)
        if time.monotonic() > deadline:
            return None
        time.sleep(0.1)
