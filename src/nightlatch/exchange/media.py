"""What a Content-Type field says about a body: the family it belongs to and how to decode it."""

import codecs
import re
from enum import Enum, auto

from msgspec import Struct


class MediaKind(Enum):
    UNDECLARED = auto()
    JSON = auto()
    LINES = auto()
    """JSON values one after the other: NDJSON, JSON Lines, JSON text sequences (RFC 7464)."""
    EVENTS = auto()
    """Server-sent events, whose data fields often are JSON."""
    FORM = auto()
    MULTIPART = auto()
    TEXT = auto()
    BINARY = auto()


class Media(Struct, frozen=True):
    kind: MediaKind
    charset: str = "utf-8"
    """A Python codec name from the allow-list; what is undeclared or unknown is read as UTF-8."""
    boundary: str = ""


UNDECLARED = Media(MediaKind.UNDECLARED)

_EXACT = {
    "": MediaKind.UNDECLARED,
    "application/x-www-form-urlencoded": MediaKind.FORM,
    "multipart/form-data": MediaKind.MULTIPART,
    "text/event-stream": MediaKind.EVENTS,
    "application/x-ndjson": MediaKind.LINES,
    "application/ndjson": MediaKind.LINES,
    "application/jsonl": MediaKind.LINES,
    "application/x-jsonlines": MediaKind.LINES,
    "application/jsonlines": MediaKind.LINES,
    "application/json-seq": MediaKind.LINES,
    "application/stream+json": MediaKind.LINES,
}
_TEXTUAL = ("xml", "javascript", "ecmascript", "graphql", "yaml", "csv", "sql", "x-sh")

_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)\s*=\s*("(?>(?:[^"\\]|\\.)*)"|[^;\s"]+)')
"""RFC 9110, section 5.6.6."""

# Only character sets: Python also has codecs that unpack archives or run for ever (zlib, idna).
_UNICODE = {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
_EAST_ASIAN = {"big5", "gbk", "gb2312", "gb18030", "shift_jis", "euc_jp", "iso2022_jp", "euc_kr"}
_SINGLE_BYTE = {"ascii", "koi8-r", "koi8-u"}
_SINGLE_BYTE |= {f"iso8859-{part}" for part in range(1, 17)}
_SINGLE_BYTE |= {f"cp125{page}" for page in range(9)}
_CHARSETS = _UNICODE | _EAST_ASIAN | _SINGLE_BYTE
_CHARSET_NAME = re.compile(r"[A-Za-z0-9][\w.:-]{0,31}", re.ASCII)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_CACHE_SIZE = 512
_LONGEST_CACHED = 200
_cache: dict[str | None, Media] = {None: UNDECLARED}


def read_media(content_type: str | None) -> Media:
    """Read a Content-Type value; anything malformed is as good as undeclared."""
    known = _cache.get(content_type)
    if known is not None:
        return known
    media = _parse(content_type or "")
    # Multipart boundaries differ in every request: keeping those would only push out the others.
    if media.kind is not MediaKind.MULTIPART and len(content_type or "") <= _LONGEST_CACHED:
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[content_type] = media
    return media


def decode_text(data: bytes, charset: str = "utf-8") -> str:
    """Decode text by its byte order mark, else by `charset`; never raises, never yields lone
    surrogates: what cannot be decoded becomes U+FFFD."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return data.decode(codec, "replace")
    return data.decode(charset, "replace")


def _parse(content_type: str) -> Media:
    name, _, _ = content_type.partition(";")
    parameters = {key.lower(): value for key, value in _PARAMETER.findall(content_type)}
    return Media(
        kind=_kind(name.strip().lower()),
        charset=_charset(_unquoted(parameters.get("charset", ""))),
        boundary=_unquoted(parameters.get("boundary", "")),
    )


def _kind(name: str) -> MediaKind:
    exact = _EXACT.get(name)
    if exact is not None:
        return exact
    if name.endswith("json"):
        return MediaKind.JSON
    if name.startswith("text/") or name.endswith(_TEXTUAL):
        return MediaKind.TEXT
    return MediaKind.BINARY


def _charset(declared: str) -> str:
    if not _CHARSET_NAME.fullmatch(declared):
        return "utf-8"
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        return "utf-8"
    return name if name in _CHARSETS else "utf-8"


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value
