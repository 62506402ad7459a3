"""An exchange out of named values, as structured logs tell of it.

Names compare without regard to case, and `.`, `-` and a leading `_` read as `_`, so that
"http.request.method", "_http_request_method" and "HTTP-Request-Method" are one. What no name holds
is unseen, not guessed.

No request id becomes `Observed.id`: clients choose it, and whoever repeats one would not be
counted.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from nightlatch.capture.attribute_names import (
    DURATION,
    ENVOY,
    KNOWN,
    MEANINGS,
    REQUEST_BODY,
    RESPONSE_BODY,
    SPAN,
    TRAEFIK,
    Meaning,
    header_meaning,
    plain,
)
from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.assembly import LONGEST_SERVICE, Assembler
from nightlatch.capture.logs.json_lines import as_text
from nightlatch.capture.logs.values import ABSENT, Line, Unread, Values
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

MAX_FIELDS = 500
"""Of one message that are looked at; the rest is not."""
MAX_DEPTH = 6
LATE = 7 * 86_400.0
"""Seconds that a message may come after its exchange. Beyond, and for more than `EARLY` before it,
the moment of arrival counts: a wrong clock must not write into the past."""
EARLY = 300.0
_NAMES = 4_096
"""Spellings of names whose meaning is remembered; then all of them are forgotten."""
_SERVICES = 256
"""Likewise services and what their messages have in common."""
_UNITS = {TRAEFIK: v.NANOSECONDS, ENVOY: v.MILLISECONDS}
_SECRETS = tuple(
    v.REQUEST_HEADER + name
    for name in ("authorization", "cookie", "x-api-key", "proxy-authorization")
)
_SIDES = {REQUEST_BODY: Part.REQUEST_BODY, RESPONSE_BODY: Part.RESPONSE_BODY}
_MASKED = re.compile(
    r"(?:\w+ )?[*•xX.]{3,}|\W*(?:redacted|filtered|masked|hidden)\W*", re.IGNORECASE
)


class Origin(Struct, frozen=True):
    """What is known of a message before it is read."""

    kind: SourceKind
    name: str
    service: str = ""
    """Whose API everything from there is; empty: the message says."""


class Attributes:
    """Reads named values. `given` are the owner's own names and what each of them holds, one of
    `MEANINGS`; they come before all others. Raises ValueError for what nothing can hold."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._known = dict(KNOWN)
        for name, value in (given or {}).items():
            if value not in MEANINGS and not value.startswith(_BEGINNINGS):
                raise ValueError(f'"{value}" of "{value}={name}" is none of {", ".join(MEANINGS)}')
            self._known[plain(name)] = Meaning(value)
        self._meanings: dict[str, Meaning] = {}
        self._assemblers = Assemblers()

    def read(
        self, fields: Mapping[str, Any], origin: Origin, at: float, now: float, service: str = ""
    ) -> Observed | None:
        """The exchange that the fields tell of, or None where they tell of none.

        `at` is when it was over, by the message's own word, `now` when the message came; `service`
        is what it is called where neither the owner nor a field says so.
        """
        values = self._values(fields)
        bodies = {part: values.pop(name, None) for name, part in _SIDES.items()}
        if values.pop(SPAN, "").lower() == "client":
            return None
        _settle(values)
        if origin.service:
            values.pop(v.SERVICE, None)
        try:
            assembler = self._assemblers.of(origin, service)
            seen = assembler.observed(Line(values), plausible(at, now))
        except Unread:
            return None
        if seen.request.path[:1] != "/" and seen.request.path != "*":
            return None
        return _with_more(seen, values, bodies)

    def _values(self, fields: Mapping[str, Any]) -> Values:
        values: Values = {}
        ranks: dict[str, int] = {}
        for name, told in _flat(fields, MAX_DEPTH):
            meaning = self._meaning(name)
            value = meaning.value
            if not value or meaning.rank >= ranks.get(value, _NAMES):
                continue
            text = as_text(told)
            # Envoy's flags tell by their name alone whose log it is: nearly always there are none.
            if text is not None and (text not in ABSENT or value is ENVOY):
                ranks[value] = meaning.rank
                values[value] = text
        return values

    def _meaning(self, name: str) -> Meaning:
        meaning = self._meanings.get(name)
        if meaning is None:
            if len(self._meanings) >= _NAMES:
                self._meanings.clear()
            spelling = plain(name)
            meaning = self._known.get(spelling) or header_meaning(spelling)
            self._meanings[name] = meaning
        return meaning


class Assemblers:
    """One for each service, made when it is first heard of."""

    def __init__(self) -> None:
        self._made: dict[tuple[Origin, str], Assembler] = {}

    def of(self, origin: Origin, service: str) -> Assembler:
        assembler = self._made.get((origin, service))
        if assembler is None:
            if len(self._made) >= _SERVICES:
                self._made.clear()
            named = (origin.service or service.strip() or origin.name)[:LONGEST_SERVICE]
            assembler = Assembler(named, kind=origin.kind, name=origin.name)
            self._made[origin, service] = assembler
        return assembler


def read_fields(entries: Sequence[str]) -> Attributes:
    """Attributes from entries like "status=code": the meaning, and the name that holds it. Raises
    ValueError."""
    given = {}
    for entry in entries:
        meaning, sign, name = entry.partition("=")
        if not (sign and name.strip()):
            raise ValueError(f'"{entry}" is not like status=code: what it is, and its name')
        given[name.strip()] = meaning.strip()
    return Attributes(given)


def plausible(at: float, now: float) -> float:
    """The moment a source tells, unless its clock must be wrong: then that of its arrival."""
    return at if now - LATE <= at <= now + EARLY else now


_BEGINNINGS = (v.REQUEST_HEADER, v.RESPONSE_HEADER, v.COOKIE)


def _flat(fields: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in islice(fields.items(), MAX_FIELDS):
        if type(value) is not dict:
            yield name, value
        elif depth:
            for inner, one in _flat(value, depth - 1):
                yield f"{name}.{inner}", one


def _settle(values: Values) -> None:
    """What one value says of another."""
    if v.METHOD in values:
        values[v.METHOD] = values[v.METHOD].upper()
        if " " not in values.get(v.REQUEST, " "):
            del values[v.REQUEST]
    if "?" in values.get(v.PATH, ""):
        values.setdefault(v.TARGET, values.pop(v.PATH))
    if "://" in values.get(v.TARGET, ""):
        values[v.URL] = values.pop(v.TARGET)
    bare = values.pop(DURATION, None)
    for whose, unit in _UNITS.items():
        if values.pop(whose, None) is not None and bare is not None:
            values.setdefault(unit, bare)


def _with_more(seen: Observed, values: Values, bodies: Mapping[Part, str | None]) -> Observed:
    """With bodies, and what is known of credentials: lines of access logs have neither."""
    shown = {part for part, body in bodies.items() if body is not None}
    secrets = [values[name] for name in _SECRETS if name in values]
    if not shown and not secrets:
        return seen
    unseen = seen.source.unseen - shown
    if secrets:
        masked = any(_MASKED.fullmatch(secret) for secret in secrets)
        unseen = (unseen - {Part.CREDENTIALS}) | ({Part.SECRETS} if masked else set())
    request, response = seen.request, seen.response
    if (sent := bodies[Part.REQUEST_BODY]) is not None:
        request = msgspec.structs.replace(request, body=_body(sent, request.body.size))
    if response is not None and (said := bodies[Part.RESPONSE_BODY]) is not None:
        response = msgspec.structs.replace(response, body=_body(said, response.body.size))
    source = msgspec.structs.replace(seen.source, unseen=frozenset(unseen))
    return msgspec.structs.replace(seen, request=request, response=response, source=source)


def _body(text: str, size: int) -> Body:
    """`text` has one character a byte."""
    data = text.encode("latin-1")
    return Body(data, max(size, len(data)), truncated=size > len(data))
