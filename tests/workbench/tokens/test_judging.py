"""Verdicts: which key it was, from whom and for whom, and what was inside."""

import json
import time
from typing import Any

import pytest
from joserfc.jwe import JWERegistry, encrypt_compact
from joserfc.jwk import OctKey
from tests.identity.jose.tokens import packed

from nightlatch.workbench.tokens.judging import judge
from nightlatch.workbench.tokens.looking import look
from nightlatch.workbench.tokens.making import contents_for, seal, sealing_algorithms, sign
from nightlatch.workbench.tokens.material import NoKey, generate, public_part

NOW = 1_700_000_000.0
EC, OTHER = generate("EC"), generate("EC")
CLAIMS: dict[str, Any] = {"iss": "https://id.example", "aud": ["a", "b"], "sub": "ada"}
TOKEN = sign(CLAIMS, EC)


def test_which_key_it_was() -> None:
    without = {name: value for name, value in public_part(EC).items() if name != "kid"}
    verdict = judge(TOKEN, [public_part(OTHER), without], NOW)
    assert verdict.valid
    assert verdict.key == "EC, P-256"
    assert verdict.key_thumbprint == EC["kid"]
    assert judge(TOKEN, [public_part(EC)], NOW).key == f"EC, P-256, {EC['kid']}"


def test_one_that_is_too_old_is_told_from_one_that_is_forged() -> None:
    old = judge(sign({"exp": 1}, EC), [EC], NOW)
    assert (old.valid, old.holds, old.reason) == (False, True, "the token has expired")
    forged = judge(TOKEN, [OTHER], NOW)
    assert (forged.valid, forged.holds, forged.key) == (False, False, "")


@pytest.mark.parametrize(
    ("issuer", "audience", "reason"),
    [
        ("", "", ""),
        ("https://id.example", "b", ""),
        (
            "https://other.example",
            "",
            "not from https://other.example, but from https://id.example",
        ),
        ("", "c", 'not for c, but for ["a", "b"]'),
    ],
)
def test_from_whom_and_for_whom(issuer: str, audience: str, reason: str) -> None:
    verdict = judge(TOKEN, [EC], NOW, issuer=issuer, audience=audience)
    assert verdict.valid is not bool(reason)
    assert verdict.reason.removeprefix("it is ") == reason
    assert verdict.holds


def test_a_token_that_names_nobody() -> None:
    assert "nobody that it names" in judge(sign({}, EC), [EC], NOW, issuer="x").reason
    assert "nobody that it names" in judge(sign({}, EC), [EC], NOW, audience="x").reason


def test_a_signed_token_in_an_encrypted_one() -> None:
    sealed = seal(TOKEN, OTHER)
    both = judge(sealed, [OTHER, EC], NOW)
    assert both.valid
    assert both.content == TOKEN
    assert both.inner is not None
    assert both.inner.kind == "a JSON Web Token (JWT), signed"
    # Opened, and still not valid: the other key is missing.
    one = judge(sealed, [{**OTHER, "use": "enc"}], NOW)
    assert not one.valid
    assert one.content == TOKEN
    assert judge(sealed, [EC], NOW).content == ""


def test_what_was_encrypted_without_being_a_token() -> None:
    claims = judge(seal({"sub": "ada"}, OTHER), [OTHER], NOW)
    assert claims.inner is not None
    assert claims.inner.claims[0].value == "ada"
    text = judge(seal("no token", OTHER, cty="text/plain"), [OTHER], NOW)
    assert text.content == "no token"
    assert text.inner is None


@pytest.mark.slow
def test_every_way_to_encrypt_can_be_opened_again() -> None:
    ways = 0
    for kind, size in (("oct", "256"), ("oct", "512"), ("RSA", ""), ("EC", ""), ("OKP", "X25519")):
        key = generate(kind, size)
        for algorithm in sealing_algorithms(key):
            for content in contents_for(key, algorithm)[:2]:
                sealed = seal(CLAIMS, key, alg=algorithm, enc=content)
                verdict = judge(sealed, [key], NOW)
                assert (verdict.valid, verdict.claims) == (True, CLAIMS), (algorithm, content)
                ways += 1
    assert ways == 39


def test_one_encrypts_to_a_public_key() -> None:
    verdict = judge(seal(CLAIMS, public_part(EC)), [EC], NOW)
    assert verdict.valid


@pytest.mark.parametrize(
    ("key", "header", "reason"),
    [
        ({**EC, "use": "sig"}, {}, "nothing can be encrypted"),
        (EC, {"alg": "dir"}, "with nothing else"),
        (EC, {"alg": "RSA1_5"}, "with nothing else"),
        (generate("oct", "256"), {"alg": "dir", "enc": "A128GCM"}, "enc is one of: A256GCM"),
        ({"kty": "RSA", "n": "AQAB", "e": "AQAB"}, {}, "fewer than 2048"),
        (generate("OKP", "Ed25519"), {}, "nothing can be encrypted"),
    ],
)
def test_what_cannot_be_encrypted(key: dict[str, Any], header: dict[str, Any], reason: str) -> None:
    with pytest.raises(NoKey, match=reason):
        seal(CLAIMS, key, **header)


def test_the_lint_of_ones_own_private_key_is_not_the_issuers() -> None:
    mine = look(TOKEN, [EC], NOW)
    assert "private-key-published" not in {fault.rule for fault in mine.faults}
    theirs = look(TOKEN, [EC], NOW, published=True)
    assert "private-key-published" in {fault.rule for fault in theirs.faults}
    inner = look(seal(sign({"password": "x"}, EC), OTHER), [OTHER, EC], NOW).inner_faults
    assert "secret-claims" in {fault.rule for fault in inner}


OPENER = generate("oct", "256")


def bomb() -> str:
    """65 KB that inflate to 50 MB, sealed with a key that is given."""
    header = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}
    registry = JWERegistry(algorithms=["dir", "A256GCM", "DEF"])
    return encrypt_compact(header, b"0" * 50_000_000, OctKey.import_key(OPENER), registry=registry)


def password(rounds: int) -> str:
    header = {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": rounds, "p2s": "AAAA"}
    return f"{packed(header)}.AAAA.AAAA.AAAA.AAAA"


HOSTILE = {
    "zip bomb": bomb(),
    "rounds": password(20_000_000),
    "deep": f"{packed({'alg': 'HS256'})}.{'W1tb' * 5_000}.AAAA",
    "deep json": '{"payload": ' + "[" * 5_000,
    "long": "e" * 1_000_000,
    "zero": "eyJ\0.\0.\0",
    "dots": "." * 10_000,
    "nothing": "",
    "surrogate": "\ud800.\ud800.\ud800",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tokens_are_values(name: str) -> None:
    started = time.process_time()
    looked = look(HOSTILE[name], [OPENER], NOW, issuer="x", audience="y")
    assert looked.verdict is None or not looked.verdict.valid
    assert json.dumps(looked.found.kind)
    assert time.process_time() - started < 2
