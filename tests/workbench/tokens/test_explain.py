"""Every kind of token taken apart: compact, as JSON, of other families, and hostile ones."""

import json
from datetime import UTC, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identity.jose.tokens import b64, ec_signer, hmac_signer, packed

from nightlatch.workbench.tokens.explain import Explained, Line, explain, faults_of, shown

SIGNER = hmac_signer("HS256")
NOW = 1_700_000_000.0


def claim(found: Explained, name: str) -> Line:
    return next(line for line in found.claims if line.name == name)


def as_json(*headers: dict[str, Any], **members: Any) -> str:
    payload = packed({"sub": "ada"})
    signatures = [{"protected": packed(one), "signature": "c2ln"} for one in headers]
    return json.dumps({"payload": payload, "signatures": signatures, **members})


def test_a_claim_has_its_meaning_and_a_time_in_the_readers_zone() -> None:
    text = SIGNER.token(json.dumps({"exp": NOW, "sub": "ada", "other": [1]}).encode())
    found = explain(text, ZoneInfo("Europe/Berlin"))
    exp = claim(found, "exp")
    assert (exp.moment, exp.local, exp.meaning) == (NOW, "2023-11-14 23:13:20 CET", "good until")
    assert exp.words(NOW - 300) == "good until 2023-11-14 23:13:20 CET (in 5 minutes)"
    assert exp.words(NOW + 3 * 86_400).endswith("(3 days ago)")
    assert claim(found, "sub").meaning == "whom or what it is about"
    assert claim(found, "other").text == "[1]"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("alg", "HS256", "a shared secret, with HMAC and SHA-256"),
        ("alg", "ECDH-ES+A256KW", "which wraps another"),
        ("alg", "nonsense", "signed or sealed with"),
        ("enc", "A256GCM", "authenticated (GCM)"),
        ("typ", "application/AT+JWT", "an access token (RFC 9068)"),
        ("typ", 7, "what kind of token it is"),
        ("kid", "HS256", "the id of the issuer's key"),
        ("own", "x", ""),
    ],
)
def test_a_header_has_its_meaning(name: str, value: object, words: str) -> None:
    found = explain(f"{packed({'alg': 'ES256', name: value})}.e30.AA")
    line = next(line for line in found.header if line.name == name)
    assert line.meaning.endswith(words)


def test_the_parts_of_a_token_are_its_text() -> None:
    for token in (SIGNER.token(b"{}"), f"{packed({'alg': 'dir', 'enc': 'A128GCM'})}..aXY.Y3Q.dGFn"):
        found = explain(token, UTC)
        assert ".".join(part.text for part in found.parts) == token
    assert [part.name for part in found.parts] == [
        "header", "encrypted key", "nonce", "ciphertext", "tag"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "personal"),
    [
        ("email", "ada@example.com", True),
        ("sub", "ada@example.com", True),
        ("msisdn", "+358401234567", True),
        ("given_name", "Ada", True),
        ("iss", "https://id.example", False),
        ("jti", "8f14e45f-ceea-467f-a0e6-1a1d7a4b9c11", False),
        ("email_verified", True, False),
        ("roles", ["admin"], False),
    ],
)
def test_what_tells_of_a_person_is_marked(name: str, value: object, *, personal: bool) -> None:
    found = explain(SIGNER.token(json.dumps({name: value}).encode()), UTC)
    assert claim(found, name).personal is personal


def test_a_token_as_json_flattened() -> None:
    head, payload, signature = SIGNER.token(b'{"sub": "ada"}').split(".")
    found = explain(json.dumps({"protected": head, "payload": payload, "signature": signature}))
    assert found.kind == "a signed token (JWS) as JSON, flattened"
    assert {line.name for line in found.header} == {"alg", "kid"}
    assert claim(found, "sub").value == "ada"


def test_a_token_as_json_with_several_signatures() -> None:
    found = explain(as_json({"alg": "ES256", "kid": "a"}, {"alg": "none"}))
    assert found.kind == "a signed token (JWS) as JSON, with 2 signatures"
    assert [section.title for section in found.sections] == [
        "Header", "Claims", "Header of signature 2"
    ]  # fmt: skip
    assert "unsigned" in {fault.rule for fault in faults_of(found, 100, [], now=0.0)}


def test_what_stands_unprotected_is_read_too() -> None:
    one = {"header": {"alg": "ES256", "kid": "bare"}, "signature": "c2ln"}
    found = explain(json.dumps({"payload": packed({"sub": "ada"}), **one}))
    assert {line.name: line.value for line in found.header} == {"alg": "ES256", "kid": "bare"}
    sealed = {
        "protected": packed({"enc": "A128GCM"}), "unprotected": {"jku": "https://x.example"},
        "recipients": [{"header": {"alg": "A128KW", "kid": str(n)}} for n in range(2)],
        "iv": "aXY", "ciphertext": "Y3Q", "tag": "dGFn",
    }  # fmt: skip
    found = explain(json.dumps(sealed))
    assert found.kind == "an encrypted token (JWE) as JSON, for 2 recipients"
    assert {line.name for line in found.header} == {"alg", "enc", "kid", "jku"}
    assert found.encrypted
    assert "foreign-key" in {fault.rule for fault in faults_of(found, 100, [], now=0.0)}


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('{"payload": "x", "payload": "y"}', "not sound JSON"),
        ('{"payload": ' + "[" * 5_000 + "]" * 5_000 + "}", "more than 32 levels"),
        (as_json(), ""),
        (as_json({"kid": "names no algorithm"}), "1 of its parts cannot be read"),
        ('{"payload": 1, "signatures": [1, null, []]}', "3 of its parts cannot be read"),
        ('{"payload": "e30", "protected": "e30", "signature": 3, "header": 4}', "1 of its parts"),
    ],
)
def test_hostile_json_is_said_to_be_that(text: str, note: str) -> None:
    found = explain(text)
    assert note in found.note
    assert found.token is None
    assert not found.opaque


def test_a_paseto_is_read_where_it_is_not_encrypted() -> None:
    body = b64(json.dumps({"sub": "ada", "exp": "2023-11-14T22:13:20+00:00"}).encode() + b"s" * 64)
    foot = b64(b'{"kid": "k1"}')
    found = explain(f"v4.public.{body}.{foot}", UTC)
    assert found.kind == "a PASETO, signed (version 4)"
    assert claim(found, "sub").value == "ada"
    assert claim(found, "exp").moment == NOW
    assert [section.title for section in found.more] == ["Footer"]
    hidden = explain(f"v3.local.{b64(b'x' * 90)}.{b64(b'a footer')}")
    assert hidden.kind == "a PASETO, encrypted (version 3)"
    assert not hidden.claims
    assert hidden.more[0].lines[0].text == "a footer"


def packet(name: str, value: bytes) -> bytes:
    body = name.encode() + b" " + value + b"\n"
    return f"{len(body) + 4:04x}".encode() + body


def field(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value)]) + value


@pytest.mark.parametrize("version", [1, 2])
def test_the_caveats_of_a_macaroon(version: int) -> None:
    if version == 1:
        data = (
            packet("location", b"https://bank.example") + packet("identifier", b"key 7")
            + packet("cid", b"account = 3735928559") + packet("cid", b"\xff\x00 third party")
            + packet("vid", b"\x01" * 20) + packet("cl", b"https://auth.example")
            + packet("signature", b"\x02" * 32)
        )  # fmt: skip
    else:
        data = (
            b"\x02" + field(1, b"https://bank.example") + field(2, b"key 7") + b"\0"
            + field(2, b"account = 3735928559") + b"\0"
            + field(1, b"https://auth.example") + field(2, b"\xff\x00 third party")
            + field(4, b"\x01" * 20) + b"\0" + b"\0" + field(6, b"\x02" * 32)
        )  # fmt: skip
    found = explain(b64(data))
    assert found.kind == f"a macaroon (version {version})"
    read = {line.name: line.text for line in found.header}
    assert read == {"location": "https://bank.example", "identifier": "key 7"}
    assert [line.text for line in found.more[0].lines] == [
        "account = 3735928559", b"\xff\x00 third party".hex()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2YotnFZFEjr1zCsicMWpAA", "an opaque token"),
        ("8f14e45f-ceea-467f-a0e6-1a1d7a4b9c11", "an opaque token"),
        ("ghp_" + "a" * 36, "a GitHub personal access token"),
        ("glpat-abcdefghij", "a GitLab personal access token"),
    ],
)
def test_of_an_opaque_token_only_its_issuer_knows(text: str, kind: str) -> None:
    found = explain(text)
    assert found.opaque
    assert found.kind.startswith(kind)
    assert "only its issuer can say" in found.kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hello world", "no token"),
        ("päivää", "no token"),
        ("a" * 70_000, "a text of 70,000 characters"),
        ("MDAA" * 10, "a macaroon (version 1)"),
        ("AgE" + "_" * 40, "a macaroon (version 2)"),
        ("AgI", "a macaroon (version 2)"),
    ],
)
def test_what_is_none_or_spoilt(text: str, kind: str) -> None:
    assert explain(text).kind.startswith(kind)
    assert not explain(text).opaque


def test_no_time_is_beyond_telling() -> None:
    for value in (0, 253_402_300_799, 1e30, -1, "soon", None, [1], 10**400, True):
        found = explain(
            SIGNER.token(json.dumps({"exp": value}).encode()), timezone(timedelta(hours=14))
        )
        words = claim(found, "exp").words(NOW)
        assert words.startswith("good until")
    assert "s after 1970" in explain(
        SIGNER.token(b'{"exp": 253402300799}'), timezone(timedelta(hours=14))
    ).claims[0].words(NOW)


def test_a_value_is_shown_without_what_a_screen_obeys() -> None:
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    assert shown(deep) == "(too deep to be shown)"
    assert shown("\x1b[2J\ud800") == "��"[0] + "[2J�"
    assert len(shown("x" * 10_000)) == 4_000
    assert shown({"a": "\ud800"}) == '{"a": "�"}'
    nested = SIGNER.token(b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}")
    assert explain(nested).claims[0].text


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["payload", "signatures", "protected", "header", "signature", "alg",
                             "ciphertext", "recipients", "iv", "unprotected", "encrypted_key"]),
            inner, max_size=5,
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_no_json_is_an_exception(document: object) -> None:
    found = explain(json.dumps(document))
    texts = [line.text for section in found.sections for line in section.lines]
    assert all(isinstance(text, str) for text in texts)
    assert isinstance(faults_of(found, 10, [], now=0.0), list)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["v1.public.", "v4.local.", "MDA", "AgE", "pypi-AgE", ""]), st.binary())
def test_no_bytes_are_an_exception(beginning: str, data: bytes) -> None:
    assert explain(beginning + b64(data)).kind


def test_the_lint_is_of_every_signature_once() -> None:
    signer = ec_signer("ES256")
    found = explain(as_json({"alg": "ES256", "typ": "JWT"}, {"alg": "ES256", "typ": "JWT"}))
    faults = faults_of(found, 100, [signer.public], now=0.0)
    assert len(faults) == len(set(faults))
    assert [fault.level for fault in faults] == sorted((one.level for one in faults), reverse=True)
