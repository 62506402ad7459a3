"""A message body taken apart once into named values, for every reader after it.

Hostile input is a value: nothing here raises, and depth, number and length are bounded. A body is
read by what it is where its label is wrong: frameworks hand JSON to the application under any
content type, so a false label must not hide it from us.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from nightlatch.exchange.exchange import Body
from nightlatch.exchange.identifiers import any_may_identify, may_identify, unpromising
from nightlatch.exchange.lenient_json import Reading, read_events, read_json, read_lines
from nightlatch.exchange.media import Media, MediaKind, decode_text, read_media
from nightlatch.exchange.multipart import read_parts
from nightlatch.exchange.shapes import Scalar

MAX_DEPTH = 32
MAX_LEAVES = 5_000
MAX_PATH = 256
"""Characters of a container's path; keys beyond it no longer lengthen it."""


class ContentKind(StrEnum):
    EMPTY = "empty"
    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    TEXT = "text"
    BINARY = "binary"
    MALFORMED = "malformed"
    """Declared as JSON or multipart but cannot be read as such; `fault` says why."""


# Not a tuple: the garbage collector would follow each of the dozens that wait with their body.
class Leaf(Struct, frozen=True, gc=False):
    """One scalar of a body. `$.users[].phone` has the name `phone`; list indices are not kept."""

    path: str
    name: str
    value: Scalar


class Content(Struct, frozen=True, dict=True):
    kind: ContentKind
    value: Any = None
    """The decoded JSON value, of NDJSON and event streams a list of them; None for other kinds."""
    fields: tuple[Leaf, ...] = ()
    """The leaves of a form or of multipart."""
    files: tuple[tuple[str, bytes], ...] = ()
    """How the files of a multipart body begin, by the name of their field."""
    partial: bool = False
    """The body was captured in part, or could be read in part only."""
    fault: str = ""
    charset: str = "utf-8"
    """How to decode the body where it is text; a Python codec name that exists."""

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every scalar, in order, up to MAX_LEAVES and MAX_DEPTH. Of equal keys the last counts, as
        in the readers applications use."""
        return self._walked[0] if self.kind is ContentKind.JSON else self.fields

    @property
    def cut(self) -> bool:
        """There was more than the bounds allow, or the body was captured in part."""
        # A search that came to an end says so without making leaves.
        return self.partial or (self.kind is ContentKind.JSON and not self.candidates[1])

    def more_leaves_than(self, number: int) -> bool:
        """Without making them: it stops at the first one too many, or at what is too deep."""
        if self.kind is ContentKind.JSON:
            return _count(self.value, number, MAX_DEPTH) < 0
        return len(self.fields) > number

    @cached_property
    def candidates(self) -> tuple[tuple[Leaf, ...], bool]:
        """Those of its leaves that may name a person or record (`may_identify`), and False when a
        bound cut the leaves short."""
        whole = False
        if self.kind is ContentKind.JSON:
            search = _Search()
            whole = search.below(self.value)
            # Nearly all texts say no: to ask each of them takes as long as the search itself.
            if whole and not any_may_identify(search.texts):
                return tuple(search.found), True
        found = [leaf for leaf in self.leaves if may_identify(leaf.name, leaf.value)]
        complete = not self.partial and (self.kind is not ContentKind.JSON or self._walked[1])
        return tuple(found), whole or complete

    @cached_property
    def _walked(self) -> tuple[tuple[Leaf, ...], bool]:
        # When first asked for: 25 µs for 80 leaves, and no answer has to wait for them.
        return _walk(self.value)


EMPTY = Content(ContentKind.EMPTY)

_decode_json = msgspec.json.Decoder().decode


def read_content(body: Body, content_type: str | None) -> Content:
    """Read a captured body by its declared media type, and as JSON where it plainly is JSON."""
    data = body.data
    if not data:
        return EMPTY
    media = read_media(content_type)
    if media.kind is MediaKind.JSON:
        try:
            return Content(ContentKind.JSON, _decode_json(data), partial=body.truncated)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    return _read_slowly(body, media)


def query_leaves(query: str) -> tuple[Leaf, ...]:
    """The parameters of a raw query string, as leaves named after them."""
    return _pair_leaves(query, "utf-8") if query else ()


def _read_slowly(body: Body, media: Media) -> Content:
    """Everything but sound JSON under its own name."""
    declared = _JSON_READERS.get(media.kind)
    sniffed = declared is None and _looks_like_json(body.data)
    if sniffed or declared is not None:
        reading = (declared or read_json)(body.data, media.charset, truncated=body.truncated)
        if reading.readable and (reading.value or not sniffed):
            partial = body.truncated or not reading.complete
            return Content(ContentKind.JSON, reading.value, partial=partial, fault=reading.fault)
        if media.kind in _MALFORMED_UNLESS_JSON:
            return Content(ContentKind.MALFORMED, partial=body.truncated, fault=reading.fault)
    match media.kind:
        case MediaKind.FORM:
            return _read_form(body, media)
        case MediaKind.MULTIPART:
            return _read_multipart(body, media)
        case MediaKind.TEXT | MediaKind.EVENTS:
            return Content(ContentKind.TEXT, partial=body.truncated, charset=media.charset)
    return Content(ContentKind.BINARY, partial=body.truncated, charset=media.charset)


_JSON_READERS: dict[MediaKind, Callable[..., Reading]] = {
    MediaKind.JSON: read_json,
    MediaKind.LINES: read_lines,
    MediaKind.EVENTS: read_events,
}
_MALFORMED_UNLESS_JSON = {MediaKind.JSON, MediaKind.LINES}


def _looks_like_json(data: bytes) -> bool:
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _read_form(body: Body, media: Media) -> Content:
    leaves = _pair_leaves(decode_text(body.data, media.charset), media.charset)
    cut = body.truncated or len(leaves) == MAX_LEAVES
    return Content(ContentKind.FORM, fields=leaves, partial=cut, charset=media.charset)


def _read_multipart(body: Body, media: Media) -> Content:
    parts = read_parts(body.data, media.boundary, media.charset)
    leaves = tuple(_field_leaf(name, value) for name, value in parts.fields)
    kind, fault, cut = ContentKind.MULTIPART, "", body.truncated or not parts.complete
    if parts.fault and not body.truncated:
        kind, fault = ContentKind.MALFORMED, parts.fault
    return Content(kind, None, leaves, parts.files, cut, fault, media.charset)


def _pair_leaves(text: str, charset: str) -> tuple[Leaf, ...]:
    """`name=value` pairs of a query or form, percent-decoded, at most MAX_LEAVES of them."""
    leaves = []
    for pair in text.split("&", MAX_LEAVES)[:MAX_LEAVES]:
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name = unquote_plus(name, charset, "replace")
            value = unquote_plus(value, charset, "replace")
        leaves.append(_field_leaf(name, value))
    return tuple(leaves)


_INDEX = re.compile(r"\[\d*\]")


def _field_leaf(name: str, value: str) -> Leaf:
    """The leaf of a flat field; `users[3][phone]` (PHP, Rails, qs) is a `phone` of `users[]`."""
    if "[" not in name:
        return Leaf(name, name, value)
    path = _INDEX.sub("[]", name[:MAX_PATH])
    last = path.removesuffix("[]").rpartition("[")[2].removesuffix("]")
    return Leaf(path, last or name, value)


def _walk(value: Any) -> tuple[tuple[Leaf, ...], bool]:
    """Every scalar of a JSON value; False when a bound cut the walk short."""
    leaves: list[Leaf] = []
    if type(value) is dict:
        complete = _walk_object(value, "$", leaves, MAX_DEPTH)
    elif type(value) is list:
        complete = _walk_list(value, "$[]", "", leaves, MAX_DEPTH)
    else:
        leaves.append(Leaf("$", "", value))
        complete = True
    return tuple(leaves), complete


def _walk_object(value: dict[str, Any], path: str, leaves: list[Leaf], depth: int) -> bool:
    """Collect the scalars below an object; False when a bound cut the walk short."""
    append = leaves.append
    for key, child in value.items():
        kind = type(child)
        if kind is dict:
            if not depth or not _walk_object(child, below(path, key), leaves, depth - 1):
                return False
        elif kind is list:
            inner = below(path, key) + "[]"
            if not depth or not _walk_list(child, inner, key, leaves, depth - 1):
                return False
        else:
            append(Leaf(f"{path}.{key}", key, child))
    return _within_bounds(leaves)


def _walk_list(items: list[Any], path: str, name: str, leaves: list[Leaf], depth: int) -> bool:
    """The same for a list, whose scalars bear the list's `name`."""
    append = leaves.append
    for child in items:
        kind = type(child)
        if kind is dict:
            if not depth or not _walk_object(child, path, leaves, depth - 1):
                return False
        elif kind is list:
            if not depth or not _walk_list(child, f"{path}[]", name, leaves, depth - 1):
                return False
        else:
            append(Leaf(path, name, child))
    return _within_bounds(leaves)


def below(path: str, key: str) -> str:
    """The path of what stands below `path` under a key."""
    # Without the bound, one long key above thousands of leaves would be copied into each path.
    return f"{path}.{key}" if len(path) + len(key) < MAX_PATH else path


def _within_bounds(leaves: list[Leaf]) -> bool:
    if len(leaves) < MAX_LEAVES:
        return True
    del leaves[MAX_LEAVES:]
    return False


def _count(value: Any, left: int, depth: int) -> int:
    """What is left when each scalar has taken one; below 0 as soon as nothing is."""
    kind = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list:
        return left - 1
    for child in value:
        kind = type(child)
        if kind is dict or kind is list:
            left = _count(child, left, depth - 1) if depth else -1
        else:
            left -= 1
        if left < 0:
            break
    return left


class _Search:
    """Walks like `_walk`, but makes leaves only of what may name somebody, and gives up where
    `_walk` would cut the value short."""

    __slots__ = ("_left", "found", "texts")

    def __init__(self) -> None:
        self._left = MAX_LEAVES
        self.found: list[Leaf] = []
        self.texts: list[str] = []
        """What stands under names that promise nothing."""

    def below(self, value: Any) -> bool:
        """False when it gave up."""
        if type(value) is dict:
            return self._below_object(value, "$", MAX_DEPTH)
        if type(value) is list:
            return self._below_list(value, "$[]", "", MAX_DEPTH)
        return False

    def _below_object(self, members: dict[str, Any], path: str, depth: int) -> bool:
        self._left -= len(members)
        if not depth or self._left <= 0:
            return False
        texts = self.texts
        for name, child in members.items():
            kind = type(child)
            if kind is dict:
                if not self._below_object(child, below(path, name), depth - 1):
                    return False
            elif kind is list:
                if not self._below_list(child, below(path, name) + "[]", name, depth - 1):
                    return False
            elif name in unpromising:
                if kind is str:
                    texts.append(child)
            elif may_identify(name, child):
                self.found.append(Leaf(f"{path}.{name}", name, child))
        return True

    def _below_list(self, items: list[Any], path: str, name: str, depth: int) -> bool:
        self._left -= len(items)
        if not depth or self._left <= 0:
            return False
        texts = self.texts
        for child in items:
            kind = type(child)
            if kind is dict:
                if not self._below_object(child, path, depth - 1):
                    return False
            elif kind is list:
                if not self._below_list(child, f"{path}[]", name, depth - 1):
                    return False
            elif name in unpromising:
                if kind is str:
                    texts.append(child)
            elif may_identify(name, child):
                self.found.append(Leaf(path, name, child))
        return True
