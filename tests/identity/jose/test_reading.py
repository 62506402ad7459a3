"""Keys as people have them: every spelling leads to a JWK, and nothing else does."""

import json
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identity.jose.tokens import b64, ec_signer, hmac_signer, rsa_key

from nightlatch.identity.jose import verify
from nightlatch.identity.jose.reading import NoKey, keys_in, secret

SPKI = PublicFormat.SubjectPublicKeyInfo


@pytest.mark.parametrize(
    "text", ["open sesame", "hex:6f70656e20736573616d65", "base64:b3BlbiBzZXNhbWU=",
             "base64:b3BlbiBzZXNhbWU"],
)  # fmt: skip
def test_a_secret_has_several_spellings(text: str) -> None:
    assert secret(text) == {"kty": "oct", "k": b64(b"open sesame")}


@pytest.mark.parametrize("text", ["", "hex:", "hex:12345", "base64:%%%%%", "base64:12345"])
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(NoKey) as caught:
        secret(text)
    value = text.partition(":")[2]
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize(
    "key",
    [rsa_key(), ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()],
    ids=["RSA", "EC", "OKP"],
)
def test_a_pem_is_a_key_public_or_private(
    key: "ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey",
) -> None:
    (public,) = keys_in(key.public_key().public_bytes(Encoding.PEM, SPKI))
    (private,) = keys_in(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert "d" not in public
    assert "d" in private
    assert {name: private[name] for name in public if name in private} == public


def test_a_pem_behind_a_password_is_refused() -> None:
    locked = rsa_key().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
    )
    with pytest.raises(NoKey, match="protected by a password"):
        keys_in(locked)


def test_a_jwk_a_set_and_a_list_are_read() -> None:
    key = ec_signer("ES256").public
    for given_ in (key, {"keys": [key]}, [key]):
        assert keys_in(json.dumps(given_).encode()) == [key]
    assert verify(
        hmac_signer("HS256").token(), keys_in(json.dumps(hmac_signer("HS256").public).encode())
    ).valid


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=50).map(lambda one: b"-----BEGIN " + one))
def test_anything_else_is_refused(data: bytes) -> None:
    with suppress(NoKey):
        assert all(isinstance(one, dict) for one in keys_in(data))


def test_json_without_an_end_is_refused() -> None:
    with pytest.raises(NoKey):
        keys_in(b"[" * 100_000)
    with pytest.raises(NoKey):
        keys_in(b'{"keys": [1]}')
