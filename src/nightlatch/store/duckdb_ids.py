"""Which records the events file has already, mostly without asking it."""

from collections.abc import Collection, Iterable, Sequence

import duckdb

CAPACITY = 10_000
"""Newest ids remembered. Ids of one millisecond have no order, and threads overtake each other: a
batch begins a little before the one before it ended, but hardly ever before the last thousands."""


class KnownIds:
    """Ids above `floor` are remembered; the file is asked only for those below it."""

    def __init__(self, floor: str) -> None:
        self._floor = floor
        # The two halves take turns: when the younger is full, the older is forgotten whole.
        self._younger: set[str] = set()
        self._older: set[str] = set()

    def among(self, ids: Collection[str], cursor: duckdb.DuckDBPyConnection) -> Sequence[str]:
        """Those of the ids that the file has; at least one is asked for."""
        if min(ids) > self._floor:
            return [one for one in ids if one in self._younger or one in self._older]
        return _in_file(cursor, ids)

    def add(self, ids: Iterable[str]) -> None:
        """They are in the file now."""
        self._younger.update(ids)
        if len(self._younger) >= CAPACITY // 2:
            self._floor = max((self._floor, *self._older))
            self._older, self._younger = self._younger, set()


def _in_file(cursor: duckdb.DuckDBPyConnection, ids: Collection[str]) -> list[str]:
    """Ids sort by time, so the range spares most of the file."""
    found = cursor.execute(
        "SELECT id FROM records WHERE id BETWEEN ? AND ? AND id IN (SELECT unnest(?))",
        [min(ids), max(ids), list(ids)],
    )
    return [record_id for (record_id,) in found.fetchall()]
