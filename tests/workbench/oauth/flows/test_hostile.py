"""Servers, and browsers, that do not keep the rules: each is told in words, nothing is trusted."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.identity.jose.tokens import Signer, b64, ec_signer, packed
from tests.workbench.oauth.flows.playing import (
    BACK,
    Asked,
    by_hand,
    client_with,
    fault,
    played,
    says,
    server,
    succeeded,
)

from nightlatch.workbench.oauth.flows.authorization import Wishes, authorization
from nightlatch.workbench.oauth.flows.call import Answer
from nightlatch.workbench.oauth.flows.grants import client_credentials
from nightlatch.workbench.oauth.flows.metadata import discover
from nightlatch.workbench.oauth.flows.steps import FlowFault, Visit

KEY = ec_signer("ES256")
KEYS = {"keys": [KEY.public]}
NOW = 1_700_000_000
HTML = Answer(200, (("Content-Type", "text/html"),), b"<html>Welcome</html>")


def id_token(given: str, signer: Signer = KEY, **claims: Any) -> str:
    whole = {"iss": "https://id.example", "aud": "demo", "sub": "ada", "iat": NOW,
             "exp": NOW + 600, "nonce": given, **claims}  # fmt: skip
    kept = {name: value for name, value in whole.items() if value is not None}
    return signer.token(json.dumps(kept).encode())


def logged_in(answer: Callable[[dict[str, str]], dict[str, str]] = dict,
              token: Callable[[str], str] = id_token, **known: Any) -> Any:  # fmt: skip
    """What becomes of a log-in where the browser brings that, and the server issues this."""
    client = client_with(known, scope="openid")
    flow = authorization(client)
    step = next(flow)
    while not isinstance(step, Visit):
        step = flow.send(None)
    sent = dict(pair.split("=") for pair in step.url.partition("?")[2].split("&"))
    brought = answer({"code": "c", "state": sent["state"], "iss": "https://id.example"})
    issued = {"access_token": "t", "token_type": "Bearer", "expires_in": 60,
              "id_token": token(sent["nonce"])}  # fmt: skip

    def rest() -> Any:
        reply: Any = tuple(brought.items())
        try:
            while True:
                found = flow.send(reply)
                name = getattr(found, "url", "").rpartition("/")[2]
                reply = {"token": says(issued), "jwks": says(KEYS)}.get(name)
        except StopIteration as end:
            return end.value

    try:
        return rest()
    except FlowFault as told:
        return str(told)


def test_an_answer_that_keeps_the_rules_is_taken() -> None:
    assert logged_in().claims["sub"] == "ada"


@pytest.mark.parametrize(("change", "told"), [
    ({"state": "another"}, "with another state"),
    ({"state": None}, "without our state"),
    ({"state": "another", "error": "access_denied"}, "with another state"),
    ({"iss": "https://evil.example"}, "mix-up"),
    ({"iss": "https://id.example/"}, "mix-up"),
    ({"code": None}, "has no code"),
    ({"code": None, "error": "access_denied", "error_description": "\x1b[2J"},
     "access_denied:  [2J"),
    ({"response": "a.b.c"}, "signed answer"),
])  # fmt: skip
def test_what_a_browser_brings_is_checked(change: dict[str, str | None], told: str) -> None:
    def answer(sound: dict[str, str]) -> dict[str, str]:
        return {k: v for k, v in {**sound, **change}.items() if v is not None}

    assert told in str(logged_in(answer))


def test_a_server_that_promises_its_name_must_give_it() -> None:
    def nameless(sound: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in sound.items() if name != "iss"}

    found = logged_in(nameless, authorization_response_iss_parameter_supported=True)
    assert "promises" in str(found)
    assert logged_in(nameless).claims["sub"] == "ada"


def test_a_parameter_twice_is_not_chosen_from() -> None:
    flow = authorization(client_with())
    found, _ = by_hand(flow, (("code", "a"), ("code", "b"), ("state", "s")))
    assert "twice" in str(found)


@pytest.mark.parametrize(("token", "told"), [
    (lambda n: f"{packed({'alg': 'none'})}.{packed({'nonce': n})}.", "not to be trusted"),
    (lambda n: f"{packed({'alg': 'none'})}.{id_token(n).split('.')[1]}.", "not to be trusted"),
    (lambda n: id_token(n).rpartition(".")[0] + "." + b64(bytes(64)), "not to be trusted"),
    (lambda n: id_token("another"), "its nonce is not ours"),
    (lambda n: id_token(n, nonce=None), "its nonce is not ours"),
    (lambda n: id_token(n, nonce=1), "its nonce is not ours"),
    (lambda n: id_token(n, iss="https://evil.example"), "it is from https://evil.example"),
    (lambda n: id_token(n, iss=None), "it is from None"),
    (lambda n: id_token(n, aud="other"), "another client"),
    (lambda n: id_token(n, aud=None), "another client"),
    (lambda n: id_token(n, aud=["demo", "other"]), "does not say whose"),
    (lambda n: id_token(n, aud=["demo", "other"], azp="other"), "issued to another client"),
    (lambda n: id_token(n, azp="other"), "issued to another client"),
    (lambda n: id_token(n, exp=NOW - 600), "has expired"),
    (lambda n: id_token(n, exp=None), "it has no end"),
    (lambda n: id_token(n, iat=None), "does not say when"),
    (lambda n: id_token(n, sub=None), "about nobody"),
    (lambda n: id_token(n, at_hash="AAAA"), "belongs to another answer"),
    (lambda n: "", "gives no ID token"),
    (lambda n: "opaque", "not to be trusted"),
])  # fmt: skip
def test_an_id_token_is_believed_only_whole(token: Callable[[str], str], told: str) -> None:
    assert told in str(logged_in(token=token))


def test_a_signed_answer_that_was_asked_for_must_come() -> None:
    flow = authorization(client_with(), Wishes(response_mode="jwt"))
    assert "the browser brought none" in str(by_hand(flow, (("code", "c"), ("state", "s")))[0])


@pytest.mark.parametrize(("answer", "told"), [
    (HTML, "a web page where JSON was due"),
    (Answer(302, (("Location", "http://169.254.169.254/?code=s3cret"),)), "which is not followed"),
    (says({}), "has no access_token"),
    (says({"access_token": "a\r\nb"}), "no sound token"),
    (says({"access_token": 1}), "no sound token"),
    (says({"access_token": "a" * 300_000}), "more than 262,144"),
    (says([]), "not a JSON object"),
    (Answer(200, (), b'{"access_token":"a","access_token":"b"}'), "not sound JSON"),
    (Answer(200, (), b"\xff\xfe"), "not sound JSON"),
    (Answer(200, (), b'{"a":' * 5_000 + b"1" + b"}" * 5_000), "levels"),
    (says({"error": "invalid_client", "error_description": "x" * 900}, 401), "check the"),
    (says({"error": ["odd"]}, 400), "gives no reason"),
    (Answer(500, (), b"oops"), "gives no reason"),
])  # fmt: skip
def test_a_token_endpoint_may_answer_anything(answer: Answer, told: str) -> None:
    found, _ = by_hand(client_credentials(client_with()), answer)
    assert isinstance(found, str)
    assert told in found
    assert len(found) < 500
    assert "s3cret" not in found
    assert found.isprintable()


ENDPOINTS = [
    ("http://id.example/token", "without TLS"),
    ("https://127.0.0.1/token", "into this machine"),
    ("https://localhost/token", "into this machine"),
    ("https://10.0.0.1/token", "into this machine"),
    ("https://metadata/token", "into this machine"),
    ("https://[::1]/token", "into this machine"),
    ("file:///etc/passwd", "no https address"),
    ("https://user@id.example/token", "no sound address"),
    ("https://id.example/token\r\nX: y", "no sound address"),
    ("https://id.example:port/token", "no address"),
    ("", "announces no token_endpoint"),
]


@pytest.mark.parametrize(("endpoint", "told"), ENDPOINTS)
def test_metadata_lead_nowhere_they_should_not(endpoint: str, told: str) -> None:
    found, steps = by_hand(client_credentials(client_with({"token_endpoint": endpoint})))
    assert told in str(found)
    assert steps == []


async def test_metadata_under_another_name_are_not_used() -> None:
    with server(lambda _a, _r: says({"issuer": "https://bank.example"})) as issuer:
        assert "RFC 8414, section 3.3" in await fault(discover(issuer))
        assert "RFC 8414" in await fault(discover(f"{issuer}/.well-known/openid-configuration"))


async def test_an_account_leads_to_its_issuer_and_not_into_this_machine() -> None:
    rel = "http://openid.net/specs/connect/1.0/issuer"

    def reply(address: str, asked: Asked) -> Answer:
        if asked.path == "/.well-known/webfinger":
            assert asked.query["resource"] == [f"acct:ada@{address.removeprefix('http://')}"]
            return says({"links": [1, {"rel": "x"}, {"rel": rel, "href": f"{address}/realm"}]})
        if asked.path == "/.well-known/oauth-authorization-server/realm":
            return says({"issuer": f"{address}/realm"})
        return says({}, 404)

    with server(reply) as address:
        found = await succeeded(discover(f"ada@{address.removeprefix('http://')}"))
        assert found.issuer == f"{address}/realm"
        direct = f"{address}/.well-known/oauth-authorization-server/realm"
        assert (await succeeded(discover(direct))).issuer == f"{address}/realm"
        assert "no metadata at" in await fault(discover(f"{address}/elsewhere"))


@pytest.mark.parametrize("place", ["ftp://id.example", "https://", "https://a b", "https://u@id.example",
                                   "https://id.example?x=1", "https://id.example#x", "https://[",
                                   "https://id.example:99999999"])  # fmt: skip
async def test_what_is_no_issuer_is_not_asked(place: str) -> None:
    found = await played(discover(place))
    assert found.fault
    assert not found.log


@pytest.mark.slow
async def test_bounds_of_size_and_time_and_no_redirect() -> None:
    followed = []

    def reply(address: str, asked: Asked) -> Answer:
        if asked.path.startswith("/huge"):
            return Answer(200, (), b"[" * 5_000_000)
        if asked.path.startswith("/slow"):
            time.sleep(0.6)
        if asked.path.startswith("/away"):
            return Answer(302, (("Location", f"{address}/taken"),))
        if asked.path.startswith("/packed"):
            return Answer(200, (("Content-Encoding", "gzip"),), b"\x1f\x8b")
        followed.extend([asked.path] if asked.path == "/taken" else [])
        return says({}, 404)

    with server(reply) as address:
        assert "more than 1,048,576 bytes" in await fault(discover(f"{address}/huge/.well-known/x"))
        slow = await fault(discover(f"{address}/slow/.well-known/x"), patience=0.3)
        assert "no whole answer within 0.3 seconds" in slow
        away = await fault(discover(f"{address}/away/.well-known/x"))
        assert f"points to {address}/taken, which is not followed" in away
        assert "compressed" in await fault(discover(f"{address}/packed/.well-known/x"))
    assert "cannot be reached" in await fault(discover(address))
    assert followed == []


async def test_what_does_not_speak_http_is_told() -> None:
    import asyncio

    async def mumble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    async with await asyncio.start_server(mumble, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        assert "does not speak HTTP" in await fault(discover(f"http://127.0.0.1:{port}"))


def test_a_log_in_asks_for_exactly_what_the_best_practice_says() -> None:
    flow = authorization(client_with(scope="openid"))
    _, steps = by_hand(flow, ())
    visits = [step for step in steps if isinstance(step, Visit)]
    assert len(visits) == 1
    assert f"redirect_uri={BACK.replace(':', '%3A').replace('/', '%2F')}" in visits[0].url
    for name in ("state=", "nonce=", "code_challenge=", "code_challenge_method=S256"):
        assert name in visits[0].url
