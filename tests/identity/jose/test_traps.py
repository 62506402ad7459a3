"""What libraries accept when they are called in the usual way, each trap a row: five of them were
measured, and every row below is accepted by one of them, or left to whoever calls."""

import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.identity.jose.test_encrypted import sealed
from tests.identity.jose.tokens import (
    b64,
    ec_signer,
    hmac_signer,
    packed,
    rsa_jwk,
    rsa_key,
    rsa_signer,
)

from nightlatch.identity.jose import verify

NOW = 1_700_000_000.0
HMAC, RSA = hmac_signer("HS256"), rsa_signer("RS256")
BARE = rsa_jwk(rsa_key())
"""A key that does not name its algorithm."""
MIXED = {"keys": [{**RSA.public, "kid": "a"}, {**ec_signer("ES256").public, "kid": "b"}]}


def confused(secret: bytes) -> str:
    """RS256 taken for HS256, with the public key for a secret (RFC 8725, section 2.1)."""
    text = f"{packed({'alg': 'HS256'})}.{packed({'sub': 'eve'})}"
    return f"{text}.{b64(hmac.digest(secret, text.encode(), 'sha256'))}"


def public(encoding: Encoding, form: PublicFormat) -> bytes:
    return rsa_key().public_key().public_bytes(encoding, form)


def of_claims(payload: bytes) -> str:
    return HMAC.token(payload)


def of_header(header: dict[str, Any], payload: bytes = b'{"sub":"ada"}') -> str:
    return HMAC.signed(packed(header), b64(payload))


def with_secret(secret: bytes) -> tuple[str, dict[str, Any]]:
    return confused(secret), {"kty": "oct", "k": b64(secret)}


def twice(header: str) -> str:
    return HMAC.signed(b64(header.encode()), b64(b"{}"))


SPKI, PKCS1 = PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1
DEEP = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
SLOW = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "c2FsdHNhbHQ", "p2c": 20_000_000}
KW = {"kty": "oct", "k": b64(bytes(range(16)))}

TRAPS: dict[str, Callable[[], tuple[str, Any]]] = {
    "none": lambda: (f"{packed({'alg': 'none'})}.{b64(b'{}')}.", HMAC.public),
    "None": lambda: (f"{packed({'alg': 'None'})}.{b64(b'{}')}.", HMAC.public),
    "nOnE": lambda: (f"{packed({'alg': 'nOnE'})}.{b64(b'{}')}.", RSA.public),
    "a PEM for a secret": lambda: (confused(public(Encoding.PEM, SPKI)), BARE),
    "a PEM without its last line's end": lambda: (
        confused(public(Encoding.PEM, SPKI).strip()), MIXED,
    ),
    "a PEM of the other form": lambda: (confused(public(Encoding.PEM, PKCS1)), BARE),
    "a DER for a secret": lambda: (confused(public(Encoding.DER, SPKI)), BARE),
    "a DER for a secret, keys of two kinds": lambda: (confused(public(Encoding.DER, SPKI)), MIXED),
    "a DER of the other form": lambda: (confused(public(Encoding.DER, PKCS1)), MIXED),
    "unknown crit": lambda: (of_header({"alg": "HS256", "crit": ["x"], "x": 1}), HMAC.public),
    "empty crit": lambda: (of_header({"alg": "HS256", "crit": []}), HMAC.public),
    "exp as text": lambda: (of_claims(b'{"exp":"4000000000"}'), HMAC.public),
    "exp in the year 1e30": lambda: (of_claims(b'{"exp":1e30}'), HMAC.public),
    "exp beyond all numbers": lambda: (of_claims(b'{"exp":1e999}'), HMAC.public),
    "iat tomorrow": lambda: (of_claims(b'{"iat":1700086400}'), HMAC.public),
    "alg twice": lambda: (twice('{"alg":"none","alg":"HS256"}'), HMAC.public),
    "a claim twice": lambda: (of_claims(b'{"sub":"ada","sub":"eve"}'), HMAC.public),
    "b64 false, signed as it is": lambda: (
        HMAC.signed(packed({"alg": "HS256", "b64": False, "crit": ["b64"]}), '{"sub":"ada"}'),
        HMAC.public,
    ),
    "b64 false": lambda: (
        of_header({"alg": "HS256", "b64": False, "crit": ["b64"]}), HMAC.public,
    ),
    "an empty secret": lambda: (confused(b""), {"kty": "oct", "k": ""}),
    "a secret of six bytes": lambda: with_secret(b"secret"),
    "5,000 levels of claims": lambda: (of_claims(DEEP), HMAC.public),
    "5,000 levels of header": lambda: (f"{b64(DEEP[:12_000])}.{b64(b'{}')}.YQ", HMAC.public),
    "65 KB that inflate to 50 MB": lambda: (
        sealed("A128KW", "A128GCM", KW, bytes(50 << 20), zip="DEF"), KW,
    ),
    "20 million rounds of password work": lambda: (
        f"{packed(SLOW)}.{b64(bytes(24))}.{b64(bytes(12))}.YQ.{b64(bytes(16))}",
        {"kty": "oct", "k": "c2VjcmV0"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", TRAPS.values(), ids=TRAPS)
def test_a_trap_is_a_reason_in_words_and_no_exception(make: Callable[[], tuple[str, Any]]) -> None:
    token, key = make()
    found = verify(token, key, NOW)
    assert not found.valid
    assert found.reason
    assert "(" not in found.reason or "Error" not in found.reason, "it is a case that is known"


def test_every_row_of_the_table_is_here() -> None:
    assert len(TRAPS) == 25


@pytest.mark.parametrize("claims", [{}, {"aud": "https://api.example"}, {"exp": NOW + 1}])
def test_what_only_its_reader_can_decide_is_left_to_them(claims: dict[str, Any]) -> None:
    """No end, or an audience where none was named: the verifier of the live pipeline and the linter
    decide."""
    assert verify(of_claims(json.dumps(claims).encode()), HMAC.public, NOW).valid
