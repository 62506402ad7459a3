"""The predicate language: one way to say "these, and not those".

    check = "sql-injection" and endpoint = "POST /reports" and name = "$.query"
    address in (10.0.0.0/8, 192.0.2.7) or path ~ "/internal/*"
    not (level >= medium) and status >= 500

Compared are fields that the place of use declares, each with its kind. Text compares without
regard to case; `~` takes "*" for anything; `in` takes a list; addresses compare with networks. A
predicate is parsed and checked whole when it is read, and every mistake has its column.
"""

import difflib
import fnmatch
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from functools import lru_cache, partial
from typing import Any, NamedTuple, NoReturn

MAX_LENGTH = 2_000
MAX_DEPTH = 32

Getter = Callable[[Any], Any]
Predicate = Callable[[Any], bool]


class Kind(Enum):
    """What a field holds, and so what it may be compared with."""

    TEXT = auto()
    NUMBER = auto()
    ADDRESS = auto()


class Field(NamedTuple):
    kind: Kind
    get: Getter
    """Reads the field from the thing the predicate is asked about."""
    words: Mapping[str, int] = {}
    """Names of numbers: `level >= medium`."""


class PredicateError(ValueError):
    """A mistake in a predicate: whose column it is, and what would be right."""


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


_TOKEN = re.compile(
    r"""\s*+(?:
        (?P<string>"(?>(?:[^"\\]|\\.)*)"|'(?>(?:[^'\\]|\\.)*)')
      | (?P<sign>!=|>=|<=|[=~<>(),])
      | (?P<word>[^\s"'=~<>(),!]++)
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


def parse_predicate(text: str, fields: Mapping[str, Field]) -> Predicate:
    """Compile `text`; PredicateError for what is no predicate over `fields`."""
    if len(text) > MAX_LENGTH:
        raise PredicateError(f"longer than {MAX_LENGTH} characters: split it in two")
    return _Parser(_tokens(text), fields).whole()


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    end = len(text.rstrip())
    while at < end:
        matched = _TOKEN.match(text, at)
        if matched is None:
            raise PredicateError(f"column {at + 1}: {text[at:].strip()[:12]!r} is not understood")
        kind = matched.lastgroup or ""
        tokens.append(_Token(kind, matched[kind], matched.start(kind) + 1))
        at = matched.end()
    tokens.append(_Token("end", "the end", end + 1))
    return tokens


class _Parser:
    """Recursive descent; `or` binds weakest, then `and`, then `not`."""

    def __init__(self, tokens: list[_Token], fields: Mapping[str, Field]) -> None:
        self._tokens = tokens
        self._fields = fields
        self._at = 0

    def whole(self) -> Predicate:
        predicate = self._either(MAX_DEPTH)
        if self._next.kind != "end":
            self._fail('"and", "or" or the end is missing before it')
        return predicate

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _either(self, depth: int) -> Predicate:
        parts = [self._both(depth)]
        while self._takes("or"):
            parts.append(self._both(depth))
        return _joined(parts, either=True)

    def _both(self, depth: int) -> Predicate:
        parts = [self._one(depth)]
        while self._takes("and"):
            parts.append(self._one(depth))
        return _joined(parts, either=False)

    def _one(self, depth: int) -> Predicate:
        if not depth:
            self._fail(f"nested deeper than {MAX_DEPTH}")
        if self._takes("not"):
            inner = self._one(depth - 1)
            return lambda thing: not inner(thing)
        if self._takes("("):
            inner = self._either(depth - 1)
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        name = self._next
        if name.kind != "word" or name.text not in self._fields:
            self._fail(self._unknown(name))
        self._at += 1
        field = self._fields[name.text]
        sign = self._next
        if sign.text == "in" and sign.kind == "word":
            self._at += 1
            return _member(field, self._list(field))
        if sign.text == "~" and field.kind is not Kind.NUMBER:
            self._at += 1
            return _like(field, self._text())
        if sign.text not in _COMPARE or sign.kind != "sign":
            self._fail(f'"{name.text}" wants =, !=, ~, <, > or "in" after it')
        if field.kind is not Kind.NUMBER and sign.text not in {"=", "!="}:
            self._fail(f'"{name.text}" is no number: it knows =, !=, ~ and "in"')
        self._at += 1
        return _compared(field, sign.text, self._value(field))

    def _list(self, field: Field) -> list[Any]:
        self._expect("(")
        values = [self._value(field)]
        while self._takes(","):
            values.append(self._value(field))
        self._expect(")")
        return values

    def _value(self, field: Field) -> Any:
        token = self._next
        text = self._text()
        try:
            return _read(field, text)
        except ValueError:
            self._at -= 1
            wanted = {Kind.NUMBER: "a number", Kind.ADDRESS: "an address or a network"}
            hint = f" or one of {', '.join(field.words)}" if field.words else ""
            self._fail(f"{wanted.get(field.kind, 'a text')}{hint} is wanted here", token)

    def _text(self) -> str:
        token = self._next
        if token.kind not in {"word", "string"}:
            self._fail("a value is missing here")
        self._at += 1
        return re.sub(r"\\(.)", r"\1", token.text[1:-1]) if token.kind == "string" else token.text

    def _takes(self, text: str) -> bool:
        token = self._next
        if token.text == text and token.kind in {"word", "sign"}:
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            self._fail(f'"{text}" is missing before it')

    def _unknown(self, token: _Token) -> str:
        near = difflib.get_close_matches(token.text, self._fields, 1)
        if near:
            return f'did you mean "{near[0]}"?'
        return f"a field is wanted here: {', '.join(self._fields)}"

    def _fail(self, reason: str, token: _Token | None = None) -> NoReturn:
        at = token or self._next
        raise PredicateError(f"column {at.column}: {at.text[:40]}: {reason}")


def _read(field: Field, text: str) -> Any:
    if field.kind is Kind.NUMBER:
        return field.words[text.lower()] if text.lower() in field.words else float(text)
    if field.kind is Kind.ADDRESS:
        return ipaddress.ip_network(text, strict=False)
    return text.casefold()


def _compared(field: Field, sign: str, right: Any) -> Predicate:
    if field.kind is Kind.ADDRESS:
        inside = _member(field, [right])
        return inside if sign == "=" else lambda thing: not inside(thing)
    get, compare = field.get, _COMPARE[sign]
    if field.kind is Kind.NUMBER:
        return lambda thing: compare(get(thing), right)
    if sign == "=":
        return lambda thing: str(get(thing)).casefold() == right
    return lambda thing: str(get(thing)).casefold() != right


def _joined(parts: list[Predicate], *, either: bool) -> Predicate:
    """Halves of halves, so that a long list is no deep one: a generator would cost as much as
    asking its parts does."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    one, other = _joined(parts[:middle], either=either), _joined(parts[middle:], either=either)
    return _either_of(one, other) if either else _both_of(one, other)


def _either_of(one: Predicate, other: Predicate) -> Predicate:
    return lambda thing: one(thing) or other(thing)


def _both_of(one: Predicate, other: Predicate) -> Predicate:
    return lambda thing: one(thing) and other(thing)


def _member(field: Field, values: Iterable[Any]) -> Predicate:
    get, among = field.get, tuple(values)
    if field.kind is Kind.ADDRESS:
        inside = lru_cache(_ADDRESSES)(partial(_in_networks, among))
        return lambda thing: inside(get(thing))
    if field.kind is Kind.NUMBER:
        return lambda thing: get(thing) in among
    return lambda thing: str(get(thing)).casefold() in among


def _like(field: Field, pattern: str) -> Predicate:
    # Without a star it asks whether the text is anywhere in it, as people expect of a search.
    starred = pattern.casefold() if "*" in pattern else f"*{pattern.casefold()}*"
    escaped = starred.replace("[", "[[]").replace("?", "[?]")
    matches = re.compile(fnmatch.translate(escaped)).match
    get = field.get
    return lambda thing: matches(str(get(thing)).casefold()) is not None


_ADDRESSES = 4_096
"""Of which a predicate remembers whether they are in its networks. Each has a memory of its own:
networks are objects that take a microsecond to hash."""


def _in_networks(networks: tuple[Any, ...], address: str) -> bool:
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(one.version == network.version and one in network for network in networks)
