"""Stuffing, spraying and guessing: thirty honest days without a word, and each attack found."""

from collections.abc import Callable, Iterator
from random import Random

import msgspec
import pytest
from tests.detect.behaviours.login_world import ANSWERS, HONEST_STATUS, Answers, World
from tests.detect.behaviours.sightings import (
    DAY,
    LOGIN,
    NOW,
    caller,
    kinds,
    renewed,
    reporter,
    sighting,
    tell,
)

from nightlatch.detect.behaviour import Reporter, Sighting
from nightlatch.detect.behaviours.codes import guesses_allowed
from nightlatch.detect.behaviours.failures import FLOOR, UNLEARNED, FailureShare
from nightlatch.detect.behaviours.login_door import LoginDoor
from nightlatch.detect.behaviours.logins import LogIns
from nightlatch.detect.behaviours.stuffing import EXPLAINED
from nightlatch.detect.known import VOUCHES
from nightlatch.detect.pricing import DEAREST, FIRST
from nightlatch.detect.suspicions import Suspicion
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.policy.budgets import PAID_LOGINS

pytestmark = pytest.mark.slow

STUFFING = DetectionKind.CREDENTIAL_STUFFING
SPRAYING = DetectionKind.PASSWORD_SPRAYING
GUESSING = DetectionKind.CODE_GUESSING
AFTER = NOW + 4 * DAY + 36_000
"""Ten o'clock on the day after four days of learning."""
MONTHS = [
    ANSWERS[0],
    *(pytest.param(answers, marks=pytest.mark.slow) for answers in ANSWERS[1:]),
]


class Scene:
    """A log-in, and what was told of it so far."""

    def __init__(self, seed: int = 3, days: int = 4, answers: Answers = HONEST_STATUS) -> None:
        self.world = World(seed, answers)
        self.reporter: Reporter = reporter()
        self.behaviour = LogIns(self.reporter)
        self.told: list[Detection] = []
        self.hear(self.world.days(0, days))

    def hear(self, sightings: Iterator[Sighting]) -> None:
        for one in sightings:
            self.told += tell(self.behaviour, self.reporter, one)

    def until(
        self, kind: DetectionKind, attempt: Callable[[int], Sighting], most: int = 200
    ) -> int:
        """How many attempts it takes until this is told."""
        for number in range(most):
            new = tell(self.behaviour, self.reporter, attempt(number))
            self.told += new
            if kind in kinds(new):
                return number + 1
        raise AssertionError(f"{kind} was not told within 200 attempts")

    def stuff(self, number: int, *, pace: float = 1.0, right: bool = False) -> Sighting:
        """A stolen pair, from an address of its own."""
        at = AFTER + number * pace
        name, guess = f"victim{number}@leak.example", f"pw{number}"
        return self.world.try_(at, 1 << 22 | number, name, guess, right=right)

    def about(self, address: int, now: float = AFTER + 900) -> Suspicion | None:
        return self.reporter.suspicions.about(caller(address), LOGIN, now)


@pytest.mark.parametrize("answers", MONTHS)
def test_thirty_honest_days_and_then_stolen_pairs_from_one_address_each(answers: Answers) -> None:
    scene = Scene(seed=7, days=30, answers=answers)
    assert scene.told == []
    assert len(scene.reporter.suspicions) == 0
    scene_after = AFTER + 26 * DAY
    attempts = scene.until(STUFFING, lambda number: _later(scene, number, scene_after))
    assert attempts <= 25


def _later(scene: Scene, number: int, at: float) -> Sighting:
    name = f"victim{number}@leak.example"
    return scene.world.try_(at + number, 1 << 22 | number, name, f"pw{number}", right=False)


@pytest.mark.parametrize("seed", range(20, 24))
def test_other_honest_months_are_quiet_as_well(seed: int) -> None:
    scene = Scene(seed=seed, days=30)
    assert scene.told == []
    assert len(scene.reporter.suspicions) == 0


def test_newcomers_are_challenged_and_callers_known_here_are_not() -> None:
    scene = Scene()
    scene.until(STUFFING, scene.stuff)
    newcomer = scene.about(1 << 22 | 999)
    assert newcomer is not None
    assert not newcomer.convicts
    assert scene.about(5) is None  # An office.
    known = scene.reporter.suspicions.known
    assert sum(known.knows(LOGIN, caller(1_000 + person)) for person in range(3_000)) > 500


def test_the_detection_says_what_it_rests_on() -> None:
    scene = Scene()
    scene.until(STUFFING, scene.stuff)
    told = scene.told[-1]
    assert (told.circle, told.level, told.false_alarm_rate) == ("strangers", Level.HIGH, 1e-9)
    assert told.confidence >= 0.9
    assert "first tries of callers new here failed" in told.evidence
    assert told.refuted_by


def test_honest_traffic_beside_it_hides_no_campaign() -> None:
    scene = Scene()
    honest = scene.world.days(4, 5, per_day=4_000)
    waiting = next(honest)

    def mixed(number: int) -> Sighting:
        nonlocal waiting
        one = scene.stuff(number, pace=30)
        while waiting.exchange.at < one.exchange.at:
            scene.behaviour.note(waiting)
            waiting = next(honest)
        return one

    assert scene.until(STUFFING, mixed) <= 60


def test_accounts_opened_meanwhile_are_told_masked() -> None:
    scene = Scene()
    scene.until(STUFFING, scene.stuff)
    for number in range(30, 1_000):
        one = scene.stuff(number, right=number == 50)
        scene.told += tell(scene.behaviour, scene.reporter, one)
    told = scene.told[-1]
    assert told.subjects == 1
    assert "1 account was opened by newcomers meanwhile" in told.evidence
    assert "v•••@leak.example" in told.evidence
    assert "victim" not in told.evidence


def test_whoever_pays_for_a_try_pays_more_for_the_next_ones() -> None:
    scene = Scene()
    scene.until(STUFFING, scene.stuff)
    prices: list[int] = []
    number, found = 30, scene.about(1 << 22 | 9_999, AFTER)
    while found is not None and not found.convicts:
        prices.append(found.price)
        scene.behaviour.note(scene.stuff(number))
        number += 1
        found = scene.about(1 << 22 | 9_999, AFTER + number)
    assert found is not None
    assert 0 <= PAID_LOGINS - len(prices) <= 30
    assert "now all of them wait" in found.reason
    assert prices == sorted(prices)
    assert (prices[0], prices[-1]) == (FIRST, DEAREST)


def test_a_campaign_ends_when_newcomers_get_in_again() -> None:
    scene = Scene()
    scene.until(STUFFING, scene.stuff)
    scene.hear(scene.world.days(5, 7))
    assert scene.about(1 << 22 | 999, NOW + 7 * DAY) is None
    assert scene.until(STUFFING, lambda n: renewed_at(scene.stuff(n), NOW + 7 * DAY + n)) <= 25


def renewed_at(one: Sighting, at: float) -> Sighting:
    return renewed(one, exchange=msgspec.structs.replace(one.exchange, at=at))


def test_attackers_who_are_turned_away_keep_the_campaign_going() -> None:
    scene = Scene()
    scene.until(STUFFING, scene.stuff)
    for number in range(40, 2_000):
        refused = sighting(
            caller(1 << 22 | number), AFTER + number * 5, LOGIN,
            {"email": f"v{number}@leak.example", "password": "x"}, status=None,
        )  # fmt: skip
        scene.behaviour.note(refused)
    assert scene.about(1 << 22 | 9_999, AFTER + 2_000 * 5) is not None


def test_newcomers_who_are_turned_away_have_the_evidence_worded_once() -> None:
    scene = Scene()
    scene.until(STUFFING, scene.stuff)
    for number in range(40, 40 + PAID_LOGINS):
        scene.behaviour.note(scene.stuff(number))
        found = scene.about(1 << 22 | 9_999)
        if found is not None and found.convicts:
            break
    else:
        raise AssertionError("newcomers were never refused")
    told: list[Suspicion | None] = []
    scene.reporter.suspicions.tell = lambda _circle, _endpoint, one: told.append(one)
    for number in range(2_000, 2_100):
        refused = sighting(
            caller(1 << 22 | number), AFTER + 400 + number / 10, LOGIN,
            {"email": f"v{number}@leak.example", "password": "x"}, status=None,
        )  # fmt: skip
        scene.behaviour.note(refused)
    assert told == []


def _shut(scene: Scene, opened: int | None = None) -> None:
    """A campaign whose newcomers have paid for as many tries as they may have; one got in."""
    scene.until(STUFFING, scene.stuff)
    for number in range(40, 40 + PAID_LOGINS):
        scene.behaviour.note(scene.stuff(number, right=number == opened))


def _accepted(address: int, principal: str) -> Sighting:
    """A profile that is shown to its owner, at an endpoint that turns others away."""
    who = caller(address, f"principal:{principal}")
    answer = {"name": "N"}
    return sighting(who, AFTER + 600, "GET /profile", answer=answer, stranger=False)


def test_who_signed_up_first_is_challenged_where_newcomers_are_refused() -> None:
    scene, fresh = Scene(), 1 << 22 | 5_000
    _shut(scene)
    scene.behaviour.note(_accepted(fresh, "new"))
    found, other = scene.about(fresh), scene.about(fresh + 1)
    assert found is not None
    assert not found.convicts
    assert other is not None
    assert other.convicts


def test_an_account_that_was_taken_over_explains_no_further_tries() -> None:
    scene, taken = Scene(), 1 << 22 | 41
    _shut(scene, opened=41)
    scene.behaviour.note(_accepted(taken, "victim"))
    found = scene.about(taken)
    assert found is not None
    assert found.convicts


def test_an_account_of_the_attackers_own_explains_a_few_tries_from_five_addresses() -> None:
    scene, first = Scene(), 1 << 22 | 6_000
    _shut(scene)
    for number in range(20):
        scene.behaviour.note(_accepted(first + number, "fake"))
    explained = [n for n in range(20) if not _convicted(scene, first + n)]
    assert len(explained) == VOUCHES
    for number in range(EXPLAINED + 1):
        account = f"v{number}@leak.example"
        scene.behaviour.note(scene.world.try_(AFTER + 700, first, account, "x", right=False))
    assert _convicted(scene, first)


def _convicted(scene: Scene, address: int) -> bool:
    found = scene.about(address)
    return found is not None and found.convicts


def test_one_address_is_convicted_everywhere_and_raises_no_campaign() -> None:
    scene = Scene()
    attack = 1 << 22 | 7

    def attempt(number: int) -> Sighting:
        name = f"victim{number}@leak.example"
        return scene.world.try_(AFTER + number, attack, name, f"pw{number}", right=False)

    assert scene.until(STUFFING, attempt) <= 15
    found = scene.about(attack)
    assert found is not None
    assert found.convicts
    assert scene.reporter.suspicions.about(caller(attack), "GET /other", AFTER + 60) is found
    for number in range(20, 120):
        scene.told += tell(scene.behaviour, scene.reporter, attempt(number))
    assert {one.circle for one in scene.told} == {"address:10.64.0.7"}


def test_a_carrier_s_gateway_is_challenged_and_not_refused() -> None:
    scene = Scene()

    def attempt(number: int) -> Sighting:
        name = f"victim{number}@leak.example"
        return scene.world.try_(AFTER + number, 101, name, f"pw{number}", right=False)

    assert scene.until(STUFFING, attempt) <= 40
    found = scene.about(101)
    assert found is not None
    assert not found.convicts


def test_a_pass_is_a_caller_of_its_own() -> None:
    scene = Scene()
    scene.until(STUFFING, scene.stuff)
    for number in range(300, 312):
        one = scene.stuff(number)
        paid = caller(1 << 22 | number, "pass:bought")
        exchange = msgspec.structs.replace(one.exchange, caller=paid)
        scene.behaviour.note(renewed(one, exchange=exchange))
    found = scene.reporter.suspicions.about(caller(77, "pass:bought"), LOGIN, AFTER + 400)
    assert found is not None
    assert found.convicts


@pytest.mark.parametrize("addresses", [1, 500])
def test_one_password_at_many_accounts_is_spraying(addresses: int) -> None:
    scene = Scene()

    def attempt(number: int) -> Sighting:
        address = 1 << 22 | number % addresses
        name = f"p{number}@mail.example"
        return scene.world.try_(AFTER + number * 60, address, name, "Winter2026!", right=False)

    assert scene.until(SPRAYING, attempt) <= 8
    told = scene.told[-1]
    assert told.circle == ("strangers" if addresses > 1 else "address:10.64.0.0")
    assert "Winter" not in told.evidence
    assert scene.about(1 << 22) is not None


def test_the_account_s_name_as_its_password_is_spraying() -> None:
    scene = Scene()

    def attempt(number: int) -> Sighting:
        name = f"p{number}@mail.example"
        address = 1 << 22 | number
        return scene.world.try_(AFTER + number * 60, address, name, f"p{number}", right=False)

    assert scene.until(SPRAYING, attempt) <= 8


@pytest.mark.parametrize("addresses", [1, 500])
def test_one_account_s_password_is_guessed(addresses: int) -> None:
    scene = Scene()
    known = scene.world.try_(AFTER, 1_005, "p5@mail.example", "secret-5", right=True)
    scene.behaviour.note(known)

    def attempt(number: int) -> Sighting:
        address = 1 << 22 | number % addresses
        at = AFTER + number * 30
        return scene.world.try_(at, address, "p5@mail.example", f"guess{number}", right=False)

    assert scene.until(GUESSING, attempt) <= 25
    told = scene.told[-1]
    assert told.circle == "account:p•••@mail.example"
    assert told.false_alarm_rate == 1e-6
    assert STUFFING not in kinds(scene.told)
    assert scene.about(1 << 22) is not None
    assert scene.about(1_005) is None


def test_the_owner_who_forgot_is_not_refused_for_guessing() -> None:
    scene = Scene()
    scene.behaviour.note(scene.world.try_(AFTER, 1_005, "p5@mail.example", "ok", right=True))
    for number in range(30):
        one = scene.world.try_(
            AFTER + number, 1_005, "p5@mail.example", f"guess{number}", right=False
        )
        scene.told += tell(scene.behaviour, scene.reporter, one)
    assert kinds(scene.told) == {GUESSING}
    assert scene.about(1_005) is None


def _code(number: int, address: int, phone: str, code: str, *, right: bool = False) -> Sighting:
    sent = {"phone": phone, "code": code}
    answer = {"verified": right}
    return sighting(caller(address), AFTER + number * 2, "POST /otp/verify", sent, answer)


def test_codes_are_sent_again_and_mistyped_without_a_word() -> None:
    scene = Scene(days=0)
    random = scene.world.random
    for person in range(2_000):
        phone = f"+1555{person:07d}"
        for turn in range(min(6, int(random.expovariate(0.8)))):
            one = _code(person * 10 + turn, person, phone, f"{random.randrange(10**6):06d}")
            scene.told += tell(scene.behaviour, scene.reporter, one)
        right = _code(person * 10 + 9, person, phone, "123456", right=True)
        scene.told += tell(scene.behaviour, scene.reporter, right)
    assert scene.told == []
    assert len(scene.reporter.suspicions) == 0


@pytest.mark.parametrize("addresses", [1, 300])
def test_one_account_s_code_is_guessed_though_all_answers_are_200(addresses: int) -> None:
    scene = Scene(days=0)
    for person in range(200):
        scene.behaviour.note(_code(person, person, f"+1555{person:07d}", "1234", right=True))

    def attempt(number: int) -> Sighting:
        address = 1 << 22 | number % addresses
        return _code(number, address, "+15559999999", f"{number:06d}")

    assert scene.until(GUESSING, attempt) <= 20


def test_an_attack_on_a_new_log_in_is_told_with_less_confidence() -> None:
    scene = Scene(days=0)
    assert scene.until(STUFFING, scene.stuff) <= 60
    told = scene.told[-1]
    assert told.confidence < 0.8
    assert "nothing is learned yet" in told.evidence


def test_an_outage_is_named_as_what_it_may_be() -> None:
    scene = Scene()
    for person in range(3_000):
        name = f"p{person}@mail.example"
        at = AFTER + person
        one = scene.world.try_(at, 1_000 + person, name, f"secret-{person}", right=False)
        scene.told += tell(scene.behaviour, scene.reporter, one)
    assert "as in an outage" in scene.told[-1].evidence
    assert scene.told[-1].confidence == 0.5


def test_thirty_thousand_attackers_leave_bounded_memory() -> None:
    scene = Scene(days=0)
    for number in range(30_000):
        scene.behaviour.note(scene.stuff(number, pace=0.01))
    door = scene.behaviour._doors.get(LOGIN)
    assert door is not None
    assert len(door.callers) <= 2 * 8_192
    assert len(door.accounts) <= 2 * 8_192
    assert len(door.guesses) <= 2 * 8_192


def test_the_share_of_failures_is_learned_by_the_hour_and_not_from_few() -> None:
    share = FailureShare()
    assert share.bound(3) == UNLEARNED
    for number in range(400):
        if share.note(f"c{number % 5}", 3, failed=True):
            raise AssertionError("five callers are not people")
    share.discard()
    random = Random(1)
    for number in range(4_000):
        hour = random.randrange(24)
        failed = random.random() < (0.4 if hour == 3 else 0.1)
        if share.note(f"c{number}", hour, failed=failed):
            share.commit()
    assert share.bound(12) == FLOOR
    assert share.bound(3) > share.bound(12)
    assert 0.1 <= share.share <= 0.15


def test_how_many_guesses_are_allowed_is_learned_within_bounds() -> None:
    door = LoginDoor()
    assert guesses_allowed(door) == 20
    door.streaks_ended, door.streaks_went_on = 1_000, 10
    assert guesses_allowed(door) == 12
    door.streaks_went_on = 100_000
    assert guesses_allowed(door) == 39
