"""Each fault is seen when it is on, and is not there when it is off."""

import base64
import functools
import hmac
import json
import time
from collections.abc import Callable

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey
from tests.workbench.oauth.server.running import (
    CONFIDENTIAL,
    RETURN,
    VERIFIER,
    Bench,
    Document,
    b64,
    claims_of,
)

from nightlatch.workbench.oauth.server.answers import Asked, Refusal
from nightlatch.workbench.oauth.server.app import SLOWNESS
from nightlatch.workbench.oauth.server.certificates import self_signed
from nightlatch.workbench.oauth.server.clients import BY_ITSELF, CREDENTIALS, Client
from nightlatch.workbench.oauth.server.faults import FAULTS, chosen
from nightlatch.workbench.oauth.server.grants import token
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import generate, public_part

Probe = Callable[[Bench], bool]


def opens(bench: Bench, token: str) -> bool:
    return bench.me(token).status_code == 200


def forged(claims: Document, secret: bytes = b"", **header: object) -> str:
    head = {"alg": "HS256", "typ": "at+jwt", **header}
    signed = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
    value = hmac.digest(secret, signed.encode(), "sha256") if head["alg"] == "HS256" else b""
    return f"{signed}.{b64(value)}"


def expired(bench: Bench) -> bool:
    token = bench.own()["access_token"]
    bench.moment += 3_600
    return opens(bench, token)


def unsigned(bench: Bench) -> bool:
    claims = claims_of(bench.own()["access_token"])
    return all(opens(bench, forged(claims, alg=name)) for name in ("none", "None", "nOnE"))


def changed(bench: Bench) -> bool:
    head, _, signature = bench.own()["access_token"].split(".")
    claims = claims_of(bench.own()["access_token"]) | {"sub": "root"}
    return opens(bench, f"{head}.{b64(json.dumps(claims).encode())}.{signature}")


def other_audience(bench: Bench) -> bool:
    return opens(bench, bench.own(resource="https://other.example/api")["access_token"])


def confused(bench: Bench) -> bool:
    claims = claims_of(bench.own()["access_token"])
    pem = ECKey.import_key(bench.http.get("/jwks").json()["keys"][0]).as_pem(private=False)
    return opens(bench, forged(claims, pem)) and opens(bench, forged(claims, pem.strip()))


def embedded(bench: Bench) -> bool:
    key = {**generate("EC"), "alg": "ES256"}
    claims = claims_of(bench.own()["access_token"])
    return opens(bench, sign(claims, key, typ="at+jwt", jwk=public_part(key)))


def traversal(bench: Bench) -> bool:
    claims = claims_of(bench.own()["access_token"])
    return opens(bench, forged(claims, b"", kid="../../dev/null"))


def injection(bench: Bench) -> bool:
    claims = claims_of(bench.own()["access_token"])
    return opens(bench, forged(claims, b"key", kid="x' UNION SELECT 'key"))


def weak(bench: Bench) -> bool:
    token = bench.own()["access_token"]
    signed, _, value = token.rpartition(".")
    guessed = b64(hmac.digest(b"secret", signed.encode(), "sha256")) == value
    return guessed and opens(bench, token) and opens(bench, forged(claims_of(token), b"secret"))


def identity(bench: Bench) -> bool:
    return opens(bench, bench.logged_in()["id_token"])


def in_query(bench: Bench) -> bool:
    token = bench.own()["access_token"]
    return bench.http.get("/api/me", params={"access_token": token}).status_code == 200


def revoked(bench: Bench) -> bool:
    token = bench.logged_in()["access_token"]
    assert bench.revoke(token).status_code == 200
    return opens(bench, token) and bool(bench.introspected(token)["active"])


def bound(bench: Bench) -> Document:
    return bench.own(proof=bench.proof("POST", "/token"))


def unproven(bench: Bench) -> bool:
    return opens(bench, bound(bench)["access_token"])


def replayed_proof(bench: Bench) -> bool:
    token = bound(bench)["access_token"]
    proof = bench.proof("GET", "/api/me", token)
    assert bench.me(token, "DPoP", DPoP=proof).status_code == 200
    return bench.me(token, "DPoP", DPoP=proof).status_code == 200


@functools.cache
def shown() -> tuple[bytes, bytes]:
    """Two certificates, of which the first is registered."""
    one, other = (
        x509.load_pem_x509_certificate(self_signed(name, time.time())).public_bytes(Encoding.DER)
        for name in ("one", "other")
    )
    return one, other


def by_certificate(bench: Bench, der: bytes) -> Document:
    """A token for a client of mutual TLS: by the handler, since the bench has no TLS."""
    key = {"x5c": [base64.b64encode(shown()[0]).decode()]}
    bench.state.clients["certified"] = Client(
        id="certified", name="Certified", methods=frozenset({BY_ITSELF}), keys=(key,),
        grants=frozenset({CREDENTIALS}), certificate_bound=True,
    )  # fmt: skip
    form = b"grant_type=client_credentials&client_id=certified"
    kind = (("content-type", "application/x-www-form-urlencoded"),)
    try:
        answer = token(bench.state, Asked("POST", "/token", "", kind, form, der), bench.moment)
    except Refusal as refusal:
        answer = refusal.answer()
    found: Document = json.loads(answer.body)
    return found


def unbound(bench: Bench) -> bool:
    return opens(bench, by_certificate(bench, shown()[0])["access_token"])


def uncompared(bench: Bench) -> bool:
    return all("access_token" in by_certificate(bench, der) for der in (shown()[1], b""))


def no_verifier(bench: Bench) -> bool:
    answers = [
        bench.redeem(bench.answer_to()["code"], code_verifier=verifier)
        for verifier in ("", "x" * 43)
    ]
    return all(answer.status_code == 200 for answer in answers)


def downgraded(bench: Bench) -> bool:
    found = bench.answer_to(code_challenge="", code_challenge_method="")
    return "code" in found and bench.redeem(found["code"]).status_code == 200


def loose(bench: Bench) -> bool:
    registered = f"{bench.issuer}/callback"
    return bench.authorize(redirect_uri=f"{registered}.evil.example").status_code == 303


def replayed_code(bench: Bench) -> bool:
    code = bench.answer_to()["code"]
    assert bench.redeem(code).status_code == 200
    return bench.redeem(code).status_code == 200


def foreign_code(bench: Bench) -> bool:
    code = bench.answer_to()["code"]
    answer = bench.token(
        "authorization_code", CONFIDENTIAL, code=code, redirect_uri=RETURN, code_verifier=VERIFIER
    )
    return answer.status_code == 200


def stateless(bench: Bench) -> bool:
    return "state" not in bench.answer_to()


def issuerless(bench: Bench) -> bool:
    return "iss" not in bench.answer_to()


def nonceless(bench: Bench) -> bool:
    return "nonce" not in claims_of(bench.logged_in()["id_token"])


def refreshed_twice(bench: Bench) -> bool:
    token = bench.logged_in()["refresh_token"]
    first, second = (
        bench.token("refresh_token", client_id="demo-public", refresh_token=token) for _ in "12"
    )
    assert first.status_code == 200
    return second.status_code == 200


def admin(bench: Bench) -> bool:
    answer = bench.token("client_credentials", CONFIDENTIAL, scope="api admin")
    return answer.status_code == 200


def unsigned_request(bench: Bench) -> bool:
    claims = {"client_id": "demo-key", "response_type": "code", "redirect_uri": RETURN}
    token = forged({**claims, "auto": "1"}, alg="none")
    asked = {"client_id": "demo-key", "request": token}
    return bench.http.get("/authorize", params=asked).status_code == 303


def request_uri_twice(bench: Bench) -> bool:
    form = {"client_id": "demo-public", "response_type": "code", "redirect_uri": RETURN,
            "code_challenge": VERIFIER, "code_challenge_method": "S256", "auto": "1"}  # fmt: skip
    reference = bench.http.post("/par", data=form).json()["request_uri"]
    asked = {"client_id": "demo-public", "request_uri": reference}
    first, second = (bench.http.get("/authorize", params=asked) for _ in "12")
    assert first.status_code == 303
    return second.status_code == 303


def anybody_introspects(bench: Bench) -> bool:
    token = bench.own()["access_token"]
    answer = bench.http.post("/introspect", data={"token": token})
    return answer.status_code == 200 and answer.json()["active"]


def cached(bench: Bench) -> bool:
    answer = bench.token("client_credentials", CONFIDENTIAL)
    return "no-store" not in answer.headers.get("cache-control", "")


def other_issuer(bench: Bench) -> bool:
    found = bench.http.get("/.well-known/openid-configuration").json()
    return bool(found["issuer"] != bench.issuer)


def published(bench: Bench) -> bool:
    return any("d" in key for key in bench.http.get("/jwks").json()["keys"])


def late(bench: Bench) -> bool:
    # That it waits is seen by one who does not.
    try:
        bench.http.get("/jwks", timeout=SLOWNESS / 2)
    except httpx.ReadTimeout:
        return True
    return False


def failing(bench: Bench) -> bool:
    token = bench.own()["access_token"]
    return sorted(bench.me(token).status_code for _ in range(3)) == [200, 200, 500]


PROBES: dict[str, Probe] = {
    "accepts-expired": expired,
    "accepts-none": unsigned,
    "ignores-signature": changed,
    "accepts-other-audience": other_audience,
    "key-confusion": confused,
    "embedded-jwk-trusted": embedded,
    "kid-traversal": traversal,
    "kid-injection": injection,
    "weak-secret": weak,
    "id-token-accepted": identity,
    "token-in-query": in_query,
    "revoked-still-active": revoked,
    "ignores-dpop": unproven,
    "dpop-replay": replayed_proof,
    "binding-not-checked": unbound,
    "certificate-not-checked": uncompared,
    "no-pkce-check": no_verifier,
    "pkce-downgrade": downgraded,
    "loose-redirect": loose,
    "code-replay": replayed_code,
    "code-of-another": foreign_code,
    "no-state-echo": stateless,
    "no-iss": issuerless,
    "no-nonce": nonceless,
    "refresh-reuse": refreshed_twice,
    "grants-any-scope": admin,
    "unsigned-request": unsigned_request,
    "request-uri-reuse": request_uri_twice,
    "open-introspection": anybody_introspects,
    "cacheable": cached,
    "wrong-issuer": other_issuer,
    "private-keys": published,
    "slow": late,
    "server-errors": failing,
}


def test_every_fault_has_its_probe() -> None:
    assert list(PROBES) == [fault.name for fault in FAULTS]
    assert len(PROBES) == 34


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBES)
def test_it_is_there_when_it_is_on_and_only_then(bench: Bench, name: str) -> None:
    bench.moment = time.time()
    assert not PROBES[name](bench)
    with bench.having(name):
        assert PROBES[name](bench)
    assert not PROBES[name](bench)


@pytest.mark.slow
def test_no_other_fault_does_the_same(bench: Bench) -> None:
    """But for one, which believes whatever looks like a token."""
    probes = ("accepts-expired", "accepts-none", "key-confusion", "embedded-jwk-trusted",
              "kid-traversal", "code-replay", "refresh-reuse", "ignores-dpop")  # fmt: skip
    alike = 0
    for fault in FAULTS:
        if fault.name in ("ignores-signature", "slow", "server-errors", "weak-secret"):
            continue
        with bench.having(fault.name):
            for probe in probes:
                bench.moment = time.time()
                assert PROBES[probe](bench) == (probe == fault.name), (fault.name, probe)
                alike += 1
    assert alike == 30 * len(probes)


def test_a_fault_that_does_not_exist_is_named() -> None:
    assert chosen(["slow"]) == {"slow"}
    with pytest.raises(ValueError, match="no such fault: quick, quiet"):
        chosen(["slow", "quiet", "quick"])
