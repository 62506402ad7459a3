"""Every grant and endpoint over real HTTP, against the workbench's own authorization server."""

import asyncio
import subprocess
from collections.abc import Iterator
from shutil import which

import pytest
from tests.workbench.oauth.flows.playing import (
    browser,
    client_of,
    fault,
    played,
    succeeded,
)
from tests.workbench.oauth.flows.serving import Serving, serving

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.flows import endpoints, grants
from nightlatch.workbench.oauth.flows.authorization import RESPONSE_TYPES, Wishes, authorization
from nightlatch.workbench.oauth.flows.call import Call
from nightlatch.workbench.oauth.flows.client import Authentication, Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.drive import imagine
from nightlatch.workbench.oauth.flows.metadata import discover, fetch_keys
from nightlatch.workbench.oauth.flows.polling import Whom, ciba, device
from nightlatch.workbench.oauth.flows.steps import Invite
from nightlatch.workbench.oauth.server.clients import DEMO_SECRET
from nightlatch.workbench.tokens.material import generate

SCOPE = "openid profile offline_access api"
SECRET = Secrets(DEMO_SECRET)


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with serving(interval=0, plain_pkce=True) as running:
        yield running


async def public(server: Serving, **secrets: object) -> Client:
    return await client_of(server.issuer, "demo-public", "none", SCOPE, Secrets(**secrets))  # type: ignore[arg-type]


async def confidential(server: Serving, method: Authentication = "client_secret_basic") -> Client:
    return await client_of(server.issuer, "demo-confidential", method, SCOPE, SECRET)


async def test_a_person_logs_in_and_a_token_lives_and_dies(server: Serving) -> None:
    client = await confidential(server)
    found = await played(authorization(client), browser())
    tokens = found.result
    assert tokens is not None, found.fault
    assert tokens.claims is not None
    assert tokens.claims["sub"] == "ada"
    assert found.notes == ()
    person = await succeeded(endpoints.userinfo(client, tokens.access_token, "ada"))
    assert person["name"] == "Ada Test"
    request = endpoints.ApiRequest(f"{server.issuer}/api/me")
    answer = await succeeded(endpoints.call_api(client, request, tokens.access_token))
    assert (answer.status, b'"ada"' in answer.body) == (200, True)
    known = await succeeded(endpoints.introspect(client, tokens.access_token))
    assert (known["active"], known["sub"]) == (True, "ada")
    assert (await played(endpoints.revoke(client, tokens.access_token))).fault == ""
    assert await succeeded(endpoints.introspect(client, tokens.access_token)) == {"active": False}
    answer = await succeeded(endpoints.call_api(client, request, tokens.access_token))
    assert answer.status == 401


@pytest.mark.slow
@pytest.mark.parametrize("kind", RESPONSE_TYPES)
@pytest.mark.parametrize("mode", ["", "form_post", "jwt", "form_post.jwt"])
async def test_each_response_type_and_mode(server: Serving, kind: str, mode: str) -> None:
    client = await public(server)
    found = await played(authorization(client, Wishes(kind, mode)), browser())
    assert found.result is not None, found.fault
    assert bool(found.result.access_token) == (kind != "id_token")
    assert (found.result.claims is not None) == (kind != "token")
    assert any("deprecated" in note for note in found.notes) == (kind != "code")


@pytest.mark.parametrize("pkce", ["S256", "plain"])
@pytest.mark.parametrize("pushed", [True, False])
@pytest.mark.parametrize("signed", [True, False])
async def test_pushed_and_signed_requests(
    server: Serving, pkce: str, pushed: bool, signed: bool
) -> None:
    secrets = Secrets(key=server.key)
    client = await client_of(server.issuer, "demo-key", "private_key_jwt", SCOPE, secrets)
    wishes = Wishes(pkce=pkce, pushed=pushed, signed=signed)
    tokens = await succeeded(authorization(client, wishes), browser())
    assert tokens.claims is not None


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post",
                                    "client_secret_jwt"])  # fmt: skip
async def test_each_secret_way_to_authenticate(server: Serving, method: Authentication) -> None:
    client = await confidential(server, method)
    tokens = await succeeded(grants.client_credentials(client))
    keys = await succeeded(fetch_keys(client.metadata))
    assert verify(tokens.access_token, keys).valid


async def test_a_wrong_secret_is_told(server: Serving) -> None:
    client = await client_of(server.issuer, "demo-confidential", "client_secret_basic", SCOPE,
                             Secrets("wrong"))  # fmt: skip
    told = await fault(grants.client_credentials(client))
    assert "invalid_client" in told
    assert "wrong" not in told.replace("is wrong", "")


@pytest.mark.slow
async def test_tokens_are_bound_to_a_key_and_the_nonce_is_answered() -> None:
    with serving(dpop_nonce=True) as server:
        client = await public(server, proof_key=generate("EC"))
        found = await played(authorization(client), browser())
        assert found.result is not None, found.fault
        assert found.result.token_type == "DPoP"
        assert any("nonce" in note for note in found.notes)
        request = endpoints.ApiRequest(f"{server.issuer}/api/me")
        token = found.result.access_token
        assert (await succeeded(endpoints.call_api(client, request, token))).status == 200
        assert (await succeeded(endpoints.userinfo(client, token)))["sub"] == "ada"
        thief = await public(server, proof_key=generate("EC"))
        assert (await succeeded(endpoints.call_api(thief, request, token))).status == 401
        unproven = await public(server)
        assert (await succeeded(endpoints.call_api(unproven, request, token))).status == 401


@pytest.mark.slow
async def test_a_television_and_a_person_elsewhere() -> None:
    with serving(interval=0) as server:
        client = await client_of(server.issuer, "demo-device", "none", SCOPE)
        invited: list[Invite] = []
        tokens = await succeeded(device(client), invite=invited.append)
        assert tokens.claims is not None
        assert invited[0].url.startswith(f"{server.issuer}/device?user_code=")
        confident = await confidential(server)
        asked = await succeeded(ciba(confident, Whom("grace", binding_message="W4SCT")))
        assert asked.claims is not None
        assert asked.claims["sub"] == "grace"
        assert "unknown_user_id" in await fault(ciba(confident, Whom("nobody")))


@pytest.mark.slow
async def test_refresh_tokens_rotate_and_reuse_is_noticed(server: Serving) -> None:
    client = await public(server)
    tokens = await succeeded(authorization(client), browser())
    found = await played(grants.refresh_and_reuse(client, tokens.refresh_token))
    told = " ".join(found.notes)
    assert "rotated" in told
    assert "whole family is revoked" in told
    with serving("refresh-reuse") as faulty:
        client = await public(faulty)
        tokens = await succeeded(authorization(client), browser())
        found = await played(grants.refresh_and_reuse(client, tokens.refresh_token))
        assert "NOT detected" in " ".join(found.notes)


async def test_a_token_for_a_token_and_one_for_a_password(server: Serving) -> None:
    client = await confidential(server)
    given = await succeeded(grants.password(client, "ada", "test"))
    exchanged = await succeeded(grants.exchange(client, grants.Exchange(given.access_token)))
    assert exchanged.access_token != given.access_token
    assert exchanged.issued_token_type.endswith("access_token")
    wrong = grants.Exchange(given.access_token + "x")
    assert "invalid" in await fault(grants.exchange(client, wrong))


async def test_a_client_registers_and_logs_in(server: Serving) -> None:
    metadata = await succeeded(discover(server.issuer))
    back = "http://127.0.0.1/callback"
    wanted = endpoints.registration_request([back], ["authorization_code"], "client_secret_post",
                                            "openid")  # fmt: skip
    found = await succeeded(endpoints.register(metadata, wanted))
    registration = Registration(
        found["client_id"], "client_secret_post", "openid", "http://127.0.0.1:1/callback"
    )
    client = Client(metadata, registration, Secrets(found["client_secret"]), lambda: 1e9)
    # Its clock is years behind: no token of the server's is good yet, and it says so.
    assert "issued in the future" in await fault(authorization(client), browser())


async def test_the_session_ends(server: Serving) -> None:
    client = await public(server)
    tokens = await succeeded(authorization(client), browser())
    back = f"{server.issuer}/callback"
    assert await succeeded(endpoints.logout(client, tokens.id_token, back), browser()) == ()


async def test_discovery_by_every_way(server: Serving) -> None:
    host = server.issuer.removeprefix("http://")
    for place in (server.issuer, host, f"{server.issuer}/", f"ada@{host}", f"acct:ada@{host}",
                  f"{server.issuer}/.well-known/openid-configuration",
                  f"{server.issuer}/.well-known/oauth-authorization-server"):  # fmt: skip
        assert (await succeeded(discover(place))).issuer == server.issuer


@pytest.mark.slow
@pytest.mark.parametrize(("name", "told"), [
    ("no-state-echo", "without our state"),
    ("no-iss", "promises answers that name it"),
    ("no-nonce", "its nonce is not ours"),
    ("wrong-issuer", "is that of https://other.example"),
])  # fmt: skip
async def test_a_faulty_server_is_told_on(name: str, told: str) -> None:
    with serving(name) as server:
        found = await played(discover(server.issuer))
        if found.result is None:
            assert told in found.fault
            return
        assert told in await fault(authorization(await public(server)), browser())


@pytest.mark.slow
async def test_a_server_that_lets_tokens_be_cached_is_told_on() -> None:
    with serving("cacheable") as server:
        found = await played(grants.client_credentials(await confidential(server)))
        assert "may be cached" in " ".join(found.notes)


async def test_a_request_can_be_changed_and_stopped_before_it_leaves(server: Serving) -> None:
    client = await confidential(server)
    seen: list[Call] = []

    def changed(call: Call) -> Call:
        seen.append(call)
        return Call(call.purpose, call.method, call.url, call.headers, call.body + b"&scope=admin")

    told = await fault(grants.client_credentials(client), before=changed)
    assert "invalid_" in told
    assert seen[0].purpose == "get a token for the client itself"


async def test_the_log_has_what_happened_and_no_secret(server: Serving) -> None:
    client = await confidential(server, "client_secret_post")
    found = await played(authorization(client), browser())
    assert found.result is not None
    text = repr(found.log)
    for secret in (DEMO_SECRET, found.result.access_token, found.result.refresh_token,
                   found.result.id_token):  # fmt: skip
        assert secret
        assert secret not in text
    assert [entry.status for entry in found.log] == [200, 200]
    assert "grant_type=authorization_code" in text


@pytest.mark.skipif(which("curl") is None, reason="no curl on this machine")
def test_what_curl_is_told_is_what_was_sent(server: Serving) -> None:
    async def line() -> str:
        (call,) = imagine(grants.client_credentials(await confidential(server)))
        assert isinstance(call, Call)
        return call.curl()

    ran = subprocess.run(
        ["sh", "-c", asyncio.run(line())], capture_output=True, check=True, timeout=20
    )
    assert b'"access_token"' in ran.stdout
