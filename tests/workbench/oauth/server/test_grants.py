"""Every grant over HTTP: how it goes well, and each way that it is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.workbench.oauth.server.running import (
    ASSERTION_TYPE,
    CONFIDENTIAL,
    RETURN,
    VERIFIER,
    Bench,
    Document,
    claims_of,
    client_secret_key,
)

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.server.clients import ASSERTION, CIBA, DEVICE, EXCHANGE, GRANTS
from nightlatch.workbench.oauth.server.tokens import ISSUED_TYPE
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import generate, thumbprint


def code(bench: Bench) -> Document:
    return bench.logged_in()


def code_with_secret(bench: Bench) -> Document:
    found = bench.answer_to(client_id="demo-confidential", code_challenge="")
    return _ok(
        bench.token("authorization_code", CONFIDENTIAL, code=found["code"], redirect_uri=RETURN)
    )


def refresh(bench: Bench) -> Document:
    token = bench.logged_in()["refresh_token"]
    return _ok(bench.token("refresh_token", client_id="demo-public", refresh_token=token))


def less_scope(bench: Bench) -> Document:
    token = bench.logged_in()["refresh_token"]
    found = _ok(
        bench.token("refresh_token", client_id="demo-public", refresh_token=token, scope="api")
    )
    assert found["scope"] == "api"
    # Less was asked for once: the next may have the whole again.
    token = found["refresh_token"]
    whole = _ok(bench.token("refresh_token", client_id="demo-public", refresh_token=token))
    assert whole["scope"] == "openid profile email api"
    return found


def credentials(bench: Bench) -> Document:
    found = bench.own()
    assert "refresh_token" not in found
    assert "id_token" not in found
    return found


def secret_in_body(bench: Bench) -> Document:
    client_id, word = CONFIDENTIAL
    return _ok(bench.token("client_credentials", client_id=client_id, client_secret=word))


def secret_as_key(bench: Bench) -> Document:
    claims = {"iss": "demo-confidential", "sub": "demo-confidential"}
    return _ok(_with_assertion(bench, bench.assertion(client_secret_key(), **claims)))


def private_key(bench: Bench) -> Document:
    return _ok(_with_assertion(bench, bench.assertion()))


def password(bench: Bench) -> Document:
    return _ok(bench.token("password", CONFIDENTIAL, username="grace", password="test"))


def device(bench: Bench) -> Document:
    asked = _device(bench)
    pending = bench.token(DEVICE, client_id="demo-device", device_code=asked["device_code"])
    assert pending.json()["error"] == "authorization_pending"
    assert asked["user_code"] in bench.http.get(asked["verification_uri_complete"]).text
    typed = asked["user_code"].lower().replace("-", " ")
    bench.http.post("/device", data={"user_code": typed, "decision": "allow"})
    return _ok(bench.token(DEVICE, client_id="demo-device", device_code=asked["device_code"]))


def device_alone(bench: Bench) -> Document:
    asked = _device(bench, auto="1")
    return _ok(bench.token(DEVICE, client_id="demo-device", device_code=asked["device_code"]))


def ciba(bench: Bench) -> Document:
    asked = _ciba(bench)
    waiting = next(iter(bench.state.waiting.values(bench.moment)))
    assert "Pay 5" in bench.http.get("/device").text
    bench.http.post("/device", data={"user_code": waiting.user_code, "decision": "allow"})
    found = _ok(bench.token(CIBA, CONFIDENTIAL, auth_req_id=asked["auth_req_id"]))
    assert claims_of(found["access_token"])["sub"] == "grace"
    return found


def exchange(bench: Bench) -> Document:
    subject = bench.logged_in()["access_token"]
    found = _exchanged(bench, subject, resource="https://other.example/api", scope="api")
    assert found["issued_token_type"] == ISSUED_TYPE
    claims = claims_of(found["access_token"])
    assert (claims["sub"], claims["aud"]) == ("ada", "https://other.example/api")
    return {**found, "elsewhere": True}


def exchange_for_actor(bench: Bench) -> Document:
    subject = bench.logged_in()["access_token"]
    actor = bench.own()["access_token"]
    once = _exchanged(bench, subject, actor_token=actor, actor_token_type=ISSUED_TYPE)
    assert claims_of(once["access_token"])["act"] == {"sub": "demo-confidential"}
    again = _exchanged(bench, once["access_token"], actor_token=actor, actor_token_type=ISSUED_TYPE)
    assert claims_of(again["access_token"])["act"]["act"] == {"sub": "demo-confidential"}
    return again


def jwt_bearer(bench: Bench) -> Document:
    found = _ok(_bearer(bench, bench.assertion(sub="grace")))
    assert "refresh_token" not in found
    return found


def bound_code(bench: Bench) -> Document:
    key = thumbprint(bench.proof_key)
    found = _ok(
        bench.redeem(bench.answer_to(dpop_jkt=key)["code"], proof=bench.proof("POST", "/token"))
    )
    assert found["token_type"] == "DPoP"
    assert claims_of(found["access_token"])["cnf"] == {"jkt": key}
    again = _ok(
        bench.token(
            "refresh_token", client_id="demo-public", refresh_token=found["refresh_token"],
            proof=bench.proof("POST", "/token"),
        )
    )  # fmt: skip
    assert again["token_type"] == "DPoP"
    return again


GOOD: tuple[Callable[[Bench], Document], ...] = (
    code, code_with_secret, refresh, less_scope, credentials, secret_in_body, secret_as_key,
    private_key, password, device, device_alone, ciba, exchange, exchange_for_actor, jwt_bearer,
    bound_code,
)  # fmt: skip


LOOK_INSIDE = (ciba, exchange, exchange_for_actor, bound_code)
RUNS = [(grant, False) for grant in GOOD] + [(g, True) for g in GOOD if g not in LOOK_INSIDE]


@pytest.mark.slow
@pytest.mark.parametrize(("grant", "opaque"), RUNS, ids=[f"{g.__name__}-{o}" for g, o in RUNS])
def test_goes_well(bench: Bench, grant: Callable[[Bench], Document], opaque: bool) -> None:
    with bench.having(opaque=opaque):
        found = grant(bench)
        token = found["access_token"]
        assert token.count(".") == (0 if opaque else 2)
        assert bench.introspected(token)["active"] is True
        if found["token_type"] == "DPoP":
            answer = bench.me(token, "DPoP", DPoP=bench.proof("GET", "/api/me", token))
        else:
            answer = bench.me(token)
        assert answer.status_code == (401 if "elsewhere" in found else 200), answer.text


def test_every_grant_goes_well_in_both_forms() -> None:
    assert len(GOOD) == 16
    assert len(RUNS) == 28
    assert len(GRANTS) == 9


def _ok(answer: Any) -> Document:
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: Document = answer.json()
    return found


def _with_assertion(bench: Bench, assertion: str) -> Any:
    return bench.token(
        "client_credentials", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion
    )


def _bearer(bench: Bench, assertion: str) -> Any:
    return bench.token(
        ASSERTION, assertion=assertion, scope="api",
        client_assertion_type=ASSERTION_TYPE, client_assertion=bench.assertion(),
    )  # fmt: skip


def _device(bench: Bench, **form: str) -> Document:
    data = {"client_id": "demo-device", "scope": "openid api", **form}
    return _ok(bench.http.post("/device_authorization", data=data))


def _ciba(bench: Bench, **form: str) -> Document:
    return _ok(_ciba_asked(bench, **form))


def _ciba_asked(bench: Bench, **form: str) -> Any:
    data = {"scope": "openid api", "login_hint": "grace", "binding_message": "Pay 5", **form}
    data = {name: value for name, value in data.items() if value}
    return bench.http.post("/bc-authorize", data=data, auth=CONFIDENTIAL)


def _exchange_asked(bench: Bench, subject: str, **form: str) -> Any:
    asked = {"subject_token": subject, "subject_token_type": ISSUED_TYPE, **form}
    return bench.token(EXCHANGE, CONFIDENTIAL, **asked)


def _exchanged(bench: Bench, subject: str, **form: str) -> Document:
    return _ok(_exchange_asked(bench, subject, **form))


Refused = Callable[[Bench], Any]


def _code_later(bench: Bench) -> Any:
    found = bench.answer_to()["code"]
    bench.moment += 62
    return bench.redeem(found)


def _code_with(**form: str) -> Refused:
    return lambda bench: bench.redeem(bench.answer_to()["code"], **form)


def _verifier_without_challenge(bench: Bench) -> Any:
    found = bench.answer_to(client_id="demo-confidential", code_challenge="")
    return bench.token(
        "authorization_code", CONFIDENTIAL, code=found["code"], redirect_uri=RETURN,
        code_verifier=VERIFIER,
    )  # fmt: skip


def _foreign_code(bench: Bench) -> Any:
    return bench.token(
        "authorization_code", CONFIDENTIAL, code=bench.answer_to()["code"], redirect_uri=RETURN,
        code_verifier=VERIFIER,
    )  # fmt: skip


def _refresh_with(**form: str) -> Refused:
    def ask(bench: Bench) -> Any:
        token = bench.logged_in(scope="openid api")["refresh_token"]
        asked = {"client_id": "demo-public", "refresh_token": token, **form}
        return bench.token("refresh_token", **asked)

    return ask


def _refresh_of_a_key(bench: Bench) -> Any:
    found = _ok(bench.redeem(bench.answer_to()["code"], proof=bench.proof("POST", "/token")))
    return bench.token(
        "refresh_token", client_id="demo-public", refresh_token=found["refresh_token"]
    )


def _assertion_twice(bench: Bench) -> Any:
    assertion = bench.assertion()
    _ok(_with_assertion(bench, assertion))
    return _with_assertion(bench, assertion)


def _assertion_with(key: Document | None = None, **claims: Any) -> Refused:
    return lambda bench: _with_assertion(bench, bench.assertion(key, **claims))


def _two_ways(bench: Bench) -> Any:
    return bench.token("client_credentials", CONFIDENTIAL, client_secret=CONFIDENTIAL[1])


def _device_denied(bench: Bench) -> Any:
    asked = _device(bench)
    bench.http.post("/device", data={"user_code": asked["user_code"], "decision": "deny"})
    return bench.token(DEVICE, client_id="demo-device", device_code=asked["device_code"])


def _device_hasty(bench: Bench) -> Any:
    asked = _device(bench)
    for _ in "12":
        answer = bench.token(DEVICE, client_id="demo-device", device_code=asked["device_code"])
    return answer


def _device_late(bench: Bench) -> Any:
    asked = _device(bench, auto="1")
    bench.moment += 601
    return bench.token(DEVICE, client_id="demo-device", device_code=asked["device_code"])


def _device_twice(bench: Bench) -> Any:
    asked = _device(bench, auto="1")
    for _ in "12":
        answer = bench.token(DEVICE, client_id="demo-device", device_code=asked["device_code"])
    return answer


def _device_of_another(bench: Bench) -> Any:
    asked = _device(bench, auto="1")
    return bench.token(DEVICE, CONFIDENTIAL, device_code=asked["device_code"])


def _ciba_as_device(bench: Bench) -> Any:
    asked = _ciba(bench, auto="1")
    return bench.token(DEVICE, CONFIDENTIAL, device_code=asked["auth_req_id"])


def _exchange_of(**form: str) -> Refused:
    return lambda bench: _exchange_asked(bench, bench.own(scope="api")["access_token"], **form)


def _exchange_of_revoked(bench: Bench) -> Any:
    token = bench.logged_in()["access_token"]
    bench.revoke(token)
    return _exchange_asked(bench, token)


def _exchange_of_bound(bench: Bench) -> Any:
    return _exchange_asked(bench, bench.own(proof=bench.proof("POST", "/token"))["access_token"])


def _proof_with(method: str = "POST", path: str = "/token", **claims: Any) -> Refused:
    return lambda bench: bench.token(
        "client_credentials", CONFIDENTIAL, proof=bench.proof(method, path, **claims)
    )


def _two_proofs(bench: Bench) -> Any:
    headers = [("DPoP", bench.proof("POST", "/token")) for _ in "12"]
    form = {"grant_type": "client_credentials"}
    return bench.http.post("/token", data=form, auth=CONFIDENTIAL, headers=headers)


def _other_key(bench: Bench) -> Any:
    found = bench.answer_to(dpop_jkt=thumbprint(generate("EC")))
    return bench.redeem(found["code"], proof=bench.proof("POST", "/token"))


def _twice(bench: Bench) -> Any:
    return bench.http.post(
        "/token",
        content="grant_type=client_credentials&grant_type=password",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


BAD: tuple[tuple[str, str, Refused], ...] = (
    ("invalid_grant", "unknown code", lambda b: b.redeem("nothing")),
    ("invalid_grant", "no code", lambda b: b.redeem("")),
    ("invalid_grant", "old code", _code_later),
    ("invalid_grant", "another redirect", _code_with(redirect_uri=RETURN + "2")),
    ("invalid_grant", "no redirect", _code_with(redirect_uri="")),
    ("invalid_grant", "no verifier", _code_with(code_verifier="")),
    ("invalid_grant", "wrong verifier", _code_with(code_verifier="y" * 43)),
    ("invalid_grant", "verifier out of ASCII", _code_with(code_verifier="ä" * 43)),
    ("invalid_grant", "verifier without challenge", _verifier_without_challenge),
    ("invalid_grant", "code of another", _foreign_code),
    ("invalid_client", "no client", _code_with(client_id="")),
    ("invalid_client", "unknown client", _code_with(client_id="ghost")),
    ("invalid_client", "a client that must authenticate", _code_with(client_id="demo-key")),
    ("invalid_grant", "unknown refresh token", _refresh_with(refresh_token="nothing")),
    ("invalid_scope", "more scope than granted", _refresh_with(scope="openid email")),
    ("invalid_dpop_proof", "refresh without the proof", _refresh_of_a_key),
    ("invalid_client", "wrong secret",
     lambda b: b.token("client_credentials", ("demo-confidential", "x"))),
    ("invalid_client", "secret out of ASCII",
     lambda b: b.token("client_credentials", client_id="demo-confidential", client_secret="é")),
    ("invalid_client", "a secret where there is none",
     lambda b: b.token("client_credentials", ("demo-public", ""))),
    ("invalid_client", "no basic", lambda b: b.http.post(
        "/token", data={"a": "b"}, headers={"Authorization": "Basic %%%"})),
    ("invalid_request", "two ways", _two_ways),
    ("invalid_request", "two clients",
     lambda b: b.token("client_credentials", CONFIDENTIAL, client_id="demo-key")),
    ("invalid_client", "assertion twice", _assertion_twice),
    ("invalid_client", "another's key", _assertion_with({**generate("EC"), "alg": "ES256"})),
    ("invalid_client", "assertion for others", _assertion_with(aud="https://other.example")),
    ("invalid_client", "assertion of two", _assertion_with(sub="ada")),
    ("invalid_client", "assertion too old", _assertion_with(exp=1)),
    ("invalid_client", "assertion for ever", _assertion_with(exp=4_000_000_000)),
    ("invalid_client", "assertion without id", _assertion_with(jti=5)),
    ("invalid_client", "assertion of nobody", _assertion_with(iss="ghost")),
    ("invalid_client", "no assertion", lambda b: _with_assertion(b, "nothing")),
    ("invalid_client", "assertion of another type", lambda b: b.token(
        "client_credentials", client_assertion_type="x", client_assertion=b.assertion())),
    ("unauthorized_client", "credentials of a public client",
     lambda b: b.token("client_credentials", client_id="demo-public")),
    ("invalid_scope", "a scope that is not its own",
     lambda b: b.token("client_credentials", CONFIDENTIAL, scope="admin")),
    ("invalid_target", "a resource that is no address",
     lambda b: b.token("client_credentials", CONFIDENTIAL, resource="here#there")),
    ("invalid_grant", "wrong password",
     lambda b: b.token("password", CONFIDENTIAL, username="ada", password="guess")),
    ("invalid_grant", "unknown name", lambda b: b.token("password", CONFIDENTIAL, username="eve")),
    ("access_denied", "device denied", _device_denied),
    ("slow_down", "device hasty", _device_hasty),
    ("expired_token", "device late", _device_late),
    ("expired_token", "device twice", _device_twice),
    ("expired_token", "device of another", _device_of_another),
    ("unauthorized_client", "device for a client that is none", lambda b: b.http.post(
        "/device_authorization", data={"client_id": "demo-public"})),
    ("expired_token", "CIBA as device", _ciba_as_device),
    ("invalid_scope", "CIBA without openid", lambda b: _ciba_asked(b, scope="api")),
    ("invalid_request", "CIBA without hint", lambda b: _ciba_asked(b, login_hint="")),
    ("invalid_request", "CIBA with two hints", lambda b: _ciba_asked(b, id_token_hint="x")),
    ("unknown_user_id", "CIBA of nobody", lambda b: _ciba_asked(b, login_hint="eve")),
    ("invalid_binding_message", "long message",
     lambda b: _ciba_asked(b, binding_message="x" * 101)),
    ("invalid_request", "exchange of nothing", _exchange_of(subject_token="")),
    ("invalid_request", "exchange of a stranger", _exchange_of(subject_token="a.b.c")),
    ("invalid_request", "exchange of another type", _exchange_of(subject_token_type="x")),
    ("invalid_request", "exchange into another type", _exchange_of(requested_token_type="x")),
    ("invalid_scope", "exchange for more", _exchange_of(scope="api email")),
    ("invalid_request", "exchange of the revoked", _exchange_of_revoked),
    ("invalid_request", "exchange of what is bound, without the key", _exchange_of_bound),
    ("invalid_grant", "bearer about nobody", lambda b: _bearer(b, b.assertion(sub="eve"))),
    ("invalid_grant", "no bearer", lambda b: _bearer(b, "nothing")),
    ("invalid_grant", "bearer of another", lambda b: _bearer(
        b, b.assertion(client_secret_key(), iss="demo-confidential", sub="ada"))),
    ("invalid_dpop_proof", "proof of another method", _proof_with("GET")),
    ("invalid_dpop_proof", "proof of another place", _proof_with(path="/par")),
    ("invalid_dpop_proof", "old proof", _proof_with(iat=1_000_000_000)),
    ("invalid_dpop_proof", "proof without id", _proof_with(jti="")),
    ("invalid_dpop_proof", "no proof", lambda b: b.token(
        "client_credentials", CONFIDENTIAL, proof="nothing")),
    ("invalid_dpop_proof", "proof of no type", lambda b: b.token(
        "client_credentials", CONFIDENTIAL, proof=sign({"jti": "x"}, b.proof_key))),
    ("invalid_request", "two proofs", _two_proofs),
    ("invalid_dpop_proof", "proof of another key", _other_key),
    ("unsupported_grant_type", "no grant", lambda b: b.token(client_id="demo-public", x="y")),
    ("unsupported_grant_type", "unknown grant", lambda b: b.token("magic", CONFIDENTIAL)),
    ("unauthorized_client", "grant of others",
     lambda b: b.token("password", client_id="demo-public", username="ada")),
    ("invalid_request", "a parameter twice", _twice),
    ("invalid_request", "JSON", lambda b: b.http.post("/token", json={})),
    ("invalid_request", "too long", lambda b: b.token("x" * 70_000)),
)  # fmt: skip


@pytest.mark.parametrize(("error", "case", "ask"), BAD, ids=[case for _, case, _ in BAD])
def test_is_refused(bench: Bench, error: str, case: str, ask: Refused) -> None:
    answer = ask(bench)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"] == error, answer.text
    assert answer.json()["error_description"].isascii()
    assert "no-store" in answer.headers["cache-control"]


def test_how_many_ways_of_refusal_ran() -> None:
    assert len({case for _, case, _ in BAD}) == len(BAD) == 73


def test_a_code_that_comes_twice_ends_what_came_of_it(bench: Bench) -> None:
    found = bench.answer_to()["code"]
    tokens = bench.redeem(found).json()
    assert bench.me(tokens["access_token"]).status_code == 200
    bench.redeem(found)
    assert bench.me(tokens["access_token"]).status_code == 401
    refreshed = bench.token(
        "refresh_token", client_id="demo-public", refresh_token=tokens["refresh_token"]
    )
    assert refreshed.json()["error"] == "invalid_grant"


def test_a_refresh_token_that_comes_twice_ends_its_family(bench: Bench) -> None:
    first = bench.logged_in()
    asked = {"client_id": "demo-public"}
    second = _ok(bench.token("refresh_token", refresh_token=first["refresh_token"], **asked))
    other = bench.logged_in()
    assert bench.introspected(first["refresh_token"]) == {"active": False}
    assert bench.introspected(second["refresh_token"])["active"] is True
    bench.token("refresh_token", refresh_token=first["refresh_token"], **asked)
    assert bench.introspected(second["refresh_token"]) == {"active": False}
    assert bench.introspected(second["access_token"]) == {"active": False}
    assert bench.introspected(other["access_token"])["active"] is True


def test_the_tokens_are_what_the_standards_say(bench: Bench) -> None:
    found = bench.logged_in()
    keys = bench.http.get("/jwks").json()
    access = verify(found["access_token"], keys, bench.moment)
    identity = verify(found["id_token"], keys, bench.moment)
    assert access.valid
    assert access.header["typ"] == "at+jwt"
    assert access.claims is not None
    assert set(access.claims) == {"iss", "sub", "aud", "iat", "exp", "jti", "client_id", "scope"}
    assert identity.valid
    assert identity.claims is not None
    assert identity.claims["aud"] == "demo-public"
    assert identity.claims["nonce"] == "n1"
    assert identity.claims["email"] == "ada@example.com"
    assert len(identity.claims["at_hash"]) == 22


def test_a_device_that_is_told_to_wait_may_ask_later(bench: Bench) -> None:
    asked = _device(bench)
    errors = []
    for pause in (0, 1, 11, 11):
        bench.moment += pause
        answer = bench.token(DEVICE, client_id="demo-device", device_code=asked["device_code"])
        errors.append(answer.json()["error"])
    assert errors == ["authorization_pending", "slow_down"] + 2 * ["authorization_pending"]


def test_a_nonce_is_demanded_of_proofs(bench: Bench) -> None:
    with bench.having(dpop_nonce=True):
        first = bench.token("client_credentials", CONFIDENTIAL, proof=bench.proof("POST", "/token"))
        assert first.json()["error"] == "use_dpop_nonce"
        nonce = first.headers["dpop-nonce"]
        found = bench.own(proof=bench.proof("POST", "/token", nonce=nonce))
        token = found["access_token"]
        answer = bench.me(token, "DPoP", DPoP=bench.proof("GET", "/api/me", token))
        assert answer.status_code == 401
        assert 'DPoP error="use_dpop_nonce"' in answer.headers["www-authenticate"]
        proof = bench.proof("GET", "/api/me", token, nonce=answer.headers["dpop-nonce"])
        assert bench.me(token, "DPoP", DPoP=proof).status_code == 200
        bench.moment += 700
        old = bench.token(
            "client_credentials", CONFIDENTIAL, proof=bench.proof("POST", "/token", nonce=nonce)
        )
        assert old.json()["error"] == "use_dpop_nonce"
