"""Take a request apart, once, into named values: everything in it that its sender chose.

Nothing is judged here. What cannot be read by its structure is read whole, so that a wrong label
or a broken body hides nothing.
"""

import re
from collections.abc import Iterable
from itertools import islice
from urllib.parse import unquote_to_bytes

from nightlatch.checks.attacks.decoding import lenient_text
from nightlatch.checks.attacks.value import Place, Value
from nightlatch.checks.attacks.values import Values, strings_of
from nightlatch.exchange.content import MAX_LEAVES, Content, ContentKind, Leaf, query_leaves
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.media import decode_text

MAX_BODY = 256 * 1024
"""Characters of a body without structure that are read."""
MAX_NODES = 2_000
"""Texts and attributes of an XML body."""
_UNDECODABLE = "\ufffd"

_UNUSUAL_NAME = re.compile(r"[^\w.$\[\]\-\n ]|[.\[]\$|__proto__|constructor|prototype|class[.\[]")
"""What a programmer's field name does not have in it; most requests have no such name."""

_UNUSUAL_KEY = re.compile(rf"{_UNUSUAL_NAME.pattern}|^\$|^class$", re.MULTILINE)
"""The same of one key alone, without what stands before and behind it in a path."""

_XML_NODE = re.compile(
    r"""<!\[CDATA\[(?P<cdata>[^\]]++)
      | >(?P<text>[^<>]*[^<>\s][^<>]*+)<
      | \s(?P<name>[\w:.-]++)\s*+=\s*+(?:"(?P<double>[^"<>]++)"|'(?P<single>[^'<>]++)')""",
    re.VERBOSE,
)

_PART_NAME = re.compile(r"name=\"([^\"\r\n]{2,1000})\"")
"""Of a field or a file, in multipart that cannot be read as such."""

_CONTROL = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
_LOOK = 512
_MAGIC = 16
"""Bytes by which a binary format is known."""
_TEXT_RUN = re.compile(rb"[\t\n\r -~]{8,}")

_PLACES = {
    ContentKind.JSON: Place.JSON,
    ContentKind.FORM: Place.FORM,
    ContentKind.MULTIPART: Place.MULTIPART,
    ContentKind.MALFORMED: Place.MULTIPART,
}


def take_apart(
    request: Request,
    query: tuple[Leaf, ...],
    content: Content,
    known: frozenset[tuple[bytes, bytes]] | set[tuple[bytes, bytes]] = frozenset(),
) -> Values:
    """Every value of the request, but for header fields in `known`, which were clean before."""
    values = [Value(Place.PATH, "", request.path)]
    if query:
        _add_leaves(values, query, Place.QUERY)
    if request.query and any(_UNDECODABLE in value.text for value in values):
        # Not UTF-8: overlong forms and other character sets are to be had from the bytes only.
        octets = request.query.encode("latin-1", "replace")
        raw = lenient_text(unquote_to_bytes(octets.replace(b"+", b" ")))
        values.append(Value(Place.QUERY, "", raw, codings=("percent-encoding",)))
    for header in request.headers.raw:
        if header not in known:
            _add_header(values, *header)
    if request.body.tail:
        values.append(Value(Place.BODY, "", lenient_text(request.body.tail)))
    if content.kind is ContentKind.JSON and (found := strings_of(content.value)) is not None:
        strings, keys = found
        if not content.partial and not _UNUSUAL_KEY.search("\n".join(keys)):
            return Values(values, strings, content)
    if request.body.data:
        _add_body(values, request, content)
    return Values(values)


def left_out(request: Request, query: tuple[Leaf, ...], content: Content) -> str:
    """What a bound keeps `take_apart` from giving, in words; empty when it gives everything.

    Where the content itself was cut, the content says so.
    """
    if len(query) >= MAX_LEAVES:
        return f"parameters beyond {MAX_LEAVES:,}"
    data = request.body.data
    if content.kind in _PLACES:
        return ""
    if len(data) > MAX_BODY:
        return f"the body beyond {MAX_BODY >> 10} KB"
    # Each node has at least one angle bracket before it; nearly all have two.
    if data[:64].lstrip()[:1] == b"<" and data.count(b"<") > 2 * MAX_NODES:
        return f"elements beyond {MAX_NODES:,}"
    return ""


def _add_leaves(values: list[Value], leaves: Iterable[Leaf], place: Place) -> None:
    """The texts, and those of the names that are no programmer's."""
    append = values.append
    paths = set()
    for leaf in leaves:
        text = leaf.value
        paths.add(leaf.path)
        if type(text) is str and text:
            append(Value(place, leaf.path, text))
    if _UNUSUAL_NAME.search("\n".join(paths)):
        values.extend(
            Value(place, path, path, is_name=True) for path in paths if _UNUSUAL_NAME.search(path)
        )


def _add_header(values: list[Value], name: bytes, value: bytes) -> None:
    text = value.decode("latin-1") if value.isascii() else lenient_text(value)
    if name == b"cookie":
        _add_cookies(values, text)
    elif text:
        values.append(Value(Place.HEADER, name.decode("latin-1"), text))
        if name == b"referer" and "?" in text:
            _add_page(values, text)


def _add_page(values: list[Value], address: str) -> None:
    """The parameters of the page the client says it comes from: logs and analytics read them."""
    query = address.partition("?")[2].partition("#")[0]
    values.extend(
        Value(Place.HEADER, f"referer.{leaf.path}", leaf.value)
        for leaf in query_leaves(query)
        if type(leaf.value) is str and leaf.value
    )


def _add_cookies(values: list[Value], header: str) -> None:
    for pair in header.split(";"):
        name, _, text = pair.strip().partition("=")
        if text:
            values.append(Value(Place.COOKIE, name, text.strip('"')))
        if name and _UNUSUAL_NAME.search(name):
            values.append(Value(Place.COOKIE, name, name, is_name=True))


def _add_body(values: list[Value], request: Request, content: Content) -> None:
    place = _PLACES.get(content.kind)
    if place is not None:
        leaves = content.leaves
        if place is Place.MULTIPART:
            leaves = _add_file_names(values, leaves)
        _add_leaves(values, leaves, place)
        for name, data in content.files:
            values.append(Value(Place.FILE, name, _file_text(data)))
        if content.kind is not ContentKind.MALFORMED and not _looks_otherwise(request, content):
            return
    text = _body_text(request, content)
    if content.kind is ContentKind.MALFORMED:
        values.extend(
            Value(Place.MULTIPART, "", named[1], is_name=True)
            for named in islice(_PART_NAME.finditer(text), MAX_NODES)
        )
    _add_text(values, text)


def _add_file_names(values: list[Value], leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    """File names have a place of their own; what is left are fields."""
    fields = []
    for leaf in leaves:
        if leaf.path.endswith(".filename") and type(leaf.value) is str:
            values.append(Value(Place.FILE_NAME, leaf.path, leaf.value))
        else:
            fields.append(leaf)
    return tuple(fields)


def _looks_otherwise(request: Request, content: Content) -> bool:
    """A form that is no form, JSON that was cut by its depth: read it whole as well."""
    if content.kind is ContentKind.FORM:
        return request.body.data.lstrip()[:1] in (b"<", b"{", b"[")
    return content.kind is ContentKind.JSON and content.cut


def _body_text(request: Request, content: Content) -> str:
    data = request.body.data[:MAX_BODY]
    if content.charset.startswith(("utf-16", "utf-32")) or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return decode_text(data, content.charset)
    return _file_text(data)


def _file_text(data: bytes) -> str:
    """A file as text; of a binary one how it begins and the texts in it, as `strings` shows them:
    chance writes no sentences, and somebody who hides a script in an image must."""
    if not _is_binary(data):
        return lenient_text(data)
    runs = [run.decode("ascii") for run in _TEXT_RUN.findall(data)]
    return "\n".join((data[:_MAGIC].decode("latin-1"), *runs))


def _is_binary(data: bytes) -> bool:
    start = data[:_LOOK]
    return len(start) - len(start.translate(None, _CONTROL)) > len(start) // 20


def _add_text(values: list[Value], text: str) -> None:
    """A body whole and, where it is markup, its texts and attributes each for itself."""
    values.append(Value(Place.BODY, "", text))
    if text.lstrip()[:1] != "<":
        return
    for count, node in enumerate(_XML_NODE.finditer(text)):
        if count >= MAX_NODES:
            return
        found = node["cdata"] or node["text"] or node["double"] or node["single"]
        if len(found) > 1:
            values.append(Value(Place.XML, node["name"] or "", found))
