"""Authlib's client, written by others, gets along with the server."""

import time
from pathlib import Path

import httpx
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc.jwk import ECKey
from tests.workbench.oauth.flows.serving import serving_tls
from tests.workbench.oauth.server.running import CONFIDENTIAL, RETURN, VERIFIER, Bench

SCOPE = "openid profile api"


def walked(session: OAuth2Session, bench: Bench) -> str:
    """Through the log-in, as a browser; where it ends."""
    metadata = bench.http.get("/.well-known/openid-configuration").json()
    address, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="n", auto="1"
    )
    where: str = httpx.get(address, trust_env=False).headers["location"]
    assert f"state={state}" in where
    return where


def test_code_with_pkce_refresh_introspection_and_revocation(bench: Bench) -> None:
    client_id, word = CONFIDENTIAL
    with OAuth2Session(
        client_id, word, scope=SCOPE, redirect_uri=RETURN, code_challenge_method="S256"
    ) as session:
        endpoint = f"{bench.issuer}/token"
        token = session.fetch_token(
            endpoint, authorization_response=walked(session, bench), code_verifier=VERIFIER
        )
        assert token["scope"] == SCOPE
        assert session.get(f"{bench.issuer}/api/me").json()["sub"] == "ada"
        assert session.get(f"{bench.issuer}/userinfo").json()["name"] == "Ada Test"
        renewed = session.refresh_token(endpoint, refresh_token=token["refresh_token"])
        assert renewed["access_token"] != token["access_token"]
        held = renewed["access_token"]
        asked = f"{bench.issuer}/introspect"
        assert session.introspect_token(asked, token=held).json()["active"] is True
        assert session.revoke_token(f"{bench.issuer}/revoke", token=held).status_code == 200
        assert session.introspect_token(asked, token=held).json()["active"] is False


def test_a_public_client_with_pkce(bench: Bench) -> None:
    with OAuth2Session(
        "demo-public", scope=SCOPE, redirect_uri=RETURN, code_challenge_method="S256",
        token_endpoint_auth_method="none",
    ) as session:  # fmt: skip
        token = session.fetch_token(
            f"{bench.issuer}/token",
            authorization_response=walked(session, bench),
            code_verifier=VERIFIER,
        )
        assert bench.me(token["access_token"]).status_code == 200


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_client_credentials(bench: Bench, method: str) -> None:
    with OAuth2Session(*CONFIDENTIAL, token_endpoint_auth_method=method) as session:
        token = session.fetch_token(f"{bench.issuer}/token", grant_type="client_credentials")
        assert bench.me(token["access_token"]).status_code == 200


def test_client_assertions(bench: Bench) -> None:
    # Authlib has a clock of its own.
    bench.moment = time.time()
    endpoint = f"{bench.issuer}/token"
    with OAuth2Session(*CONFIDENTIAL, token_endpoint_auth_method="client_secret_jwt") as session:
        session.register_client_auth_method(ClientSecretJWT(endpoint))
        token = session.fetch_token(endpoint, grant_type="client_credentials")
        assert bench.me(token["access_token"]).status_code == 200
    with OAuth2Session(
        "demo-key", ECKey.import_key(bench.client_key), token_endpoint_auth_method="private_key_jwt"
    ) as session:
        session.register_client_auth_method(PrivateKeyJWT(endpoint, alg="ES256"))
        token = session.fetch_token(endpoint, grant_type="client_credentials")
        assert bench.me(token["access_token"]).status_code == 200


def test_a_client_with_a_key_does_everything(bench: Bench) -> None:
    """Each endpoint has the assertion that Authlib makes for it."""
    bench.moment = time.time()
    endpoint = f"{bench.issuer}/token"
    with OAuth2Session(
        "demo-key", ECKey.import_key(bench.client_key), scope=f"{SCOPE} offline_access",
        redirect_uri=RETURN, code_challenge_method="S256",
        token_endpoint_auth_method="private_key_jwt",
        revocation_endpoint_auth_method="private_key_jwt",
    ) as session:  # fmt: skip
        session.register_client_auth_method(PrivateKeyJWT(endpoint, alg="ES256"))
        token = session.fetch_token(
            endpoint, authorization_response=walked(session, bench), code_verifier=VERIFIER
        )
        renewed = session.refresh_token(endpoint, refresh_token=token["refresh_token"])
        held, kept = renewed["access_token"], renewed["refresh_token"]
        asked = f"{bench.issuer}/introspect"
        assert session.introspect_token(asked, token=kept).json()["active"] is True
        assert session.revoke_token(f"{bench.issuer}/revoke", token=kept).status_code == 200
        assert session.introspect_token(asked, token=held).json()["active"] is False
        with pytest.raises(OAuthError, match="invalid_grant"):
            session.refresh_token(endpoint, refresh_token=kept)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["demo-mtls", "demo-self-signed"])
def test_a_client_with_a_certificate(tmp_path: Path, name: str) -> None:
    with serving_tls(tmp_path) as server, OAuth2Session(
        name, scope="api", token_endpoint_auth_method="none"
    ) as session:  # fmt: skip
        # An authority in the environment would go before ours.
        session.trust_env = False
        session.verify, session.cert = str(server.files.ca), str(tmp_path / f"{name}.pem")
        found = session.get(
            f"{server.issuer}/.well-known/openid-configuration", withhold_token=True
        )
        aliases = found.json()["mtls_endpoint_aliases"]
        session.fetch_token(aliases["token_endpoint"], grant_type="client_credentials")
        api = f"{server.state.options.mutual}/api/me"
        assert session.get(api).json()["sub"] == name
        session.cert = str(server.files.stranger)
        session.close()
        assert session.get(api).status_code == 401
