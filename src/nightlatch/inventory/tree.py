"""The tree of paths seen: learns route templates where no framework tells them.

Each node is a place in a path. Below it stand words (children by their text) and values (one child
per kind, whatever the number of values). A place with many words that are in no dictionary holds
values too: they are folded into one `{slug}` child once there are enough of them, and the words
that name places stay.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from nightlatch.inventory.segments import Kind, kind_of_digits, name_of_slugs, segment_kind
from nightlatch.inventory.words import WORDS, is_word

MAX_NODES = 10_000
MAX_DEPTH = 12
_FOLD_AT = 24
"""So many unknown words at one place are slugs when each is rarely seen,"""
_RARE = 4.0
"""that is, fewer than this many times on average;"""
_FOLD_ALWAYS_AT = 200
"""so many are slugs however often they are seen."""
_MAX_WORDS = 500
"""So many words side by side are not doors only: from here on compounds are values too."""
_STANDS_OUT = 20.0
_STANDS_OUT_USES = 100
"""A word asked for so many times more often than its siblings, and so many times at all, is a door
and not a value."""


class Node(Struct):
    """One place in a path."""

    words: dict[str, "Node"] = field(default_factory=dict)
    values: dict[str, "Node"] = field(default_factory=dict)
    uses: int = 0
    """Exchanges at or below this place."""
    seen: int = 0
    """The tree's count of exchanges when this place was last used."""
    ends: bool = False
    """A path ended here."""
    settled: bool = False
    """A word that stands out, kept through a fold."""


class Tree(Struct):
    """What has been learned of an application's paths. Bounded by MAX_NODES: what was used longest
    ago is forgotten first."""

    root: Node = field(default_factory=Node)
    size: int = 1
    clock: int = 0
    folds: int = 0
    """How often templates were replaced by wider ones; callers renew what they keep by template."""

    def find(self, segments: Sequence[str]) -> str | None:
        """The template of a path that has been learned, else None."""
        node, names, parent = self.root, [], ""
        for segment in bounded(segments):
            step = _step(node, segment, parent)
            if step is None:
                return None
            name, node = step
            names.append(name)
            parent = segment
        return template_of(names) if node.ends else None

    def learn(self, segments: Sequence[str]) -> str:
        """Take a path into the tree; returns its template."""
        if self.size + len(segments) > MAX_NODES:
            self._forget()
        self.clock += 1
        node, names, parent = self.root, [], ""
        for segment in bounded(segments):
            name, node = self._enter(node, segment, parent)
            node.uses += 1
            node.seen = self.clock
            names.append(name)
            parent = segment
        node.ends = True
        return template_of(names)

    def _enter(self, node: Node, segment: str, parent: str) -> tuple[str, Node]:
        step = _step(node, segment, parent)
        if step is not None:
            return step
        kind = _kind_at(node, segment, parent)
        children, name = (node.values, f"{{{kind}}}") if kind else (node.words, segment)
        child = children[kind or segment] = Node()
        self.size += 1
        if not kind and _is_crowded(node):
            self._fold(node, name_of_slugs(parent))
            return _step(node, segment, parent) or (name, child)
        return name, child

    def _fold(self, node: Node, kind: Kind) -> None:
        """Make one value child of the unknown words at `node`; those that stand out stay."""
        slugs = node.values.setdefault(kind, Node())
        unknown = _unknown_words(node)
        total = sum(node.words[word].uses for word in unknown)
        for word in unknown:
            child = node.words[word]
            mean_of_others = (total - child.uses) / max(len(unknown) - 1, 1)
            if child.uses >= max(_STANDS_OUT * mean_of_others, _STANDS_OUT_USES):
                child.settled = True
            else:
                _absorb(slugs, node.words.pop(word))
        self.folds += 1
        self.size = sum(1 for _ in _nodes(self.root))

    def _forget(self) -> None:
        """Drop the half of all places that was used longest ago."""
        ages = sorted(node.seen for node in _nodes(self.root))
        _drop_older(self.root, ages[len(ages) // 2])
        self.folds += 1
        self.size = sum(1 for _ in _nodes(self.root))


def bounded(segments: Sequence[str]) -> Sequence[str]:
    """The segments, with all that is deeper than MAX_DEPTH as one `{rest}`."""
    return segments if len(segments) <= MAX_DEPTH else [*segments[:MAX_DEPTH], "{rest}"]


def shape_of(segments: Sequence[str]) -> str:
    """The template that a path never seen would get if it were learned now."""
    return Tree().learn(segments)


def template_of(names: Sequence[str]) -> str:
    """`/users/{id}/posts/{id2}`: equal names are numbered, as parameters must be told apart."""
    template = "/" + "/".join(names)
    if template.count("{") < 2:
        return template
    counts: dict[str, int] = {}
    numbered = []
    for name in names:
        count = counts[name] = counts.get(name, 0) + 1
        numbered.append(f"{name[:-1]}{count}}}" if count > 1 and name[0] == "{" else name)
    return "/" + "/".join(numbered)


def _step(node: Node, segment: str, parent: str) -> tuple[str, Node] | None:
    """The child that `segment` leads to, with its name in the template."""
    child = node.words.get(segment)
    if child is not None:
        return segment, child
    kind = _kind_at(node, segment, parent)
    child = node.values.get(kind)
    return None if child is None else (f"{{{kind}}}", child)


def _kind_at(node: Node, segment: str, parent: str) -> str:
    kind = segment_kind(segment)
    if kind is Kind.DIGITS:
        return kind_of_digits(segment, parent, node.values)
    if kind is Kind.WORD and node.values:
        slugs = name_of_slugs(parent)
        if slugs in node.values and not _names_place(segment, slugs):
            return slugs
    return kind


def _names_place(segment: str, slugs: Kind) -> bool:
    """Next to slugs, compounds are slugs too (`best-video-games`); next to people's names not."""
    return is_word(segment) if slugs is Kind.USERNAME else segment in WORDS


def _unknown_words(node: Node) -> list[str]:
    """Words that may be values. A word with values right below it is a collection (`/zorks/{id}`),
    unless there are more of them than anyone builds."""
    if len(node.words) >= _MAX_WORDS:
        return [word for word in node.words if not node.words[word].settled and word not in WORDS]
    return [
        word
        for word, child in node.words.items()
        if not child.settled and not child.values and not is_word(word)
    ]


def _is_crowded(node: Node) -> bool:
    if len(node.words) < _FOLD_AT:
        return False
    unknown = _unknown_words(node)
    if len(unknown) < _FOLD_AT:
        return False
    uses = sum(node.words[word].uses for word in unknown)
    many = len(unknown) >= _FOLD_ALWAYS_AT or len(node.words) >= _MAX_WORDS
    return many or uses < _RARE * len(unknown)


def _absorb(into: Node, other: Node) -> None:
    into.uses += other.uses
    into.seen = max(into.seen, other.seen)
    into.ends = into.ends or other.ends
    for mine, theirs in ((into.words, other.words), (into.values, other.values)):
        for name, child in theirs.items():
            if name in mine:
                _absorb(mine[name], child)
            else:
                mine[name] = child


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for children in (node.words, node.values):
        for child in children.values():
            yield from _nodes(child)


def _drop_older(node: Node, oldest: int) -> None:
    for children in (node.words, node.values):
        for name, child in list(children.items()):
            if child.seen <= oldest:
                del children[name]
            else:
                _drop_older(child, oldest)
