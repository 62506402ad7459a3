"""JSON Web Tokens (RFC 7519) taken apart without a key: nothing in them is believed here."""

import base64
import binascii
import json
import re
from typing import Any

from msgspec import Struct

MAX_TOKEN = 64 * 1024
"""Characters; no longer text is taken for a token."""

_COMPACT = re.compile(r"[\w+/=-]+(?:\.[\w+/=-]*){1,4}", re.ASCII)
_STANDARD_TO_URL = str.maketrans("+/", "-_")


class Token(Struct, frozen=True):
    header: dict[str, Any]
    claims: dict[str, Any] | None
    """None where they are encrypted or cannot be read."""
    signature: str = ""
    encrypted: bool = False
    """A JWE (RFC 7516): five parts, the claims out of sight."""
    form_faults: tuple[str, ...] = ()
    """What is wrong with the encoding, in words."""

    def text_claim(self, name: str) -> str:
        value = (self.claims or {}).get(name)
        return value if isinstance(value, str) else ""


def read_token(text: str) -> Token | None:
    """Take a compact JWS or JWE apart; None for what is not one. Never raises."""
    if len(text) > MAX_TOKEN or not _COMPACT.fullmatch(text):
        return None
    parts = text.split(".")
    faults: list[str] = []
    header = _json_part(parts[0], "header", faults)
    if header is None or not isinstance(header.get("alg", header.get("enc")), str):
        return None
    if len(parts) == 5 or "enc" in header:
        return Token(header, None, parts[-1], encrypted=True, form_faults=tuple(faults))
    claims = _json_part(parts[1], "claims", faults)
    if claims is None:
        faults.append("the claims are not a JSON object")
    signature = parts[2] if len(parts) > 2 else ""
    if signature:
        _decoded(signature, "signature", faults)
    return Token(header, claims, signature, form_faults=tuple(faults))


def _json_part(part: str, where: str, faults: list[str]) -> dict[str, Any] | None:
    raw = _decoded(part, where, faults)
    if raw is None:
        return None
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            repeated.append(where)
        return value

    try:
        value = json.loads(raw, object_pairs_hook=members)
    except (ValueError, RecursionError):
        return None
    if repeated:
        # Two readers may each believe another one of them (RFC 8725, section 2.4).
        faults.append(f"the {where} has a member twice")
    return value if isinstance(value, dict) else None


def _decoded(part: str, where: str, faults: list[str]) -> bytes | None:
    """Base64url without padding is the only spelling allowed (RFC 7515, section 2)."""
    plain = part.rstrip("=").translate(_STANDARD_TO_URL)
    try:
        raw = base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        faults.append(f"the {where} is not base64url")
        return None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        faults.append(f"the {where} is not canonical base64url")
    return raw
