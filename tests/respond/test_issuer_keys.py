"""Keys of issuers over real HTTP: discovered, exchanged, missing, spoilt, and down."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.identity.issued import EC, HMAC, NOW, RSA, issued, renamed
from tests.identity.jose.tokens import rsa_jwk, rsa_key
from tests.list_server import (
    ListServer,
    answer,
    breaks_off,
    list_server,
    says_error_with_200,
    with_status,
)
from tests.workbench.oauth.server.running import CONFIDENTIAL, running

from nightlatch.exchange.credential import Proof
from nightlatch.identity.jose.keys import MAX_KEYS
from nightlatch.identity.verifier import Issuer, Verifier
from nightlatch.respond import issuer_keys
from nightlatch.respond.fetching import FetchFailed
from nightlatch.respond.issuer_keys import (
    EVERY,
    LEAST,
    RETRY,
    IssuerKeys,
    KeyPlace,
    KeysRefused,
    discovered_keys,
    metadata_addresses,
    published_keys,
    sound_keys,
)


@pytest.fixture
def server() -> Iterator[ListServer]:
    with list_server() as running_:
        running_.text = key_set(EC)
        yield running_


def key_set(*signers: Any) -> str:
    return json.dumps({"keys": [one.public for one in signers]})


class House:
    """Keys of one issuer whose address is the server's."""

    def __init__(self, server: ListServer) -> None:
        self.issuer = server.url
        self.verifier = Verifier([Issuer(self.issuer)])
        address = f"{server.url}/keys"
        place = KeyPlace(self.issuer, address, lambda: published_keys(address, self.issuer))
        self.keys = IssuerKeys([place], self.verifier)

    def judge(self, signer: Any = EC, now: float = NOW) -> Proof:
        token = issued(signer, iss=self.issuer, exp=now + 600)
        return self.verifier.judge(token, token, now)

    def troubles(self) -> list[str]:
        return [f"{one.place}: {one.text}" for one in self.keys.troubles.current()]


def test_keys_are_fetched_kept_and_asked_for_again_when_due(server: ListServer) -> None:
    house = House(server)
    assert house.judge() is Proof.UNKNOWN
    house.keys.tick(NOW)
    assert house.judge() is Proof.VERIFIED
    house.keys.tick(NOW + 0.8 * EVERY)
    assert len(server.asked) == 1
    house.keys.tick(NOW + 1.2 * EVERY)
    assert len(server.asked) == 2
    assert house.troubles() == []


def test_a_new_key_is_fetched_when_its_first_token_comes(server: ListServer) -> None:
    house, new = House(server), renamed(RSA, "new")
    house.keys.tick(NOW)
    house.judge()
    later = NOW + 2 * LEAST
    assert house.judge(new, later) is Proof.UNKNOWN
    server.text = key_set(EC, new)
    house.keys.tick(later + 1)
    assert house.judge(new, later + 2) is Proof.VERIFIED
    assert len(server.asked) == 2


@pytest.mark.slow
def test_however_many_invented_keys_come_it_asks_once_a_minute(server: ListServer) -> None:
    house = House(server)
    house.keys.tick(NOW)
    house.judge()
    for second in range(600):
        house.judge(renamed(RSA, f"invented {second}"), NOW + second)
        house.keys.tick(NOW + second)
    assert 9 <= len(server.asked) <= 11


def test_an_issuer_that_is_down_is_told_once_and_its_tokens_pass(
    server: ListServer, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(server)
    server.misbehave = with_status(503)
    with caplog.at_level(logging.WARNING, "nightlatch"):
        for second in range(200):
            house.keys.tick(NOW + second)
            assert house.judge(now=NOW + second) is Proof.UNKNOWN
    assert 3 <= len(server.asked) <= 5, "ever more rarely"
    (told,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert "the server answered 503" in told.getMessage()
    assert "taken as they come, unverified" in told.getMessage()
    assert len(house.troubles()) == 1

    server.misbehave = None
    house.keys.tick(NOW + 200 + RETRY * 16)
    assert house.judge(now=NOW + 1_000) is Proof.VERIFIED
    assert house.troubles() == []


@pytest.mark.parametrize("misbehave", [with_status(500), breaks_off, says_error_with_200])
def test_the_keys_of_before_stay_in_force(server: ListServer, misbehave: Any) -> None:
    house = House(server)
    house.keys.tick(NOW)
    server.misbehave = misbehave
    house.keys.tick(NOW + 2 * EVERY)
    assert house.judge(now=NOW + 2 * EVERY) is Proof.VERIFIED
    (told,) = house.troubles()
    assert "the keys of before stay in force" in told


def test_a_key_that_is_left_out_is_told_until_it_is_gone(server: ListServer) -> None:
    house, odd = House(server), {"kty": "AKP", "kid": "future"}
    both = json.dumps({"keys": [EC.public, odd]})
    now = NOW

    def told_next() -> str:
        nonlocal now
        now += 2 * EVERY
        house.keys.tick(now)
        return "; ".join(house.troubles())

    server.text = both
    assert "1 of 2 keys left out" in told_next()
    assert "1 of 2 keys left out" in told_next()
    assert [one.times for one in house.keys.troubles.current()] == [1], "once"
    server.misbehave = with_status(503)
    assert "the server answered 503" in told_next()
    server.misbehave = None
    assert "1 of 2 keys left out" in told_next()
    server.text = key_set(EC)
    assert told_next() == ""


def test_what_one_issuer_publishes_keeps_no_other_waiting(server: ListServer) -> None:
    address = server.url
    metadata(server, {"/": {"issuer": "", "jwks_uri": "https://[no.address"}})
    verifier = Verifier([Issuer("odd"), Issuer("sound")])
    keys = IssuerKeys(
        [
            KeyPlace("odd", "its address", lambda: published_keys(f"{address}/", "")),
            KeyPlace("sound", "a file", lambda: [EC.public]),
        ],
        verifier,
    )
    keys.tick(NOW)
    keys.tick(NOW + 1)
    assert verifier.judge("x", issued(iss="sound"), NOW) is Proof.VERIFIED
    assert [one.place for one in keys.troubles.current()] == ["keys of odd"]
    assert len(server.asked) == 1, "not again at once"


def test_a_key_that_is_withdrawn_counts_no_more(server: ListServer) -> None:
    house, two = House(server), renamed(RSA, "two")
    server.text = key_set(EC, two)
    house.keys.tick(NOW)
    assert [house.judge(EC), house.judge(two)] == [Proof.VERIFIED] * 2
    server.text = key_set(EC)
    house.keys.tick(NOW + 1.2 * EVERY)
    token = issued(two, iss=house.issuer, exp=NOW + 600)
    assert house.verifier.look(token, NOW + 1) is None
    now = NOW + 1.2 * EVERY
    assert house.judge(two, now) is Proof.UNKNOWN
    house.keys.tick(now + LEAST + 1)
    assert house.judge(two, now + LEAST + 2) is Proof.UNKNOWN_KEY


def test_keys_that_fit_no_token_are_doubted_aloud(server: ListServer) -> None:
    house = House(server)
    server.text = key_set(renamed(RSA, "other"))
    house.keys.tick(NOW)
    for number in range(60):
        house.judge(now=NOW + number)
        house.keys.tick(NOW + number)
    house.keys.tick(NOW + 2 * LEAST)
    house.judge(now=NOW + 2 * LEAST)
    for number in range(60):
        house.judge(now=NOW + 2 * LEAST + number / 10)
    house.keys.tick(NOW + 3 * LEAST)
    (told,) = house.troubles()
    assert "none of them could be verified yet" in told
    server.text = key_set(EC)
    house.keys.tick(NOW + 2 * EVERY)
    house.keys.tick(NOW + 2 * EVERY + 1)
    assert house.troubles() == []


def test_a_clock_that_is_set_back_keeps_nobody_waiting(server: ListServer) -> None:
    house = House(server)
    house.keys.tick(NOW)
    house.keys.tick(NOW - 10 * EVERY)
    assert len(server.asked) == 2


# Discovery


def metadata(server: ListServer, paths: dict[str, object]) -> None:
    """The server answers these paths alone."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        found = paths.get(handler.path)
        if found is None:
            answer(handler, 404, b"")
        else:
            answer(handler, 200, json.dumps(found).encode())

    server.misbehave = reply


OPENID = "/.well-known/openid-configuration"
OAUTH = "/.well-known/oauth-authorization-server"


@pytest.mark.parametrize("path", [OPENID, OAUTH])
def test_keys_are_discovered_both_ways(server: ListServer, path: str) -> None:
    about = {"issuer": server.url, "jwks_uri": f"{server.url}/jwks"}
    metadata(server, {path: about, "/jwks": {"keys": [EC.public]}})
    assert discovered_keys(server.url) == [EC.public]
    assert published_keys(server.url + path, server.url) == [EC.public]


def test_the_path_of_an_issuer_stands_where_the_standards_have_it() -> None:
    assert list(metadata_addresses("https://id.example/realms/shop/")) == [
        "https://id.example/realms/shop/.well-known/openid-configuration",
        "https://id.example/.well-known/oauth-authorization-server/realms/shop",
    ]


REFUSED: dict[str, tuple[object, str]] = {
    "another issuer's metadata": (
        {"issuer": "https://evil.example", "jwks_uri": "{url}/jwks"}, "of another issuer",
    ),
    "metadata without an issuer": ({"jwks_uri": "{url}/jwks"}, "of another issuer"),
    "no key address": ({"issuer": "{url}"}, "neither a key set nor metadata"),
    "a key address that is a number": ({"issuer": "{url}", "jwks_uri": 7}, "neither a key set"),
    "a list": ([EC.public], "no JSON object"),
    "keys that are no list": ({"keys": "x"}, "neither a key set"),
    "keys that are texts": ({"keys": ["x"]}, "neither a key set"),
    "a secret": ({"keys": [HMAC.public]}, "publishes a secret"),
}  # fmt: skip


@pytest.mark.parametrize(("document", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_key_set_is_refused(server: ListServer, document: object, words: str) -> None:
    metadata(server, {"/": json.loads(json.dumps(document).replace("{url}", server.url))})
    with pytest.raises(KeysRefused, match=words):
        published_keys(f"{server.url}/", server.url)


def test_a_key_address_may_not_lead_out_of_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"issuer": "https://id.example", "jwks_uri": "http://id.example/jwks"}
    monkeypatch.setattr(issuer_keys, "_document", lambda _address: about)
    with pytest.raises(KeysRefused, match="not behind https"):
        discovered_keys("https://id.example")


@pytest.mark.parametrize("body", [b"{" * 100_000, b"", b"\xff\xfe", b'{"keys": ['])
def test_what_is_no_json_is_refused(server: ListServer, body: bytes) -> None:
    server.misbehave = lambda handler: answer(handler, 200, body)
    with pytest.raises(KeysRefused, match="no JSON"):
        published_keys(f"{server.url}/", "")


def test_an_endless_key_set_is_cut_off(server: ListServer) -> None:
    server.text = "x" * (issuer_keys.MAX_BYTES + 1)
    with pytest.raises(FetchFailed, match="larger than"):
        published_keys(f"{server.url}/", "")


# What of a set is used


def test_what_is_unsound_is_left_out_and_told() -> None:
    weak = rsa_jwk(rsa_key(1_024), kid="weak")
    future = {"kty": "AKP", "alg": "ML-DSA-44", "kid": "future"}
    encryption = {**rsa_jwk(rsa_key()), "use": "enc", "kid": "enc"}
    ring, fault = sound_keys([weak, future, encryption, EC.public])
    assert [key.id for key in ring.keys] == ["one"]
    assert fault == "2 of 4 keys left out: the RSA key has 1024 bits, fewer than 2048"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([], "there is no key to verify with"),
        ([{"kty": "oct", "k": "c2VjcmV0"}], "it is for no signature"),
        ([EC.public, RSA.public], "two keys have the same id"),
        ([EC.public, {**HMAC.public, "kid": "two"}], "mixes secrets with public keys"),
        ([{}] * (MAX_KEYS + 1), "more than"),
    ],
)
def test_what_is_ambiguous_is_refused(keys: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(KeysRefused, match=words):
        sound_keys(keys)


def test_files_are_there_from_the_start(tmp_path: Path) -> None:
    read: list[int] = []

    def local() -> list[dict[str, Any]]:
        read.append(1)
        return [EC.public]

    def remote() -> list[dict[str, Any]]:
        raise AssertionError("nobody waits for what must be fetched")

    verifier = Verifier([Issuer("a"), Issuer("b")])
    keys = IssuerKeys(
        [KeyPlace("a", "a file", local, local=True), KeyPlace("b", "an address", remote)], verifier
    )
    keys.start(NOW)
    assert verifier.judge("x", issued(iss="a"), NOW) is Proof.VERIFIED
    assert read == [1]
    assert "remote" not in repr(keys._places)


@pytest.mark.slow
def test_tokens_of_a_real_authorization_server_are_verified() -> None:
    with running() as bench:
        issuer = bench.issuer
        verifier = Verifier([Issuer(issuer)])
        place = KeyPlace(issuer, "discovery", lambda: discovered_keys(issuer))
        keys = IssuerKeys([place], verifier)
        keys.tick(bench.moment)
        token = bench.token("client_credentials", CONFIDENTIAL, scope="api").json()["access_token"]
        assert verifier.judge("token", token, bench.moment) is Proof.VERIFIED
        assert keys.troubles.current() == ()
