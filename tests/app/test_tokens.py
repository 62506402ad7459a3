"""Tokens in a real application: what is declared, what is found, and an issuer that is down."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.identity.issued import EC, HMAC, claims, issued, unsigned
from tests.identity.jose.tokens import b64, packed, rsa_key
from tests.identity.test_weak_secrets import signed
from tests.list_server import ListServer, list_server
from tests.servers import Server, eventually, free_port, running

from nightlatch.app.agent import build_agent
from nightlatch.app.configuration import configure
from nightlatch.app.tokens import TokensKeeper, seen_issuers
from nightlatch.cli.diagnosis import _issuers
from nightlatch.cli.fact import State
from nightlatch.exchange.credential import Proof
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Record
from nightlatch.settings import ConfigurationError, Settings
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery

ISSUER = "https://id.example"
NOW = 1_800_000_000.0


# What is declared


def configured(*issuers: dict[str, Any], **more: Any) -> Settings:
    return configure({"tokens_issuers": list(issuers), **more}, {})


@contextmanager
def kept(*issuers: dict[str, Any]) -> Iterator[TokensKeeper]:
    keeper = TokensKeeper(configured(*issuers).tokens.issuers)
    try:
        yield keeper
    finally:
        keeper.close()


def test_secrets_and_files_are_known_from_the_first_request_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = bytes(range(64)).hex()
    (tmp_path / "secret").write_text(f"hex:{secret}\n")
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [EC.public]}))
    pem = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    monkeypatch.setenv("SHOP_SECRET", f"base64:{b64(bytes(range(64)))}")
    with kept(
        {
            "issuer": "a",
            "secret_file": str(tmp_path / "secret"),
            "audiences": "https://api.example",
        },
        {"issuer": "b", "keys": str(tmp_path / "jwks.json"), "audiences": ["x", "y"]},
        {"issuer": "c", "keys": str(tmp_path / "key.pem")},
        {"secret_env": "SHOP_SECRET"},
    ) as keeper:
        judge = keeper.verifier.judge
        assert judge("1", issued(HMAC, iss="a"), NOW) is Proof.VERIFIED
        assert judge("2", issued(EC, iss="b", aud="y"), NOW) is Proof.VERIFIED
        assert judge("3", issued(EC, iss="b"), NOW) is Proof.AUDIENCE
        assert judge("4", issued(HMAC, iss=None), NOW) is Proof.VERIFIED
        assert keeper.troubles() == ()
        keeper._ticker.stop()
        keeper.after_fork()
        assert judge("5", issued(EC, iss="b", aud="x"), NOW) is Proof.VERIFIED


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(EC.public))
    with kept({"issuer": ISSUER, "keys": str(file)}) as keeper:
        token = issued(EC)
        assert keeper.verifier.judge("1", token, time.time()) is Proof.VERIFIED
        file.write_text(json.dumps(HMAC.public))
        keeper._keys.tick(time.time() + 60)
        assert keeper.verifier.look("1", time.time()) is None
        file.write_text("oops")
        keeper._keys.tick(time.time() + 120)
        (told,) = keeper.troubles()
        assert "neither PEM nor JSON" in told.text
        assert "the keys of before stay in force" in told.text


SECRET = "open sesame, said the man"
MISTAKES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no way to its keys": ([{"issuer": "shop"}], "cannot be discovered"),
    "nothing": ([{}], "cannot be discovered"),
    "two ways": ([{"issuer": ISSUER, "keys": ISSUER, "secret_env": "X"}], "give one of keys"),
    "twice": ([{"issuer": ISSUER}, {"issuer": ISSUER}], "'https://id.example' is there twice"),
    "no address": ([{"issuer": "a", "keys": "https://"}], "keys is no address"),
    "a password in it": (
        [{"issuer": "a", "keys": f"https://u:{SECRET[:10]}@id.example/"}],
        "keys is no address",
    ),
    "a bad address": ([{"issuer": "a", "keys": "https://[::1"}], "keys is no address"),
    "no such file": ([{"issuer": "a", "keys": "none.json"}], "none.json: No such file"),
    "no such secret": ([{"issuer": "a", "secret_file": "none"}], "none: No such file"),
    "an unset variable": ([{"issuer": "a", "secret_env": "NOT_SET"}], "the secret is empty"),
    "a short secret": ([{"issuer": "a", "secret_env": "SHORT"}], "no signature"),
    "a wrong spelling": ([{"issuer": "a", "secret_env": "WRONG"}], "the secret is not hex"),
    "an unknown word": ([{"issuer": "a", "kyes": "x"}], "unknown field"),
    "a secret in the settings": ([{"issuer": "a", "secret": SECRET}], "unknown field"),
}


@pytest.mark.parametrize(("issuers", "words"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_at_the_start_and_no_secret_is(
    issuers: list[dict[str, Any]], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHORT", SECRET[:10])
    monkeypatch.setenv("WRONG", f"hex:{SECRET}")
    with pytest.raises(ConfigurationError) as caught:
        configured(*issuers)
    assert words in str(caught.value)
    assert SECRET[:10] not in str(caught.value)


def test_the_doctor_asks_each_issuer_and_tries_secrets(
    issuer: ListServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEAK", "super-secret-jwt-token-with-at-least-32-characters-long")
    monkeypatch.setenv("STRONG", f"hex:{bytes(range(64)).hex()}")
    settings = configured(
        {"issuer": "set", "keys": f"{issuer.url}/jwks"},
        {"issuer": f"http://127.0.0.1:{free_port()}"},
        {"issuer": "weak", "secret_env": "WEAK"},
        {"secret_env": "STRONG"},
    )
    published, down, weak, strong = seen_issuers(settings)
    assert (published.words, published.fault) == (f"set: 1 key from {issuer.url}/jwks", "")
    assert "refused" in down.fault
    assert "unverified" in down.advice
    assert weak.fault == "its secret is in a list of common ones"
    assert strong.words.startswith("tokens without an issuer: 1 key from the environment variable")
    assert strong.fault == ""
    facts = [(fact.state, fact.about) for fact in _issuers(settings)]
    assert [state for state, _ in facts] == [State.OK, State.WRONG, State.WRONG, State.OK]
    assert "super-secret" not in repr([published, down, weak, strong])


def test_keys_that_travel_unencrypted_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.respond.issuer_keys._document", lambda _: {"keys": [EC.public]})
    given = [{"issuer": "a", "keys": "http://id.example/jwks"}, {"issuer": "http://localhost:1"}]
    exposed, at_home = seen_issuers(configured(*given))
    assert "not https://" in exposed.fault
    assert at_home.fault == ""


def test_a_file_of_words_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="one secret a line"):
        configured(tokens_words=str(tmp_path / "none"))
    (tmp_path / "words").write_text("word\n")
    assert configured(tokens_words=str(tmp_path / "words")).tokens.words


def test_without_the_package_it_is_told_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.app.tokens.find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'nightlatch\[tokens\]'"):
        configured({"issuer": ISSUER})


@pytest.mark.slow
def test_an_agent_verifies_what_is_declared_and_guesses_unless_told_not_to(tmp_path: Path) -> None:
    usual = {"data_dir": str(tmp_path / "data"), "identity_verify_bots": False}
    (tmp_path / "jwks.json").write_text(json.dumps(EC.public))
    declared = [{"issuer": ISSUER, "keys": str(tmp_path / "jwks.json")}]
    for given, workers in (
        ({"tokens_guess": False}, []),
        ({}, ["SecretGuesses"]),
        ({"tokens_issuers": declared}, ["TokensKeeper", "SecretGuesses"]),
    ):
        agent = build_agent(configure({**usual, **given}, {}))
        try:
            assert [type(one).__name__ for one in agent._background] == workers
        finally:
            agent.close()


# An application


@pytest.fixture
def issuer() -> Iterator[ListServer]:
    with list_server() as server:
        server.text = json.dumps({"keys": [EC.public]})
        yield server


@contextmanager
def shop(place: Path, *issuers: dict[str, Any]) -> Iterator[Server]:
    port = free_port()
    command = ["uvicorn", "tests.app.token_shop:app", "--port", str(port), "--no-access-log"]
    given = json.dumps(list(issuers))
    with running(command, port, place, TOKENS_ISSUERS=given) as server:
        yield server


def me(server: Server, token: str = "") -> int:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return server.get("/v1/me", headers=headers).status_code


def records(place: Path) -> list[Record]:
    """Oldest first, once the application has ended."""
    with closing(DuckDBEvents(place / ".nightlatch" / "events.duckdb")) as events:
        return sorted(events.search(EventQuery(limit=500)), key=lambda record: record.at)


def failed(record: Record) -> set[str]:
    return {finding.check for finding in record.findings if finding.check.startswith("token-")}


@pytest.mark.slow
def test_a_forged_token_that_a_broken_api_takes_is_high_in_its_records(
    tmp_path: Path, issuer: ListServer
) -> None:
    exp = time.time() + 600
    good = issued(EC, iss=issuer.url, exp=exp)
    head, _, signature = good.split(".")
    forged = f"{head}.{packed(claims(iss=issuer.url, sub='eve', exp=exp))}.{signature}"
    weak = signed(b"your-256-bit-secret")
    with shop(tmp_path, {"issuer": issuer.url, "keys": f"{issuer.url}/jwks"}) as server:
        eventually(lambda: issuer.asked)
        for _ in range(10):
            assert me(server) == 401
        assert me(server, good) == 200
        assert [me(server, one) for one in (forged, unsigned(iss=issuer.url))] == [200, 200]
        assert me(server, weak) == 200
        # Tried in the background: told with the next.
        eventually(lambda: "guessable secret" in server.said)
        assert [me(server, weak) for _ in range(3)] == [200] * 3
        server.stop()
        assert "error" not in server.said.lower(), server.said

    seen = records(tmp_path)
    assert [failed(one) & {"token-accepted-invalid"} for one in seen[:13]] == (
        [set()] * 11 + [{"token-accepted-invalid"}] * 2
    )
    assert [one.level for one in seen[11:13]] == [Level.HIGH] * 2
    told = [one for one in seen if "token-weak-secret" in failed(one)]
    assert len(told) == 1, "once"
    (finding,) = [one for one in told[0].findings if one.check == "token-weak-secret"]
    assert finding.evidence.startswith("tokens without an issuer (HS256) are signed with")
    assert "your-256" not in repr(seen)
    assert len(issuer.asked) == 1


@pytest.mark.slow
def test_an_issuer_that_is_down_at_the_start_stops_nothing_and_is_told_once(
    tmp_path: Path, issuer: ListServer
) -> None:
    down = f"http://127.0.0.1:{free_port()}"
    token = issued(EC, iss=down, exp=time.time() + 600)
    with shop(tmp_path, {"issuer": down}) as server:
        eventually(lambda: "unverified" in server.said)
        assert [me(server), me(server, token), me(server, unsigned(iss=down))] == [401, 200, 200]
        time.sleep(2.5)
        server.stop()
        assert server.said.count("taken as they come, unverified") == 1
        assert f"discovery at {down}" in server.said
    assert [failed(one) & {"token-accepted-invalid"} for one in records(tmp_path)] == [set()] * 3
