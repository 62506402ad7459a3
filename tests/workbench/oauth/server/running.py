"""The test authorization server on a real socket, with a clock that tests can turn."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import uvicorn
from msgspec.structs import replace
from tests.servers import eventually, free_port

from nightlatch.workbench.oauth.server.app import create_server
from nightlatch.workbench.oauth.server.clients import DEMO_SECRET, demo_clients, demo_key
from nightlatch.workbench.oauth.server.state import Options, State, new_state
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import generate, public_part, secret

Document = dict[str, Any]
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
RETURN = "http://127.0.0.1:7777/callback"
CONFIDENTIAL = ("demo-confidential", DEMO_SECRET)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Bench:
    """A running server, and a client of it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.moment = time.time()
        self.client_key = demo_key()
        demo = demo_clients(issuer, public_part(self.client_key))
        self.usual = Options(issuer=issuer)
        self.state: State = new_state(self.usual, demo)
        self.http = httpx.Client(base_url=issuer, trust_env=False)
        self.proof_key = {**generate("EC"), "alg": "ES256"}
        self._count = 0

    def clock(self) -> float:
        return self.moment

    @contextmanager
    def having(self, *faults: str, **options: Any) -> Iterator["Bench"]:
        """With these faults and options on."""
        self.state.options = replace(self.usual, faults=frozenset(faults), **options)
        try:
            yield self
        finally:
            self.state.options = self.usual

    def authorize(self, **parameters: str) -> httpx.Response:
        asked = {
            "response_type": "code", "client_id": "demo-public", "redirect_uri": RETURN,
            "scope": "openid profile email api", "state": "s1", "nonce": "n1", "auto": "1",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256", **parameters,
        }  # fmt: skip
        return self.http.get("/authorize", params={k: v for k, v in asked.items() if v})

    def answer_to(self, **parameters: str) -> dict[str, str]:
        """What comes back to the client's address."""
        return came_back(self.authorize(**parameters))

    def token(self, grant: str = "", auth: Any = None, **form: str) -> httpx.Response:
        headers = {"DPoP": form.pop("proof")} if "proof" in form else {}
        data = {"grant_type": grant, **form} if grant else form
        return self.http.post("/token", data=data, auth=auth, headers=headers)

    def redeem(self, code: str, **form: str) -> httpx.Response:
        asked = {
            "client_id": "demo-public", "code": code, "redirect_uri": RETURN,
            "code_verifier": VERIFIER, **form,
        }  # fmt: skip
        return self.token("authorization_code", **{k: v for k, v in asked.items() if v})

    def logged_in(self, **parameters: str) -> Document:
        """The tokens of one log-in."""
        answer = self.redeem(self.answer_to(**parameters)["code"])
        assert answer.status_code == 200, answer.text
        found: Document = answer.json()
        return found

    def own(self, **form: str) -> Document:
        """The tokens of the confidential client for itself."""
        answer = self.token("client_credentials", CONFIDENTIAL, **form)
        assert answer.status_code == 200, answer.text
        found: Document = answer.json()
        return found

    def me(self, token: str, scheme: str = "Bearer", **headers: str) -> httpx.Response:
        return self.http.get("/api/me", headers={"Authorization": f"{scheme} {token}", **headers})

    def introspected(self, token: str) -> Document:
        answer = self.http.post("/introspect", data={"token": token}, auth=CONFIDENTIAL)
        found: Document = answer.json()
        return found

    def revoke(self, token: str, client_id: str = "demo-public") -> httpx.Response:
        return self.http.post("/revoke", data={"token": token, "client_id": client_id})

    def fresh(self) -> str:
        self._count += 1
        return f"id-{self._count}"

    def assertion(self, key: Document | None = None, **claims: Any) -> str:
        """By which a client authenticates."""
        now = int(self.moment)
        body = {"iss": "demo-key", "sub": "demo-key", "aud": self.issuer, "iat": now,
                "exp": now + 60, "jti": self.fresh(), **claims}  # fmt: skip
        return sign(body, key or self.client_key)

    def proof(self, method: str, path: str, access: str = "", **claims: Any) -> str:
        """A DPoP proof."""
        body = {"htm": method, "htu": self.issuer + path, "iat": int(self.moment),
                "jti": self.fresh(), **claims}  # fmt: skip
        if access:
            body["ath"] = b64(hashlib.sha256(access.encode()).digest())
        return sign(body, self.proof_key, typ="dpop+jwt", jwk=public_part(self.proof_key))


def came_back(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    return dict(parse_qsl(parts.fragment or parts.query))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def un64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims_of(token: str) -> Document:
    found: Document = json.loads(un64(token.split(".")[1]))
    return found


def client_secret_key() -> Document:
    return {**secret(DEMO_SECRET), "alg": "HS256"}


@contextmanager
def running() -> Iterator[Bench]:
    port = free_port()
    bench = Bench(f"http://127.0.0.1:{port}")
    config = uvicorn.Config(
        create_server(bench.state, bench.clock), port=port, log_level="critical", lifespan="off",
        ws="none",
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started, pause=0.02)
        yield bench
    finally:
        bench.http.close()
        server.should_exit = True
        thread.join(10)
