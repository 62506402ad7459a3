"""Whose records are in an answer that is too long to be held: counted as it streams.

Without the whole there is no parsing, so named values are found by one linear pattern over each
piece. A record usually has several identifiers; only the name that occurs most often is counted,
so that phone, e-mail and id of one person are not three.
"""

import re
from collections import Counter

from nightlatch.detect.records import KindOf, subject_kind
from nightlatch.exchange.disclosure import Subject
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.identifiers import canonical, shape_number

_PAIR = re.compile(
    rb'"([A-Za-z_][\w\-]{0,63})"\s{0,8}:\s{0,8}(?:"([^"\\]{1,100})"|([0-9]{1,18}))[^0-9]'
)
_LONGEST = 200
"""Bytes of a piece that may belong to a pair the next piece completes."""
_MAX_NAMES = 64
"""Names that are counted; more than that are not records of one kind."""


class StreamReader:
    """Reads one streamed body, piece by piece."""

    def __init__(self, hasher: Hasher, kind_of: KindOf = subject_kind) -> None:
        self._hasher = hasher
        self._kind_of = kind_of
        self._rest = b""
        self._seen: Counter[str] = Counter()

    def feed(self, piece: bytes) -> tuple[Subject, ...]:
        """The subjects in this piece, each once; pieces may end anywhere."""
        text = self._rest + piece
        found: dict[bytes, Subject] = {}
        end = 0
        for match in _PAIR.finditer(text):
            # The last byte only closes a number; the next pair may begin with it.
            end = match.end() - 1
            self._take(match, found)
        self._rest = text[max(end, len(text) - _LONGEST) :]
        return tuple(found.values())

    def _take(self, match: re.Match[bytes], found: dict[bytes, Subject]) -> None:
        name = match[1].decode("ascii", "replace")
        value = (match[2] or match[3]).decode("utf-8", "replace")
        kind = self._kind_of(name, value)
        if kind is None or (name not in self._seen and len(self._seen) >= _MAX_NAMES):
            return
        self._seen[name] += 1
        if self._seen[name] < max(self._seen.values()):
            return
        text = canonical(kind, value)
        digest = self._hasher.digest(kind, text)
        found[digest] = Subject(digest, kind, shape_number(kind, text))
