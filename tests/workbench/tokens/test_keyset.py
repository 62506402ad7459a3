"""A key set judged key by key, and what of it may be published."""

from typing import Any

import pytest
from tests.identity.jose.tokens import b64, rsa_jwk, rsa_key

from nightlatch.exchange.judgement import Level
from nightlatch.workbench.tokens.keyset import describe, judge_keys, public_set
from nightlatch.workbench.tokens.material import (
    KINDS,
    NoKey,
    generate,
    keys_typed,
    pem,
    public_part,
    thumbprint,
    thumbprint_uri,
)

EC = public_part(generate("EC", alg="ES256"))
SECRET = generate("oct")
RSA = generate("RSA")


def remarks(*keys: dict[str, Any]) -> str:
    judged = judge_keys(list(keys))
    found = [*judged.remarks, *(one for key in judged.keys for one in key.remarks)]
    assert all(one.source for one in found)
    return "; ".join(one.text for one in found)


def test_a_sound_set_has_no_remarks() -> None:
    judged = judge_keys([EC, public_part(generate("OKP", alg="EdDSA"))])
    assert judged.worst is None
    assert [key.signs for key in judged.keys] == [("ES256",), ("EdDSA",)]
    assert [key.private for key in judged.keys] == [False, False]


@pytest.mark.parametrize(
    ("keys", "said", "level"),
    [
        ([EC, EC], "another key has the same id", Level.HIGH),
        ([EC, SECRET], "mixes secrets with public keys", Level.HIGH),
        ([rsa_jwk(rsa_key(1_024))], "1024 bits, fewer than 2048", Level.HIGH),
        ([{**EC, "crv": "P-384"}], "not one of its type", Level.HIGH),
        ([{**EC, "alg": "ES384"}], "there is nothing it may do", Level.MEDIUM),
        ([{**EC, "use": "enc"}], "there is nothing it may do", Level.MEDIUM),
        ([generate("EC")], "holds its private part (d)", Level.MEDIUM),
        ([SECRET], "it is a secret", Level.MEDIUM),
        ([{"kty": "oct", "k": b64(b"short"), "alg": "HS256"}], "too short for HS256", Level.HIGH),
        ([{**EC, "kid": None}, EC], "it has no id", Level.LOW),
        ([public_part(generate("EC"))], "does not say its algorithm", Level.LOW),
        ([{**RSA, "d": "AQAB"}], "its private part does not belong", Level.HIGH),
        ([{**RSA, "d": "A" + "_" * 200_000}], "its private part does not belong", Level.HIGH),
        ([{**RSA, "n": "_" * 200_000}], "more than 16384 bits", Level.HIGH),
        ([{**RSA, "q": RSA["p"]}], "its private part does not belong", Level.HIGH),
        ([{"kty": "weird"}], "not known here", Level.HIGH),
        ([{}], "kty is missing", Level.HIGH),
        ([{**EC, "kid": 7}], "kid is missing or no text", Level.HIGH),
        ([EC] * 101, "more than 100 keys", Level.HIGH),
    ],
)
def test_what_is_wrong_with_a_set(keys: list[dict[str, Any]], said: str, level: Level) -> None:
    assert said in remarks(*keys)
    assert judge_keys(keys).worst == level


def test_nothing_in_a_key_is_an_exception() -> None:
    values: tuple[object, ...] = (None, 1, "", [], {}, "ÿ", "\ud800", "A" * 10_000)
    for value in values:
        for name in ("kty", "kid", "alg", "use", "key_ops", "crv", "x", "d"):
            assert judge_keys([{**EC, name: value}]).keys
        assert describe({"kty": "RSA", "n": value})
        assert describe({"kty": "oct", "k": value})


def test_the_public_set_has_no_secrets() -> None:
    private = [generate(kind) for kind in KINDS] + [{"kty": "nonsense"}]
    public = public_set(private)["keys"]
    assert [key["kty"] for key in public] == ["EC", "OKP", "RSA"]
    assert not any({"d", "p", "q", "k"} & key.keys() for key in public)


def test_thumbprints_of_rfc_7638_and_9278() -> None:
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
        "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4"
        "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
        "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF"
        "Cur-kEgU8awapJzKnqDKgw"
    )
    key = {
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": modulus,
    }  # fmt: skip
    print7638 = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert thumbprint(key) == print7638
    assert thumbprint_uri(key) == f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{print7638}"


@pytest.mark.slow
def test_pem_and_back() -> None:
    made = 0
    for kind, sizes in KINDS.items():
        for size in sizes[:2]:
            key = generate(kind, size)
            if kind == "oct":
                with pytest.raises(NoKey, match="no PEM"):
                    pem(key, private=True)
                continue
            (back,) = keys_typed(pem(key, private=True))
            assert thumbprint(back) == thumbprint(key)
            (public,) = keys_typed(pem(key, private=False))
            assert "d" not in public
            with pytest.raises(NoKey, match="public key"):
                pem(public, private=True)
            with pytest.raises(NoKey):
                pem({**key, "d": "AQAB", "x": "AQAB"}, private=True)
            made += 1
    assert made == 6


@pytest.mark.parametrize(
    ("text", "spelling", "value"),
    [
        ("secret", "", b"secret"),
        (" spaced ", "text", b" spaced "),
        ("{not json", "text", b"{not json"),
        ("73 65:63", "hex", b"sec"),
        ("hex:736563", "", b"sec"),
        ("c2Vj\ncmV0", "base64", b"secret"),
        ("base64:_-8=", "", b"\xff\xef"),
    ],
)
def test_a_secret_in_every_spelling(text: str, spelling: str, value: bytes) -> None:
    assert keys_typed(text, spelling) == [{"kty": "oct", "k": b64(value)}]


@pytest.mark.parametrize(
    ("text", "spelling", "reason"),
    [
        ("{", "", "neither PEM nor JSON"),
        ("[" * 5_000, "", "neither PEM nor JSON"),
        ("zz", "hex", "not hex"),
        ("*", "base64", "not base64"),
        ("x" * 1_100_000, "", "longer than"),
        ("https://id.example", "", "asked when you press"),
    ],
)
def test_what_is_no_key(text: str, spelling: str, reason: str) -> None:
    with pytest.raises(NoKey, match=reason):
        keys_typed(text, spelling)
    assert keys_typed("  \n") == []
