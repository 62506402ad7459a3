"""Every rule finds what it is there for, and a sound token breaks none."""

from typing import Any

import pytest
from tests.identity.jose.tokens import (
    b64,
    ec_signer,
    hmac_signer,
    packed,
    rsa_jwk,
    rsa_key,
    rsa_signer,
)

from nightlatch.identity.jwt import read_token
from nightlatch.identity.lint.look import Look
from nightlatch.identity.lint.registry import RULES, lint
from nightlatch.identity.weak_secrets import Guess

NOW = 1_700_000_000
HEADER: dict[str, Any] = {"alg": "ES256", "typ": "at+jwt", "kid": "2026-11"}
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example", "sub": "u_5f7c8ec7", "aud": "https://api.example",
    "iat": NOW, "exp": NOW + 600, "jti": "01JD0", "scope": "orders:read",
}  # fmt: skip
SIGNATURE = b64(bytes(range(1, 65)))


def look(
    header: object = HEADER, claims: object = CLAIMS, sign: str = SIGNATURE, **known: Any
) -> Look:
    text = f"{packed(header)}.{packed(claims)}.{sign}"
    token = read_token(text)
    assert token is not None
    return Look(token, len(text), **known)


def of_header(**members: Any) -> Look:
    return look({**HEADER, **members})


def of_claims(**claims: Any) -> Look:
    return look(claims={**CLAIMS, **claims})


def without(*names: str) -> Look:
    return look(claims={name: value for name, value in CLAIMS.items() if name not in names})


EC, SECRET = ec_signer("ES256").public, hmac_signer("HS256").public
BARE = {name: value for name, value in EC.items() if name not in ("alg", "use")}
BROKEN = [
    ("form", look(sign=SIGNATURE + "=")),
    ("size", of_claims(note="x" * 9_000)),
    ("unsigned", of_header(alg="nOnE")),
    ("unsigned", look(sign="")),
    ("unknown-algorithm", of_header(alg="ES521")),
    ("foreign-key", of_header(jwk=EC)),
    ("foreign-key", of_header(x5c=["MIIB"])),
    ("key-address", of_header(jku="https://evil.example/jwks")),
    ("key-address", of_header(x5u="http://id.example/cert")),
    ("key-address", of_header(jku="https://[")),
    ("key-id", of_header(kid="../../dev/null")),
    ("key-id", of_header(kid="x' UNION SELECT 'key")),
    ("key-id", of_header(kid="key|sleep 10")),
    ("key-id", of_header(kid=17)),
    ("key-id", of_header(kid="k" * 300)),
    ("key-id", of_header(kid="")),
    ("extensions", of_header(crit=[])),
    ("extensions", of_header(b64=False)),
    ("compression", of_header(zip="DEF")),
    ("rounds", of_header(p2c=20_000_000)),
    ("type", look({"alg": "ES256"})),
    ("type", of_header(typ="x")),
    ("type", of_header(typ="dpop+jwt")),
    ("type", of_header(typ="application/logout+jwt")),
    ("signature-size", look(sign=b64(b"null"))),
    ("signature-size", look({**HEADER, "alg": "RS256"})),
    ("another-algorithm", look({**HEADER, "alg": "RS256"}, keys=(BARE,))),
    ("another-algorithm", look(keys=(BARE | {"use": "enc"},))),
    ("weak-keys", look({**HEADER, "alg": "HS256"}, keys=({"kty": "oct", "k": b64(bytes(20))},))),
    ("psychic-signature", look(sign=b64(bytes(64)))),
    ("key-confusion", look({**HEADER, "alg": "HS256"}, keys=(EC,))),
    ("another-algorithm", look({**HEADER, "alg": "ES384"}, keys=(EC,))),
    ("weak-secret", look(weak_secret=Guess(2, 6))),
    ("weak-keys", look(keys=(rsa_jwk(rsa_key(1_024)),))),
    ("weak-keys", look(keys=(EC, rsa_signer("RS256").public))),
    ("weak-keys", look(keys=(EC | {"kid": "a"}, SECRET | {"kid": "b"}))),
    ("private-key-published", look(keys=(EC | {"d": "AAAA"},))),
    ("no-expiry", without("exp")),
    ("times", of_claims(exp="tomorrow")),
    ("times", of_claims(iat=1e30)),
    ("lifetime", of_claims(exp=NOW + 86_400)),
    ("subject", of_claims(sub="ada@example.com")),
    ("subject", of_claims(sub="+15551234567")),
    ("subject", of_claims(sub=17)),
    ("secret-claims", of_claims(Password="hunter2")),
    ("personal-claims", of_claims(email="ada@example.com")),
    ("personal-claims", of_claims(phone_number="+1 555 123 4567")),
    ("audience", without("aud")),
    ("audience", of_claims(aud=["a", "b"])),
    ("issuer", without("iss")),
    ("issuer", of_claims(iss="http://id.example")),
    ("issuer", of_claims(iss=1)),
    ("personal-claims", of_claims(name="Ada Lovelace")),
    ("personal-claims", of_claims(birthdate="1815-12-10")),
    ("issued-at", without("iat")),
    ("issued-at", look(now=NOW - 300.0)),
    ("token-id", without("jti")),
    ("scope", of_claims(scope="orders:read admin")),
    ("scope", of_claims(scope=None, scp=["*"])),
    ("id-token", of_claims(nonce="n", at_hash="x")),
]  # fmt: skip


def test_a_sound_token_breaks_none() -> None:
    assert lint(look()) == []
    assert lint(look(keys=(EC,))) == []
    assert lint(look(keys=(BARE,), now=NOW - 30.0)) == []
    assert lint(of_header(jku="https://id.example/jwks"))[0].rule == "foreign-key"


@pytest.mark.parametrize(
    ("rule", "broken"), BROKEN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_broken_one_is_found(rule: str, broken: Look) -> None:
    found = [fault for fault in lint(broken) if fault.rule == rule]
    assert found
    assert all(fault.evidence and fault.remedy and fault.source for fault in found)


def test_every_rule_was_broken() -> None:
    assert {rule.id for rule in RULES} == {rule for rule, _ in BROKEN}
    assert len(RULES) == 30
    assert len(BROKEN) == 60


def test_the_worst_comes_first() -> None:
    levels = [fault.level for fault in lint(look({"alg": "none"}, {"email": "a@b.example"}, ""))]
    assert levels == sorted(levels, reverse=True)
    assert len(levels) > 5


def test_an_encrypted_token_is_judged_by_its_header() -> None:
    text = f"{packed({'alg': 'RSA-OAEP', 'enc': 'A256GCM', 'zip': 'DEF'})}.YQ.YQ.YQ.YQ"
    token = read_token(text)
    assert token is not None
    assert {fault.rule for fault in lint(Look(token, len(text)))} == {"compression", "type"}


@pytest.mark.parametrize("value", [None, 1, 1.5, True, "x", [], {}, ["x"], {"a": [1]}])
def test_no_value_anywhere_raises(value: Any) -> None:
    for name in (*HEADER, "jku", "x5u", "jwk", "crit", "b64", "zip", "p2c"):
        if name != "alg" or isinstance(value, str):
            lint(of_header(**{name: value}))
    for name in (*CLAIMS, "scp", "email", "nonce", "password"):
        lint(of_claims(**{name: value}))
    lint(look(keys=({"kty": value, "alg": value, "kid": value},)))
