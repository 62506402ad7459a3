"""23andMe and Kia through the whole pipeline: who gets in before newcomers are challenged."""

from random import Random
from typing import Any

import pytest
from tests.conversations import Conversation

from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.judgement import Action, DetectionKind, Mode
from nightlatch.exchange.record import Record

pytestmark = pytest.mark.slow

LOGIN = "/v1/login"
TOKEN = {"access_token": "c0ffee" * 5}


def address(number: int) -> str:
    return f"203.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class Stage:
    def __init__(self, seed: int) -> None:
        self.talk = Conversation("observe", pace=0.5)
        self.random = Random(seed)
        self.told: list[Any] = []

    def log_in(self, number: int, name: str, password: str, *, right: bool) -> Record:
        record = self.talk.ask(
            LOGIN,
            TOKEN if right else {"error": "invalid credentials"},
            200 if right else 401,
            route=LOGIN,
            method="POST",
            sent={"email": name, "password": password},
            address=address(number),
            headers=(("user-agent", "App/3.1"),),
        )
        self.told += record.detections
        return record

    def honest(self, person: int) -> Record:
        while self.random.random() < 0.12:
            typo = f"typo{self.random.random()}"
            self.log_in(person, f"p{person}@x.example", typo, right=False)
        return self.log_in(person, f"p{person}@x.example", f"secret{person}", right=True)

    def learn(self, people: int) -> None:
        for person in range(people):
            self.honest(person)
        assert self.told == []
        self.talk.apply(Directives(mode=Mode.ENFORCE))


@pytest.mark.parametrize("addresses", [2_000, 20_000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_stolen_pairs_get_no_further_than_a_success_or_two(addresses: int, seed: int) -> None:
    stage = Stage(seed)
    stage.learn(600)
    opened, first = 0, None
    honest_challenged = 0
    for number in range(600):
        right = stage.random.random() < 0.007
        source = 1 << 20 | stage.random.randrange(addresses)
        record = stage.log_in(source, f"v{number}@leak.example", f"pw{number}", right=right)
        opened += right and record.ending is Ending.ANSWERED
        if first is None and stage.told:
            first = number + 1
        if number % 3 == 0:
            known = stage.honest(stage.random.randrange(600))
            honest_challenged += known.decision.action is not Action.ALLOW
    assert {one.kind for one in stage.told} == {DetectionKind.CREDENTIAL_STUFFING}
    assert first is not None
    assert first <= 25
    assert opened <= 1
    assert honest_challenged == 0
