from itertools import islice

import pytest
from tests.browsers import Pairs, with_headers
from tests.detect.behaviours.crowd import CAREFUL, DAY, MONDAY, Call, Town, home
from tests.detect.behaviours.siege import (
    HEADLESS,
    IMPOSTOR,
    LIAR,
    attack,
    attempts_until_told,
    private,
    thirty_honest_days,
)

from nightlatch.detect.behaviours import bot
from nightlatch.detect.behaviours.bot import Bots
from nightlatch.exchange.judgement import DetectionKind, Level


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_honest_days(seed: int) -> None:
    thirty_honest_days(Bots, seed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pairs", "within", "words"),
    [
        (LIAR, 25, "It says it is Chrome 142; it shows a Chrome without Accept-Language"),
        (
            HEADLESS,
            25,
            "A browser that a program drives (HeadlessChrome 142) asked for at least 20",
        ),
        (IMPOSTOR, 1, "It says it is Googlebot"),
    ],
)
def test_hidden_programs_are_seen(pairs: Pairs, within: int, words: str) -> None:
    town = Town(Bots)
    attempts = attempts_until_told(town, attack(pairs, home))
    assert attempts is not None
    assert attempts <= within
    [found] = town.detections
    assert words in found.evidence
    assert found.confidence >= 0.9
    assert found.refuted_by


@pytest.mark.slow
def test_one_address_alone_is_seen_later() -> None:
    town = Town(Bots)
    assert attempts_until_told(town, attack(LIAR, lambda _: "192.0.2.1")) == 200
    assert town.detections[0].circle == "address:192.0.2.1"


@pytest.mark.slow
def test_nobody_at_home_is_hiding() -> None:
    assert attempts_until_told(Town(Bots), attack(LIAR, private)) is None


def test_an_impostor_is_told_with_high_confidence_and_only_challenged() -> None:
    town = Town(Bots)
    call = Call(MONDAY, "192.0.2.1", IMPOSTOR, 1, True)
    [found] = town.see(call)
    assert (found.kind, found.level, found.circle) == (
        DetectionKind.BOT,
        Level.HIGH,
        "address:192.0.2.1",
    )
    assert found.confidence >= 0.98
    assert "Googlebot, but 192.0.2.1 is not" in found.evidence
    assert town.suspects(call)
    assert town.see(call) == ()
    assert town.see(Call(MONDAY, "203.0.113.9", IMPOSTOR, 1, True)) == ()


def test_a_thousand_impostors_are_a_few_alarms() -> None:
    town = Town(Bots)
    for number in range(1_000):
        town.see(Call(MONDAY + number, f"192.0.{number >> 8}.{number & 255}", IMPOSTOR, 1, True))
    assert len(town.detections) == bot.TOLD_EACH_HOUR
    assert town.suspects(Call(MONDAY + 999, "192.0.3.200", IMPOSTOR, 1, True))


def test_nothing_hidden_is_told_before_it_was_learned() -> None:
    town = Town(Bots)
    for call in islice(attack(LIAR, home), 1_000):
        town.see(call)
    assert town.detections == []


def test_odd_headers_that_stay_belong_here() -> None:
    """A company's gateway, new on the second day, with three people an hour behind it."""
    town = Town(Bots)
    odd = with_headers(CAREFUL, x_gateway="1")
    for number in range(600):
        town.see(Call(MONDAY + number * 140, f"60.0.{number // 250}.1", CAREFUL, number, True))
    for number in range(400):
        at = MONDAY + 2 * DAY + number * 1_200
        town.see(Call(at, f"60.1.{number % 40}.1", odd, 1_000 + number, True))
    # Then everybody opens it at once.
    for number in range(400):
        at = MONDAY + 9 * DAY + number
        town.see(Call(at, f"60.1.{number % 40}.1", odd, 2_000 + number, True))
    assert town.detections == []


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot, "LOOKS", 50)
    town = Town(Bots)
    for number in range(300):
        odd = with_headers(LIAR, **{f"x{number}": "1"})
        town.see(Call(MONDAY + number, f"60.0.0.{number % 250}", odd, number, True))
    assert isinstance(town.behaviour, Bots)
    assert len(town.behaviour._looks) == 50
