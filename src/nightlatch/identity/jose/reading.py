"""Keys as people have them: a secret in some spelling, PEM, a JWK or a set of them."""

import base64
import binascii
import json
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey


class NoKey(Exception):
    """What was given is no key; the text says why, and never repeats it."""


def secret(text: str) -> dict[str, Any]:
    """A shared secret: as it is, or with "hex:" or "base64:" before it. Raises NoKey."""
    kind, colon, value = text.partition(":")
    try:
        if colon and kind == "hex":
            data = bytes.fromhex(value)
        elif colon and kind == "base64":
            plain = value.rstrip("=").translate(str.maketrans("-_", "+/"))
            data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        else:
            data = text.encode()
    except (ValueError, binascii.Error):
        raise NoKey(f"the secret is not {kind}") from None
    if not data:
        raise NoKey("the secret is empty")
    return {"kty": "oct", "k": base64.urlsafe_b64encode(data).rstrip(b"=").decode()}


def keys_in(data: bytes) -> list[dict[str, Any]]:
    """PEM, a JWK or a set of them. Raises NoKey."""
    if b"-----BEGIN" in data:
        return [_from_pem(data)]
    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        raise NoKey("this is neither PEM nor JSON") from None
    found = given.get("keys", [given]) if isinstance(given, dict) else given
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NoKey("this is JSON, and neither a key nor a set of keys")
    return found


def _from_pem(data: bytes) -> dict[str, Any]:
    for kind in (RSAKey, ECKey, OKPKey):
        try:
            key = kind.import_key(data)
        except Exception:  # noqa: BLE001, S112 -- of another kind
            continue
        return dict(key.as_dict(private=key.is_private))
    raise NoKey("this PEM holds no RSA, EC or Edwards key, or is protected by a password")
