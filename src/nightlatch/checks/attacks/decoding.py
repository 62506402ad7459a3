"""What hides in a text: the next layer of its encodings, one call a layer.

An application decodes more than the transport demands: proxies decode again, frameworks unescape,
handlers read JSON or base64 out of a field. So an attack may wear several coats.
"""

import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import msgspec

from nightlatch.checks.attacks.value import Place, Value
from nightlatch.exchange.content import Content, ContentKind

MAX_DECODED = 64 * 1024
"""Characters of one value that are decoded."""
MAX_NESTED = 500
"""Leaves of JSON in a string."""

CODED = re.compile(r"[%&\\+\x00]|[^\x00-\x7f]|ADw")
"""No text without one of these has a coat that `unfold` takes off."""

_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3][0-7]{2}|0))"
)
_STRAY_PERCENT = re.compile(r"%(?=[^\W\d_])(?![0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4})")
_FEW_STRAY = 3
"""Percent signs before letters that a text may have of its own; IIS drops them all."""
_WIDE_PERCENT = re.compile(r"%[uU]([0-9a-fA-F]{4})")
_UTF7 = re.compile(r"[+ ](A[A-Za-z0-9+/]{2,30})-?")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}|%[uU][0-9a-fA-F]{4}")
_ENTITY = re.compile(
    r"&(?:#\d{1,9};?|#[xX][0-9a-fA-F]{1,8};?|[A-Za-z][A-Za-z0-9]{1,24};"
    r"|(?:[lg]t|amp|quot)(?![A-Za-z0-9=]))",
    re.IGNORECASE,
)
"""Character references; without their semicolon as browsers read them (HTML 13.2.5.73), so that
the parameters of a query are none."""
_A_PAGE = 3
"""Elements that end in a text that is markup itself."""
_OVERLONG = re.compile(rb"\xc0/|\xc1\x1c|[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]")
"""UTF-8 in more bytes than it needs (RFC 3629 section 10), which lax decoders accept; and the two
forms of the IIS traversal of 2000, whose second byte is none."""
_DISGUISED = re.compile(
    "[\uff01-\uff5e\u2460-\u24ff\u2100-\u214f\u2070-\u209c\U0001d400-\U0001d7ff\ufe50-\ufe6b]"
)
"""Characters that stand for ASCII ones after Unicode's compatibility normalisation (NFKC)."""

BASE64 = r"(?-i:[A-Za-f][A-Za-z0-9+/_\-]{3}[A-Za-f][A-Za-z0-9+/_\-]{3}[A-Za-z0-9+/_\- ]{3,}={0,2})"
"""Text of ASCII characters in base64: each group of four begins with one of 32 characters and
few other things do so. A plus may have become a space on the way."""
_BASE64 = re.compile(r"(?:/|.{0,64}?(?:base64,|[Bb]asic ))?([A-Za-z0-9+/_\- ]{11,})={0,2}\s*")
_TO_STANDARD = str.maketrans("-_ ", "+/+")
_PRINTABLE = bytes(range(32, 127)) + b"\t\r\n\0"

TOKEN = r"ey[A-Za-z0-9_\-]{8,}\."
_TOKEN = re.compile(r"ey[A-Za-z0-9_\-]{8,}+(?:\.[A-Za-z0-9_\-]*+){1,4}")
MAX_TOKENS = 4

JSON = r"\s*[{\[]\s*[\"{\[\d]"


def lenient_text(data: bytes) -> str:
    """Bytes as the laxest of decoders would read them: overlong forms included. Never raises."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _OVERLONG.sub(_shortened, data).decode("utf-8", "replace")


def unfold(value: Value) -> Value | None:
    """The value without its outermost encodings: percent, backslash, entity, compatibility
    characters, zero bytes; None where it has none."""
    text = value.text[:MAX_DECODED]
    codings = []
    for name, undo in _UNDOING:
        undone = undo(text)
        if undone != text:
            codings.append(name)
            text = undone
    if not codings:
        return None
    return Value(value.place, value.name, text, value.is_name, (*value.codings, *codings))


def unwrap(value: Value) -> Iterator[Value]:
    """What is kept in the text in another format: base64, JSON in a string, a token's parts."""
    text = value.text
    if text[:64].lstrip()[:1] in ("{", "["):
        yield from _nested_json(value)
    elif "ey" in text and "." in text:
        yield from _token_parts(value)
    matched = _BASE64.fullmatch(text[:MAX_DECODED])
    if matched:
        inner = text_in_base64(matched[1])
        if inner:
            yield _inside(value, value.name, inner, "base64")


def text_in_base64(encoded: str) -> str:
    """The text in base64 or base64url, padded or not; "" where it is not printable text."""
    standard = encoded.translate(_TO_STANDARD)
    try:
        data = binascii.a2b_base64(standard + "=" * (-len(standard) % 4))
    except binascii.Error:
        return ""
    if data.translate(None, _PRINTABLE):
        return ""
    return data.decode("ascii")


def _percent(text: str) -> str:
    if "%" not in text:
        return text
    if len(_STRAY_PERCENT.findall(text)) > _FEW_STRAY:
        text = _STRAY_PERCENT.sub("", text)
    if not _PERCENT.search(text):
        return text
    wide = _WIDE_PERCENT.sub(_character, text)
    # A form's plus is a space; where spaces are written out, a plus is a plus.
    spaced = wide if " " in wide or "%20" in wide else wide.replace("+", " ")
    return lenient_text(unquote_to_bytes(spaced.encode("utf-8", "surrogatepass")))


def _plus(text: str) -> str:
    return text.replace("+", " ") if "+" in text and " " not in text else text


def _escapes(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _entities(text: str) -> str:
    # In a page of markup, what is written as entities is text about markup.
    if "&" not in text or text.count("</") >= _A_PAGE:
        return text
    return _ENTITY.sub(_referred, text)


def _referred(matched: re.Match[str]) -> str:
    return html.unescape(matched[0])


def _utf7(text: str) -> str:
    """RFC 2152, which old browsers and some XML parsers believe in; its plus may have become a
    space on the way."""
    return _UTF7.sub(_shifted, text) if "ADw" in text else text


def _shifted(matched: re.Match[str]) -> str:
    coded = matched[1]
    try:
        return binascii.a2b_base64(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return matched[0]


def _disguised(text: str) -> str:
    if text.isascii() or not _DISGUISED.search(text):
        return text
    return unicodedata.normalize("NFKC", text)


def _zeros(text: str) -> str:
    return text.replace("\0", "") if "\0" in text else text


_UNDOING = (
    ("percent-encoding", _percent),
    ("plus for space", _plus),
    ("backslash escapes", _escapes),
    ("HTML entities", _entities),
    ("UTF-7", _utf7),
    ("Unicode look-alikes", _disguised),
    ("zero bytes", _zeros),
)


def _nested_json(value: Value) -> Iterator[Value]:
    try:
        decoded = msgspec.json.decode(value.text[:MAX_DECODED])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return
    if not isinstance(decoded, (dict, list)):
        return
    for leaf in Content(ContentKind.JSON, decoded).leaves[:MAX_NESTED]:
        name = f"{value.name}{leaf.path[1:]}"
        if isinstance(leaf.value, str):
            yield _inside(value, name, leaf.value, "JSON in a string")
        if not leaf.name.isidentifier():
            yield Value(value.place, name, leaf.path, True, (*value.codings, "JSON in a string"))


def _token_parts(value: Value) -> Iterator[Value]:
    """Header and claims of the JSON Web Tokens in the text (RFC 7519)."""
    for number, token in enumerate(_TOKEN.finditer(value.text)):
        if number == MAX_TOKENS:
            return
        for part in token[0].split(".")[:2]:
            text = text_in_base64(part)
            if text.startswith("{"):
                place = Value(Place.TOKEN, value.name, text, False, value.codings)
                yield from _nested_json(place)


def _inside(value: Value, name: str, text: str, coding: str) -> Value:
    return Value(value.place, name, text, False, (*value.codings, coding))


def _character(matched: re.Match[str]) -> str:
    digits = next(group for group in matched.groups() if group)
    base = 8 if matched.lastindex == 4 else 16
    code = int(digits, base)
    # A lone surrogate is no character: it could not even be searched as UTF-8.
    return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


def _shortened(matched: re.Match[bytes]) -> bytes:
    code = 0
    for byte in matched[0]:
        code = code << 6 | byte & 0x3F
    return chr(code & 0x7FF).encode()
