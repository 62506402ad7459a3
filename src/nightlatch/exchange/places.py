"""A JSON body walked once for two readers: one masks it, the other asks what its values are.

A message of an endpoint looks much like the one before. So what a place's name says is kept with
the place, and so is what the second reader has learned there: where values are quiet, nobody looks
at them again, and that is most of a body.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from nightlatch.exchange.content import MAX_DEPTH, MAX_LEAVES, below
from nightlatch.exchange.masking import MASK
from nightlatch.exchange.shapes import Scalar

Mask = Callable[[str], str]
MaskNumber = Callable[[float], float | str]

MAX_PLACES = 256
"""Places remembered of one kind of message; others are made anew each time, a microsecond each."""
_LONGEST_KEY = 128
_NONE: dict[str, "Place"] = {}
"""Of the places that nothing was found below; never written to."""


class Name(Struct, frozen=True):
    """What a field's name tells to do with its value."""

    shown: str
    """The name itself, masked where it is an identifier: {"+15551234567": {…}}."""
    mask: Mask | None
    """For text; None where the name says nothing and the shape decides."""
    mask_number: MaskNumber
    small: int
    """Numbers nearer to 0 than this stay as they are: most do, and need no call."""
    secret: bool
    """Nothing below it may be seen, lists and objects included."""


class Place(Struct, gc=False):
    """One path of a kind of message: what masks its values, and whether they are of interest."""

    path: str
    """As leaves have it."""
    base: str
    """What the paths below begin with: the path, unless that is too long."""
    name: str
    treated: Name
    shown: str
    """The name, as `treated` has it."""
    quiet: int = -1
    """Texts up to this length are of no interest here, nor are numbers; -1 while all are."""
    easy_text: int = -1
    """Texts up to this length need nothing, unless by their shape;"""
    easy_number: int = 0
    """and so do numbers nearer to 0 than this. One comparison decides for most of a body."""
    members: dict[str, "Place"] = _NONE
    """Where an object stands here, its members."""
    item: "Place | None" = None
    """Where a list stands here, its items: all of them are one place."""

    def hush(self, quiet: int) -> None:
        """From now on nobody is interested in texts up to this length; -1: in all again."""
        self.quiet = quiet
        self.easy_text = quiet if self.treated.mask is None else -1
        self.easy_number = 0 if quiet < 0 else self.treated.small


class Places:
    """The places of one kind of message, MAX_PLACES of them; the first ones stay."""

    __slots__ = ("_room", "root")

    def __init__(self) -> None:
        self._room = MAX_PLACES
        self.root: Place | None = None

    def admit(self) -> bool:
        """Is there room for one more?"""
        self._room -= 1
        return self._room >= 0


Sighting = tuple[Place, Scalar]
"""A value that may be of interest, and where it stands."""


def walk(
    value: Any, places: Places, names: Mapping[str, Name], plain: Mask | None, mark: str = ""
) -> tuple[Any, Sequence[Sighting]]:
    """The value masked, and the first MAX_LEAVES of its scalars that are not quiet, in order.

    `names` tells what to do with a name's values, `plain` with texts whose name says nothing and
    that have `mark` in them; None leaves those as they are.
    """
    walking = _Walk(places, names, plain, mark)
    root = places.root
    if root is None:
        root = places.root = Place("$", "$", "", names[""], "")
    [masked] = walking.items([value], root, MAX_DEPTH)
    return masked, walking.sightings[:MAX_LEAVES]


class _Walk:
    __slots__ = ("_mark", "_names", "_places", "_plain", "sightings")

    def __init__(
        self, places: Places, names: Mapping[str, Name], plain: Mask | None, mark: str
    ) -> None:
        self._places = places
        self._names = names
        self._plain = plain
        self._mark = mark
        self.sightings: list[Sighting] = []

    def members(self, value: dict[str, Any], place: Place, depth: int) -> dict[str, Any]:
        """An object, member by member. The hot loop: what needs nothing is passed on."""
        known, plain, mark = place.members, self._plain, self._mark
        masked: dict[str, Any] = {}
        for key, child in value.items():
            try:
                spot = known[key]
            except KeyError:
                spot = self._meet(place, key)
            kind, shown = type(child), child
            if kind is str:
                if len(child) > spot.easy_text:
                    shown = self._text(child, spot)
                elif plain is not None and mark in child:
                    shown = plain(child)
            elif kind is int or kind is float:
                if not -spot.easy_number < child < spot.easy_number:
                    shown = self._number(child, spot)
            elif kind is dict or kind is list:
                shown = self._nested(child, spot, depth)
            masked[spot.shown] = shown
        return masked

    def items(self, value: list[Any], spot: Place, depth: int) -> list[Any]:
        """A list's items, which are all at one place."""
        masked: list[Any] = []
        for child in value:
            kind, shown = type(child), child
            if kind is dict and depth:
                shown = self.members(child, spot, depth - 1)
            elif kind is str:
                shown = self._text(child, spot)
            elif kind is int or kind is float:
                shown = self._number(child, spot)
            elif kind is dict or kind is list:
                shown = self._nested(child, spot, depth)
            masked.append(shown)
        return masked

    def _text(self, text: str, place: Place) -> str:
        if len(text) > place.quiet:
            self.sightings.append((place, text))
        if (mask := place.treated.mask) is not None:
            return mask(text)
        plain = self._plain
        return text if plain is None or self._mark not in text else plain(text)

    def _number(self, number: float, place: Place) -> float | str:
        if place.quiet < 0:
            self.sightings.append((place, number))
        treated = place.treated
        return number if -treated.small < number < treated.small else treated.mask_number(number)

    def _nested(self, value: Any, place: Place, depth: int) -> Any:
        if not depth:
            return MASK if place.treated.secret else f"{MASK} nested too deeply"
        if type(value) is dict:
            return self.members(value, place, depth - 1)
        return self.items(value, place.item or self._meet_item(place), depth - 1)

    def _meet(self, place: Place, key: str) -> Place:
        """A member not seen here before, or not remembered."""
        treated = _erased(key) if place.treated.secret else self._names[key]
        path, base = f"{place.base}.{key}", below(place.base, key)
        found = Place(path, path if base == path else base, key, treated, treated.shown)
        if len(key) <= _LONGEST_KEY and self._places.admit():
            if place.members is _NONE:
                place.members = {}
            place.members[key] = found
        return found

    def _meet_item(self, place: Place) -> Place:
        name, path = place.name, place.base + "[]"
        treated = _erased(name) if place.treated.secret else self._names[name]
        item = Place(path, path, name, treated, treated.shown)
        if self._places.admit():
            place.item = item
        return item


def _erased(key: str) -> Name:
    """Below a secret the structure stays, without its scalars."""
    return Name(key, erase, erase, 0, secret=True)


def erase(_: object) -> str:
    return MASK
