"""What may be stored or sent of a message: its shape in clear, secrets and identifiers masked.

Nothing of an exchange leaves the process or reaches a disk before it went through here.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_plus

from msgspec import Struct

from nightlatch.exchange.content import Content, ContentKind
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.masking import mask_identifier
from nightlatch.exchange.media import decode_text
from nightlatch.exchange.places import Places, Sighting
from nightlatch.exchange.signs import signs_in
from nightlatch.exchange.value_masks import ValueMasks

_KNOWN_FIELDS = 2048
_LONGEST_KNOWN_FIELD = 1024
_KNOWN_TEMPLATES = 2048

_HARMLESS = frozenset(
    b"accept accept-charset accept-encoding accept-language accept-ranges age allow "
    b"cache-control connection content-encoding content-language content-length content-type "
    b"date etag expires forwarded host if-modified-since if-none-match keep-alive last-modified "
    b"priority range retry-after sec-ch-ua sec-fetch-dest sec-fetch-mode sec-fetch-site server "
    b"strict-transport-security te traceparent transfer-encoding upgrade user-agent vary via "
    b"x-content-type-options x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip "
    b"x-request-id".split()
)
_SCHEME = re.compile(
    r"bearer|basic|digest|token|dpop|jwt|hawk|mac|oauth|signature|gnap|vapid|mutual|negotiate|ntlm"
    r"|concealed|(?:api-?)?key|privatetoken|(?:aws4|hmac|scram)(?:-[a-z0-9-]{1,40})?",
    re.IGNORECASE,
)
_URLS = frozenset({b"referer", b"location", b"content-location", b"refresh", b"x-original-url"})


class Segment(Struct, frozen=True, gc=False):
    """A segment of a route template."""

    text: str
    shown: str
    """The text redacted, which is what nearly all paths have there."""
    name: str | None
    """The parameter's name, None where the segment is fixed."""


class Redactor:
    """Masks messages. Names in `extra_names` are treated as secrets, in any spelling."""

    def __init__(self, hasher: Hasher, extra_names: Iterable[str] = ()) -> None:
        self._masks = ValueMasks(hasher, extra_names)
        # Both start over when they are full.
        self._fields: dict[tuple[bytes, bytes], tuple[str, str]] = {}
        self._templates: dict[str, tuple[Segment, ...]] = {}

    def headers(self, headers: Headers) -> tuple[tuple[str, str], ...]:
        """Every field in order; of credentials the scheme, of cookies the names stay."""
        known = self._fields
        return tuple([known.get(field) or self._field(field) for field in headers.raw])

    def query(self, raw: str) -> str:
        """A raw query string or form body, pair by pair; untouched pairs keep their encoding."""
        if not raw:
            return ""
        return "&".join([self._pair(pair) for pair in raw.split("&")])

    def path(self, path: str, template: str) -> str:
        """A decoded path: parameters of the route template masked, the rest by its shape."""
        parts = _segments(path, template)
        segments = self._templates.get(template) or self._read_template(template)
        if len(parts) != len(segments):
            return "/".join([self._masks.by_shape(part) for part in parts])
        return "/".join(
            [
                segment.shown if part == segment.text else self._parameter(segment.name, part)
                for part, segment in zip(parts, segments, strict=True)
            ]
        )

    def body(self, body: Body, content: Content, signs: int | None = None) -> str:
        """The body's text; sound JSON stays sound JSON. What cannot be judged is dropped and the
        text says so; binary content is empty. `signs` are the body's, where they are known."""
        match content.kind:
            case ContentKind.EMPTY | ContentKind.BINARY:
                return ""
            case ContentKind.JSON:
                signs = signs_in(body.data) if signs is None else signs
                return self._masks.json(content.value, signs)[0]
            case ContentKind.FORM:
                return self.query(decode_text(body.data, content.charset))
            case ContentKind.MULTIPART:
                named = self._masks.named
                return "\n".join(
                    [f"{leaf.path}={named(leaf.name, str(leaf.value))}" for leaf in content.leaves]
                )
        return self._unparsed_body(decode_text(body.data, content.charset))

    def read(
        self, body: Body, content: Content, signs: int, places: Places
    ) -> tuple[str, Sequence[Sighting] | None]:
        """The same, and what of JSON is not yet known to be of no interest at its place; None of
        other kinds, whose leaves are there to be read."""
        if content.kind is ContentKind.JSON:
            return self._masks.json(content.value, signs, places)
        return self.body(body, content, signs), None

    # Headers

    def _field(self, field: tuple[bytes, bytes]) -> tuple[str, str]:
        name, value = field
        shown = name.decode("latin-1"), self._field_value(name, value.decode("latin-1"))
        if len(value) <= _LONGEST_KNOWN_FIELD:
            if len(self._fields) >= _KNOWN_FIELDS:
                self._fields.clear()
            self._fields[field] = shown
        return shown

    def _field_value(self, name: bytes, value: str) -> str:
        if name in _HARMLESS:
            return value
        if name in (b"authorization", b"proxy-authorization"):
            return self._authorization(value)
        if name == b"cookie":
            return "; ".join([self._cookie(pair) for pair in value.split(";")])
        if name == b"set-cookie":
            pair, semicolon, attributes = value.partition(";")
            return self._cookie(pair) + semicolon + attributes
        if name in _URLS:
            return self._url(value)
        return self._masks.named(name.decode("latin-1"), value)

    def _authorization(self, value: str) -> str:
        scheme, space, secret = value.strip().partition(" ")
        # An unknown scheme may be the first half of a secret.
        if space and _SCHEME.fullmatch(scheme):
            return f"{scheme} {self._masks.hide(secret.strip())}"
        return self._masks.hide(value.strip())

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.strip().partition("=")
        if not equals:
            # A nameless cookie is all value.
            return self._masks.hide(name) if name else ""
        return f"{self._masks.by_shape(name)}={self._masks.hide(value)}"

    def _url(self, url: str) -> str:
        rest, hash_mark, fragment = url.partition("#")
        address, question_mark, query = rest.partition("?")
        decoded = unquote_plus(address)
        shown = self._masks.by_shape(decoded)
        return (
            (address if shown == decoded else shown)
            + question_mark
            + self.query(query)
            + hash_mark
            + self.query(fragment)
        )

    # Queries, forms and paths

    def _pair(self, pair: str) -> str:
        raw_name, equals, raw_value = pair.partition("=")
        encoded = "%" in pair or "+" in pair
        name = unquote_plus(raw_name) if encoded else raw_name
        value = unquote_plus(raw_value) if encoded else raw_value
        shown_name = self._masks.name(name).shown
        shown = self._masks.named(name, value) if value else ""
        if shown_name == name and shown == value:
            return pair
        return shown_name + equals + shown

    def _read_template(self, template: str) -> tuple[Segment, ...]:
        if len(self._templates) >= _KNOWN_TEMPLATES:
            self._templates.clear()
        by_shape = self._masks.by_shape
        segments = self._templates[template] = tuple(
            Segment(text, by_shape(text), _parameter_name(text))
            for text in _segments(template, template)
        )
        return segments

    def _parameter(self, name: str | None, part: str) -> str:
        """A path segment that stands for a record; of words and short numbers nothing is hidden."""
        if name is None or not part:
            return self._masks.by_shape(part)
        shown = self._masks.named(name, part)
        if shown != part or part.isalpha() or (part.isdecimal() and len(part) < 7):
            return shown
        return mask_identifier(part) if any(map(str.isdigit, part)) else part

    def _unparsed_body(self, text: str) -> str:
        if "\0" in text or text.count("\ufffd") * 8 > len(text):
            return "[body dropped: it is not readable as text]"
        if "form-data;" in text:
            return "[body dropped: a multipart body that cannot be taken apart]"
        return self._masks.text(text)


def _segments(path: str, template: str) -> list[str]:
    """A path without parameters is one piece, so that a URL in it is seen whole."""
    return path.split("/") if "{" in template else [path]


def _parameter_name(place: str) -> str | None:
    if "{" not in place:
        return None
    return place.partition("{")[2].partition("}")[0].partition(":")[0]
