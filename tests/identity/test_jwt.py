import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.identity.jwt import MAX_TOKEN, read_token


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_parts() -> None:
    header, claims = {"alg": "ES256", "kid": "a"}, {"sub": "17", "n": 1}
    read = read_token(f"{part(header)}.{part(claims)}.YWJj")
    assert read is not None
    assert read.header == {"alg": "ES256", "kid": "a"}
    assert read.claims == {"sub": "17", "n": 1}
    assert read.signature == "YWJj"
    assert not read.encrypted
    assert read.form_faults == ()
    assert (read.text_claim("sub"), read.text_claim("n"), read.text_claim("x")) == ("17", "", "")


def test_unsigned_tokens_may_lack_the_last_dot() -> None:
    read = read_token(f"{part({'alg': 'none'})}.{part({})}")
    assert read is not None
    assert read.signature == ""


def test_an_encrypted_token_keeps_its_claims() -> None:
    read = read_token(f"{part({'alg': 'dir', 'enc': 'A128GCM'})}..YWJj.YWJj.YWJj")
    assert read is not None
    assert read.encrypted
    assert read.claims is None
    assert read.text_claim("sub") == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a.b.c",
        "1.2.3",
        f"{part([])}.{part({})}.YWJj",
        f"{part({})}.{part({})}.YWJj",
        f"{part({'alg': 5})}.{part({})}.YWJj",
        f"{part(b'[' * 5_000)}.{part({})}.YWJj",
        f"{part({'alg': 'HS256'})}",
        f"{part({'alg': 'HS256'})}.a.b.c.d.e",
        f"{part({'alg': 'HS256'})}.ä.b",
        f"{part({'alg': 'HS256'})}.{'YWJj' * MAX_TOKEN}.YWJj",
    ],
)
def test_what_is_no_token(text: str) -> None:
    assert read_token(text) is None


@given(st.text(max_size=60))
def test_never_raises(text: str) -> None:
    read_token(text)
    read_token(f"{part({'alg': 'HS256'})}.{text}")
