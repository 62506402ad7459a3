"""Answers that tell who exists, heard from honest people; and answers that only seem to."""

from random import Random
from typing import Any

import pytest
from tests.detect.behaviours.oracle_world import (
    FORGOT,
    Answer,
    Says,
    Takes,
    ask,
    hashes,
    people,
    quick,
)
from tests.detect.behaviours.sightings import LOGIN, NOW, renewed, reporter, tell

from nightlatch.detect.behaviours.oracle import LISTENS_FOR, ExistenceOracle
from nightlatch.detect.behaviours.timing import FIRST, Timing
from nightlatch.detect.behaviours.twofold import MIN_SHARE, Twofold
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

SENT = {"message": "If we know you, a mail is on its way."}


def constant(yes: Answer, no: Answer) -> Says:
    return lambda known, name, random, at: yes if known else no


ORACLES: dict[str, tuple[Says, Takes, float]] = {
    "words": (constant((200, {"message": "Sent."}), (200, {"message": "Unknown."})), quick, 0.9),
    "status": (constant((401, {"error": "x"}), (403, {"error": "x"})), quick, 0.9),
    "fields": (constant((200, {"ok": 1, "hint": "m"}), (200, {"ok": 1})), quick, 0.9),
    "flag": (constant((200, {"next": True}), (200, {"next": False})), quick, 0.9),
    "page": (
        lambda known, name, random, at: (
            200, f"<p>{name}: {'we sent a mail' if known else 'no such account'}</p>"
        ),
        quick,
        0.9,
    ),
    "size": (constant((200, {"hint": "a" * 24}), (200, {"hint": "a" * 20})), quick, 0.7),
    "time": (constant((200, SENT), (200, SENT)), hashes, 0.5),
}  # fmt: skip

SILENT: dict[str, tuple[Says, Takes]] = {
    "uniform": (constant((200, SENT), (200, SENT)), quick),
    "repeats the name": (
        lambda known, name, random, at: (200, {"message": f"Sent to {name}", "email": name}),
        quick,
    ),
    "at random": (
        lambda known, name, random, at: (
            200, SENT if random.random() < 0.5 else {"message": "Please wait."}
        ),
        quick,
    ),
    "a release": (
        lambda known, name, random, at: (
            200, SENT if at < NOW + 500_000 else {"message": "Other words."}
        ),
        quick,
    ),
    "a captcha now and then": (
        lambda known, name, random, at: (
            (200, SENT) if random.random() > 0.1 else (400, {"error": "captcha"})
        ),
        quick,
    ),
    "a language of each client": (
        lambda known, name, random, at: (
            200, {"message": "Gesendet." if _number(name) % 5 == 1 else "Sent."}
        ),
        quick,
    ),
    "an answer of its own each time": (
        lambda known, name, random, at: (200, {"hint": "a" * random.randrange(40)}),
        quick,
    ),
    "slow now and then": (
        constant((200, SENT), (200, SENT)),
        lambda known, random: 0.2 if random.random() < 0.2 else 0.004,
    ),
}  # fmt: skip


def _number(name: str) -> int:
    return int("".join(char for char in name.partition("@")[0] if char.isdecimal()))


def hear(
    says: Says, takes: Takes = quick, *, seed: int = 5, key: str = FORGOT, password: bool = False
) -> list[Detection]:
    to = reporter()
    behaviour = ExistenceOracle(to)
    told: list[Detection] = []
    for one in people(seed, says, takes, key=key, password=password):
        told += tell(behaviour, to, one)
    return told


@pytest.mark.parametrize("name", ORACLES)
def test_an_oracle_is_heard_once_from_honest_people_alone(name: str) -> None:
    says, takes, confidence = ORACLES[name]
    told = hear(says, takes)
    assert [one.kind for one in told] == [DetectionKind.EXISTENCE_ORACLE]
    assert told[0].level is Level.MEDIUM
    assert told[0].confidence == confidence
    assert 0 < told[0].false_alarm_rate <= 1e-6
    assert told[0].refuted_by


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SILENT)
def test_what_the_identifier_does_not_decide_is_no_oracle(name: str, seed: int) -> None:
    says, takes = SILENT[name]
    assert hear(says, takes, seed=seed) == []


def test_cases_were_run() -> None:
    assert (len(ORACLES), len(SILENT)) == (7, 8)


@pytest.mark.parametrize("status", [200, 401])
def test_a_log_in_that_knows_two_refusals_is_one(status: int) -> None:
    says = constant((status, {"error": "Invalid password"}), (status, {"error": "Unknown user"}))
    assert len(hear(says, key=LOGIN, password=True)) == 1


def test_a_log_in_that_opens_some_accounts_is_none() -> None:
    def says(known: bool, name: str, random: Random, at: float) -> Answer:
        right = known and random.random() < 0.8
        return (200, {"token": "c0ffee" * 4}) if right else (401, {"error": "no"})

    assert hear(says, key=LOGIN, password=True) == []


def test_where_the_ledger_knows_hits_from_misses_it_tells() -> None:
    to = reporter()
    behaviour = ExistenceOracle(to)
    says = constant((200, {"exists": True}), (200, {"exists": False}))
    for one in people(5, says):
        value: Any = one.response.value
        disclosure = type(one.disclosure)(one.disclosure.asked, (), value["exists"])
        assert tell(behaviour, to, renewed(one, disclosure=disclosure)) == ()


def test_an_endpoint_is_listened_to_for_a_while() -> None:
    to = reporter()
    behaviour = ExistenceOracle(to)
    one = ask(1, "ann@x.example", NOW, (200, SENT))
    for _ in range(LISTENS_FOR + 10):
        behaviour.note(one)
    ear = behaviour._ears.get(FORGOT)
    assert ear is not None
    assert ear.heard == LISTENS_FOR


def test_somebody_s_data_is_not_compared() -> None:
    def says(known: bool, name: str, random: Random, at: float) -> Answer:
        return 200, {f"field{number}": number for number in range(12 if known else 10)}

    assert hear(says) == []


def test_information_is_all_of_the_uncertainty_where_the_identifier_decides() -> None:
    channel = Twofold()
    random = Random(1)
    for _ in range(2_000):
        identifier = random.randrange(300)
        channel.note(identifier, identifier % 2, "app")
    assert channel.information == pytest.approx(channel.uncertainty, abs=0.01)
    assert channel.proven


def test_information_is_nothing_where_chance_decides() -> None:
    channel = Twofold()
    random = Random(1)
    for _ in range(2_000):
        channel.note(random.randrange(300), random.randrange(2), "app")
    assert channel.information < 0.05 < MIN_SHARE
    assert not channel.proven


def test_makes_that_met_one_kind_only_say_nothing() -> None:
    channel = Twofold()
    for number in range(1_000):
        channel.note(number % 100, number % 2, f"make{number % 2}")
    assert channel.returns == 0


@pytest.mark.parametrize(("slow", "found"), [(0.05, True), (0.005, False)])
def test_two_times_are_told_from_one(slow: float, found: bool) -> None:
    timing = Timing()
    random = Random(2)
    for _ in range(3 * FIRST):
        identifier = random.randrange(250)
        middle = slow if identifier % 8 == 0 else 0.005
        timing.note(identifier, middle * random.lognormvariate(0, 0.3))
    assert bool(timing.found()) is found


def test_durations_of_nothing_and_of_ages_are_taken() -> None:
    timing = Timing()
    for number in range(2 * FIRST):
        timing.note(number % 50, [0.0, -1.0, 1e9, 0.004][number % 4])
    timing.found()
