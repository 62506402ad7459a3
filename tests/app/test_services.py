"""Services that are watched from outside: their places in memory, and what is kept on disk."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.observations import observed

from nightlatch.app.services import LOOK_EVERY, OTHERS, QUIET, Services, forget_silent
from nightlatch.app.stores import OBSERVED
from nightlatch.settings import load_settings


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Callable[[], Services]:
    """Opens services in a directory, as a collector does that is started again."""
    given = {"data_dir": str(tmp_path), "identity_verify_bots": False}
    settings = load_settings(given, environment={})
    return lambda: Services(settings, 3, clock)


def names_of(services: Services, *names: str) -> list[str]:
    """By which names the records of these services go."""
    return [services.observe(observed(service=name)).service for name in names]


def test_a_silent_service_gives_its_place_to_a_new_one(
    opened: Callable[[], Services], clock: Clock
) -> None:
    services = opened()
    assert names_of(services, "a", "b", "c") == ["a", "b", OTHERS]
    clock.now += QUIET
    services.tick()
    assert names_of(services, "b", "c", "d") == ["b", "c", OTHERS]
    assert names_of(services, "a") == [OTHERS]
    services.close()


def test_what_was_learned_of_it_is_kept_before_it_goes(
    opened: Callable[[], Services], clock: Clock, tmp_path: Path
) -> None:
    services = opened()
    names_of(services, "a", "b")
    clock.now += QUIET
    services.tick()
    names_of(services, "b", "c")
    services.close()
    assert len(left(tmp_path / OBSERVED)) == 3


def aged(home: Path, stem: str, days: float, *suffixes: str) -> None:
    for suffix in suffixes or (".inventory", ".watch", ".behaviours"):
        path = home / f"{stem}{suffix}"
        path.write_bytes(b"")
        os.utime(path, (time.time() - days * 86_400,) * 2)


def left(home: Path) -> list[str]:
    return sorted({path.stem for path in home.iterdir()})


def test_what_is_kept_goes_with_the_records(
    opened: Callable[[], Services], clock: Clock, tmp_path: Path
) -> None:
    home = tmp_path / OBSERVED
    home.mkdir()
    aged(home, "gone", 31)
    aged(home, "recent", 29)
    services = opened()
    assert left(home) == ["recent"]
    aged(home, "late", 31)
    clock.now += LOOK_EVERY
    services.tick()
    assert left(home) == ["recent"]


def test_one_that_is_watched_is_spared_and_the_newest_file_counts(tmp_path: Path) -> None:
    aged(tmp_path, "watched", 90)
    aged(tmp_path, "half", 90, ".inventory")
    aged(tmp_path, "half", 1, ".watch")
    aged(tmp_path, "torn", 90, ".4711")
    assert forget_silent(tmp_path, time.time() - 86_400 * 30, 10, {"watched"}) == 1
    assert left(tmp_path) == ["half", "watched"]


def test_they_are_bounded_and_those_silent_longest_go_first(tmp_path: Path) -> None:
    for number in range(9):
        aged(tmp_path, f"service-{number}", 9 - number)
    assert forget_silent(tmp_path, 0.0, 4, {"service-0"}) == 4
    assert left(tmp_path) == ["service-0", *(f"service-{number}" for number in range(5, 9))]
