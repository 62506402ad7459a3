"""Each grant by hand: what it asks for, step by step, and what it makes of the answers."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import JWKRegistry
from tests.workbench.oauth.flows.playing import by_hand, client_with, fields_of, says

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.flows import grants
from nightlatch.workbench.oauth.flows.authorization import Wishes, authorization
from nightlatch.workbench.oauth.flows.call import Answer, Call, Certificate
from nightlatch.workbench.oauth.flows.client import AUTHENTICATIONS, Client, Secrets
from nightlatch.workbench.oauth.flows.drive import imagine
from nightlatch.workbench.oauth.flows.endpoints import ApiRequest, call_api, introspect, revoke
from nightlatch.workbench.oauth.flows.polling import Whom, ciba, device
from nightlatch.workbench.oauth.flows.steps import Invite, Note, Visit, Wait
from nightlatch.workbench.oauth.flows.tokens import Tokens
from nightlatch.workbench.tokens.material import generate, public_part

NOW = 1_700_000_000.0
TOKENS = {"access_token": "at", "token_type": "Bearer", "expires_in": 60}
PENDING = says({"error": "authorization_pending"}, 400)
KEY = generate("EC")


def notes(steps: list[Any]) -> str:
    return " | ".join(step.text for step in steps if isinstance(step, Note))


def calls(steps: list[Any]) -> list[Call]:
    return [step for step in steps if isinstance(step, Call)]


def test_a_machine_gets_a_token_for_itself() -> None:
    client = client_with(scope="read", authentication="client_secret_basic", client_id="a:b",
                         secrets=Secrets("s t"))  # fmt: skip
    found, steps = by_hand(grants.client_credentials(client), says(TOKENS))
    assert isinstance(found, Tokens)
    assert found.access_token == "at"
    (call,) = calls(steps)
    assert fields_of(call) == {"grant_type": "client_credentials", "scope": "read"}
    pair = base64.b64decode(dict(call.headers)["Authorization"].removeprefix("Basic "))
    assert pair == b"a%3Ab:s+t"
    assert notes(steps) == ""


@pytest.mark.parametrize("method", AUTHENTICATIONS)
def test_each_way_to_authenticate(method: str) -> None:
    secrets = Secrets("s" * 32, KEY, Certificate("c.pem"))
    client = client_with(authentication=method, secrets=secrets)
    _, steps = by_hand(grants.client_credentials(client), says(TOKENS))
    fields = fields_of(calls(steps)[0])
    basic = method == "client_secret_basic"
    assert fields.get("client_id") == (None if basic else "demo")
    assert ("client_secret" in fields) == (method == "client_secret_post")
    if "client_assertion" in fields:
        shared = {"kty": "oct", "k": base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()}
        key = public_part(KEY) if method == "private_key_jwt" else shared
        claims = verify(fields["client_assertion"], key, NOW).claims or {}
        assert claims["aud"] == "https://id.example"
        assert (claims["iss"], claims["sub"], claims["exp"]) == ("demo", "demo", NOW + 60)
    assert ("client_assertion" in fields) == method.endswith("jwt")


@pytest.mark.parametrize(("method", "missing"), [
    ("client_secret_basic", "OAUTH_CLIENT_SECRET"), ("private_key_jwt", "--client-key"),
    ("tls_client_auth", "--cert"),
])  # fmt: skip
def test_what_a_client_lacks_is_said_and_nothing_sent(method: str, missing: str) -> None:
    found, steps = by_hand(grants.client_credentials(client_with(authentication=method)))
    assert missing in str(found)
    assert steps == []


def test_a_device_waits_for_a_person_and_slows_down() -> None:
    client = client_with({"device_authorization_endpoint": "https://id.example/device"})
    begun = says({"device_code": "dc", "user_code": "AB-CD", "expires_in": 60, "interval": 2,
                  "verification_uri": "https://id.example/d"})  # fmt: skip
    slow = says({"error": "slow_down"}, 400)
    found, steps = by_hand(device(client), begun, PENDING, slow, says(TOKENS))
    assert isinstance(found, Tokens)
    assert [s.seconds for s in steps if isinstance(s, Wait)] == [2, 2, 7]
    (invitation,) = [step for step in steps if isinstance(step, Invite)]
    assert (invitation.url, invitation.code) == ("https://id.example/d", "AB-CD")
    assert fields_of(calls(steps)[-1])["device_code"] == "dc"


@pytest.mark.parametrize(("member", "value"), [
    ("interval", 1e300), ("interval", -1), ("interval", "5"), ("interval", True),
    ("expires_in", 1e300), ("expires_in", None),
])  # fmt: skip
def test_a_server_cannot_make_us_wait_for_ever(member: str, value: object) -> None:
    client = client_with({"device_authorization_endpoint": "https://id.example/device"})
    begun = {"device_code": "dc", "user_code": "A", "verification_uri": "https://id.example/d"}
    found, steps = by_hand(device(client), says(begun | {member: value}), says(TOKENS))
    assert isinstance(found, Tokens)
    assert all(0 <= step.seconds <= 60 for step in steps if isinstance(step, Wait))


def test_nobody_is_sent_to_a_script_or_asked_after_the_end() -> None:
    client = client_with({"device_authorization_endpoint": "https://id.example/device"})
    begun = {"device_code": "dc", "user_code": "A", "verification_uri": "javascript:alert(1)"}
    assert "sends the person to" in str(by_hand(device(client), says(begun))[0])
    late = says(begun | {"verification_uri": "https://id.example", "expires_in": 0})
    assert "nobody confirmed in time" in str(by_hand(device(client), late)[0])


def test_a_person_is_asked_through_the_server() -> None:
    client = client_with({"backchannel_authentication_endpoint": "https://id.example/bc"})
    begun = says({"auth_req_id": "r1", "expires_in": 60, "interval": 1})
    found, steps = by_hand(
        ciba(client, Whom("ada", binding_message="W4")), begun, PENDING, says(TOKENS)
    )
    assert isinstance(found, Tokens)
    first, *_, last = [fields_of(call) for call in calls(steps)]
    assert (first["login_hint"], first["binding_message"], first["scope"]) == (
        "ada",
        "W4",
        "openid",
    )
    assert last["auth_req_id"] == "r1"
    assert "exactly one hint" in str(by_hand(ciba(client, Whom()))[0])


def test_rotation_is_told_and_so_is_reuse() -> None:
    client = client_with()
    second, third = says(TOKENS | {"refresh_token": "r2"}), says(TOKENS | {"refresh_token": "r3"})
    spent = says({"error": "invalid_grant"}, 400)
    assert "rotated" in notes(by_hand(grants.refresh(client, "r1"), second)[1])
    assert "must be replaced" in notes(by_hand(grants.refresh(client, "r1"), says(TOKENS))[1])
    reuse = grants.refresh_and_reuse
    assert "whole family is revoked" in notes(by_hand(reuse(client, "r1"), second, spent, spent)[1])
    assert "stays in" in notes(by_hand(reuse(client, "r1"), second, spent, third)[1])
    assert "NOT detected" in notes(by_hand(reuse(client, "r1"), second, third)[1])
    assert "never replaced" in notes(by_hand(reuse(client, "r1"), says(TOKENS))[1])
    assert "500" in str(by_hand(reuse(client, "r1"), second, Answer(500))[0])


def test_a_token_is_exchanged_with_full_names_of_types() -> None:
    wanted = grants.Exchange("st", "jwt", "at", audience="orders", requested_type="urn:x:y")
    given = says(TOKENS | {"token_type": "N_A", "issued_token_type": "urn:x:y"})
    found, steps = by_hand(grants.exchange(client_with(), wanted), given)
    assert isinstance(found, Tokens)
    fields = fields_of(calls(steps)[0])
    assert fields["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt"
    assert fields["actor_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert fields["requested_token_type"] == "urn:x:y"
    assert "resource" not in fields
    assert notes(steps) == ""


def test_deprecated_grants_are_marked() -> None:
    _, steps = by_hand(grants.password(client_with(), "ada", "pw"), says(TOKENS))
    assert "deprecated" in notes(steps)
    for kind in ("token", "id_token token", "code id_token"):
        _, steps = by_hand(authorization(client_with(), Wishes(kind)), ())
        assert "deprecated" in notes(steps)


def test_what_is_odd_about_an_answer_is_told() -> None:
    client = client_with(scope="a b", secrets=Secrets(proof_key=KEY))
    odd = Answer(200, (), b'{"access_token":"t","token_type":"Bearer","scope":"a"}')
    found, steps = by_hand(grants.client_credentials(client), odd)
    assert isinstance(found, Tokens)
    told = notes(steps)
    for word in ("not bound", "no-store", "expires_in", "asked for the scope a b, got a"):
        assert word in told


def _proof(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    found = jwt.decode(dict(call.headers)["DPoP"], JWKRegistry.import_key(public_part(KEY)))
    return dict(found.header), dict(found.claims)


def test_a_proof_is_for_one_request_and_carries_the_nonce() -> None:
    client = client_with(secrets=Secrets(proof_key=KEY))
    asks = says({"error": "use_dpop_nonce"}, 400, DPoP_Nonce="n1")
    bound = says(TOKENS | {"token_type": "DPoP"})
    found, steps = by_hand(grants.client_credentials(client), asks, bound)
    assert isinstance(found, Tokens)
    (_, first), (header, second) = map(_proof, calls(steps))
    assert header["typ"] == "dpop+jwt"
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}
    assert (second["htm"], second["htu"], second["nonce"]) == (
        "POST",
        "https://id.example/token",
        "n1",
    )
    assert "nonce" not in first
    assert first["jti"] != second["jti"]
    again, _ = by_hand(grants.client_credentials(client), asks, asks)
    assert "twice in a row" in str(again)
    bad = says({"error": "use_dpop_nonce"}, 400, DPoP_Nonce="n" * 600)
    assert "no sound nonce" in str(by_hand(grants.client_credentials(client), bad)[0])


def test_an_api_is_called_with_the_token_and_its_proof() -> None:
    client = client_with(secrets=Secrets(proof_key=KEY))
    request = ApiRequest("https://api.example/a?b=c", "PUT", (("X-A", "b"),), b"{}")
    found, steps = by_hand(call_api(client, request, "at"), Answer(418))
    assert isinstance(found, Answer)
    (call,) = calls(steps)
    assert dict(call.headers)["Authorization"] == "DPoP at"
    claims = _proof(call)[1]
    assert claims["htu"] == "https://api.example/a"
    assert (
        claims["ath"] == "JMtZvARKPRYrYUdPWDLvoOGshyVQbZo2Hf6iDNUUoqE" or len(claims["ath"]) == 43
    )
    assert "no token" in str(by_hand(call_api(client, request, "a\r\nb"))[0])


def test_a_request_is_pushed_and_signed() -> None:
    places = {"pushed_authorization_request_endpoint": "https://id.example/par"}
    client = client_with(places, secrets=Secrets(key=KEY), scope="a")
    flow = authorization(client, Wishes(pushed=True, signed=True))
    _, steps = by_hand(flow, says({"request_uri": "urn:r:1", "expires_in": 60}, 201), ())
    (push,) = calls(steps)
    request = fields_of(push)["request"]
    claims = verify(request, public_part(KEY), NOW).claims or {}
    assert (claims["iss"], claims["aud"], claims["scope"]) == ("demo", "https://id.example", "a")
    (step,) = [step for step in steps if isinstance(step, Visit)]
    assert step.url == "https://id.example/authorize?client_id=demo&request_uri=urn%3Ar%3A1"


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_a_pushed_request_names_its_client_once(method: str) -> None:
    places = {"pushed_authorization_request_endpoint": "https://id.example/par"}
    client = client_with(places, authentication=method, secrets=Secrets("s"))
    _, steps = by_hand(authorization(client, Wishes(pushed=True)), says({}))
    assert calls(steps)[0].body.count(b"client_id=demo") == 1


def test_all_requests_can_be_seen_without_sending_one() -> None:
    places = {"pushed_authorization_request_endpoint": "https://id.example/par",
              "device_authorization_endpoint": "https://id.example/device"}  # fmt: skip
    client = client_with(places)
    steps = imagine(authorization(client, Wishes(pushed=True)))
    urls = [step.url.partition("?")[0].rpartition("/")[2] for step in steps]
    assert urls == ["par", "authorize", "token"]
    assert [one.url.rpartition("/")[2] for one in imagine(device(client))] == ["device", "token"]


def _asked(client: Client, answer: Answer) -> object:
    return by_hand(introspect(client, "t"), answer)[0]


def test_introspection_and_revocation() -> None:
    client = client_with({"introspection_endpoint": "https://id.example/i",
                          "revocation_endpoint": "https://id.example/r"})  # fmt: skip
    assert _asked(client, says({"active": False})) == {"active": False}
    assert "whether it is active" in str(_asked(client, says({"active": "yes"})))
    assert by_hand(revoke(client, "t"), Answer(200))[0] is None
    refusal = Answer(503, (), json.dumps({"error": "unsupported_token_type"}).encode())
    assert "unsupported_token_type" in str(by_hand(revoke(client, "t"), refusal)[0])
