"""What the application says of its endpoints: in its code, and in its settings by pattern."""

import re
from collections.abc import Iterable
from fnmatch import translate

from msgspec.structs import replace

from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.mark import Mark

MAX_ENDPOINTS = 4_096

_NOTHING_NAMED: frozenset[str] = frozenset()
_SENSITIVE = (DataItem(Side.RESPONSE, "$", DataClass.MARKED, 1.0, ""),)


class Marks:
    """Marks by endpoint key. At most MAX_ENDPOINTS are remembered; full, it starts over, and what
    is in the code comes back with the next request.

    Read in two threads, written in one.
    """

    def __init__(self, patterns: Iterable[tuple[str, Mark]] = ()) -> None:
        """`patterns` name endpoints as the console does, with "*" for anything: "GET /v1/*". The
        first that fits holds; the code's own mark wins over all of them."""
        self._patterns = [(re.compile(translate(one)), mark) for one, mark in patterns]
        self._marks: dict[str, Mark | None] = {}

    def note(self, key: str, mark: Mark) -> None:
        """The code marks this endpoint."""
        self._remember(key, mark)

    def of(self, key: str) -> Mark | None:
        try:
            return self._marks[key]
        except KeyError:
            return self._remember(key, self._by_pattern(key))

    def subjects(self, key: str) -> frozenset[str]:
        """Names that say whom a request to this endpoint, or an answer of it, is about."""
        mark = self.of(key)
        return frozenset(mark.subjects) if mark is not None and mark.subjects else _NOTHING_NAMED

    def items(self, key: str) -> tuple[DataItem, ...]:
        """What its answers hold because the application says so."""
        mark = self.of(key)
        return _SENSITIVE if mark is not None and mark.sensitive else ()

    def contract(self, key: str, decided: Contract | None) -> Contract | None:
        """The contract that holds, where people decided so."""
        return with_mark(key, decided, self.of(key))

    def _by_pattern(self, key: str) -> Mark | None:
        return next((mark for pattern, mark in self._patterns if pattern.match(key)), None)

    def _remember(self, key: str, mark: Mark | None) -> Mark | None:
        if len(self._marks) >= MAX_ENDPOINTS:
            self._marks.clear()
        self._marks[key] = mark
        return mark


def with_mark(key: str, decided: Contract | None, mark: Mark | None) -> Contract | None:
    """What people decided, completed by what the application says where they decided nothing."""
    if mark is None or not mark.public:
        return decided
    if decided is None:
        return Contract(key, Expectation.PUBLIC, mark.owner, mark.reason)
    if decided.expectation is not Expectation.UNDECIDED:
        return decided
    return replace(
        decided, expectation=Expectation.PUBLIC, owner=mark.owner, reason=mark.reason, expires=None
    )
