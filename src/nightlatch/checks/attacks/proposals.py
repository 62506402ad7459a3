"""Which recogniser should look at which text: one pass of Hyperscan over all of them together."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, cast

from nightlatch.store.compiled_patterns import Patterns, open_database

if TYPE_CHECKING:
    import hyperscan

MAX_MATCHES = 1_000
"""Beyond, the texts are searched one by one, and one that again has a fraction of them is proposed
to everybody: so no flood of matches hides another."""
MAX_MATCHES_ALONE = 200

Proposed = dict[int, int]
"""By index of the text: bit n is set when group n wants to see it."""


class Proposals:
    """Groups of patterns; each group is one reader."""

    def __init__(self, groups: Sequence[Sequence[str]], cache: Path | None) -> None:
        self._bits: list[int] = []
        expressions: list[bytes] = []
        for number, patterns in enumerate(groups):
            for pattern in patterns:
                expressions.append(pattern.encode())
                self._bits.append(1 << number)
        self._all = (1 << len(groups)) - 1
        self._database = _open(tuple(expressions), cache) if expressions else None
        self._threads = local()

    def propose(self, texts: Sequence[str]) -> Proposed:
        """For every text that a pattern matched, the groups whose patterns they were."""
        if self._database is None:
            return {}
        # Line ends between them: "^" and "$" of a pattern mean the ends of a text, or of a line.
        together = "\n".join(texts)
        matches = self._scan(_encoded(together), MAX_MATCHES)
        if matches is None:
            return {number: self._alone(_encoded(text)) for number, text in enumerate(texts)}
        if not matches:
            return {}
        lengths = map(len, texts if together.isascii() else map(_encoded, texts))
        return self._by_text(matches, lengths)

    def _alone(self, text: bytes) -> int:
        """The groups that want to see this one text."""
        matches = self._scan(text, MAX_MATCHES_ALONE)
        if matches is None:
            return self._all
        groups = 0
        for pattern, _ in matches:
            groups |= self._bits[pattern]
        return groups

    def _scan(self, data: bytes, most: int) -> list[tuple[int, int]] | None:
        """Each match as (pattern, where it ends); None when there were `most` of them."""
        import hyperscan

        matches: list[tuple[int, int]] = []

        def note(pattern: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            matches.append((pattern, end))
            return len(matches) >= most

        try:
            self._database.scan(data, note, scratch=self._scratch())  # type: ignore[union-attr]
        except hyperscan.ScanTerminated:
            return None
        return matches

    def _by_text(self, matches: list[tuple[int, int]], lengths: Iterable[int]) -> Proposed:
        """`lengths` of the texts, in bytes."""
        starts = list(accumulate((length + 1 for length in lengths), initial=0))
        proposed: Proposed = {}
        bits = self._bits
        for pattern, end in matches:
            index = bisect_right(starts, end - 1) - 1
            proposed[index] = proposed.get(index, 0) | bits[pattern]
        return proposed

    def _scratch(self) -> "hyperscan.Scratch":
        """This thread's own: two threads in one scratch is an error."""
        try:
            return cast("hyperscan.Scratch", self._threads.scratch)
        except AttributeError:
            import hyperscan

            scratch = self._threads.scratch = hyperscan.Scratch(self._database)
            return scratch


def _open(expressions: tuple[bytes, ...], cache: Path | None) -> "hyperscan.Database":
    import hyperscan

    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_MULTILINE
    return open_database(Patterns("the attack patterns", expressions, flags), cache)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
