"""Which data an exchange carried, by endpoint and place.

Learned per endpoint and path. The first values of a path get the close look (`examine`); from then
on a value only has to keep its shape, and a path that holds nothing of note costs one look-up. What
gives itself away by its spelling is found in one pass over the whole answer (`patterns`); when that
finds what the paths do not explain, the values are looked at again.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from msgspec import Struct, field, structs

from nightlatch.exchange.content import EMPTY, Content, ContentKind, Leaf
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.places import Places, Sighting
from nightlatch.exchange.shapes import Scalar
from nightlatch.inventory.examine import examine, is_confirmed
from nightlatch.inventory.familiar import KEEPS_SHAPE
from nightlatch.inventory.issuers import phone_confidence
from nightlatch.inventory.patterns import Pattern, find
from nightlatch.inventory.samples import masked
from nightlatch.inventory.segments import Kind, segment_kind

MAX_ENDPOINTS = 2_000
MAX_MAPPED = 256
"""Endpoints whose places are remembered: 200 KB each at most, a few KB as a rule."""
MAX_SPOTS = 256
"""Paths remembered per endpoint and part of the message; more are taken together by field name."""
_SAMPLES = 8
"""Values of a path that are examined before it is believed."""
_WEAK = 0.5
"""Below this confidence a single value proves nothing: two must agree, and most of the path's."""
_STRONG = 0.9
"""From this confidence on three values are enough, however many others were nothing."""
_LOOK_AGAIN = 16
"""Of the values that lost their path's shape, one in so many is examined."""
_SCANNED = frozenset({ContentKind.JSON, ContentKind.TEXT, ContentKind.FORM, ContentKind.MALFORMED})
_MAX_SEARCHED = 500
"""Leaves searched for what the pass over the body found."""
_SHORTEST_MATCH = 6
_MAX_MATCHES = 200
"""Places in one text that are held against the rules of their kind."""
_FRUITLESS = 8
"""Searches without a find after which an endpoint's values only resemble a kind of data;"""
_RETRY = 32
"""from then on one exchange in so many is searched."""
_LEARNING = -1


class Spot(Struct):
    """One path of one endpoint's messages, and what is known of the values there."""

    path: str
    """As items name it."""
    quiet: int = _LEARNING
    """Longest text that needs no second look where nothing of note was found."""
    seen: int = 0
    """Values examined."""
    votes: dict[DataClass, int] = field(default_factory=dict)
    confidences: dict[DataClass, float] = field(default_factory=dict)
    samples: dict[DataClass, str] = field(default_factory=dict)
    data_class: DataClass | None = None
    misses: int = 0

    def take(self, data_class: DataClass, confidence: float, value: Scalar) -> bool:
        """Count one examined value as `data_class`; True when that is believed of this value."""
        votes = self.votes[data_class] = self.votes.get(data_class, 0) + 1
        self.confidences[data_class] = max(confidence, self.confidences.get(data_class, 0.0))
        if data_class not in self.samples:
            self.samples[data_class] = masked(data_class, value)
        return confidence >= _WEAK or (votes > 1 and 2 * votes > self.seen)

    def settle(self, value: Scalar) -> None:
        """Decide what the path holds, once enough values were examined."""
        self.seen += 1
        if self.seen < _SAMPLES:
            return
        best = max(self.votes, key=self.votes.__getitem__, default=None)
        if best is not None:
            votes = self.votes[best]
            sure = votes >= 3 and self.confidences[best] >= _STRONG
            self.data_class = best if sure or 2 * votes >= self.seen else None
        if type(value) is str:
            self.quiet = max(self.quiet, 2 * len(value))
        self.quiet = max(self.quiet, 2 * _SHORTEST_MATCH)


_IGNORED = Spot("*", quiet=1 << 62)
"""Where the values of messages with endlessly many paths end; the pass over the body sees them."""


class Learned(Struct):
    """What is known of one endpoint's messages, by part and path."""

    request: dict[str, Spot] = field(default_factory=dict)
    query: dict[str, Spot] = field(default_factory=dict)
    form: dict[str, Spot] = field(default_factory=dict)
    response: dict[str, Spot] = field(default_factory=dict)
    fruitless: dict[DataClass, int] = field(default_factory=dict)
    """Searches in a row for what the pass over the body found, and that found nothing."""

    def worth_searching(self, data_class: DataClass) -> bool:
        """Secrets always; what people are known by unless it has proved to be something else."""
        in_vain = self.fruitless.get(data_class, 0)
        if in_vain < _FRUITLESS or not data_class.personal:
            return True
        self.fruitless[data_class] = in_vain + 1
        return in_vain % _RETRY == 0


class Mapped(Struct):
    """The places in one endpoint's messages: where `quiet`, there is nothing to classify."""

    request: Places = field(default_factory=Places)
    response: Places = field(default_factory=Places)


Sightings = tuple[Sequence[Sighting] | None, Sequence[Sighting] | None]
"""Of the request's and the answer's body; None where all leaves are to be read."""


class Classifier:
    """Data classes of exchanges. Not safe to share between threads: one worker reads exchanges.

    At most MAX_ENDPOINTS endpoints; the one seen longest ago goes first.
    """

    def __init__(self, learned: dict[str, Learned] | None = None) -> None:
        self.learned = {} if learned is None else learned
        self._mapped: dict[str, Mapped] = {}

    def items(
        self,
        endpoint_key: str,
        parameters: tuple[Leaf, ...],
        query: tuple[Leaf, ...],
        request: Content,
        response: Content,
        response_body: bytes,
        sightings: Sightings = (None, None),
    ) -> tuple[DataItem, ...]:
        """One item for each place and class of data that the exchange carried."""
        learned = self._learned(endpoint_key)
        asked_seen, told_seen = sightings
        asked = _Reading(Side.REQUEST)
        asked.read(learned.request, "", parameters)
        asked.read(learned.query, "query.", query)
        if request.kind is ContentKind.FORM:
            asked.read(learned.form, "form.", request.leaves)
        elif asked_seen is None:
            asked.read(learned.request, "", request.leaves)
        else:
            asked.take(learned.request, asked_seen)
        if response is EMPTY:
            return tuple(asked.items())
        told = _Reading(Side.RESPONSE)
        if told_seen is None:
            told.read(learned.response, "", response.leaves)
        else:
            told.take(learned.response, told_seen)
        if response_body and response.kind in _SCANNED:
            self._explain(learned, told, response, response_body)
            if told.woken:
                self._mapped.pop(endpoint_key, None)
        return (*asked.items(), *told.items())

    def places(self, endpoint_key: str) -> Mapped:
        """Of at most MAX_MAPPED endpoints; the one seen longest ago goes first."""
        mapped = self._mapped.pop(endpoint_key, None)
        if mapped is None:
            if len(self._mapped) >= MAX_MAPPED:
                del self._mapped[next(iter(self._mapped))]
            mapped = Mapped()
        self._mapped[endpoint_key] = mapped
        return mapped

    def forget(self, endpoint_key: str) -> None:
        # What is quiet was learned with the rest, and would not be looked at again.
        self._mapped.pop(endpoint_key, None)
        self.learned.pop(endpoint_key, None)

    def _learned(self, endpoint_key: str) -> Learned:
        learned = self.learned.pop(endpoint_key, None)
        if learned is None:
            if len(self.learned) >= MAX_ENDPOINTS:
                self.forget(next(iter(self.learned)))
            learned = Learned()
        self.learned[endpoint_key] = learned
        return learned

    def _explain(self, learned: Learned, told: "_Reading", response: Content, body: bytes) -> None:
        """Look again for what the pass over the body found and no path has explained."""
        patterns = find(body)
        if not patterns:
            return
        known = told.classes()
        for pattern in patterns:
            data_class = pattern.data_class
            if data_class in known or not learned.worth_searching(data_class):
                continue
            found = told.search(learned.response, pattern, response, body)
            learned.fruitless[data_class] = 0 if found else learned.fruitless.get(data_class, 0) + 1


class _Reading:
    """The items of one side of one exchange while they are being counted."""

    __slots__ = ("_counts", "_found", "_loose", "_others", "_side", "woken")

    def __init__(self, side: Side) -> None:
        self._side = side
        self.woken = False
        """A path that was quiet turned out to hold something."""
        self._found: dict[tuple[str, DataClass], Spot] = {}
        self._counts: dict[str, int] = {}
        """By path, for the class that the path has settled on;"""
        self._others: dict[tuple[str, DataClass], int] = {}
        """for any other class, and while the path is learned."""
        self._loose: dict[tuple[str, DataClass], DataItem] = {}
        """What stands inside longer texts and in keys, where no path can be learned."""

    def read(self, spots: dict[str, Spot], prefix: str, leaves: Iterable[Leaf]) -> None:
        """Count the leaves of one part of the message. The hot loop: a look-up for each leaf."""
        counts = self._counts
        for leaf in leaves:
            value = leaf.value
            if value is None or value is True or value is False or value == "":
                continue
            spot = spots.get(leaf.path)
            if spot is None:
                spot = self._enter(spots, prefix, leaf)
            if spot.quiet < 0:
                self._learn(spot, leaf)
            elif (data_class := spot.data_class) is None:
                if type(value) is str and len(value) > spot.quiet:
                    self._learn(spot, leaf)
            elif KEEPS_SHAPE[data_class](value):
                path = spot.path
                if path in counts:
                    counts[path] += 1
                else:
                    counts[path] = 1
                    self._found[path, data_class] = spot
            else:
                self._miss(spot, leaf)

    def take(self, spots: dict[str, Spot], sightings: Sequence[Sighting]) -> None:
        """The same for what a walk has sighted; says what it need not report again."""
        leaves = [Leaf(place.path, place.name, value) for place, value in sightings]
        self.read(spots, "", leaves)
        for place, _ in sightings:
            spot = spots.get(place.path)
            place.hush(-1 if spot is None or spot.data_class is not None else spot.quiet)

    def classes(self) -> set[DataClass]:
        return {data_class for _, data_class in (*self._found, *self._loose)}

    def items(self) -> Iterator[DataItem]:
        for (path, data_class), spot in self._found.items():
            count = self._others.get((path, data_class), 0)
            if data_class is spot.data_class:
                count += self._counts.get(path, 0)
            confidence, sample = spot.confidences[data_class], spot.samples[data_class]
            yield DataItem(self._side, path, data_class, confidence, sample, count)
        yield from self._loose.values()

    def search(
        self, spots: dict[str, Spot], pattern: Pattern, response: Content, body: bytes
    ) -> bool:
        """Find in the leaves, else in the text, what `pattern` matched in the body."""
        found = False
        for leaf in response.leaves[:_MAX_SEARCHED]:
            if type(leaf.value) is str and len(leaf.value) >= _SHORTEST_MATCH:
                found |= self._search_leaf(spots, pattern, leaf, leaf.value)
        whole = response.kind is not ContentKind.JSON or response.cut
        if not found and (whole or not pattern.data_class.personal):
            place = "$" if response.kind is ContentKind.JSON else "body"
            return self._search_text(pattern, place, body.decode("utf-8", "replace"))
        return found

    def _search_leaf(self, spots: dict[str, Spot], pattern: Pattern, leaf: Leaf, text: str) -> bool:
        match = pattern.regex.search(text)
        if match is None:
            return False
        spot = spots.get(leaf.path) or self._enter(spots, "", leaf)
        if not pattern.data_class.personal or match.group() != text.strip():
            return self._search_text(pattern, spot.path, text)
        # A value of its own: its field's name has a say.
        judgement = examine(leaf.name, leaf.path, text)
        if judgement is None or judgement.data_class is not pattern.data_class:
            return False
        if judgement.confidence < _WEAK:
            return False
        quiet = spot.data_class is None
        self._learn(spot, leaf)
        self.woken |= quiet and spot.data_class is not None
        return True

    def _search_text(self, pattern: Pattern, place: str, text: str) -> bool:
        data_class = pattern.data_class
        found = islice(pattern.regex.finditer(text), _MAX_MATCHES)
        kept = [match.group() for match in found if is_confirmed(data_class, match)]
        if not kept:
            return False
        self._note_loose(place, data_class, pattern.confidence, kept[0], len(kept))
        return True

    def _note_loose(
        self, path: str, data_class: DataClass, confidence: float, value: str, count: int
    ) -> None:
        key = (path, data_class)
        known = self._loose.get(key)
        if known is None:
            sample = masked(data_class, value)
            self._loose[key] = DataItem(self._side, path, data_class, confidence, sample, count)
        else:
            self._loose[key] = structs.replace(known, count=known.count + count)

    def _enter(self, spots: dict[str, Spot], prefix: str, leaf: Leaf) -> Spot:
        """The spot of a path not seen before. Keys that are values (`$.users.{phone}`) make one
        path, and personal data in keys counts."""
        path, keys = stable_path(leaf) if leaf.path[0:1] == "$" else (leaf.path, ())
        for data_class, key in keys:
            self._note_loose(path, data_class, 0.8, key, 1)
        if path not in spots and len(spots) >= MAX_SPOTS:
            path = f"*.{leaf.name}"
        spot = spots.get(path)
        if spot is None:
            if len(spots) >= 2 * MAX_SPOTS:
                return _IGNORED
            spot = spots[path] = Spot(prefix + path)
        return spot

    def _count(self, spot: Spot, data_class: DataClass) -> None:
        key = (spot.path, data_class)
        self._found[key] = spot
        self._others[key] = self._others.get(key, 0) + 1

    def _miss(self, spot: Spot, leaf: Leaf) -> None:
        """A value unlike its path's others: of another class known there, or to be examined."""
        for data_class, confidence in spot.confidences.items():
            if confidence >= _WEAK and KEEPS_SHAPE[data_class](leaf.value):
                self._count(spot, data_class)
                return
        spot.misses += 1
        if spot.misses % _LOOK_AGAIN == 1:
            self._learn(spot, leaf)

    def _learn(self, spot: Spot, leaf: Leaf) -> None:
        if spot is _IGNORED:
            return
        judgement = examine(leaf.name, leaf.path, leaf.value)
        if judgement is not None and spot.take(*judgement, leaf.value):
            self._count(spot, judgement.data_class)
        spot.settle(leaf.value)


def stable_path(leaf: Leaf) -> tuple[str, tuple[tuple[DataClass, str], ...]]:
    """The leaf's path with keys that are values replaced by their kind, and the personal ones."""
    if "@" in leaf.path:
        # An address holds dots as paths do, so what follows it cannot be told from it.
        before, _, after = leaf.path.partition("@")
        start, _, local = before.rpartition(".")
        return f"{start}.{{email}}.{leaf.name[:40]}", ((DataClass.EMAIL, f"{local}@{after}"),)
    steps = leaf.path.split(".")
    keys: list[tuple[DataClass, str]] = []
    for index, step in enumerate(steps[1:], start=1):
        key = step.rstrip("[]")
        kind = segment_kind(key)
        if kind is Kind.WORD:
            continue
        name = Kind.ID if kind is Kind.DIGITS else kind
        steps[index] = f"{{{name}}}{step[len(key) :]}"
        if kind is Kind.PHONE or (kind is Kind.DIGITS and phone_confidence(key, named=False) > 0):
            keys.append((DataClass.PHONE, key))
    return ".".join(steps), tuple(keys)
