"""Every text of a request, and whose it is when somebody asks: nearly always nobody does."""

from collections.abc import Iterator, Sequence
from typing import Any

from nightlatch.checks.attacks.value import Place, Value
from nightlatch.exchange.content import MAX_DEPTH, MAX_LEAVES, Content


class Values(Sequence[Value]):
    """The values of a request. Those of JSON are named late: to make a hundred of them takes ten
    times as long as to find that nothing is the matter with any."""

    __slots__ = ("_content", "_made", "_named", "texts")

    def __init__(
        self, made: list[Value], strings: Sequence[str] = (), content: Content | None = None
    ) -> None:
        self.texts = [value.text for value in made]
        """In the order of the values."""
        self.texts += strings
        self._made = made
        self._content = content
        self._named: list[Value] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: Any) -> Any:
        if index < len(self._made):
            return self._made[index]
        if self._named is None:
            self._named = list(self._names())
        return self._named[index - len(self._made)]

    def _names(self) -> Iterator[Value]:
        leaves = self._content.leaves if self._content is not None else ()
        for leaf in leaves:
            if type(leaf.value) is str and leaf.value:
                yield Value(Place.JSON, leaf.path, leaf.value)


def strings_of(value: Any) -> tuple[list[str], set[str]] | None:
    """The texts of a JSON value in the order of its leaves, and the keys in it; None where a bound
    cuts the leaves short."""
    strings: list[str] = []
    keys: set[str] = set()
    if _collect(value, strings, keys, MAX_DEPTH, MAX_LEAVES) <= 0:
        return None
    return strings, keys


def _collect(value: Any, strings: list[str], keys: set[str], depth: int, left: int) -> int:
    """What is left of the bound on leaves; nothing when it, or the depth, is exceeded."""
    kind = type(value)
    if kind is dict:
        keys.update(value)
        value = value.values()
    elif kind is not list:
        if kind is str and value:
            strings.append(value)
        return left - 1
    left -= len(value)
    for child in value:
        kind = type(child)
        if kind is str:
            if child:
                strings.append(child)
        elif kind is dict or kind is list:
            left = _collect(child, strings, keys, depth - 1, left) if depth else 0
            if left <= 0:
                return 0
    return left
