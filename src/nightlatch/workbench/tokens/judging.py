"""Whether a token is what its issuer's keys say: the verdict, which key it was, what was inside."""

from datetime import tzinfo
from typing import Any

from msgspec import Struct

from nightlatch.identity.jose import encrypted, verify
from nightlatch.identity.jose.encoding import json_object
from nightlatch.identity.jose.keys import read_keys
from nightlatch.identity.jose.verified import Document, Verified
from nightlatch.identity.jose.verify import MAX_TOKEN
from nightlatch.workbench.tokens.explain import Explained, explain, explain_claims, shown
from nightlatch.workbench.tokens.keyset import describe
from nightlatch.workbench.tokens.material import NoKey, thumbprint


class Verdict(Struct, frozen=True):
    valid: bool
    reason: str = ""
    """Why it is not, in words; empty when it is."""
    holds: bool = False
    """The signature holds, or it was decrypted, whatever else is wrong with it."""
    key: str = ""
    """The key that it was, in words."""
    key_id: str = ""
    key_thumbprint: str = ""
    header: Document = {}
    claims: Document | None = None
    """To be believed only where it is valid."""
    content: str = ""
    """What was encrypted, as text, where the keys opened it."""
    inner: Explained | None = None
    """The same, taken apart, where it is a token or claims."""


def judge(
    token: str,
    keys: list[dict[str, Any]],
    now: float,
    *,
    issuer: str = "",
    audience: str = "",
    zone: tzinfo | None = None,
) -> Verdict:
    """Is it valid at `now`, from this issuer and for this audience (each where it is not empty)?

    Never raises. What was encrypted is shown also where the token within is not valid."""
    found = verify(token, keys, now)
    reason = found.reason or _unexpected(found.claims, issuer, audience)
    key = keys[found.key_number] if found.key_number is not None else None
    content, inner = _content(token, keys, found, zone)
    return Verdict(
        valid=found.valid and not reason,
        reason=reason,
        holds=found.key_number is not None,
        key=_named(key) if key else "",
        key_id=found.key_id,
        header=found.header,
        key_thumbprint=_thumbprint(key) if key else "",
        claims=found.claims,
        content=content,
        inner=inner,
    )


def _unexpected(claims: Document | None, issuer: str, audience: str) -> str:
    """RFC 7519, sections 4.1.1 and 4.1.3."""
    if issuer and (claims or {}).get("iss") != issuer:
        return f"it is not from {shown(issuer, 100)}, but from {_said(claims, 'iss')}"
    given = (claims or {}).get("aud")
    audiences = given if isinstance(given, list) else [given]
    if audience and audience not in audiences:
        return f"it is not for {shown(audience, 100)}, but for {_said(claims, 'aud')}"
    return ""


def _said(claims: Document | None, name: str) -> str:
    value = (claims or {}).get(name)
    return "nobody that it names" if value is None else shown(value, 100)


def _named(key: dict[str, Any]) -> str:
    name = key.get("kid")
    return describe(key) + (f", {shown(name, 100)}" if isinstance(name, str) else "")


def _thumbprint(key: dict[str, Any]) -> str:
    if key.get("kty") == "oct":
        # Of a weak secret it would be a way to try passwords.
        return ""
    try:
        return thumbprint(key)
    except NoKey:
        return ""


def _content(
    token: str, keys: list[dict[str, Any]], found: Verified, zone: tzinfo | None
) -> tuple[str, Explained | None]:
    if not _is_encrypted(token):
        return "", None
    payload = _unsealed(token, keys)
    if payload is None:
        return "", None
    text = payload[:MAX_TOKEN].decode("utf-8", "replace")
    if text.lstrip().startswith("{") and found.claims is not None and not found.nested:
        return text, explain_claims(found.claims, zone)
    inner = explain(text, zone)
    return text, inner if inner.token is not None else None


def _is_encrypted(token: str) -> bool:
    return token.count(".") == 4 or (token.startswith("{") and '"ciphertext"' in token)


def _unsealed(token: str, keys: list[dict[str, Any]]) -> bytes | None:
    """What is inside, whether or not that is signed by one of the keys."""
    try:
        ring = read_keys(keys)
        if token.startswith("{"):
            document = json_object(token.encode("utf-8", "replace"), "token")
            return encrypted.open_json(document, ring).payload
        return encrypted.open_compact(token, ring).payload
    except Exception:  # noqa: BLE001 -- hostile input is a value, whatever a library makes of it
        return None
