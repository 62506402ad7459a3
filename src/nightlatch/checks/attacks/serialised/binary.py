"""Binary formats that hold objects, raw or as base64 and hexadecimal digits carry them."""

import binascii
import re
from collections.abc import Callable

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.value import Clue

_MAX_BASE64 = 64 * 1024
_BASE64 = LazyPattern(
    r"(?<![A-Za-z0-9+/_])(rO0AB|gA[JNSW]|AAEAAAD|/wE|BAh|H4sI)[A-Za-z0-9+/_-]{8,}+"
)
_BEGINNINGS = ("rO0AB", "gAJ", "gAN", "gAS", "gAW", "AAEAAAD", "/wE", "BAh", "H4sI")
_HEX_JAVA = LazyPattern(r"(?<![0-9a-f])aced0005(?:7[0-9a-f])[0-9a-f]{4,}", re.IGNORECASE)
# At its beginning the stream's magic and version say it. Anywhere else random bytes may say so as
# well: there an object, an array or an enumeration with the name of its class must follow.
_JAVA = LazyPattern(
    r"\A\s*+(?:\xac\xed|\ufffd\ufffd)\x00\x05[\x70-\x7e]"
    r"|(?:\xac\xed|\ufffd\ufffd)\x00\x05[su~]r\x00[\x01-\xff][A-Za-z\[][\w.$;/\[]{2}"
)
_TO_STANDARD = str.maketrans("-_", "+/")

_NET_GADGETS = (
    b"System.Diagnostics.Process", b"ObjectDataProvider", b"TypeConfuseDelegate",
    b"System.Windows.Data", b"ResourceDictionary", b"ActivitySurrogate", b"ClaimsIdentity",
    b"System.Management.Automation", b"SortedSet", b"DataSetSurrogate", b"WindowsIdentity",
    b"TextFormattingRunProperties",
)  # fmt: skip
_RUBY_GADGETS = (
    b"Gem::", b"ActiveSupport::Deprecation", b"DeprecatedInstanceVariableProxy", b"ERB",
    b"Net::", b"ActiveModel::", b"Rack::", b"Kernel",
)  # fmt: skip
_PICKLE_CALLS = (
    b"posix", b"cos\n", b"\x02os", b"subprocess", b"builtins", b"__builtin__", b"cnt\n", b"system",
    b"popen", b"Popen", b"eval", b"exec",
)  # fmt: skip


def read_binary(text: str) -> Clue | None:
    raw = "\0\x05" in text and _JAVA.search(text)
    if raw or ("0005" in text and _HEX_JAVA.search(text)):
        return Clue(90, "is a serialised Java object", text)
    if not any(beginning in text for beginning in _BEGINNINGS):
        return None
    for match in _BASE64.finditer(text):
        data = _decoded(match.group())
        for magic, judge in _FORMATS:
            if data.startswith(magic):
                clue = judge(data, match.group())
                if clue is not None:
                    return clue
    return None


def _decoded(digits: str) -> bytes:
    standard = digits[:_MAX_BASE64].translate(_TO_STANDARD)
    try:
        return binascii.a2b_base64(standard[: len(standard) // 4 * 4])
    except binascii.Error:
        return b""


def _java(data: bytes, text: str) -> Clue | None:
    # The byte after the version is the kind of what follows: TC_NULL to TC_ENUM.
    if len(data) > 4 and 0x70 <= data[4] <= 0x7E:
        return Clue(92, "is a serialised Java object", text)
    return None


def _pickle(data: bytes, text: str) -> Clue | None:
    if data[1] >= 4 and data[2:3] != b"\x95":
        return None
    if any(call in data for call in _PICKLE_CALLS):
        return Clue(92, "is a Python pickle that calls a function", text)
    framed = data[1] >= 4 and data[7:11] == b"\0\0\0\0"
    marked = data[1] < 4 and data[2:3] in (b"c", b"}", b"]", b"(") and b"q\x00" in data
    return Clue(75, "is a Python pickle", text) if framed or marked else None


def _net(data: bytes, text: str) -> Clue | None:
    if data[5:9] in (b"\xff\xff\xff\xff", b"\xff\xff\xff\xff"[: len(data) - 5]):
        return Clue(90, "is a serialised .NET object", text)
    return None


def _view_state(data: bytes, text: str) -> Clue | None:
    if any(gadget in data for gadget in _NET_GADGETS):
        return Clue(88, "is a ViewState with an object that runs a program", text)
    return None


def _ruby(data: bytes, text: str) -> Clue | None:
    # Rails kept its sessions like this: only what no session holds says anything.
    if any(gadget in data for gadget in _RUBY_GADGETS) and data[2:3] in b"o[UcI{":
        return Clue(85, "is a serialised Ruby object that runs code when it is made", text)
    return None


def _gzip(data: bytes, text: str) -> Clue | None:
    import zlib  # only for what looks like gzip

    try:
        start = zlib.decompressobj(wbits=31).decompress(data, 64)
    except zlib.error:
        return None
    return _java(start, text) if start.startswith(b"\xac\xed\x00\x05") else None


_FORMATS: tuple[tuple[bytes, Callable[[bytes, str], Clue | None]], ...] = (
    (b"\xac\xed\x00\x05", _java),
    (b"\x80\x02", _pickle),
    (b"\x80\x03", _pickle),
    (b"\x80\x04", _pickle),
    (b"\x80\x05", _pickle),
    (b"\x00\x01\x00\x00\x00", _net),
    (b"\xff\x01", _view_state),
    (b"\x04\x08", _ruby),
    (b"\x1f\x8b", _gzip),
)
