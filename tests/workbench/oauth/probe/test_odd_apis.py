"""APIs with mistakes that the test server does not have, and APIs that make probing hard."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.identity.jose.tokens import un64
from tests.servers import free_port
from tests.workbench.oauth.flows.playing import Asked, fault, played, says, server, succeeded

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.flows.call import Answer
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.api import Target, probe_api
from nightlatch.workbench.oauth.probe.leash import Bounds
from nightlatch.workbench.oauth.probe.listener import Listener
from nightlatch.workbench.oauth.probe.weakness import Report
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import generate, public_part

KEY = {**generate("EC"), "alg": "ES256"}
PUBLIC = public_part(KEY)
TOKEN = sign({"sub": "ada", "iss": "https://id.example", "exp": int(time.time()) + 3_600}, KEY)
GOOD = says({"sub": "ada"})
NO = says({"error": "invalid_token"}, 401)
Quirk = Callable[[dict[str, Any], dict[str, Any], str], Answer | None]
"""Of header, claims and token: an answer of its own, or None."""


def token_of(asked: Asked) -> str:
    return str(asked.headers.get("Authorization", "")).removeprefix("Bearer ")


@contextmanager
def api(quirk: Quirk) -> Iterator[str]:
    """Sound, but for the quirk."""

    def reply(_address: str, asked: Asked) -> Answer:
        token = token_of(asked)
        if not token:
            return NO
        if verify(token, PUBLIC).valid:
            return GOOD
        head, claims = (json.loads(un64(part)) for part in token.split(".")[:2])
        return quirk(head, claims, token) or NO

    with server(reply) as address:
        yield f"{address}/me"


async def report(quirk: Quirk, clock: Callable[[], float] = time.time, **more: Any) -> Report:
    with api(quirk) as url:
        return await succeeded(probe_api(Target(url, TOKEN, (PUBLIC,), **more), clock))


def ids(found: Report) -> list[str]:
    return [one.weakness.id for one in found.found]


async def test_a_sound_one_has_nothing() -> None:
    assert ids(await report(lambda *_: None)) == []


async def test_zeros_are_believed() -> None:
    def psychic(_head: Any, _claims: Any, token: str) -> Answer | None:
        return GOOD if set(un64(token.split(".")[2])) == {0} else None

    assert ids(await report(psychic)) == ["psychic-signature"]


async def test_claims_are_repeated_before_they_are_checked() -> None:
    def telling(_head: Any, claims: dict[str, Any], _token: str) -> Answer:
        return says({"error": f"unsound claims: {claims}"}, 401)

    found = await report(telling)
    assert ids(found) == ["claims-first"]
    assert "nightlatch-canary" not in found.found[0].evidence


@pytest.mark.slow
async def test_a_command_in_the_key_id_runs() -> None:
    def shell(head: dict[str, Any], _claims: Any, _token: str) -> Answer | None:
        command = str(head.get("kid", "")).partition("|sleep ")[2]
        # The clock of this probe is ten times as fast.
        time.sleep(int(command or 0) / 10)
        return None

    assert ids(await report(shell, lambda: time.time() * 10)) == ["key-id-command"]


@pytest.mark.slow
async def test_one_that_fails_at_each_forgery_is_probed_to_the_end() -> None:
    with api(lambda *_: Answer(500)) as url:
        found = await succeeded(probe_api(Target(url, TOKEN, (PUBLIC,)), time.time))
    assert ids(found) == ["breaks"]
    assert "still to come" not in " ".join(found.skipped)
    assert "token-in-query" in found.tried


@pytest.mark.slow
async def test_one_that_breaks_off_is_named() -> None:
    def broken(head: dict[str, Any], _claims: Any, _token: str) -> Answer | None:
        if head["alg"] == "nOnE":
            raise ConnectionResetError
        return None

    with api(broken) as url:
        found = await succeeded(probe_api(Target(url, TOKEN, (PUBLIC,)), time.time))
    assert ids(found) == ["breaks"]
    assert "breaks off" in found.found[0].evidence


async def test_one_that_always_answers_200_is_told_apart_by_size() -> None:
    def reply(_address: str, asked: Asked) -> Answer:
        good = verify(token_of(asked), PUBLIC).valid
        unsigned = token_of(asked).endswith(".")
        return says({"sub": "ada", "orders": list(range(30))} if good or unsigned else {"error": 1})

    with server(reply) as address:
        found = await succeeded(probe_api(Target(address, TOKEN), time.time))
    assert ids(found) == ["unsigned", "signature-ignored"]


async def test_a_word_tells_apart_what_nothing_else_does() -> None:
    def reply(_address: str, asked: Asked) -> Answer:
        good = verify(token_of(asked), PUBLIC).valid
        return says({"name": "Ada Lovelace" if good else "Nobody known"})

    with server(reply) as address:
        told = await fault(probe_api(Target(address, TOKEN), time.time))
        assert "--canary" in told
        target = Target(address, TOKEN, canary="Lovelace")
        assert ids(await succeeded(probe_api(target, time.time))) == []


async def test_one_that_locks_out_is_left_alone() -> None:
    asked_for = 0

    def reply(_address: str, asked: Asked) -> Answer:
        nonlocal asked_for
        asked_for += 1
        return GOOD if verify(token_of(asked), PUBLIC).valid and asked_for < 10 else NO

    with server(reply) as address:
        found = await played(probe_api(Target(address, TOKEN), time.time))
    assert found.result is not None
    assert "refused now" in found.result.skipped[-1]
    assert any("locked" in note for note in found.notes)
    assert asked_for < 20


async def test_one_that_is_busy_is_left_alone() -> None:
    def busy(_head: Any, _claims: Any, _token: str) -> Answer:
        return Answer(429, (("Retry-After", "1"),))

    found = await report(busy)
    assert "429" in found.skipped[-1]
    assert ids(found) == []


async def test_its_bound_ends_it() -> None:
    found = await report(lambda *_: None, bounds=Bounds(most=7))
    assert "7 requests" in found.skipped[-1]


@pytest.mark.slow
async def test_redirects_are_not_followed() -> None:
    places: list[str] = []

    def elsewhere(_head: Any, _claims: Any, _token: str) -> Answer:
        return Answer(302, (("Location", f"{evil}/me"),))

    def reached(_address: str, asked: Asked) -> Answer:
        places.append(asked.path)
        return GOOD

    with server(reached) as evil:
        assert ids(await report(elsewhere)) == []
    assert places == []


@pytest.mark.parametrize(("body", "told"), [
    (b"x" * 1_200_000, "more than"), (b"", ""), (b"\xff\xfe\x00", ""), (b"{" * 9_999, ""),
])  # fmt: skip
async def test_odd_bodies_are_no_trouble(body: bytes, told: str) -> None:
    def reply(_address: str, asked: Asked) -> Answer:
        good = verify(token_of(asked), PUBLIC).valid
        return Answer(200 if good else 403, (), body)

    with server(reply) as address:
        found = await played(probe_api(Target(address, TOKEN), time.time))
    assert told in found.fault
    assert bool(found.result) == (not told)


def trusting(head: dict[str, Any], _claims: Any, token: str) -> Answer | None:
    """Fetches the key from where the token says, as far too many do."""
    place = str(head.get("jku", ""))
    if not place.startswith("http"):
        return None
    with urllib.request.urlopen(place, timeout=5) as answer:
        return GOOD if verify(token, json.load(answer)).valid else None


def curious(_head: Any, claims: dict[str, Any], _token: str) -> Answer | None:
    """Looks for the issuer's metadata, and then believes nothing."""
    issuer = str(claims.get("iss", ""))
    if issuer.startswith("http://127.0.0.1"):
        place = f"{issuer}/.well-known/openid-configuration"
        with urllib.request.urlopen(place, timeout=5) as answer:
            assert json.load(answer)["issuer"] == issuer
    return None


@pytest.mark.slow
@pytest.mark.parametrize(("quirk", "finds"), [
    (trusting, ["foreign-keys", "fetches"]), (curious, ["fetches"]), (lambda *_: None, []),
])  # fmt: skip
async def test_what_a_token_names_is_fetched(quirk: Quirk, finds: list[str]) -> None:
    port = free_port()
    async with Listener(f"http://127.0.0.1:{port}", "127.0.0.1", port) as listener:
        found = await report(quirk, listener=listener)
    assert ids(found) == finds
    assert {weakness.KEY_ADDRESS.id, weakness.FETCHES.id} <= set(found.tried)
    assert not any("--listen" in one for one in found.skipped)


async def test_a_place_that_is_taken_is_told() -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with Listener(address, "127.0.0.1", port):
        with pytest.raises(Exception, match="cannot listen"):
            await Listener(address, "127.0.0.1", port).__aenter__()
