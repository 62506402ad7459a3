"""The honest people: how many, from where, when, and what they ask for."""

from collections import Counter
from random import Random

import pytest
from msgspec.structs import replace
from tests.workbench.replay.rooms import row

from nightlatch.workbench.replay.folk import HARBOUR
from nightlatch.workbench.replay.freetext import door_for
from nightlatch.workbench.replay.life import Launch, Life, Step
from nightlatch.workbench.replay.rhythm import DAY, HOUR, MONDAY, level, moments
from nightlatch.workbench.replay.scenario import POPULATIONS, Habit, Ident, Scenario
from nightlatch.workbench.replay.town import Town
from nightlatch.workbench.replay.world import MATCH, World

pytestmark = pytest.mark.slow

Steps = list[tuple[float, Step]]


def _life(scenario: Scenario, pace: float = 0.2, launch: Launch | None = None) -> Life:
    town, world = Town(3), World(scenario)
    world.members |= town.numbers()
    return Life(scenario, world, town, pace, 3, launch)


def _day(scenario: Scenario, day: int = 0, hours: float = 24, pace: float = 0.2) -> Steps:
    since = MONDAY + day * DAY
    return list(_life(scenario, pace).steps(since, since + hours * HOUR))


def test_a_week_has_its_rhythm() -> None:
    week = [level(MONDAY + minute * 60) for minute in range(7 * 24 * 60)]

    assert abs(sum(week) / len(week) - 1) < 0.02
    assert level(MONDAY + 19 * HOUR) > 8 * level(MONDAY + 3 * HOUR)
    assert level(MONDAY + 6 * DAY + 12 * HOUR) < level(MONDAY + 12 * HOUR)


def test_the_harbour_wakes_later_and_lives_behind_gateways() -> None:
    scenario = row("authy-2024")
    town, world = Town(3, HARBOUR), World(scenario, HARBOUR.phones)
    world.members |= town.numbers()
    steps = list(Life(scenario, world, town, 0.2, 3).steps(MONDAY, MONDAY + DAY))
    kinds = Counter(step.person.name.split()[0] for _, step in steps)
    paths = [step.call.path for _, step in steps if "/v1/users/" in step.call.path]

    assert kinds["carrier"] > 2 * kinds["home"]
    assert all(path.startswith("/v1/users/%2B35196") or "+35196" in path for path in paths)
    assert level(MONDAY + 24 * HOUR, HARBOUR.late) > 4 * level(MONDAY + 9 * HOUR, HARBOUR.late)


def test_moments_come_at_the_pace_that_was_asked_for() -> None:
    found = list(moments(0.05, MONDAY, MONDAY + 7 * DAY, Random(1)))

    assert found == sorted(found)
    assert abs(len(found) - 0.05 * 7 * DAY) < 600


def test_the_same_seed_is_the_same_day() -> None:
    one, other = _day(row("authy-2024"), hours=6), _day(row("authy-2024"), hours=6)

    assert [(at, step.person.name, step.call.path) for at, step in one] == [
        (at, step.person.name, step.call.path) for at, step in other
    ]
    assert len(one) > 500


def test_everybody_comes_in_order_and_from_where_they_live() -> None:
    steps = _day(row("authy-2024"))
    by_address = Counter(step.person.address for _, step in steps)
    kinds = Counter(step.person.name.split()[0] for _, step in steps)

    assert [at for at, _ in steps] == sorted(at for at, _ in steps)
    assert {"home", "office", "carrier", "newcomer", "partner", "crawler"} <= set(kinds)
    assert 0.3 < kinds["home"] / len(steps) < 0.7
    # A few addresses carry many people each.
    shared = {step.person.address for _, step in steps if step.person.shared}
    assert len(shared) <= 9
    assert sum(by_address[address] for address in shared) > 0.25 * len(steps)
    assert 0.005 < kinds["newcomer"] / len(steps) < 0.08


def test_the_pace_is_about_what_was_asked_for() -> None:
    for name in ("authy-2024", "panera-2018", "firstam-2019", "spoutible-2024", "kia-2024"):
        steps = _day(row(name), pace=0.06)
        assert 0.4 < len(steps) / (0.06 * DAY) < 2.2, name


def test_most_of_an_address_book_misses() -> None:
    scenario = row("facebook-2019")
    asked = found = 0
    sizes = []
    for _, step in _day(scenario, pace=0.1):
        if step.call.path == scenario.template and not step.person.name.startswith("partner"):
            number = step.call.body.data.count(b"+49")
            asked, found = asked + number, found + len(step.call.gives)
            sizes.append(number)

    assert 0.75 < 1 - found / asked < 0.85
    assert max(sizes) == scenario.batch
    assert len(sizes) > 100


def test_most_people_find_themselves() -> None:
    scenario = row("authy-2024")
    look_ups = [step.call for _, step in _day(scenario) if step.call.route == scenario.template]
    missed = sum(call.status == 404 for call in look_ups) / len(look_ups)

    assert 0.05 < missed < 0.14


def test_a_push_message_brings_many_at_once() -> None:
    steps = _day(row("authy-2024"), day=1)
    minutes = Counter(int((at - MONDAY) // 60) for at, _ in steps)
    push = int((24 + 18.5) * 60)
    usual = sorted(minutes.values())[len(minutes) // 2]

    assert sum(minutes[push + minute] for minute in range(2)) > 6 * usual
    assert _day(replace(row("authy-2024"), background=("homes",)), day=1)


def test_a_launch_day_brings_new_people() -> None:
    launch = Launch(MONDAY + 10 * HOUR, hours=3)
    quiet = _life(row("authy-2024")).steps(MONDAY + 9 * HOUR, MONDAY + 14 * HOUR)
    loud = _life(row("authy-2024"), launch=launch).steps(MONDAY + 9 * HOUR, MONDAY + 14 * HOUR)
    quiet_names, loud_names = _names(quiet), _names(loud)

    assert sum(loud_names.values()) > 2 * sum(quiet_names.values())
    assert loud_names["newcomer"] > 5 * quiet_names["newcomer"]


def _names(steps: object) -> Counter[str]:
    return Counter(step.person.name.split()[0] for _, step in steps)  # type: ignore[attr-defined]


def test_only_the_populations_that_a_row_names() -> None:
    offices = _day(replace(row("authy-2024"), background=("offices",)), hours=8)

    kinds = {step.person.name.split()[0] for _, step in offices}
    assert kinds <= {"office", "newcomer", "carrier"}
    assert len(POPULATIONS) == 9


def test_a_protected_endpoint_turns_some_away() -> None:
    scenario = row("tmobile-2023")
    statuses = Counter(
        step.call.status for _, step in _day(scenario) if step.call.route == scenario.template
    )

    assert statuses[401] > 20
    assert statuses[200] > 10 * statuses[401]


def test_every_habit_fits_every_identifier() -> None:
    number = 0
    for habit in Habit:
        for ident in Ident:
            for batch in (1, 40):
                door = door_for(ident, bulk=batch > 1)
                scenario = Scenario(
                    id="any", ident=ident, habit=habit, batch=batch, place=door.place,
                    template=door.template, name=door.name, method=door.method,
                )  # fmt: skip
                assert _day(scenario, hours=0.3, pace=0.1), (habit, ident)
                number += 1
    assert number == 8 * 11 * 2


def test_a_match_beside_the_endpoint_mostly_misses() -> None:
    calls = [step.call for _, step in _day(row("panera-2018")) if step.call.path == MATCH]
    asked = sum(call.body.data.count(b"+49") for call in calls)
    found = sum(call.answer.data.count(b"+49") for call in calls)

    assert len(calls) > 20
    assert 0.7 < 1 - found / asked < 0.9
