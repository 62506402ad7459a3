"""What a token's parts mean, in words, with its times in the reader's zone."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec
from msgspec import Struct

from nightlatch.identity.jwt import Token, read_token
from nightlatch.identity.lint.look import Look, number_of
from nightlatch.identity.lint.registry import lint
from nightlatch.identity.lint.rule import Fault
from nightlatch.identity.weak_secrets import Guess
from nightlatch.workbench.tokens.foreign import read_foreign
from nightlatch.workbench.tokens.meanings import CLAIMS, TIMES, header_meaning, is_personal
from nightlatch.workbench.tokens.serialised import Serialised, read_serialised

MAX_JSON = 100_000
"""Characters of a section as JSON."""
_LINE = 60
"""Characters of a value that are read at a glance."""
_SIGNED = ("header", "payload", "signature")
_SEALED = ("header", "encrypted key", "nonce", "ciphertext", "tag")


class Line(Struct, frozen=True):
    """One member of a header, or one claim."""

    name: str
    value: Any
    meaning: str
    """In words; empty where nobody registered it."""
    moment: float | None = None
    """Seconds since the epoch, where it is a time."""
    local: str = ""
    """The same in the reader's zone, as a clock and calendar say it."""
    personal: bool = False
    """It tells of a person."""

    @property
    def text(self) -> str:
        return shown(self.value)

    @property
    def nested(self) -> bool:
        """It has members of its own, and needs more than a line."""
        return isinstance(self.value, dict | list) and len(self.text) > _LINE

    @property
    def pretty(self) -> str:
        return shown(self.value, indent=2)

    def words(self, now: float) -> str:
        """The meaning, with the time and how long ago or ahead that is."""
        if self.moment is None:
            return self.meaning
        return f"{self.meaning} {self.local} ({_distance(self.moment, now)})"


class Section(Struct, frozen=True):
    title: str
    lines: tuple[Line, ...]

    @property
    def json(self) -> str:
        """As it was written, laid out for people."""
        return shown({line.name: line.value for line in self.lines}, MAX_JSON, indent=2)


class Part(Struct, frozen=True):
    """A stretch of a compact token, between two dots."""

    name: str
    text: str


class Explained(Struct, frozen=True):
    kind: str
    """What it is, in words."""
    header: tuple[Line, ...] = ()
    claims: tuple[Line, ...] = ()
    token: Token | None = None
    """None for what is no token of the JOSE family."""
    others: tuple[Token, ...] = ()
    """With the same content: for further signatures or recipients."""
    more: tuple[Section, ...] = ()
    """A footer, caveats, headers of further signatures."""
    parts: tuple[Part, ...] = ()
    note: str = ""
    opaque: bool = False
    """Only its issuer knows: ask it (RFC 7662)."""

    @property
    def sections(self) -> tuple[Section, ...]:
        """All that has lines."""
        whole = (Section("Header", self.header), Section("Claims", self.claims), *self.more)
        return tuple(one for one in whole if one.lines)

    @property
    def encrypted(self) -> bool:
        return self.token is not None and self.token.encrypted


def explain(text: str, zone: tzinfo | None = None) -> Explained:
    """Never raises; what is not known is said to be opaque."""
    text = text.strip()
    zone = zone or _local()
    token = read_token(text)
    if token is not None:
        return _compact(token, text, zone)
    serialised = read_serialised(text)
    if serialised is not None:
        return _serialised(serialised, zone)
    read = read_foreign(text)
    header = tuple(_lines(read.header))
    more = tuple(Section(title, tuple(_lines(members))) for title, members in read.more)
    return Explained(
        read.kind, header, tuple(_claims(read.claims, zone)), more=more, opaque=read.opaque
    )


def explain_claims(claims: Mapping[str, Any], zone: tzinfo | None = None) -> Explained:
    """Of claims that stand alone: what was in an encrypted token."""
    return Explained("claims", claims=tuple(_claims(claims, zone or _local())))


def faults_of(
    found: Explained,
    size: int,
    keys: list[dict[str, Any]],
    weak: Guess | None = None,
    *,
    now: float,
) -> list[Fault]:
    """What the rules find wrong with it at `now`, the worst first; with each of its signatures,
    where it has several. `size` in characters; `weak`: what trying common secrets found."""
    tokens = () if found.token is None else (found.token, *found.others)
    looks = (Look(one, size, tuple(keys), weak_secret=weak, now=now) for one in tokens)
    faults = [fault for one in looks for fault in lint(one)]
    return sorted(dict.fromkeys(faults), key=lambda fault: -fault.level)


def _compact(token: Token, text: str, zone: tzinfo) -> Explained:
    kind = "an encrypted token (JWE)" if token.encrypted else "a signed token (JWS)"
    if token.claims is not None:
        kind = "a JSON Web Token (JWT), signed"
    if token.claims is not None and not token.signature:
        kind = "a JSON Web Token (JWT), not signed"
    names = _SEALED if token.encrypted else _SIGNED
    parts = tuple(Part(name, part) for name, part in zip(names, text.split("."), strict=False))
    header, claims = tuple(_header(token.header)), tuple(_claims(token.claims, zone))
    return Explained(kind, header, claims, token, parts=parts)


def _serialised(read: Serialised, zone: tzinfo) -> Explained:
    if not read.tokens:
        return Explained(read.kind, note=read.note)
    first, *others = read.tokens
    what = "recipient" if first.encrypted else "signature"
    more = tuple(
        Section(f"Header of {what} {number}", tuple(_header(one.header)))
        for number, one in enumerate(others, 2)
    )
    header, claims = tuple(_header(first.header)), tuple(_claims(first.claims, zone))
    return Explained(
        read.kind, header, claims, first, others=tuple(others), more=more, note=read.note
    )


def _header(members: Mapping[str, Any]) -> Iterator[Line]:
    for name, value in members.items():
        yield Line(printable(name), value, header_meaning(name, value))


def _lines(members: Mapping[str, Any]) -> Iterator[Line]:
    """Of tokens whose members nobody registered."""
    for name, value in members.items():
        yield Line(printable(name), value, "")


def _claims(claims: Mapping[str, Any] | None, zone: tzinfo) -> Iterator[Line]:
    for name, value in (claims or {}).items():
        meaning = CLAIMS.get(name, "")
        moment = _moment(value) if name in TIMES else None
        local = "" if moment is None else clock_time(moment, zone)
        yield Line(printable(name), value, meaning, moment, local, is_personal(name, value))


def _moment(value: Any) -> float | None:
    """Seconds since the epoch; PASETO writes times as ISO 8601."""
    if not isinstance(value, str):
        return number_of(value)
    try:
        return number_of(datetime.fromisoformat(value[:40]).timestamp())
    except (ValueError, OverflowError):
        return None


def clock_time(moment: float, zone: tzinfo) -> str:
    """2026-01-31 08:15:30 CET"""
    try:
        return f"{datetime.fromtimestamp(moment, zone):%Y-%m-%d %H:%M:%S %Z}"
    except (ValueError, OverflowError, OSError):
        return f"{moment:.0f} s after 1970"


def shown(value: object, most: int = 4_000, indent: int | None = None) -> str:
    """A value as text: JSON for what is no text, without signs that a screen obeys."""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, indent=indent)
        except (RecursionError, ValueError):
            return "(too deep to be shown)"
    text = text if len(text) <= most else text[: most - 1] + "…"
    return printable(text) if indent is None else "\n".join(map(printable, text.split("\n")))


def tellable(value: Any) -> Any:
    """The value as JSON can say it: halves of signs are replaced, what is too deep or infinite is
    told in words."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return "(not to be told in JSON)"
    return msgspec.Raw(text.encode("utf-8", "replace"))


def printable(text: str) -> str:
    """Signs that steer a terminal, or are half of a sign, as a question mark in a diamond."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _distance(moment: float, now: float) -> str:
    return "in " + _span(moment - now) if moment > now else _span(now - moment) + " ago"


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"


def _local() -> tzinfo:
    return datetime.now(UTC).astimezone().tzinfo or UTC
