"""The token bench for machines."""

import json
from typing import Any

import pytest
from tests.console.house import Client
from tests.console.test_tokens import CLAIMS, EC, PUBLIC, TOKEN
from tests.identity.jose.tokens import packed
from tests.workbench.tokens.test_judging import HOSTILE, OPENER

from nightlatch.workbench.tokens.material import public_part


def test_machines_inspect_and_verify(machine: Client) -> None:
    seen = machine.post("/api/v1/tokens/inspect", json={"token": f"Bearer {TOKEN}"}).json()
    assert seen["kind"] == "a JSON Web Token (JWT), signed"
    assert seen["found"] == "after the word Bearer"
    exp = next(one for one in seen["claims"] if one["name"] == "exp")
    assert (exp["value"], exp["moment"], exp["personal"]) == (CLAIMS["exp"], CLAIMS["exp"], False)
    for keys in (public_part(EC), {"keys": [public_part(EC)]}, [public_part(EC)], PUBLIC):
        ruling = machine.post("/api/v1/tokens/verify", json={"token": TOKEN, "keys": keys}).json()
        assert (ruling["valid"], ruling["reason"], ruling["claims"]) == (True, "", CLAIMS)
    other = {"token": TOKEN, "keys": PUBLIC, "audience": "x"}
    assert "not for x" in machine.post("/api/v1/tokens/verify", json=other).json()["reason"]


def test_machines_are_told_what_is_wrong_with_their_question(machine: Client) -> None:
    bodies: list[Any] = [{}, {"token": 1}, {"token": TOKEN}, {"token": TOKEN, "keys": "{"}, [],
                         {"token": TOKEN, "keys": "https://id.example"},
                         {"keys": []}]  # fmt: skip
    for body in bodies:
        assert machine.post("/api/v1/tokens/verify", json=body).status_code == 422
    large = machine.post("/api/v1/tokens/inspect", json={"token": "e" * 70_000})
    assert large.status_code == 413


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tokens_are_answered_to_machines(machine: Client, name: str) -> None:
    body = json.dumps({"token": HOSTILE[name][:60_000], "keys": OPENER})
    answer = machine.post("/api/v1/tokens/verify", content=body)
    assert answer.status_code in (200, 422)
    assert not answer.json().get("valid")


def test_what_json_cannot_say_is_said_in_words(machine: Client) -> None:
    odd = packed({"a": "\ud800", "b": float("inf"), "deep": [[[]]]})
    token = f"{packed({'alg': 'ES256'})}.{odd}.x"
    claims = machine.post("/api/v1/tokens/inspect", json={"token": token}).json()["claims"]
    assert [one["value"] for one in claims] == ["?", "(not to be told in JSON)", [[[]]]]
