"""The authorization endpoint: what is answered, where to, and what never leaves to a stranger."""

import hmac
import json
import re
from html import unescape
from typing import Any

import httpx
import pytest
from tests.workbench.oauth.server.running import (
    CHALLENGE,
    CONFIDENTIAL,
    RETURN,
    VERIFIER,
    Bench,
    b64,
    came_back,
    claims_of,
    client_secret_key,
)

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.server.authorization_request import (
    RESPONSE_MODES,
    RESPONSE_TYPES,
    is_registered,
)
from nightlatch.workbench.tokens.making import sign


def hidden(page: str) -> dict[str, str]:
    fields = re.findall(r'name="(\w+)"\s+value="([^"]*)"', page)
    return {name: unescape(value) for name, value in fields}


def test_a_person_is_asked_and_decides_once(bench: Bench) -> None:
    page = bench.authorize(auto="", login_hint="grace")
    assert page.status_code == 200
    assert "This is a test authorization server" in page.text
    assert 'value="grace" selected' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    form = {"ticket": hidden(page.text)["ticket"], "decision": "allow", "person": "grace"}
    answer = bench.http.post("/consent", data=form)
    tokens = bench.redeem(came_back(answer)["code"]).json()
    assert claims_of(tokens["id_token"])["sub"] == "grace"
    again = bench.http.post("/consent", data=form)
    assert again.status_code == 400
    assert "location" not in again.headers


def test_a_person_may_say_no(bench: Bench) -> None:
    page = bench.authorize(auto="")
    form = {"ticket": hidden(page.text)["ticket"], "decision": "deny"}
    found = came_back(bench.http.post("/consent", data=form))
    assert found["error"] == "access_denied"
    assert found["state"] == "s1"
    assert found["iss"] == bench.issuer


@pytest.mark.parametrize("mode", RESPONSE_MODES)
@pytest.mark.parametrize("kind", RESPONSE_TYPES)
def test_each_response_type_in_each_mode(bench: Bench, kind: str, mode: str) -> None:
    answer = bench.authorize(response_type=kind, response_mode=mode)
    if kind != "code" and mode.startswith("query"):
        assert came_back(answer)["error"] == "invalid_request"
        return
    found = members(answer, mode)
    if "response" in found:
        judged = verify(found["response"], bench.http.get("/jwks").json(), bench.moment)
        assert judged.valid
        assert judged.claims is not None
        assert judged.claims["aud"] == "demo-public"
        found = judged.claims
    wanted = {"code": "code", "token": "access_token", "id_token": "id_token"}
    assert {wanted[one] for one in kind.split()} == found.keys() & set(wanted.values())
    assert (found["iss"], found["state"]) == (bench.issuer, "s1")
    if "access_token" in found:
        assert bench.me(found["access_token"]).status_code == 200
    if "id_token" in found:
        hashes = {"at_hash": "token", "c_hash": "code"}
        claims = claims_of(found["id_token"])
        assert {hashes[name] for name in hashes.keys() & claims} == set(kind.split()) - {"id_token"}


def members(answer: httpx.Response, mode: str) -> dict[str, Any]:
    if not mode.startswith("form_post"):
        fragment = "#" in answer.headers["location"]
        assert not mode.startswith("fragment") or fragment
        return dict(came_back(answer))
    assert answer.status_code == 200
    assert f'action="{RETURN}"' in answer.text
    return dict(hidden(answer.text))


STRANGE = (
    {"client_id": "ghost"},
    {"client_id": ""},
    {"redirect_uri": "https://evil.example/callback"},
    {"redirect_uri": RETURN + "/more"},
    {"redirect_uri": "http://127.0.0.1:7777@evil.example/callback"},
    {"redirect_uri": "http://127.0.0.1.evil.example/callback"},
    {"redirect_uri": "http://127.0.0.1:x/callback"},
    {"redirect_uri": "http://[::1/callback"},
    {"redirect_uri": RETURN + "#x"},
    {"redirect_uri": ""},
    {"request_uri": "urn:ietf:params:oauth:request_uri:nothing"},
    {"request_uri": "http://127.0.0.1:1/request"},
    {"request": "nothing"},
)


@pytest.mark.parametrize("changed", STRANGE, ids=str)
def test_a_stranger_is_never_sent_to(bench: Bench, changed: dict[str, str]) -> None:
    answer = bench.authorize(**changed)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "evil" not in answer.text


MISTAKES = (
    ("unsupported_response_type", {"response_type": "magic"}),
    ("unsupported_response_type", {"response_type": ""}),
    ("invalid_request", {"response_mode": "pigeon"}),
    ("invalid_request", {"code_challenge": ""}),
    ("invalid_request", {"code_challenge": "short"}),
    ("invalid_request", {"code_challenge_method": "plain"}),
    ("invalid_request", {"code_challenge_method": ""}),
    ("invalid_request", {"code_challenge_method": "S512"}),
    ("invalid_request", {"response_type": "id_token", "nonce": ""}),
    ("invalid_request", {"response_type": "id_token", "scope": "api"}),
    ("invalid_scope", {"scope": "admin"}),
    ("invalid_target", {"resource": "nowhere"}),
    ("interaction_required", {"prompt": "none", "auto": ""}),
    ("unauthorized_client", {"client_id": "lonely", "response_type": "token"}),
)


@pytest.mark.parametrize(("error", "changed"), MISTAKES, ids=str)
def test_a_mistake_is_told_to_the_client(bench: Bench, error: str, changed: dict[str, str]) -> None:
    metadata = {"redirect_uris": [RETURN], "token_endpoint_auth_method": "none"}
    lonely = bench.http.post("/register", json=metadata).json()["client_id"]
    changed = {name: lonely if value == "lonely" else value for name, value in changed.items()}
    found = bench.answer_to(**changed)
    assert found["error"] == error
    assert (found["state"], found["iss"]) == ("s1", bench.issuer)
    assert "code" not in found


def test_how_many_cases_ran() -> None:
    assert (len(STRANGE), len(MISTAKES), len(RESPONSE_TYPES) * len(RESPONSE_MODES)) == (13, 14, 49)


def test_plain_pkce_where_it_is_allowed(bench: Bench) -> None:
    with bench.having(plain_pkce=True):
        found = bench.answer_to(code_challenge=VERIFIER, code_challenge_method="plain")
        assert bench.redeem(found["code"]).status_code == 200
        methods = bench.http.get("/.well-known/openid-configuration").json()
        assert methods["code_challenge_methods_supported"] == ["S256", "plain"]


def test_a_pushed_request_counts_alone_and_once(bench: Bench) -> None:
    form = {"client_id": "demo-public", "response_type": "code", "redirect_uri": RETURN,
            "scope": "api", "state": "pushed", "code_challenge": CHALLENGE,
            "code_challenge_method": "S256", "auto": "1"}  # fmt: skip
    pushed = bench.http.post("/par", data=form)
    assert pushed.status_code == 201
    asked = {"client_id": "demo-public", "request_uri": pushed.json()["request_uri"]}
    answer = bench.http.get("/authorize", params={**asked, "state": "other", "scope": "openid"})
    found = came_back(answer)
    assert found["state"] == "pushed"
    assert bench.redeem(found["code"]).json()["scope"] == "api"
    assert bench.http.get("/authorize", params=asked).status_code == 400
    foreign = bench.http.post("/par", data=form).json()["request_uri"]
    asked = {"client_id": "demo-confidential", "request_uri": foreign}
    assert bench.http.get("/authorize", params=asked).status_code == 400
    reused = bench.http.post("/par", data={**form, "request_uri": foreign})
    assert reused.json()["error"] == "invalid_request"
    bad = bench.http.post("/par", data={**form, "redirect_uri": "https://evil.example"})
    assert bad.status_code == 400


def test_a_pushed_request_ends(bench: Bench) -> None:
    form = {"response_type": "code", "redirect_uri": RETURN, "auto": "1"}
    reference = bench.http.post("/par", data=form, auth=CONFIDENTIAL).json()["request_uri"]
    bench.moment += 61
    asked = {"client_id": "demo-confidential", "request_uri": reference}
    assert bench.http.get("/authorize", params=asked).status_code == 400


def test_a_request_object_counts_alone(bench: Bench) -> None:
    claims = {"client_id": "demo-key", "iss": "demo-key", "aud": bench.issuer, "auto": "1",
              "response_type": "code", "redirect_uri": RETURN, "state": "signed"}  # fmt: skip

    def ask(token: str, client_id: str = "demo-key") -> httpx.Response:
        asked = {"client_id": client_id, "request": token, "state": "x", "auto": "1"}
        return bench.http.get("/authorize", params=asked)

    assert came_back(ask(sign(claims, bench.client_key)))["state"] == "signed"
    assert ask(sign(claims, bench.proof_key)).status_code == 400
    assert ask(sign({**claims, "aud": "https://other"}, bench.client_key)).status_code == 400
    assert ask(sign({**claims, "client_id": "demo-public"}, bench.client_key)).status_code == 400
    own = {**claims, "client_id": "demo-confidential"}
    token = sign(own, client_secret_key())
    assert came_back(ask(token, "demo-confidential"))["state"] == "signed"
    # JSON can name half a character, which no address could carry.
    odd = signed_by_secret({**own, "state": "\ud800"})
    assert ask(odd, "demo-confidential").status_code == 400


HEAD = b'{"alg":"HS256"}'


def signed_by_secret(claims: dict[str, str]) -> str:
    signed = f"{b64(HEAD)}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(hmac.digest(CONFIDENTIAL[1].encode(), signed.encode(), 'sha256'))}"


def test_the_way_back_of_an_application_on_the_persons_machine() -> None:
    registered = ("http://127.0.0.1/callback", "https://app.example/cb")
    assert is_registered("http://127.0.0.1:5123/callback", registered)
    assert is_registered("https://app.example/cb", registered)
    for other in (
        "https://app.example:444/cb", "https://127.0.0.1:5123/callback", "",
        "http://127.0.0.2:5123/callback", "http://127.0.0.1:5123/callback?x=1",
    ):  # fmt: skip
        assert not is_registered(other, registered), other


def test_the_servers_own_callback_shows_what_came(bench: Bench) -> None:
    answer = bench.authorize(redirect_uri=f"{bench.issuer}/callback", state="<b>")
    page = httpx.get(answer.headers["location"], trust_env=False)
    assert "&lt;b&gt;" in page.text
    assert "grant_type=authorization_code" in page.text
