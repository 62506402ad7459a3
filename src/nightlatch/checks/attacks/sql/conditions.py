"""Is a condition decided before the database looks at a single row?

`1=1` is, and `x=x`, and `'a' like 'a'`; `age > 18` is not. To tell, it is enough to know of each
side of a comparison whether columns are named in it.
"""

from typing import NamedTuple

MAX_NESTED = 64
"""Brackets whose outside is remembered; deeper ones count as the side they stand in."""


class _Side(NamedTuple):
    names: int
    values: int
    name: str
    """The last name, "" when there is none."""


_NOTHING = _Side(0, 0, "")


class _Frame(NamedTuple):
    """What stood before a bracket."""

    side: _Side
    left: _Side | None
    called: str
    """"" for brackets that only group, else whose arguments they hold."""


class Conditions:
    """Follows the sides of comparisons through an expression."""

    __slots__ = (
        "_frames",
        "_left",
        "_name",
        "_names",
        "_owner",
        "_values",
        "constant",
        "decided",
        "decided_inside",
    )

    def __init__(self) -> None:
        self._names = self._values = 0
        self._name = self._owner = ""
        self._left: _Side | None = None
        self._frames: list[_Frame] = []
        self.decided = False
        """Constants were compared with each other, or a name with itself."""
        self.decided_inside = False
        """And so in brackets."""
        self.constant = False
        """A constant stood for a condition."""

    def value(self) -> None:
        self._values += 1

    def named(self, name: str) -> None:
        self._names += 1
        self._name = self._owner + name
        self._owner = ""

    def member(self) -> None:
        """A dot: the next name belongs to this one."""
        self._names -= self._names > 0
        self._owner = self._name + "."

    def compare(self) -> None:
        left = self._left or _NOTHING
        # Of a chain, `1 < x < 3`, all but the last are one side.
        self._left = _Side(left.names + self._names, left.values + self._values, self._name)
        self._names = self._values = 0
        self._name = ""

    def settle(self) -> None:
        """A comparison, or what stands for one, is over."""
        left = self._left
        if left is None:
            self.constant = self.constant or bool(self._values and not self._names)
        elif not left.names and not self._names:
            if left.values and self._values:
                self._decide()
        elif left.names == self._names == 1 and not left.values and not self._values:
            keyword = bool(self._frames and self._frames[-1].called)  # f(a=a)
            if left.name == self._name and not keyword:
                self._decide()
        self._left = None
        self._names = self._values = 0
        self._name = ""

    def _decide(self) -> None:
        self.decided = True
        self.decided_inside = self.decided_inside or bool(self._frames)

    def open(self, called: str = "") -> None:
        if len(self._frames) < MAX_NESTED:
            side = _Side(self._names, self._values, self._name)
            self._frames.append(_Frame(side, self._left, called))
            self._names = self._values = 0
            self._name = ""
            self._left = None

    @property
    def nested(self) -> int:
        return len(self._frames)

    def close(self) -> None:
        """What stood in the brackets becomes a part of the side they stand in."""
        if not self._frames:
            return
        names, constant, name = self._names, self.constant, self._name
        self.settle()
        self.constant = constant
        side, self._left, _ = self._frames.pop()
        self._names = side.names + min(names, 1)
        self._values = side.values + (not names)
        self._name = side.name or name
