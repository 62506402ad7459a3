"""Existence oracle: two answers, and the identifier chooses, also where both are 200.

The ledger's own oracle (`detect/door.py`) knows answers that say hit or miss. This one needs no
meaning: it groups short answers by status, keys, types and words, by size, and by time, and asks
whether the identifier decides. At log-ins it compares refusals alone, as success depends on the
guess. It reports from honest traffic, before anybody uses it.
"""

import re

from nightlatch.detect.behaviour import Reporter, Sighting
from nightlatch.detect.behaviours.attempts import read_attempt
from nightlatch.detect.behaviours.outcomes import Outcomes
from nightlatch.detect.behaviours.timing import ALPHA as TIMING_ALPHA
from nightlatch.detect.behaviours.timing import Timing
from nightlatch.detect.behaviours.twofold import ALPHA, Twofold
from nightlatch.detect.behaviours.verdicts import STRANGERS, tell
from nightlatch.detect.shapes import shape_of
from nightlatch.detect.table import SegmentedTable
from nightlatch.exchange.content import ContentKind
from nightlatch.exchange.exchange import Response
from nightlatch.exchange.judgement import DetectionKind, Level

_ENDPOINTS = 200
MAX_ANSWER = 2_048
"""Bytes; longer answers are somebody's data, which differ as data do."""
MAX_LEAVES = 8
LISTENS_FOR = 10_000
"""Answers of one endpoint that are looked at before it is left alone."""
_ENOUGH_MISSES = 5
_VARIABLE = re.compile(r"[^\s\"'<>]*[0-9@][^\s\"'<>]*")
"""What differs from answer to answer: addresses, numbers, times."""
_SPEAKING = frozenset({"message", "msg", "error", "detail", "title", "status", "reason", "code"})


class _Kinds:
    """The two kinds that come most often, found among the first answers."""

    __slots__ = ("_counts", "_seen", "_two", "covered")

    def __init__(self) -> None:
        self._counts: dict[object, int] = {}
        self._seen = 0
        self._two: tuple[object, ...] = ()
        self.covered = 0.0
        """Share of the answers that are of one of the two."""

    def number(self, kind: object) -> int:
        """0 for the most frequent kind, 1 for the next, else -1. All -1 while they are counted."""
        if self._seen < _FIRST:
            self._seen += 1
            if kind in self._counts or len(self._counts) < _KINDS:
                self._counts[kind] = self._counts.get(kind, 0) + 1
            if self._seen == _FIRST:
                self._choose()
            return -1
        if kind in self._two:
            return self._two.index(kind)
        return -1

    def _choose(self) -> None:
        often = sorted(self._counts, key=lambda kind: -self._counts[kind])[:2]
        self._two = tuple(often)
        self.covered = sum(self._counts[kind] for kind in often) / _FIRST


_FIRST = 100
_KINDS = 32
_COVERED = 0.9
"""Sizes are two kinds only where nearly all answers have one of two; else they depend on what the
answer repeats."""


class _Ear:
    """One endpoint, listened to."""

    __slots__ = (
        "heard",
        "hits",
        "misses",
        "outcomes",
        "shape",
        "shapes",
        "size",
        "sizes",
        "timing",
        "told",
    )

    def __init__(self) -> None:
        self.heard = 0
        self.hits = self.misses = 0
        """As the ledger reads the answers: where it knows both, the matter is the ledger's."""
        self.outcomes = Outcomes()
        self.shapes = _Kinds()
        self.shape = Twofold()
        self.sizes = _Kinds()
        self.size = Twofold()
        self.timing = Timing()
        self.told = False

    @property
    def deaf(self) -> bool:
        known = self.hits and self.misses >= _ENOUGH_MISSES
        return self.told or bool(known) or self.heard >= LISTENS_FOR


class ExistenceOracle:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._ears: SegmentedTable[str, _Ear] = SegmentedTable(_ENDPOINTS)

    def note(self, sighting: Sighting) -> None:
        asked = sighting.disclosure.asked
        if len(asked) != 1 or not sighting.stranger:
            return
        exchange = sighting.exchange
        answer = exchange.response
        if answer is None or answer.status >= 500 or answer.status == 429:
            return
        key = exchange.endpoint.key
        ear = self._ears.touch(key)
        if ear is None:
            ear = _Ear()
            self._ears.add(key, ear)
        if ear.deaf:
            return
        ear.heard += 1
        if ear.heard == _FIRST:
            self._ears.keep(key)
        if not self._says_nothing(sighting, answer, ear):
            self._listen(sighting, answer, ear, hash(asked[0].digest))

    def _says_nothing(self, sighting: Sighting, answer: Response, ear: _Ear) -> bool:
        """Whether the answer is of no interest: somebody's data, or a log-in that went well."""
        content = sighting.response
        if answer.body.size > MAX_ANSWER or content.more_leaves_than(MAX_LEAVES):
            return True
        if read_attempt(sighting) is not None:
            return ear.outcomes.read(answer, content) is not False
        hit = sighting.disclosure.hit
        ear.hits += hit is True
        ear.misses += hit is False
        return False

    def _listen(self, sighting: Sighting, answer: Response, ear: _Ear, identifier: int) -> None:
        exchange = sighting.exchange
        make = _make(exchange.caller.circles)
        said = _said(sighting, answer)
        shape = ear.shapes.number((shape_of(answer.status, sighting.response), said))
        if shape >= 0 and ear.shape.note(identifier, shape, make) and ear.shape.proven:
            words = _two_answers(ear.shape, "in status, fields or words")
            self._tell(sighting, ear, words, ALPHA, 0.9)
        if shape or ear.told:
            return
        size = ear.sizes.number(answer.body.size)
        if size >= 0 and ear.size.note(identifier, size, make) and self._by_size(ear):
            self._tell(sighting, ear, _two_answers(ear.size, "in size alone"), ALPHA, 0.7)
        elif ear.timing.note(identifier, exchange.duration):
            words = ear.timing.found()
            if words:
                words = f"The answer's time depends on whom it is about: {words}."
                self._tell(sighting, ear, words, TIMING_ALPHA, 0.5)

    def _by_size(self, ear: _Ear) -> bool:
        return ear.sizes.covered >= _COVERED and ear.size.proven

    def _tell(
        self, sighting: Sighting, ear: _Ear, words: str, alpha: float, confidence: float
    ) -> None:
        ear.told = True
        exchange = sighting.exchange
        tell(
            self._reporter,
            DetectionKind.EXISTENCE_ORACLE,
            exchange.endpoint.key,
            STRANGERS,
            exchange.at,
            words,
            level=Level.MEDIUM,
            false_alarm_rate=alpha,
            confidence=confidence,
            refuted_by=(
                "The difference says something else of the identifier than that it exists, such as"
                " which kind of account it is: ask for one that you know and for one you made up."
            ),
            attempts=sum(ear.shape.counts) or ear.heard,
        )


def _make(circles: tuple[str, ...]) -> str:
    for circle in circles:
        if circle.startswith("headers:"):
            return circle
    return ""


def _said(sighting: Sighting, answer: Response) -> str:
    """The words of a short answer, without what it repeats of the request, and without numbers."""
    content = sighting.response
    if content.kind is ContentKind.JSON:
        text = "\n".join(
            str(leaf.value)
            for leaf in content.leaves
            if leaf.name in _SPEAKING or type(leaf.value) is bool
        )
    else:
        text = answer.body.data[:MAX_ANSWER].decode("latin-1")
    if not text:
        return ""
    for group in (sighting.parameters, sighting.query, sighting.request.leaves):
        for leaf in group[:MAX_LEAVES]:
            if type(leaf.value) is str and len(leaf.value) > 2:
                text = text.replace(leaf.value, "")
    return _VARIABLE.sub("", text)[:200]


def _two_answers(channel: Twofold, how: str) -> str:
    same = channel.pairs[0][0] + channel.pairs[1][1]
    return (
        f"The answer differs {how} by whom it is about: {channel.counts[0]} identifiers got one and"
        f" {channel.counts[1]} the other, and {same} of {channel.returns} that were asked for again"
        f" got the same as before ({channel.information:.2f} of {channel.uncertainty:.2f} bits)."
    )
