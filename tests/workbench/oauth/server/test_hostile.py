"""Whatever is sent, the answer is one of the standards, and never an error of the server's."""

import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.workbench.oauth.server.running import (
    CHALLENGE,
    CONFIDENTIAL,
    RETURN,
    Bench,
    b64,
    claims_of,
)

from nightlatch.workbench.oauth.server.app import ENDPOINTS
from nightlatch.workbench.oauth.server.authorization_request import RESPONSE_MODES, RESPONSE_TYPES
from nightlatch.workbench.oauth.server.client_authentication import JWT_ASSERTION
from nightlatch.workbench.oauth.server.clients import EXCHANGE, GRANTS
from nightlatch.workbench.oauth.server.faults import FAULTS
from nightlatch.workbench.oauth.server.tokens import ISSUED_TYPE

pytestmark = pytest.mark.slow

PATIENT = settings(max_examples=40, deadline=None)
LENIENT = [one.name for one in FAULTS if one.name not in ("slow", "server-errors")]
NAMES = (
    "client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "scope",
    "state", "nonce", "code_challenge", "code_challenge_method", "request", "request_uri", "prompt",
    "auto", "login_hint", "resource", "audience", "dpop_jkt", "grant_type", "code", "code_verifier",
    "refresh_token", "username", "password", "device_code", "auth_req_id", "user_code", "decision",
    "ticket", "person", "subject_token", "subject_token_type", "actor_token", "actor_token_type",
    "requested_token_type", "assertion", "client_assertion", "client_assertion_type", "token",
    "id_token_hint", "post_logout_redirect_uri", "binding_message", "access_token",
)  # fmt: skip
KNOWN = (
    "demo-public", "demo-confidential", "demo-key", "demo-device", RETURN, CHALLENGE, "S256", "1",
    "openid api", "ada", JWT_ASSERTION, "urn:ietf:params:oauth:token-type:access_token",
    "allow", "none", CONFIDENTIAL[1], *RESPONSE_TYPES, *RESPONSE_MODES, *GRANTS,
)  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
documents = st.dictionaries(
    st.sampled_from(["alg", "typ", "kid", "jwk", "crit", "iss", "sub", "aud", "exp", "jti", "cnf",
                     "iat", "htm", "htu", "client_id", "request", "act", "kty", "crv", "x"]),
    scalars | st.sampled_from(["none", "HS256", "ES256", "dpop+jwt", "at+jwt", "demo-key"])
    | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=5), scalars, max_size=2),
)  # fmt: skip
packed = documents.map(lambda document: b64(json.dumps(document).encode()))
tokens = st.tuples(packed, packed, st.sampled_from(["", "AAAA", "x", "é"])).map(".".join)
values = st.text(max_size=40) | st.sampled_from(KNOWN) | tokens
forms = st.dictionaries(st.sampled_from(NAMES), values, max_size=12)


@PATIENT
@given(path=st.sampled_from([path for path, _, _ in ENDPOINTS]), form=forms, token=tokens)
@pytest.mark.parametrize("faults", [(), tuple(LENIENT)], ids=["sound", "faulty"])
def test_no_parameter_breaks_it(
    bench: Bench, faults: tuple[str, ...], path: str, form: dict[str, str], token: str
) -> None:
    form = {name: text.encode("utf-8", "replace").decode() for name, text in form.items()}
    sent = token.encode("ascii", "replace").decode()
    with bench.having(*faults):
        for answer in (
            bench.http.post(path, data=form),
            bench.http.get(path, params=form),
            bench.http.post(path, data=form, auth=CONFIDENTIAL, headers={"DPoP": sent}),
            bench.http.get(path, headers={"Authorization": f"Bearer {sent}"}),
            bench.http.get(path, headers={"Authorization": f"DPoP {sent}", "DPoP": sent}),
        ):
            assert answer.status_code < 500


@PATIENT
@given(body=st.binary(max_size=200), kind=st.sampled_from(["json", "x-www-form-urlencoded", "é"]))
def test_no_body_breaks_it(bench: Bench, body: bytes, kind: str) -> None:
    headers = {b"Content-Type": f"application/{kind}".encode()}
    for path in ("/token", "/register", "/par", "/consent", "/device", "/introspect", "/logout"):
        answer = bench.http.post(path, content=body, headers=headers)
        assert answer.status_code < 500


@PATIENT
@given(
    metadata=st.dictionaries(
        st.sampled_from(["redirect_uris", "grant_types", "scope", "client_name", "jwks",
                         "token_endpoint_auth_method", "client_secret"]),
        scalars | st.lists(st.text(max_size=20), max_size=3) | documents
        | st.just({"keys": [{"kty": "EC"}]}),
    )
)  # fmt: skip
def test_no_metadata_breaks_it(bench: Bench, metadata: dict[str, object]) -> None:
    answer = bench.http.post("/register", content=json.dumps(metadata))
    assert answer.status_code in (201, 400)


@PATIENT
@given(form=forms)
def test_nothing_unregistered_is_ever_sent_to(bench: Bench, form: dict[str, str]) -> None:
    form = {name: text.encode("utf-8", "replace").decode() for name, text in form.items()}
    answer = bench.http.get("/authorize", params={**form, "client_id": "demo-public", "auto": "1"})
    assert answer.status_code == 400 or form.get("redirect_uri") == RETURN


@PATIENT
@given(changes=documents | st.just({"sub": "\ud800"}), kind=st.sampled_from(["sub", "aud", "act"]))
def test_no_forged_token_breaks_an_api_that_believes_it(
    bench: Bench, changes: dict[str, object], kind: str
) -> None:
    sound = claims_of(bench.own()["access_token"])
    odd = {kind: changes.get(kind, ["x"]), "scope": changes.get("iss"), "cnf": changes.get("cnf")}
    for claims in ({**sound, **odd}, {**sound, kind: odd[kind]}, {**sound, "sub": changes}):
        token = ".".join(b64(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)) + "."
        form = {"token": token, "subject_token": token, "subject_token_type": ISSUED_TYPE}
        with bench.having(*LENIENT):
            assert bench.me(token).status_code < 500
            for path in ("/introspect", "/revoke"):
                assert bench.http.post(path, data=form, auth=CONFIDENTIAL).status_code < 500
            assert bench.token(EXCHANGE, CONFIDENTIAL, **form).status_code < 500
            sent = {"Authorization": f"Bearer {token}"}
            assert bench.http.get("/userinfo", headers=sent).status_code < 500


def test_deep_and_long_things(bench: Bench) -> None:
    deep = b64(b'{"alg":"ES256","jwk":' + b"[" * 5_000 + b"]" * 5_000 + b"}")
    pads = ("A" * 60_000, f"{deep}.{deep}.AAAA", "." * 5_000, "a." * 1_000)
    for pad in pads:
        for name in ("client_assertion", "request", "assertion", "subject_token", "token"):
            form = {"client_id": "demo-key", name: pad, "client_assertion_type": JWT_ASSERTION}
            assert bench.http.post("/token", data=form).status_code in (400, 401, 413)
            assert bench.http.post("/par", data=form).status_code in (400, 401, 413)
        assert bench.me(pad[:30_000]).status_code == 401
    many = "&".join(f"a{number}=1" for number in range(200))
    answer = httpx.get(f"{bench.issuer}/authorize?{many}", trust_env=False)
    assert answer.status_code == 400


def test_addresses_cannot_break_the_header(bench: Bench) -> None:
    with bench.having("loose-redirect"):
        evil = f"{RETURN}\r\nSet-Cookie: a=b\ud7ff"
        answer = bench.authorize(redirect_uri=f"{bench.issuer}/callback\r\nSet-Cookie: a=b")
        assert "set-cookie" not in answer.headers
        assert bench.authorize(redirect_uri=evil).status_code in (303, 400)
        assert bench.authorize(state="\r\nSet-Cookie: a=b").status_code == 303
