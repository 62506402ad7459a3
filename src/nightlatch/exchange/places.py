"""A JSON body walked once for two readers: one masks it, the other asks what its values are.

A message of an endpoint looks much like the one before. So what a place's name says is kept with
the place, and so is what the second reader has learned there: where values are quiet, nobody looks
at them again, and that is most of a body.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from nightlatch.exchange.content import MAX_DEPTH, MAX_LEAVES, Scalar, below
from nightlatch.exchange.masking import MASK

Mask = Callable[[str], str]
MaskNumber = Callable[[float], float | str]

MAX_PLACES = 256
"""Places remembered of one kind of message; others are made anew each time, a microsecond each."""
_LONGEST_KEY = 128
_SHORTEST_SHAPE = 6
"""Characters: no shorter value has a shape that gives it away, `a@b.de`."""
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
    shown: str
    mask: Mask | None
    mask_number: MaskNumber
    small: int
    secret: bool
    quiet: int = -1
    """Texts up to this length are of no interest here, nor are numbers; -1 while all are."""
    members: dict[str, "Place"] = _NONE
    """Where an object stands here, its members."""
    item: "Place | None" = None
    """Where a list stands here, its items: all of them are one place."""


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
    value: Any, places: Places, names: Mapping[str, Name], plain: Mask | None
) -> tuple[Any, Sequence[Sighting]]:
    """The value masked, and the first MAX_LEAVES of its scalars that are not quiet, in order.

    `names` tells what to do with a name's values, `plain` with texts whose name says nothing; None
    leaves those as they are.
    """
    walking = _Walk(places, names, plain)
    root = places.root
    if root is None:
        root = places.root = _place("$", "$", "", names[""])
    [masked] = walking.items([value], root, MAX_DEPTH)
    return masked, walking.sightings[:MAX_LEAVES]


class _Walk:
    __slots__ = ("_names", "_places", "_plain", "sightings")

    def __init__(self, places: Places, names: Mapping[str, Name], plain: Mask | None) -> None:
        self._places = places
        self._names = names
        self._plain = plain
        self.sightings: list[Sighting] = []

    def members(self, value: dict[str, Any], place: Place, depth: int) -> dict[str, Any]:
        """An object, member by member. The hot loop: what needs nothing is passed on."""
        known, plain, sightings = place.members, self._plain, self.sightings
        masked: dict[str, Any] = {}
        for key, child in value.items():
            spot = known.get(key) or self._meet(place, key)
            kind, shown = type(child), child
            if kind is str:
                if len(child) > spot.quiet:
                    sightings.append((spot, child))
                if (mask := spot.mask) is not None:
                    shown = mask(child)
                elif plain is not None and len(child) >= _SHORTEST_SHAPE:
                    shown = plain(child)
            elif kind is int or kind is float:
                if spot.quiet < 0:
                    sightings.append((spot, child))
                if not -spot.small < child < spot.small:
                    shown = spot.mask_number(child)
            elif kind is dict or kind is list:
                shown = self._nested(child, spot, depth)
            masked[spot.shown] = shown
        return masked

    def items(self, value: list[Any], spot: Place, depth: int) -> list[Any]:
        """The same for a list's items, which are all at one place."""
        plain, sightings = self._plain, self.sightings
        mask, quiet = spot.mask or plain, spot.quiet
        masked: list[Any] = []
        for child in value:
            kind, shown = type(child), child
            if kind is str:
                if len(child) > quiet:
                    sightings.append((spot, child))
                if mask is not None:
                    shown = mask(child)
            elif kind is int or kind is float:
                if quiet < 0:
                    sightings.append((spot, child))
                shown = spot.mask_number(child)
            elif kind is dict or kind is list:
                shown = self._nested(child, spot, depth)
            masked.append(shown)
        return masked

    def _nested(self, value: Any, place: Place, depth: int) -> Any:
        if not depth:
            return MASK if place.secret else f"{MASK} nested too deeply"
        if type(value) is dict:
            return self.members(value, place, depth - 1)
        return self.items(value, place.item or self._meet_item(place), depth - 1)

    def _meet(self, place: Place, key: str) -> Place:
        """A member not seen here before, or not remembered."""
        name = _erased(key) if place.secret else self._names[key]
        found = _place(f"{place.base}.{key}", below(place.base, key), key, name)
        if len(key) <= _LONGEST_KEY and self._places.admit():
            if place.members is _NONE:
                place.members = {}
            place.members[key] = found
        return found

    def _meet_item(self, place: Place) -> Place:
        path = place.base + "[]"
        name = _erased(place.name) if place.secret else self._names[place.name]
        item = _place(path, path, place.name, name)
        if self._places.admit():
            place.item = item
        return item


def _place(path: str, base: str, name: str, treated: Name) -> Place:
    return Place(
        path,
        base if base != path else path,
        name,
        treated.shown,
        treated.mask,
        treated.mask_number,
        treated.small,
        treated.secret,
    )


def _erased(key: str) -> Name:
    """Below a secret the structure stays, without its scalars."""
    return Name(key, erase, erase, 0, secret=True)


def erase(_: object) -> str:
    return MASK
