"""Format strings compiled to one regular expression.

A format is a row of literals and fields. A field reaches to the literal after it, and what was
matched is never given back: every quantifier is possessive or within an atomic group, so that a
hostile line costs time in proportion to its length and no more.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.capture.logs.escapes import undo_backslashes
from nightlatch.capture.logs.values import Fault, Line, Unread


class Shape(StrEnum):
    """What a field's text may look like, where that is known."""

    ANY = "any"
    """Whatever comes before the literal that follows."""
    NUMBER = "number"
    WHOLE = "whole"
    DECIMAL = "decimal"
    """A number with a point, as nginx writes seconds."""
    STATUS = "status"
    ADDRESS = "address"
    WORD = "word"
    """No space within."""
    LIST = "list"
    """Words, separated by ", " or " : ": nginx joins the tries of its upstreams so."""
    CLF_TIME = "clf-time"
    """In its brackets."""
    BRACED = "braced"
    """Up to two in braces, each with a space after it: HAProxy's captured headers."""
    BLANK = "blank"
    """A space, or nothing."""
    MARK = "mark"
    """A question mark, or nothing."""


_SHAPES = {
    Shape.NUMBER: r"[-+]?[0-9.]*+-?",
    Shape.WHOLE: r"[0-9]++",
    Shape.DECIMAL: r"[0-9]++\.[0-9]++",
    Shape.STATUS: r"[0-9-]{1,4}+",
    Shape.ADDRESS: r"[0-9A-Fa-f.:\[\]%a-zA-Z_/-]++",
    Shape.WORD: r"\S++",
    Shape.LIST: r"(?>[^\s,]*(?:(?:, | : )[^\s,]+)*)",
    Shape.CLF_TIME: r"\[[^\]]*+\]",
    Shape.BRACED: r"(?>(?:\{[^}]*+\} ){0,2})",
    Shape.BLANK: r" ?+",
    Shape.MARK: r"\??+",
}
_BEGINS = {Shape.CLF_TIME: "[", Shape.BRACED: "{", Shape.MARK: "?"}
"""What stands at their beginning, so that whatever is before them needs no literal to end."""
_QUOTED = r'(?>(?:[^"\\]++|\\.)*)'
_SELF_LIMITING = frozenset(
    {Shape.NUMBER, Shape.WHOLE, Shape.DECIMAL, Shape.STATUS, Shape.BLANK, *_BEGINS}
)
"""Shapes that end where something else begins, so that no literal need follow."""


class Field(Struct, frozen=True):
    """A variable of a format string."""

    name: str | None
    """What it means, in our words; None for what nobody here asks for."""
    shape: Shape = Shape.ANY
    make: Callable[[str], str] | None = None
    """What its text must go through."""
    also: tuple["Also", ...] = ()
    """More that the same text says."""
    begins: str = ""
    """A character that it always begins with: what is before it ends there."""
    expression: str = ""
    """A regular expression for exactly its text, in place of a shape; without groups."""


class Also(Struct, frozen=True):
    name: str
    make: Callable[[str], str]


Parts = Sequence[str | Field]
"""Literals and fields, in order."""


class FormatFault(ValueError):
    """A format string that cannot be read back; the text says where and what to do."""


class Pattern:
    """Lines of one format string."""

    def __init__(
        self, parts: Parts, undo: Callable[[str], str] = undo_backslashes, *, head: str = ""
    ) -> None:
        """Raises FormatFault. `undo` takes the logger's escapes out of a value; `head` is a regular
        expression for what may stand before each line."""
        parts = _once(_joined(parts))
        self.regex = re.compile(head + _expression(parts), re.DOTALL | re.ASCII)
        known = [part for part in parts if isinstance(part, Field) and part.name is not None]
        if not known:
            raise FormatFault("there is no variable in it that says anything of a request")
        self.names = tuple(field.name or "" for field in known)
        self._match = self.regex.fullmatch
        self._undo = undo
        self._makers = tuple((f.name or "", f.make) for f in known if f.make is not None)
        self._also = tuple((f.name or "", also) for f in known for also in f.also)

    @property
    def all_names(self) -> tuple[str, ...]:
        return (*self.names, *(also.name for _, also in self._also))

    def read(self, text: str) -> Line:
        """Raises Unread."""
        found = self._match(text)
        if found is None:
            raise Unread(Fault.SHAPE)
        values = dict(zip(self.names, found.groups(), strict=True))
        if "\\" in text or "#" in text:
            undo = self._undo
            values = {name: undo(value) for name, value in values.items()}
        for name, also in self._also:
            values[also.name] = also.make(values[name])
        for name, make in self._makers:
            values[name] = make(values[name])
        return Line(values)


def _joined(parts: Iterable[str | Field]) -> list[str | Field]:
    """Without empty literals, and no two side by side."""
    joined: list[str | Field] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return joined


def _once(parts: Sequence[str | Field]) -> list[str | Field]:
    """Of what is said twice the first: once is enough."""
    seen: set[str] = set()
    kept: list[str | Field] = []
    for part in parts:
        if isinstance(part, Field) and part.name is not None:
            kept.append(part if part.name not in seen else replace(part, name=None))
            seen.add(part.name)
        else:
            kept.append(part)
    return kept


def _expression(parts: Sequence[str | Field]) -> str:
    pieces: list[str] = []
    for place, part in enumerate(parts):
        if isinstance(part, str):
            pieces.append(re.escape(part))
            continue
        before = parts[place - 1] if place else ""
        after = parts[place + 1] if place + 1 < len(parts) else None
        pieces.append(_field(part, before, after))
    return "".join(pieces)


def _field(field: Field, before: str | Field, after: str | Field | None) -> str:
    opening = "(" if field.name is not None else "(?:"
    if field.expression:
        return f"{opening}(?>{field.expression}))"
    if isinstance(before, str) and before.endswith('"') and _starts(after, '"'):
        return f"{opening}{_QUOTED})"
    if field.shape in _SHAPES and not _swallows(field.shape, after):
        if isinstance(after, Field) and field.shape not in _SELF_LIMITING:
            return f"{opening}{_up_to(field, after)})"
        return f"{opening}{_SHAPES[field.shape]})"
    if after is None:
        return f"{opening}.*+)"
    if isinstance(after, Field):
        return f"{opening}{_up_to(field, after)})"
    if len(after) == 1:
        return f"{opening}[^{re.escape(after)}]*+)"
    # Up to the first place where the whole literal follows, and not a character further.
    return f"(?>{opening}.*?)(?={re.escape(after)}))"


def _swallows(shape: Shape, after: str | Field | None) -> bool:
    """Would it take what follows for its own?"""
    if shape is Shape.WORD:
        return not (after is None or _starts(after, " ") or isinstance(after, Field))
    if shape is Shape.LIST:
        return isinstance(after, str) and after[0] not in ' "'
    return shape is Shape.ADDRESS and _starts(after, ":")


def _up_to(field: Field, after: Field) -> str:
    begins = after.begins or _BEGINS.get(after.shape, "")
    if not begins:
        what = field.name or "a variable"
        raise FormatFault(
            f"{what} is followed by another variable with nothing between them, so that nobody can"
            " tell where it ends; put a space between them"
        )
    return rf'[^{re.escape(begins)}\s"]*+'


def _starts(after: str | Field | None, text: str) -> bool:
    return isinstance(after, str) and after.startswith(text)
