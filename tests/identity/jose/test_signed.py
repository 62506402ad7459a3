"""Signatures: what holds, and everything that must not."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identity.jose.tokens import (
    Signer,
    b64,
    confused,
    ec_signer,
    edwards_signer,
    hmac_signer,
    packed,
    rsa_jwk,
    rsa_key,
    rsa_signer,
    signers,
    spoilt,
)

from nightlatch.identity.jose import verify
from nightlatch.identity.jose.signed import MAX_SIGNATURES

SIGNERS = signers()


def name_of(signer: Signer) -> str:
    return f"{signer.algorithm} {signer.public.get('crv', '')}"


@pytest.mark.parametrize("signer", SIGNERS, ids=name_of)
def test_what_a_key_signed_holds(signer: Signer) -> None:
    for keys in (
        signer.public,
        {"keys": [signer.public]},
        [signer.public],
        json.dumps(signer.public),
    ):
        found = verify(signer.token(), keys)
        assert found.valid, found.reason
        assert (found.payload, found.claims, found.key_id) == (b"foo", None, "one")
        assert found.header == {"alg": signer.algorithm, "kid": "one"}
    assert verify(signer.token().encode(), signer.public).valid


@pytest.mark.parametrize("signer", SIGNERS, ids=name_of)
def test_a_key_that_does_not_say_its_algorithm_verifies_what_it_can(signer: Signer) -> None:
    bare = {name: value for name, value in signer.public.items() if name not in ("alg", "use")}
    assert verify(signer.token(), bare).valid


@pytest.mark.parametrize("signer", SIGNERS, ids=name_of)
def test_nothing_that_is_spoilt_is_valid(signer: Signer) -> None:
    cases = list(spoilt(signer))
    assert len(cases) == 39
    for name, token in cases:
        found = verify(token, signer.public)
        assert not found.valid, name
        assert found.reason, name
        assert found.payload == b"", name
        assert found.claims is None, name


@pytest.mark.parametrize(
    "signer", [one for one in SIGNERS if one.public["kty"] != "oct"], ids=name_of
)
def test_a_public_key_is_no_secret(signer: Signer) -> None:
    bare = {name: value for name, value in signer.public.items() if name != "alg"}
    cases = list(confused(signer))
    assert len(cases) == 5
    for name, token in cases:
        assert not verify(token, signer.public).valid, name
        assert not verify(token, bare).valid, name


def test_a_token_does_not_bring_its_own_key() -> None:
    ours, theirs = ec_signer("ES256"), rsa_signer("RS256")
    for header in ({"jwk": theirs.public}, {"jku": "https://evil.example/jwks"}, {"x5c": ["MII="]}):
        assert not verify(theirs.token(**header), ours.public).valid


def test_the_algorithm_is_the_keys_to_say() -> None:
    for key, token in (
        (rsa_signer("RS256").public, rsa_signer("PS256").token()),
        (rsa_signer("PS384").public, rsa_signer("PS256").token()),
        (hmac_signer("HS512").public, hmac_signer("HS256").token()),
    ):
        assert not verify(token, key).valid


def test_psychic_signatures_are_none() -> None:
    """r = s = 0 (CVE-2022-21449), and the group's order."""
    signer = ec_signer("ES256")
    head, payload, _ = signer.token().split(".")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for r, s in ((0, 0), (0, 1), (1, 0), (order, order), (order, 1)):
        value = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert not verify(f"{head}.{payload}.{b64(value)}", signer.public).valid


def test_json_forms() -> None:
    signer = edwards_signer("Ed25519")
    head, payload, signature = signer.token().split(".")
    flat: dict[str, Any] = {"payload": payload, "protected": head, "signature": signature}
    general = {"payload": payload, "signatures": [{"protected": head, "signature": signature}]}
    for sound in (flat, general, {**flat, "header": {"jku": "https://a.example/keys"}}):
        assert verify(sound, signer.public).valid
        assert verify(json.dumps(sound), signer.public).valid
        assert verify("  " + json.dumps(sound, indent=2), signer.public).valid
    other = {"protected": head, "signature": b64(bytes(64))}
    assert verify({**general, "signatures": [other, *general["signatures"]]}, signer.public).valid
    unsound: list[dict[str, Any]] = [
        {**flat, "signatures": []},
        {**general, "signature": signature},
        {"payload": payload, "signatures": []},
        {"payload": payload, "signatures": {}},
        {"payload": payload, "signatures": ["x"]},
        {"payload": payload, "signatures": [other] * (MAX_SIGNATURES + 1)},
        {**flat, "header": {"alg": "EdDSA"}},
        {**flat, "header": {"crit": ["x"]}},
        {**flat, "header": {"b64": False}},
        {**flat, "header": "x"},
        {**flat, "header": {"unknown": "untrustworthy"}},
        {**flat, "header": {"x5u": 1, "typ": 1}},
        {**flat, "payload": None},
        {**flat, "signature": 1},
        {**flat, "protected": 1},
        {"protected": head},
        {},
    ]
    assert len(unsound) == 17
    for one in unsound:
        assert not verify(one, signer.public).valid, one
    twice = json.dumps(flat)[:-1] + f',"payload":"{payload}"}}'
    assert not verify(twice, signer.public).valid


def test_among_several_keys_the_id_chooses() -> None:
    one, two = ec_signer("ES256"), rsa_signer("RS256")
    keys = {"keys": [{**one.public, "kid": "a"}, {**two.public, "kid": "b"}]}
    assert verify(one.signed(packed({"alg": "ES256", "kid": "a"}), b64(b"x")), keys).key_id == "a"
    assert verify(two.signed(packed({"alg": "RS256"}), b64(b"x")), keys).key_id == "b"
    assert not verify(one.signed(packed({"alg": "ES256", "kid": "b"}), b64(b"x")), keys).valid
    assert not verify(one.signed(packed({"alg": "ES256", "kid": "c"}), b64(b"x")), keys).valid
    # With one key it is a hint.
    assert verify(one.signed(packed({"alg": "ES256", "kid": "c"}), b64(b"x")), one.public).valid


def test_private_keys_verify_too() -> None:
    numbers = rsa_key().private_numbers()
    private = rsa_jwk(rsa_key()) | {"d": b64(numbers.d.to_bytes(256, "big"))}
    assert verify(rsa_signer("RS256").token(), private).valid


@given(st.text(max_size=60), st.sampled_from(SIGNERS))
@settings(max_examples=100, deadline=None)
def test_text_is_never_a_token(text: str, signer: Signer) -> None:
    found = verify(text, signer.public)
    assert not found.valid
    assert found.reason


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_no_change_of_one_character_is_valid(data: st.DataObject) -> None:
    signer = data.draw(st.sampled_from([hmac_signer("HS256"), ec_signer("ES256")]))
    token = signer.token()
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(codec="ascii").filter(lambda one: one != token[place]))
    assert not verify(token[:place] + letter + token[place + 1 :], signer.public).valid
