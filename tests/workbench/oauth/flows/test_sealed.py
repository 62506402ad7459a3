"""Answers and ID tokens that are encrypted to the client: opened with its own key, and believed
only where the issuer signed what is inside."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwe import JWERegistry, encrypt_compact
from joserfc.jwk import RSAKey
from tests.workbench.oauth.flows.playing import (
    BACK,
    browser,
    by_hand,
    client_of,
    client_with,
    played,
    says,
    succeeded,
)
from tests.workbench.oauth.flows.serving import Serving, serving

from nightlatch.workbench.oauth.bench import Bench
from nightlatch.workbench.oauth.flows.authorization import Wishes, authorization
from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.client import Client, Secrets
from nightlatch.workbench.oauth.flows.endpoints import register
from nightlatch.workbench.oauth.flows.metadata import discover
from nightlatch.workbench.oauth.flows.sealed import unsealer
from nightlatch.workbench.oauth.flows.steps import Visit
from nightlatch.workbench.oauth.run import Stage
from nightlatch.workbench.tokens.making import seal, sign
from nightlatch.workbench.tokens.material import generate, without_private

NOW = 1_700_000_000
ISSUER, OWN = generate("EC"), generate("EC")
CLAIMS = {"iss": "https://id.example", "aud": "demo", "exp": NOW + 60, "code": "c"}


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with serving(interval=0) as running:
        yield running


async def registered(server: Serving, kind: str, algorithm: str, **more: str) -> Client:
    """One that proves itself with its key, and gets everything encrypted to it."""
    key = {**generate(kind), "use": "sig"} if kind == "EC" else generate(kind)
    public = {name: value for name, value in without_private(key).items() if name != "use"}
    wanted = {
        "token_endpoint_auth_method": "private_key_jwt", "redirect_uris": [BACK],
        "grant_types": ["authorization_code"], "jwks": {"keys": [public]},
        "authorization_encrypted_response_alg": algorithm,
        "id_token_encrypted_response_alg": algorithm, **more,
    }  # fmt: skip
    found = await succeeded(register(await succeeded(discover(server.issuer)), wanted))
    return await client_of(
        server.issuer, found["client_id"], "private_key_jwt", "openid profile", Secrets(key=key)
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "algorithm", "content"),
    [("EC", "ECDH-ES+A256KW", "A256GCM"), ("EC", "ECDH-ES", ""), ("RSA", "RSA-OAEP-256", "")],
)
async def test_the_flows_own_key_opens_them(
    server: Serving, kind: str, algorithm: str, content: str
) -> None:
    more = {"id_token_encrypted_response_enc": content} if content else {}
    client = await registered(server, kind, algorithm, **more)
    for mode in ("jwt", "form_post.jwt"):
        brought: list[Pairs] = []

        async def watching(step: Visit, seen: list[Pairs] = brought) -> Pairs:
            seen.append(await browser()(step))
            return seen[-1]

        found = await played(authorization(client, Wishes(response_mode=mode)), watching)
        assert found.result is not None, found.fault
        assert (found.result.claims or {})["name"] == "Ada Test"
        assert found.result.id_token.count(".") == dict(brought[0])["response"].count(".") == 4


async def test_the_bench_knows_whose_flow_an_encrypted_answer_is(server: Serving) -> None:
    bench = Bench(lambda: float(NOW))
    clients = [await registered(server, "EC", "ECDH-ES") for _ in range(2)]
    plays = [authorization(client, Wishes(response_mode="jwt")) for client in clients]
    runs = [bench.start("ada", "code", "Code", flow, asks=False) for flow in plays]
    for run in runs:
        while run.stage is not Stage.BROWSER:
            assert await run.changed(run.version, 5)
    second = runs[1]
    assert second.visit is not None
    pairs = await browser()(second.visit)
    assert not bench.take((("response", "e30.." + "e30." * 2),))
    assert bench.take(pairs)
    assert not bench.take(pairs)
    assert runs[0].stage is Stage.BROWSER
    bench.forget("ada")
    await asyncio.sleep(0)


def answered(response: str, key: dict[str, Any] | None = OWN) -> str:
    """What is told of an answer that the browser brings."""
    client = client_with(secrets=Secrets(key=key))
    keys = says({"keys": [without_private(ISSUER)]})
    flow = authorization(client, Wishes(response_mode="jwt"))
    return str(by_hand(flow, (("response", response),), keys)[0])


def test_what_anybody_could_have_encrypted_is_not_believed() -> None:
    public = without_private(OWN)
    good = sign(CLAIMS, ISSUER)
    assert "without our state" in answered(seal(good, public)), "as far as that it is the issuer's"
    assert "not signed by its issuer" in answered(seal(CLAIMS, public))
    assert "not signed by its issuer" in answered(seal(sign(CLAIMS, OWN), public))
    assert "not to be trusted" in answered(seal(sign(CLAIMS, generate("EC")), public))
    assert "cannot be decrypted" in answered(seal(good, without_private(generate("EC"))))
    assert "--client-key" in answered(seal(good, public), None)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_an_answer_from_anywhere_is_opened_only_where_that_tells_nothing() -> None:
    own = generate("RSA")
    opens = unsealer(client_with(secrets=Secrets(key=own)))
    assert opens is not None
    key = RSAKey.import_key(without_private(own))
    registry = JWERegistry(algorithms=["RSA-OAEP", "RSA1_5", "A128GCM"])
    for algorithm, inside in (("RSA-OAEP", "a.b.c"), ("RSA1_5", "")):
        header = {"alg": algorithm, "enc": "A128GCM"}
        assert opens(encrypt_compact(header, "a.b.c", key, registry=registry)) == inside
    assert [opens(text) for text in ("....", "e30....", "a.b.c", "é....")] == [""] * 4


@pytest.mark.slow
async def test_a_client_cannot_ask_for_what_its_keys_cannot(server: Serving) -> None:
    metadata = await succeeded(discover(server.issuer))
    wanted: dict[str, Any] = {"redirect_uris": [BACK]}
    for more in (
        {"id_token_encrypted_response_alg": "RSA-OAEP"},
        {"id_token_encrypted_response_alg": "dir", "jwks": {"keys": [without_private(OWN)]}},
        {"authorization_encrypted_response_enc": "A128GCM"},
    ):
        found = await played(register(metadata, {**wanted, **more}))
        assert "invalid_client_metadata" in found.fault
