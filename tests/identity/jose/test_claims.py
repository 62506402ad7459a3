"""Claims: of the right kind, in force, and shown only where a signature stands behind them."""

import json
import math
from typing import Any

import pytest
from tests.identity.jose.tokens import b64, hmac_signer, packed

from nightlatch.identity.jose import verify
from nightlatch.identity.jose.claims import LEEWAY

SIGNER = hmac_signer("HS256")
NOW = 1_700_000_000.0


def told(now: float | None = NOW, **claims: Any) -> Any:
    token = SIGNER.token(json.dumps(claims).encode())
    return verify(token, SIGNER.public, now)


def test_what_is_in_force() -> None:
    found = told(iss="https://a.example", sub="ada", aud=["x", "y"], exp=NOW + 1, iat=NOW, nbf=NOW)
    assert found.valid, found.reason
    assert found.claims is not None
    assert found.claims["sub"] == "ada"
    assert told(aud="x").valid
    assert told().valid, "no claim is demanded"
    assert told(exp=NOW + 0.5).valid, "times may have fractions"


_NO_TIMES: list[Any] = [str(NOW), 1e30, 10**400, -1, True, None, [NOW], {}]
_NO_TEXTS: list[Any] = [1, None, ["x"], {}]
_NO_AUDIENCES: list[Any] = [1, None, [1], {}, ["x", None]]
UNSOUND: list[tuple[dict[str, Any], str]] = [
    ({"exp": NOW - LEEWAY}, "expired"),
    ({"nbf": NOW + LEEWAY + 1}, "not valid yet"),
    ({"iat": NOW + LEEWAY + 1}, "in the future"),
    *(
        ({name: value}, f"{name} is not a time")
        for name in ("exp", "nbf", "iat")
        for value in _NO_TIMES
    ),
    *(
        ({name: value}, f"{name} is no text")
        for name in ("iss", "sub", "jti")
        for value in _NO_TEXTS
    ),
    *(({"aud": value}, "aud is neither") for value in _NO_AUDIENCES),
]


@pytest.mark.parametrize(("claims", "words"), UNSOUND, ids=str)
def test_what_is_not(claims: dict[str, Any], words: str) -> None:
    found = told(**claims)
    assert not found.valid
    assert words in found.reason
    assert found.claims == claims, "signed all the same, and worth a look"


def test_clocks_may_differ_a_little() -> None:
    assert told(exp=NOW - LEEWAY + 1, nbf=NOW + LEEWAY - 1, iat=NOW + LEEWAY - 1).valid


def test_without_a_moment_the_clock_is_asked() -> None:
    assert told(None, exp=1_300_819_380).reason == "the token has expired"
    assert told(None, exp=4_000_000_000).valid


@pytest.mark.parametrize("now", [math.nan, math.inf, -math.inf, 10**400, "1700000000", [], b"1"])
def test_a_moment_that_is_none_is_not_the_tokens_fault(now: Any) -> None:
    found = told(now, exp=4_000_000_000)
    assert not found.valid
    assert "(now)" in found.reason


def test_a_character_in_two_halves_is_sound() -> None:
    assert told(sub="😀").claims == {"sub": "😀"}


@pytest.mark.parametrize("payload", [b"foo", b"[1]", b'"text"', b"", b"\xef\xbb\xbf{}", b"null"])
def test_what_calls_itself_a_jwt_holds_claims(payload: bytes) -> None:
    assert verify(SIGNER.token(payload, typ="JOSE"), SIGNER.public, NOW).valid
    for kind in ("JWT", "application/jwt", "at+jwt"):
        assert not verify(SIGNER.token(payload, typ=kind), SIGNER.public, NOW).valid


@pytest.mark.parametrize(
    "header", [{"kid": 1}, {"kid": None}, {"typ": ["JWT"]}, {"cty": 1}, {"enc": "A128GCM"}], ids=str
)
def test_headers_that_say_what_no_signer_means(header: dict[str, Any]) -> None:
    assert verify(SIGNER.token(b"{}"), SIGNER.public, NOW).valid
    assert "header" in verify(SIGNER.token(b"{}", **header), SIGNER.public, NOW).reason


@pytest.mark.parametrize(
    "payload",
    [
        b'{"sub":"ada","sub":"eve"}',
        b'{"a":{"sub":1,"sub":2}}',
        b"{" * 5_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{"a":1',
        b'{"a":"\xff"}',
        b"{}{}",
        b'{"sub":"\\ud800"}',
        b'{"sub":"\\uDC00\\ud83d"}',
    ],
    ids=lambda payload: payload[:20].decode("latin-1"),
)
def test_json_of_two_readings_is_no_token(payload: bytes) -> None:
    found = verify(SIGNER.token(payload), SIGNER.public, NOW)
    assert not found.valid
    assert found.claims is None


def test_brackets_in_texts_are_no_depth() -> None:
    text = "[{" * 1_000 + '"\\'
    found = told(a=text)
    assert found.claims == {"a": text}
    deep: Any = {}
    for _ in range(30):
        deep = {"a": deep}
    assert told(a=deep).valid
    assert not told(a={"a": {"a": deep}}).valid


def test_nothing_is_shown_of_what_nobody_signed() -> None:
    head, _, signature = SIGNER.token(b'{"sub":"ada"}').split(".")
    found = verify(f"{head}.{b64(b'{}')}.{signature}", SIGNER.public, NOW)
    assert (found.valid, found.claims, found.payload) == (False, None, b"")
    assert found.header == {"alg": "HS256", "kid": "one"}, "to look at, not to believe"
    unsigned = verify(f"{packed({'alg': 'none'})}.{packed({'sub': 'ada'})}.", SIGNER.public)
    assert unsigned.reason == 'the token is not signed: its algorithm is "none"'
