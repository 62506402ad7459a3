import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.exchange import Request
from nightlatch.exchange.headers import headers_of
from nightlatch.identity import tokens
from nightlatch.identity.tokens import token_faults

NOW = 1_700_000_000.0
HEADER: dict[str, Any] = {"alg": "HS256", "typ": "JWT"}
CLAIMS = {"sub": "17", "exp": NOW + 3600}


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(header: Any = HEADER, claims: Any = CLAIMS, signature: str = "c2lnbmF0dXJl") -> str:
    return f"{part(header)}.{part(claims)}.{signature}"


def request(text: str, place: str = "authorization") -> Request:
    fields = {
        "authorization": [("Authorization", f"Bearer {text}")],
        "bare": [("Authorization", text)],
        "cookie": [("Cookie", f"theme=dark; auth={text}; a=b")],
        "key": [("X-Api-Key", text)],
    }.get(place, [])
    query = f"a=1&token={text}&b=2" if place == "query" else ""
    return Request("GET", "https", "a", "/", query, headers_of(fields), "")


def faults(text: str, now: float = NOW) -> tuple[str, ...]:
    return token_faults(request(text), now)


def of_header(**members: Any) -> str:
    return token({**HEADER, **members})


def of_claims(**claims: Any) -> str:
    return token(claims={**CLAIMS, **claims})


SOUND = [
    token(),
    of_header(kid="2026-11-key.1"),
    of_header(kid="arn:aws:kms:eu-central-1:1:key/550e8400"),
    of_header(crit=["b64"], b64=True),
    of_claims(iat=NOW + 30, nbf=NOW + 30),
    of_claims(sub="auth0|5f7c8ec7c33c6c004bbafe82"),
    of_claims(sub="15551234567"),
    of_claims(exp=NOW - 30),
    of_claims(exp=NOW + 0.5),
    token({"alg": "RSA-OAEP", "enc": "A256GCM"}, b"x") + ".YWJj.YWJj",
]
FAULTY = [
    (token({"alg": "none"}), 'alg is "none"'),
    (token({"alg": "NoNe"}), 'alg is "NoNe"'),
    (token({"alg": "none"}, signature=""), 'alg is "none"'),
    (token(signature=""), "the signature is empty"),
    (token().rpartition(".")[0] + ".", "the signature is empty"),
    (token(claims={"sub": "17"}), "exp is missing"),
    (of_claims(exp=NOW - 3600), "the token has expired"),
    (of_claims(exp=NOW + 30 * 86_400), "good for more than 7 days"),
    (of_claims(exp="tomorrow"), "exp is not a date"),
    (of_claims(exp=1e30), "exp is not a date"),
    (of_claims(exp=-5), "exp is not a date"),
    (of_claims(exp=True), "exp is not a date"),
    (of_claims(iat=NOW + 3600), "iat is in the future"),
    (of_claims(iat="now"), "iat is not a date"),
    (of_claims(nbf=NOW + 3600), "not good yet"),
    (of_header(jwk={"kty": "RSA"}), "brings its own key"),
    (of_header(jku="https://a.b/jwks"), "where to fetch its key"),
    (of_header(x5u="https://a.b/c"), "where to fetch its certificate"),
    (of_header(x5c=["MIIB"]), "brings its own certificate"),
    (of_header(kid="../../dev/null"), "a path"),
    (of_header(kid="/etc/passwd"), "a path"),
    (of_header(kid="a\x00"), "a path"),
    (of_header(kid="x' UNION SELECT 'key"), "SQL"),
    (of_header(kid="a; DROP TABLE keys"), "SQL"),
    (of_header(kid="key|sleep 10"), "a shell command"),
    (of_header(kid="$(curl a.b)"), "a shell command"),
    (of_header(kid="`id`"), "a shell command"),
    (of_header(kid="k" * 300), "longer than 256"),
    (of_header(kid=17), "kid is not text"),
    (of_header(b64=False, crit=["b64"]), "b64 is false"),
    (of_header(crit=[]), "crit is not a list"),
    (of_header(crit="exp"), "crit is not a list"),
    (of_header(crit=["made-up"]), "crit names an extension"),
    (of_header(crit=[["b64"]]), "crit names an extension"),
    (of_claims(sub="alice@example.com"), "sub is an e-mail address"),
    (of_claims(sub="+15551234567"), "sub is a telephone number"),
    (of_claims(sub=17), "sub is not text"),
    (of_claims(Password="hunter2"), "the claim password can be read"),
    (of_claims(note="x" * 9_000), "larger than 8 KB"),
    (token(b'{"alg":"HS256","alg":"none"}'), "the header has a member twice"),
    (token(claims=b'{"sub":"1","sub":"2","exp":1700003600}'), "the claims has a member twice"),
    (token(claims=b'{"a":{"b":1,"b":2},"exp":1700003600}'), "a member twice"),
    (token(claims=b"[]"), "the claims are not a JSON object"),
    (token(claims=b"\xff"), "the claims are not a JSON object"),
    (token(claims=b"[" * 5_000), "the claims are not a JSON object"),
    (token(signature="c2lnbmF0dXJl="), "the signature is not canonical"),
    (token(signature="ab"), "the signature is not canonical"),
    (token(signature="a"), "the signature is not base64url"),
    (token({"alg": "RSA-OAEP", "enc": "A", "jwk": {}}, b"x") + ".YWJj.YWJj", "its own key"),
]  # fmt: skip


@pytest.mark.parametrize("text", SOUND)
def test_sound_tokens(text: str) -> None:
    assert faults(text) == ()


@pytest.mark.parametrize(("text", "words"), FAULTY)
def test_faults(text: str, words: str) -> None:
    assert any(words in fault for fault in faults(text)), faults(text)


def test_all_cases_ran() -> None:
    assert (len(SOUND), len(FAULTY)) == (10, 49)


@pytest.mark.parametrize("place", ["authorization", "bare", "cookie", "key", "query"])
def test_tokens_are_found_wherever_they_stand(place: str) -> None:
    assert token_faults(request(token({"alg": "none"}), place), NOW) == (
        'alg is "none": the token is not signed',
    )


def test_a_request_without_tokens() -> None:
    for text in ("", "abc", "eyJhbGciOiJIUzI1NiJ9", "eyJ.x.y", "key.value.eyes", token(b"{}")):
        assert faults(text) == ()
    assert token_faults(Request("GET", "https", "a", "/", "v=1.2.3", headers_of([]), ""), NOW) == ()


def test_headers_may_be_written_with_spaces() -> None:
    spaced = token(json.dumps({"alg": "none"}, indent=2).encode())
    assert faults(spaced) == ('alg is "none": the token is not signed',)


def test_faults_of_several_tokens_are_told_once() -> None:
    fields = [("Authorization", f"Bearer {token({'alg': 'none'})}")]
    fields += [("Cookie", f"a={token({'alg': 'none'}, {'sub': '1'})}")]
    seen = token_faults(Request("GET", "https", "a", "/", "", headers_of(fields), ""), NOW)
    assert seen == (
        'alg is "none": the token is not signed',
        "exp is missing: the token is good for ever",
    )


def test_time_is_looked_at_each_time() -> None:
    text = of_claims(exp=NOW + 3600, nbf=NOW)
    assert "not good yet" in faults(text, NOW - 1_000)[0]
    assert faults(text, NOW) == ()
    assert faults(text, NOW + 4_000) == ("the token has expired",)
    assert faults(text, NOW) == ()


def test_no_fault_shows_the_token_or_its_subject() -> None:
    for text, _ in FAULTY:
        for fault in faults(text):
            assert text[:20] not in fault
            assert "alice" not in fault
            assert "hunter2" not in fault


def test_number_of_tokens_is_bounded() -> None:
    text = " ".join(token({"alg": "none", "n": number}) for number in range(50))
    assert faults(text)


def test_memory_is_bounded_and_holds_no_token() -> None:
    tokens._judged.clear()
    for number in range(4_200):
        faults(token(claims={"sub": str(number), "exp": NOW}))
    assert len(tokens._judged) <= 4096
    assert all(len(digest) == 16 for digest in tokens._judged)


@given(st.text(st.characters(codec="latin-1"), max_size=80))
def test_never_raises(text: str) -> None:
    faults(text)
    faults(f"eyJhbGciOiJub25lIn0.{text}")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child),
    max_leaves=6,
)
MEMBERS = st.sampled_from(["alg", "enc", "kid", "jwk", "crit", "b64", "sub", "exp", "iat", "nbf"])


@pytest.mark.slow
@given(st.dictionaries(MEMBERS, VALUES), st.dictionaries(MEMBERS, VALUES) | VALUES)
@settings(max_examples=200)
def test_never_raises_on_strange_members(header: dict[str, Any], claims: Any) -> None:
    faults(f"{part({'alg': 'HS256', **header})}.{part(claims)}.c2ln")
