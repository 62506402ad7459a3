"""Keys under the policy: the weak, the ambiguous and the contradictory are refused, whatever they
signed."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey
from tests.identity.jose.tokens import (
    b64,
    ec_signer,
    edwards_signer,
    hmac_signer,
    number,
    packed,
    rsa_jwk,
    rsa_key,
    rsa_signer,
    un64,
)

from nightlatch.identity.jose import verify
from nightlatch.identity.jose.keys import MAX_KEYS, read_keys
from nightlatch.identity.jose.roca import has_roca
from nightlatch.identity.jose.verified import Unsound

RSA, EC, SECRET = rsa_signer("RS256"), ec_signer("ES256"), hmac_signer("HS256")


def test_a_mixed_set_is_refused() -> None:
    keys = [SECRET.public | {"kid": "a"}, EC.public | {"kid": "b"}]
    assert verify(SECRET.token(kid="a"), keys).reason == "the set mixes secrets with public keys"


def test_two_keys_of_one_name_are_refused() -> None:
    keys = [EC.public, RSA.public]
    assert verify(EC.token(), keys).reason == "two keys have the same id"
    assert verify(EC.token(), [EC.public | {"kid": "b"}, RSA.public | {"kid": "a"}]).reason


def test_short_secrets_are_refused() -> None:
    for algorithm, least in (("HS256", 32), ("HS384", 48), ("HS512", 64)):
        assert verify(
            hmac_signer(algorithm, least).token(), hmac_signer(algorithm, least).public
        ).valid
        short = hmac_signer(algorithm, least - 1)
        assert "too short" in verify(short.token(), short.public).reason
        unnamed = {name: value for name, value in short.public.items() if name != "alg"}
        assert not verify(short.token(), unnamed).valid
    for length in (0, 6):
        signer = hmac_signer("HS256", length)
        assert not verify(signer.token(), signer.public).valid


def test_weak_rsa_keys_are_refused() -> None:
    weak = rsa_key(1_024)
    signer = rsa_signer("RS256", weak)
    assert "1024 bits" in verify(signer.token(), signer.public).reason
    for exponent in (0, 1, 2, 65_536, 1 << 65 | 1):
        key = RSA.public | {"e": number(exponent, 9)}
        assert "exponent" in verify(RSA.token(), key).reason
    assert verify(rsa_signer("RS256", rsa_key(2_048, 3)).token(), rsa_jwk(rsa_key(2_048, 3))).valid
    huge = RSA.public | {"n": number((1 << 16_385) | 1)}
    assert "more than 16384" in verify(RSA.token(), huge).reason


def test_keys_that_can_be_factored_are_refused() -> None:
    """A modulus of the flawed kind: a power of the generator modulo all the small primes."""
    primes = [p for p in range(3, 168, 2) if all(p % d for d in range(3, p, 2))]
    product = 1
    for prime in primes:
        product *= prime
    modulus = pow(65_537, 12_345, product)
    modulus += product * ((1 << 2_047) // product)
    modulus += product * (modulus % 2 == 0)
    assert has_roca(modulus)
    assert "ROCA" in verify(RSA.token(), RSA.public | {"n": number(modulus)}).reason
    assert not has_roca(rsa_key().public_key().public_numbers().n)


@pytest.mark.parametrize(
    ("members", "valid"),
    [
        ({"use": "enc"}, False),
        ({"use": "SIG"}, False),
        ({"key_ops": ["verify"]}, True),
        ({"key_ops": ["sign", "verify"]}, True),
        ({"key_ops": ["encrypt"]}, False),
        ({"key_ops": []}, False),
        ({"key_ops": "verify"}, False),
        ({"key_ops": ["verify", "verify"]}, False),
        ({"key_ops": [1]}, False),
        ({"alg": "ES384"}, False),
        ({"alg": "ES521"}, False),
        ({"alg": "HS256"}, False),
        ({"alg": "ECDH-ES"}, False),
        ({"alg": 1}, False),
        ({"crv": "P-384"}, False),
        ({"crv": "secp256k1"}, False),
        ({"crv": None}, False),
        ({"kty": "RSA"}, False),
        ({"kty": "ec"}, False),
        ({"kty": None}, False),
        ({"kid": 1}, False),
        ({"kid": None}, True),
        ({"x": "AA"}, False),
        ({"y": b64(bytes(32))}, False),
        ({"unknown": "ignored"}, True),
    ],
)
def test_what_a_key_says_of_itself_counts(members: dict[str, Any], *, valid: bool) -> None:
    assert verify(EC.token(), EC.public | members).valid is valid


def test_a_coordinate_has_one_spelling() -> None:
    x = EC.public["x"]
    for spelt in (x + "=", x + " ", x[:-1], "+" + x[1:], x + "\n"):
        assert not verify(EC.token(), EC.public | {"x": spelt}).valid


def test_a_point_that_is_not_on_the_curve() -> None:
    y = bytearray(un64(EC.public["y"]))
    y[-1] ^= 1
    assert (
        verify(EC.token(), EC.public | {"y": b64(bytes(y))}).reason
        == "a key is not one of its type"
    )


@pytest.mark.parametrize(
    "keys",
    [None, 1, [], {}, "", "x", b"\xff", [1], {"keys": []}, {"keys": {}}, {"keys": [None]}, "[]"],
)
def test_what_is_no_key(keys: Any) -> None:
    found = verify(EC.token(), keys)
    assert not found.valid
    assert found.reason


def test_a_set_is_bounded_and_read_once() -> None:
    keys = [edwards_signer("Ed25519").public | {"kid": str(number)} for number in range(MAX_KEYS)]
    ring = read_keys(keys)
    token = edwards_signer("Ed25519").token(kid="7")
    assert verify(token, ring).key_id == "7"
    with pytest.raises(Unsound, match="more than 100"):
        read_keys([*keys, EC.public])


@pytest.mark.slow
def test_an_rsa_key_whose_parts_do_not_belong_together() -> None:
    own: dict[str, Any] = dict(RSAKey.import_key(rsa_key()).as_dict(private=True))
    other = RSAKey.generate_key(2_048).as_dict(private=True)
    assert verify(RSA.token(), own).valid
    alone = {name: own[name] for name in ("kty", "n", "e", "d")}
    assert verify(RSA.token(), alone).valid, "the rest can be computed from it"
    for name in ("d", "p", "q", "dp", "dq", "qi"):
        for value in (other[name], "AA", "AQ", own["n"], b64(un64(own["n"]) * 100)):
            found = verify(RSA.token(), own | {name: value})
            assert not found.valid
            assert "does not belong" in found.reason


def test_an_exponent_alone_costs_no_more_than_it_is_worth() -> None:
    """The usual search for the primes would take hours with these."""
    own: dict[str, Any] = dict(RSAKey.import_key(rsa_key()).as_dict(private=True))
    alone = {name: own[name] for name in ("kty", "n", "e", "d")}
    found = read_keys(alone).keys[0].material.as_dict(private=True)
    assert {found["p"], found["q"]} == {own["p"], own["q"]}
    # 2^2203 - 1, a prime: each exponent below fits it, and there is nothing to find.
    prime = (1 << 2_203) - 1
    fits = {"n": _packed(prime), "d": _packed(pow(65_537, -1, prime - 1))}
    near = {"d": _packed(int.from_bytes(un64(own["d"]), "big") + 2)}
    for changed in (fits, near, {"d": "AQ"}, {"d": b64(b"\x7f" * 100_000)}):
        assert "does not belong" in verify(RSA.token(), alone | changed).reason
    large = {"n": _packed((1 << 16_383) + 1), "d": "Aw"}
    assert "with its primes" in verify(RSA.token(), alone | large).reason
    assert "not one of its type" in verify(RSA.token(), alone | {"p": own["p"]}).reason


def _packed(given: int) -> str:
    return b64(given.to_bytes((given.bit_length() + 7) // 8, "big"))


def test_kinds_that_are_not_known_are_passed_over_in_a_set() -> None:
    """RFC 7517, section 5; what is known and weak still spoils the set."""
    later = {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": "later"}
    other = EC.public | {"crv": "brainpoolP256r1", "kid": "other"}
    found = verify(EC.token(), {"keys": [later, other, EC.public]})
    assert (found.valid, found.key_number) == (True, 2)
    assert (
        verify(EC.token(), [later, other]).reason == "there is no key of a kind that is known here"
    )
    assert "not known" in verify(EC.token(), later).reason
    weak = rsa_signer("RS256", rsa_key(1_024)).public | {"kid": "weak"}
    assert "1024 bits" in verify(EC.token(), [weak, EC.public]).reason


def test_what_is_too_long_is_not_read() -> None:
    long = "A" * (1 << 20)
    assert "more than" in verify(SECRET.token(), SECRET.public | {"k": long}).reason
    assert "more than" in verify(SECRET.token(), " " * (3 << 20)).reason
    for member in ("payload", "protected", "signature"):
        parts = {"payload": "YQ", "protected": packed({"alg": "HS256"}), "signature": "YQ"}
        token = parts | {member: long}
        assert "more than" in verify(token, SECRET.public).reason
    assert "more than" in verify(long.encode(), SECRET.public).reason


def test_a_pem_is_named_where_a_jwk_is_wanted() -> None:
    assert "PEM" in verify(EC.token(), "-----BEGIN PUBLIC KEY-----\n").reason


def test_a_member_twice_makes_no_key() -> None:
    text = json.dumps(SECRET.public)[:-1] + ',"k":"AAAA"}'
    assert verify(SECRET.token(), text).reason == "the key is not sound JSON"


@pytest.mark.slow
@given(
    st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "n", "e", "k", "alg", "use", "kid", "key_ops"]),
        st.one_of(st.none(), st.text(max_size=8), st.integers(), st.lists(st.text(max_size=4))),
    )
)
@settings(max_examples=100, deadline=None)
def test_no_key_raises(members: dict[str, Any]) -> None:
    for signer in (RSA, EC, SECRET):
        assert isinstance(verify(signer.token(), signer.public | members).valid, bool)


def test_a_key_has_its_thumbprint_and_a_secret_none() -> None:
    """RFC 7638, section 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPeb"
        "WKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368Q"
        "QMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2"
        "NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = {"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    (read,) = read_keys(key).keys
    assert read.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert verify(EC.token(), EC.public).thumbprint == read_keys(EC.public).keys[0].thumbprint != ""
    (shared,) = read_keys(SECRET.public).keys
    assert (shared.thumbprint, repr(shared)) == ("", "Key(oct, •••)")


def test_it_is_told_whether_a_key_stands_behind_a_token() -> None:
    assert verify(EC.token(), RSA.public).unproven
    assert verify(EC.token()[:-4] + "AAAA", EC.public).unproven
    assert not verify(EC.token(), EC.public).unproven
    assert not verify(EC.token() + "=", EC.public).unproven, "it is no token"
