"""Tokens as JSON (RFC 7515, section 7.2; RFC 7516, section 7.2), taken apart without a key."""

import json
from typing import Any

import msgspec
from msgspec import Struct

from nightlatch.identity.jose.encoding import json_object, to_base64url
from nightlatch.identity.jose.header import protected_header
from nightlatch.identity.jose.signed import MAX_SIGNATURES
from nightlatch.identity.jose.verified import Unsound
from nightlatch.identity.jwt import MAX_TOKEN, Token, read_token


class Serialised(Struct, frozen=True):
    kind: str
    tokens: tuple[Token, ...] = ()
    """One for each signature or recipient, as if it were alone."""
    note: str = ""


def read_serialised(text: str) -> Serialised | None:
    """None for what is no JSON object of this kind. Never raises."""
    if not text.startswith("{") or len(text) > MAX_TOKEN:
        return None
    try:
        document = json_object(text.encode("utf-8", "replace"), "token")
    except Unsound as fault:
        return Serialised("JSON that no reader should take for a token", note=str(fault))
    if "ciphertext" in document:
        return _encrypted(document)
    if "payload" in document:
        return _signed(document)
    return None


def _signed(document: dict[str, Any]) -> Serialised:
    several = document.get("signatures")
    given = several if isinstance(several, list) else [document]
    payload = document.get("payload")
    tokens = []
    for one in given[:MAX_SIGNATURES]:
        if isinstance(one, dict):
            found = _token(one, f"{payload}.{one.get('signature', '')}")
            tokens += [found] if found else []
    form = "a signed token (JWS) as JSON, flattened"
    if several is not None:
        form = f"a signed token (JWS) as JSON, with {_counted(len(given), 'signature')}"
    return Serialised(form, tuple(tokens), _missing(len(tokens), len(given)))


def _encrypted(document: dict[str, Any]) -> Serialised:
    several = document.get("recipients")
    given = several if isinstance(several, list) else [document]
    rest = ".".join(str(document.get(name, "")) for name in ("iv", "ciphertext", "tag"))
    tokens = []
    for one in given[:MAX_SIGNATURES]:
        if isinstance(one, dict):
            parts = {"protected": document.get("protected"), "header": one.get("header")}
            shared = document.get("unprotected")
            found = _token(parts, f"{one.get('encrypted_key', '')}.{rest}", shared)
            tokens += [found] if found else []
    form = "an encrypted token (JWE) as JSON, flattened"
    if several is not None:
        form = f"an encrypted token (JWE) as JSON, for {_counted(len(given), 'recipient')}"
    return Serialised(form, tuple(tokens), _missing(len(tokens), len(given)))


def _token(part: dict[str, Any], rest: str, shared: object = None) -> Token | None:
    """Read as a compact one, whose header holds what stands unprotected too."""
    protected = part.get("protected")
    added: dict[str, Any] = {}
    for other in (shared, part.get("header")):
        added |= other if isinstance(other, dict) else {}
    if not added:
        return read_token(f"{protected}.{rest}")
    joined = added | _protected(protected)
    token = read_token(f"{to_base64url(json.dumps(joined).encode()).decode()}.{rest}")
    return token and msgspec.structs.replace(token, header=joined)


def _protected(segment: object) -> dict[str, Any]:
    try:
        return protected_header(segment) if isinstance(segment, str) and segment else {}
    except Unsound:
        return {}


def _missing(read: int, given: int) -> str:
    return "" if read == given else f"{given - read} of its parts cannot be read"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
