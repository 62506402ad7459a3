"""Decryption: every pair of algorithms, both forms, and what must not open."""

import json
import warnings
from typing import Any

import pytest
from joserfc import jwe
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey
from tests.identity.jose.tokens import b64, ec_signer, hmac_signer, packed, un64

from nightlatch.identity.jose import verify
from nightlatch.identity.jose.algorithms import CONTENT_BITS
from nightlatch.identity.jose.encrypted import MAX_ROUNDS

RSA = RSAKey.generate_key(2_048).as_dict(private=True)
EC = ECKey.generate_key("P-256").as_dict(private=True)
X25519 = OKPKey.generate_key("X25519").as_dict(private=True)


def secret(bits: int, **members: str) -> dict[str, Any]:
    return {**OctKey.generate_key(bits).as_dict(), **members}


KEYS: dict[str, dict[str, Any]] = {
    "RSA-OAEP": RSA,
    "RSA-OAEP-256": RSA,
    "ECDH-ES": EC,
    "ECDH-ES+A128KW": X25519,
    "ECDH-ES+A256KW": EC,
    **{f"A{bits}KW": secret(bits) for bits in (128, 192, 256)},
    **{f"A{bits}GCMKW": secret(bits) for bits in (128, 192, 256)},
    "PBES2-HS256+A128KW": secret(256),
    "PBES2-HS512+A256KW": secret(256),
}
DIRECT = {content: secret(bits) for content, bits in CONTENT_BITS.items()}
PAIRS = [(name, content) for name in (*KEYS, "dir") for content in CONTENT_BITS]


def sealed(
    algorithm: str, content: str, key: dict[str, Any], text: bytes = b"foo", **header: object
) -> str:
    protected = {"alg": algorithm, "enc": content, **header}
    names = [algorithm, content, "DEF"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwe.encrypt_compact(protected, text, JWKRegistry.import_key(key), names)


def as_json(token: str) -> dict[str, Any]:
    names = ("protected", "encrypted_key", "iv", "ciphertext", "tag")
    return {name: part for name, part in zip(names, token.split("."), strict=True) if part}


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "content"), PAIRS)
def test_what_was_encrypted_for_us_opens(algorithm: str, content: str) -> None:
    key = DIRECT[content] if algorithm == "dir" else KEYS[algorithm]
    token = sealed(algorithm, content, key)
    found = verify(token, key)
    assert found.valid, found.reason
    assert (found.payload, found.claims) == (b"foo", None)
    flat = as_json(token)
    assert verify(flat, {**key, "alg": algorithm}).payload == b"foo"
    own = {name: flat.pop(name) for name in ("encrypted_key",) if name in flat}
    assert verify({**flat, "recipients": [own]}, key).valid
    _assert_closed(token, key, algorithm)


def _assert_closed(token: str, key: dict[str, Any], algorithm: str) -> None:
    """Any bit of any part changed, a part missing, another algorithm in the key: it stays shut."""
    parts = token.split(".")
    for place, part in enumerate(parts):
        changed = list(parts)
        if part:
            data = un64(part)
            changed[place] = b64(bytes([data[0] ^ 1]) + data[1:])
        else:
            changed[place] = "AAAA"
        assert not verify(".".join(changed), key).valid, place
        assert not verify(".".join([*parts[:place], *parts[place + 1 :]]), key).valid
        if part:
            assert not verify(".".join([*parts[:place], "", *parts[place + 1 :]]), key).valid
    other = "RSA-OAEP-256" if algorithm == "RSA-OAEP" else "RSA-OAEP"
    assert not verify(token, {**key, "alg": other}).valid
    assert not verify(token, {**key, "use": "sig"}).valid


def test_all_pairs_ran() -> None:
    assert len(set(PAIRS)) == 14 * 6


def test_a_public_key_opens_nothing() -> None:
    public = {name: value for name, value in EC.items() if name != "d"}
    assert not verify(sealed("ECDH-ES", "A128GCM", EC), public).valid


def test_a_token_in_a_token() -> None:
    inner = ec_signer("ES256")
    claims = b'{"sub":"ada"}'
    outer = sealed("ECDH-ES", "A128GCM", EC, inner.token(claims).encode(), cty="JWT")
    keys = [{**EC, "use": "enc", "kid": "enc"}, inner.public]
    found = verify(outer, keys)
    assert found.valid, found.reason
    assert found.nested
    assert (found.claims, found.key_id) == ({"sub": "ada"}, "one")
    assert verify(outer, [EC]).reason == "the signature does not hold"
    assert verify(outer, [{**EC, "use": "enc"}]).reason.startswith("no key given is for")
    forged = sealed("ECDH-ES", "A128GCM", EC, b"e30.e30.", cty="JWT")
    assert not verify(forged, keys).valid
    for inside in (b"not a token", outer.encode(), "é.é.é".encode()):
        empty = sealed("ECDH-ES", "A128GCM", EC, inside, cty="JWT")
        assert "there is none" in verify(empty, keys).reason


def test_associated_data_is_authenticated() -> None:
    key = secret(128)
    plain = as_json(sealed("A128KW", "A128GCM", key))
    assert verify(plain, key).valid
    assert not verify({**plain, "aad": "eA"}, key).valid
    assert not verify({**plain, "aad": ""}, key).valid


@pytest.mark.parametrize(
    "change",
    [
        {"recipients": []},
        {"recipients": [{}], "header": None},
        {"recipients": "x"},
        {"recipients": [1]},
        {"header": {"alg": "A128KW"}},
        {"header": {"zip": "DEF"}},
        {"unprotected": {"crit": ["x"]}},
        {"unprotected": 1},
        {"unprotected": {"unknown": "untrustworthy"}},
        {"header": {"unknown2": "untrustworthy"}},
        {"protected": 1},
        {"iv": 1},
        {"tag": ""},
        {"ciphertext": None},
        {"encrypted_key": None},
    ],
    ids=str,
)
def test_json_that_contradicts_itself(change: dict[str, Any]) -> None:
    key = secret(128)
    token = as_json(sealed("A128KW", "A128GCM", key))
    assert not verify({**token, **change}, key).valid


@pytest.mark.slow
def test_compression_is_bounded() -> None:
    key = secret(128)
    small = sealed("A128KW", "A128GCM", key, b"x" * 10_000, zip="DEF")
    assert verify(small, key).payload == b"x" * 10_000
    bomb = sealed("A128KW", "A128GCM", key, bytes(50 << 20), zip="DEF")
    assert len(bomb) < 80_000
    assert not verify(bomb, key).valid


def test_a_password_does_not_make_us_work_for_seconds() -> None:
    key = secret(256)
    head, *rest = sealed("PBES2-HS256+A128KW", "A128GCM", key).split(".")
    members = json.loads(un64(head))
    for rounds in (20_000_000, MAX_ROUNDS + 1, -1, 1.5, "8192", True, None, [1]):
        token = ".".join([packed({**members, "p2c": rounds}), *rest])
        assert not verify(token, key).valid


def test_nor_do_many_recipients_or_many_keys() -> None:
    key = secret(256)
    head, sealed_key, iv, text, tag = sealed("PBES2-HS256+A128KW", "A128GCM", key).split(".")
    members = json.loads(un64(head)) | {"p2c": MAX_ROUNDS}
    parts = {"iv": iv, "ciphertext": text, "tag": tag}
    header = {name: members.pop(name) for name in ("alg", "p2s", "p2c")}
    one = {"header": header, "encrypted_key": sealed_key}
    protected = packed(members)
    found = verify({"protected": protected, "recipients": [one] * 2, **parts}, key)
    assert "for all keys" in found.reason
    alone = {"protected": protected, "recipients": [one], **parts}
    assert "cannot be decrypted" in verify(alone, key).reason
    assert "for all keys" in verify(alone, [key, secret(256)]).reason


def test_a_secret_may_name_the_content_that_it_is_for() -> None:
    key = secret(256)
    token = sealed("dir", "A256GCM", key)
    assert verify(token, {**key, "alg": "A256GCM", "use": "enc"}).valid
    assert not verify(token, {**key, "alg": "A128CBC-HS256"}).valid
    assert not verify(token, {**key, "alg": "A128GCM"}).valid
    assert not verify(token, {**key, "alg": "A256GCM", "use": "sig"}).valid


def test_a_secret_for_signing_decrypts_nothing() -> None:
    assert not verify(sealed("dir", "A256GCM", secret(256)), hmac_signer("HS256", 32).public).valid
