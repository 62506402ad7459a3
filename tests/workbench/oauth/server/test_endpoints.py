"""Introspection, revocation, userinfo, registration, logout, metadata."""

import json

import pytest
from tests.workbench.oauth.server.running import CONFIDENTIAL, RETURN, Bench, came_back, claims_of

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.server.inspection import SIGNED
from nightlatch.workbench.tokens.material import generate, public_part


def test_the_metadata_leads_everywhere_and_warns(bench: Bench) -> None:
    found = bench.http.get("/.well-known/openid-configuration").json()
    assert found == bench.http.get("/.well-known/oauth-authorization-server").json()
    assert found["issuer"] == bench.issuer
    assert "Never for production" in found["nightlatch_test_server"]
    places = [found[name] for name in found if name.endswith(("_endpoint", "_uri"))]
    assert len(places) == 11
    for place in places:
        # Each is served: with a mistake of ours, and never as unknown.
        assert bench.http.post(place).status_code not in (404, 500), place
    resource = bench.http.get("/.well-known/oauth-protected-resource/api").json()
    assert resource["authorization_servers"] == [bench.issuer]


def test_webfinger_names_the_issuer(bench: Bench) -> None:
    asked = {"resource": "acct:ada@example.com", "rel": "x"}
    found = bench.http.get("/.well-known/webfinger", params=asked).json()
    assert found["links"][0]["href"] == bench.issuer
    assert bench.http.get("/.well-known/webfinger").status_code == 400


def test_introspection_is_for_clients_that_authenticate(bench: Bench) -> None:
    token = bench.logged_in()["access_token"]
    found = bench.introspected(token)
    assert found["active"] is True
    assert (found["sub"], found["client_id"]) == ("ada", "demo-public")
    form = {"token": token, "client_id": "demo-public"}
    assert bench.http.post("/introspect", data=form).json()["error"] == "unauthorized_client"
    assert bench.http.post("/introspect", data={"token": token}).status_code == 401
    missing = bench.http.post("/introspect", data={"x": "y"}, auth=CONFIDENTIAL)
    assert missing.json()["error"] == "invalid_request"


def test_introspection_can_be_signed(bench: Bench) -> None:
    token = bench.own()["access_token"]
    answer = bench.http.post(
        "/introspect", data={"token": token}, auth=CONFIDENTIAL, headers={"Accept": SIGNED}
    )
    assert answer.headers["content-type"] == SIGNED
    judged = verify(answer.text, bench.http.get("/jwks").json(), bench.moment)
    assert judged.valid
    assert judged.header["typ"] == "token-introspection+jwt"
    assert judged.claims is not None
    assert judged.claims["token_introspection"]["active"] is True


def test_what_is_not_good_is_inactive_and_no_more(bench: Bench) -> None:
    token = bench.own()["access_token"]
    identity = bench.logged_in()["id_token"]
    for other in ("nothing", token[:-4] + "AAAA", identity, ""):
        if other:
            assert bench.introspected(other) == {"active": False}
    bench.moment += 700
    assert bench.introspected(token) == {"active": False}


@pytest.mark.parametrize("opaque", [False, True])
def test_revocation(bench: Bench, opaque: bool) -> None:
    with bench.having(opaque=opaque):
        first = bench.logged_in()
        assert bench.me(first["access_token"]).status_code == 200
        foreign = bench.http.post(
            "/revoke", data={"token": first["access_token"]}, auth=CONFIDENTIAL
        )
        assert foreign.json()["error"] == "unauthorized_client"
        assert bench.revoke(first["access_token"]).status_code == 200
        assert bench.me(first["access_token"]).status_code == 401
        assert bench.introspected(first["refresh_token"])["active"] is True
        second = bench.logged_in()
        assert bench.revoke(second["refresh_token"]).status_code == 200
        assert bench.me(second["access_token"]).status_code == 401
        assert bench.revoke("nothing").status_code == 200


def test_userinfo_says_what_the_scopes_allow(bench: Bench) -> None:
    def ask(token: str) -> object:
        return bench.http.get("/userinfo", headers={"Authorization": f"Bearer {token}"}).json()

    assert ask(bench.logged_in(scope="openid")["access_token"]) == {"sub": "ada"}
    found = ask(bench.logged_in(scope="openid email")["access_token"])
    assert found == {"sub": "ada", "email": "ada@example.com", "email_verified": True}
    refused = bench.http.get(
        "/userinfo", headers={"Authorization": f"Bearer {bench.own()['access_token']}"}
    )
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]


def test_the_api_says_what_it_wants(bench: Bench) -> None:
    answer = bench.http.get("/api/me")
    assert answer.status_code == 401
    assert "resource_metadata=" in answer.headers["www-authenticate"]
    token = bench.own(proof=bench.proof("POST", "/token"))["access_token"]
    proof = bench.proof("GET", "/api/me", token)
    assert bench.me(token, "DPoP", DPoP=proof).status_code == 200
    other = bench.own(proof=bench.proof("POST", "/token"))["access_token"]
    refused = (
        bench.me(token, "DPoP"),
        bench.me(token, "Bearer", DPoP=bench.proof("GET", "/api/me", token)),
        bench.me(token, "DPoP", DPoP=bench.proof("GET", "/api/me", other)),
        bench.me(token, "DPoP", DPoP=bench.proof("GET", "/api/you", token)),
        bench.me(bench.own()["access_token"], "DPoP"),
        bench.me("nothing"),
        bench.me("x", "Basic"),
    )
    assert [one.status_code for one in refused] == 7 * [401]
    assert all("www-authenticate" in one.headers for one in refused)


def test_a_client_introduces_itself(bench: Bench) -> None:
    key = public_part({**generate("EC"), "alg": "ES256"})
    metadata = {"client_name": "Mine", "redirect_uris": [RETURN, "myapp:/cb"],
                "grant_types": ["client_credentials"], "scope": "api"}  # fmt: skip
    answer = bench.http.post("/register", json=metadata)
    assert answer.status_code == 201
    made = answer.json()
    pair = (made["client_id"], made["client_secret"])
    assert bench.token("client_credentials", pair).status_code == 200
    assert bench.token("client_credentials", pair, scope="email").status_code == 400
    assert bench.token("password", pair).json()["error"] == "unauthorized_client"
    keyed = {**metadata, "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}}
    assert "client_secret" not in bench.http.post("/register", json=keyed).json()
    bench.moment += 90_000
    assert bench.token("client_credentials", pair).status_code == 401


def test_clients_that_bind_or_push_always(bench: Bench) -> None:
    metadata = {
        "redirect_uris": [RETURN],
        "grant_types": ["client_credentials", "authorization_code"],
        "dpop_bound_access_tokens": True,
        "require_pushed_authorization_requests": True,
    }
    made = bench.http.post("/register", json=metadata).json()
    pair = (made["client_id"], made["client_secret"])
    assert bench.token("client_credentials", pair).json()["error"] == "invalid_dpop_proof"
    proven = bench.token("client_credentials", pair, proof=bench.proof("POST", "/token"))
    assert proven.json()["token_type"] == "DPoP"
    assert bench.authorize(client_id=made["client_id"]).status_code == 400


UNFIT: tuple[dict[str, object], ...] = (
    {},
    {"redirect_uris": []},
    {"redirect_uris": "https://a.example"},
    {"redirect_uris": ["javascript:alert(1)"]},
    {"redirect_uris": ["https://a.example/#x"]},
    {"redirect_uris": ["https://"]},
    {"redirect_uris": ["http://[::1"]},
    {"redirect_uris": ["no address"]},
    {"redirect_uris": ["https://a.example/\n"]},
    {"redirect_uris": 30 * ["https://a.example"]},
    {"redirect_uris": [RETURN], "grant_types": ["magic"]},
    {"redirect_uris": [RETURN], "scope": "everything"},
    {"redirect_uris": [RETURN], "scope": 5},
    {"redirect_uris": [RETURN], "client_name": "\ud800"},
    {"redirect_uris": [RETURN], "token_endpoint_auth_method": "tls_client_auth"},
    {"redirect_uris": [RETURN], "token_endpoint_auth_method": ["none"]},
    {"redirect_uris": [RETURN], "token_endpoint_auth_method": "private_key_jwt"},
    {"redirect_uris": [RETURN], "jwks_uri": "http://127.0.0.1:1/jwks"},
    {"redirect_uris": [RETURN], "jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}},
    {"redirect_uris": [RETURN], "jwks": "nothing"},
)


def test_clients_that_cannot_be(bench: Bench) -> None:
    assert len(UNFIT) == 20
    for metadata in UNFIT:
        answer = bench.http.post("/register", content=json.dumps(metadata))
        assert answer.status_code == 400, metadata
        assert answer.json()["error"].startswith("invalid_")
    for body in (b"", b"[]", b"{", b"\xff", b"[" * 5_000):
        assert bench.http.post("/register", content=body).status_code == 400


def test_logout_leads_back_to_registered_places_alone(bench: Bench) -> None:
    identity = bench.logged_in()["id_token"]
    target = f"{bench.issuer}/callback"
    asked = {"id_token_hint": identity, "post_logout_redirect_uri": target, "state": "bye"}
    assert came_back(bench.http.get("/logout", params=asked)) == {"state": "bye"}
    assert bench.http.get("/logout").status_code == 200
    bench.moment += 9_000
    assert bench.http.post("/logout", data=asked).status_code == 303, "one that has ended will do"
    for changed in (
        {"post_logout_redirect_uri": "https://evil.example"},
        {"id_token_hint": "nothing"},
        {"client_id": "demo-key"},
    ):
        answer = bench.http.get("/logout", params={**asked, **changed})
        assert answer.status_code == 400
    alone = {"post_logout_redirect_uri": target}
    assert bench.http.get("/logout", params=alone).status_code == 400
    assert claims_of(identity)["aud"] == "demo-public"


def test_pages_of_other_origins_may_ask(bench: Bench) -> None:
    answer = bench.http.get("/jwks", headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
