"""What several behaviours share: who asks, who shares an address, what was told lately."""

from tests.detect.behaviours.world import DAY, MONDAY, Call, World, caller

from nightlatch.detect.behaviours.asking import asker
from nightlatch.detect.behaviours.neighbours import SHARED_FROM, Neighbours
from nightlatch.detect.behaviours.paths import shown
from nightlatch.detect.behaviours.reminders import Reminders
from nightlatch.detect.behaviours.turns import turned
from nightlatch.exchange.exchange import Caller

ADDRESS = "198.51.100.1"


def _asker(who: Caller) -> str:
    return asker(World().sighting(Call(MONDAY, who, "GET", "/")))


def test_a_caller_counts_by_what_it_proved_or_paid_for_else_by_its_address() -> None:
    assert _asker(caller(ADDRESS)) == f"address:{ADDRESS}"
    assert _asker(caller(ADDRESS, principal="p1")) == "principal:p1"
    assert _asker(caller(ADDRESS, passed="one")) == "pass:one"


def test_an_address_is_shared_from_three_principals_or_programs_on() -> None:
    neighbours = Neighbours()
    for number in range(SHARED_FROM - 1):
        for _ in range(5):
            neighbours.note(caller(ADDRESS, principal=f"p{number}"), stranger=False)
    assert neighbours.knows(caller(ADDRESS))
    assert not neighbours.shared(caller(ADDRESS))
    neighbours.note(caller(ADDRESS, headers="phone"), stranger=True)
    assert neighbours.shared(caller(ADDRESS))
    assert not neighbours.knows(caller("198.51.100.2"))


def test_addresses_remembered_are_bounded() -> None:
    neighbours = Neighbours(capacity=10)
    for number in range(100):
        neighbours.note(caller(f"60.1.{number}.1"), stranger=True)
    assert len(neighbours._served) == 10
    assert neighbours.knows(caller("60.1.99.1"))


def test_a_matter_is_due_once_in_its_time() -> None:
    reminders = Reminders(every=DAY, capacity=3)
    assert reminders.due("GET /", "a", MONDAY)
    assert not reminders.due("GET /", "a", MONDAY + DAY - 1)
    assert reminders.due("GET /", "a", MONDAY + DAY)
    assert reminders.due("GET /", "a", MONDAY - 10 * DAY)
    for circle in "bcd":
        assert reminders.due("GET /", circle, MONDAY)
    assert len(reminders._told) == 3


def test_evidence_shows_no_path_that_names_somebody() -> None:
    assert shown("/actuator/env") == "/actuator/env"
    assert shown("/v2/backup2024/x.sql") == "/v2/backup2024/x.sql"
    assert shown("/users/+15551234567/x") == "/users/•••/x"
    assert shown("/u/ada@example.com") == "/u/•••"
    assert shown("/t/" + "a" * 41) == "/t/•••"
    assert len(shown("/a" * 500)) <= 80


def test_a_period_ends_once_though_its_last_exchanges_come_late() -> None:
    assert turned(101, 100, 300.0)
    assert not turned(100, 100, 300.0)
    assert not turned(99, 100, 300.0)
    assert not turned(88, 100, 300.0)
    assert turned(87, 100, 300.0)
    assert not turned(99, 100, DAY)
    assert turned(98, 100, DAY)
