"""Tokens of other families: what can be read of them without a key. PASETO, macaroons, opaque ones.

PASETO: github.com/paseto-standard/paseto-spec. Macaroons: Birgisson and others, NDSS 2014, in the
two binary forms of libmacaroons.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

MAX_FOREIGN = 65_536
"""Characters that are taken apart."""
MAX_FIELDS = 200
"""Of one macaroon."""
_PASETO = re.compile(r"v([1-4])\.(local|public)\.([\w-]*)(?:\.([\w-]*))?", re.ASCII)
_SIGNATURES = {"1": 256, "2": 64, "3": 96, "4": 64}
"""Bytes at the end of a public payload, by version."""
_FIELDS = {1: "location", 2: "identifier", 4: "verification id", 6: "signature"}
_NAMES_V1 = {
    "location": "location",
    "identifier": "identifier",
    "cid": "caveat",
    "vid": "verification id",
    "cl": "caveat's location",
    "signature": "signature",
}
_KNOWN = {
    "ghp_": "a GitHub personal access token",
    "github_pat_": "a GitHub personal access token",
    "gho_": "a GitHub OAuth token",
    "ghs_": "a GitHub app's token",
    "glpat-": "a GitLab personal access token",
    "xoxb-": "a Slack bot token",
    "xoxp-": "a Slack user token",
    "sk_live_": "a Stripe secret key",
    "sk_test_": "a Stripe secret key for tests",
    "ya29.": "a Google access token",
    "npm_": "an npm access token",
}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
OPAQUE = "an opaque token: only its issuer can say what it means"


class Read(Struct, frozen=True):
    """What was read of it."""

    kind: str
    header: dict[str, Any] = {}
    claims: dict[str, Any] = {}
    more: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Further sections: title and members."""
    opaque: bool = False


def read_foreign(text: str) -> Read:
    """Never raises."""
    if len(text) > MAX_FOREIGN:
        return Read(f"a text of {len(text):,} characters, longer than any token that servers take")
    paseto = _PASETO.fullmatch(text)
    if paseto:
        return _paseto(paseto)
    if not text.isascii() or " " in text:
        return Read("no token: a text")
    for beginning, kind in _KNOWN.items():
        if text.startswith(beginning):
            return Read(f"{kind}: only its issuer can say what it means", opaque=True)
    macaroon = _macaroon(text.removeprefix("pypi-"))
    if macaroon:
        return macaroon
    return Read(
        OPAQUE + (", by the look of it a UUID" if _UUID.fullmatch(text) else ""), opaque=True
    )


def _paseto(found: re.Match[str]) -> Read:
    version, purpose, body, footer = found.groups()
    signed = purpose == "public"
    kind = f"a PASETO, {'signed' if signed else 'encrypted'} (version {version})"
    header = {"version": f"v{version}", "purpose": purpose}
    data = _bytes(body)
    claims: dict[str, Any] = {}
    if signed and data is not None:
        claims = _members(data[: -_SIGNATURES[version]], "payload")
    foot = _bytes(footer or "")
    more = (("Footer", _members(foot, "footer")),) if foot else ()
    return Read(kind, header, claims, more)


def _members(data: bytes, name: str) -> dict[str, Any]:
    """JSON where it is, else its text under `name`."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    return {name: _text(data)} if data else {}


def _macaroon(text: str) -> Read | None:
    if not text.startswith(("MDA", "AgE", "AgI")):
        return None
    data = _bytes(text.replace("+", "-").replace("/", "_").rstrip("=")) or b""
    version = 2 if data[:1] == b"\x02" else 1
    kind = f"a macaroon (version {version})"
    try:
        fields = list(_fields_v2(data) if version == 2 else _fields_v1(data))
    except (ValueError, IndexError):
        return Read(kind)
    head = {name: value for name, value in fields if name in ("location", "identifier")}
    caveats = [value for name, value in fields if name == "caveat"]
    numbered = {f"caveat {number}": one for number, one in enumerate(caveats, 1)}
    return Read(kind, head, {}, (("Caveats", numbered),) if numbered else ())


def _fields_v1(data: bytes) -> Iterator[tuple[str, str]]:
    """Packets: four digits of length in hexadecimal, name, blank, value, line break."""
    at = 0
    for _ in range(MAX_FIELDS):
        if at + 4 > len(data):
            return
        size = int(data[at : at + 4], 16)
        if size < 6:
            return
        name, _, value = data[at + 4 : at + size].rstrip(b"\n").partition(b" ")
        known = _NAMES_V1.get(name.decode("ascii", "replace"))
        if known:
            yield known, _text(value)
        at += size


def _fields_v2(data: bytes) -> Iterator[tuple[str, str]]:
    """Type, length, value; a zero ends a section, and the sections after the first are caveats."""
    at, section = 1, 0
    for _ in range(MAX_FIELDS):
        if at >= len(data):
            return
        kind, at = _varint(data, at)
        if kind == 0:
            section += 1
            continue
        size, at = _varint(data, at)
        name = _FIELDS.get(kind, "")
        value, at = data[at : at + size], at + size
        if name == "identifier" and section:
            name = "caveat"
        if name and not (name == "location" and section):
            yield name, _text(value)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise ValueError("a length beyond reason")


def _bytes(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None


def _text(data: bytes) -> str:
    """As text where it is one, else in hexadecimal."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data.hex()
    return text if text.isprintable() else data.hex()
