"""What the behaviours hand to the next process, and what it does with what it cannot read."""

import msgspec
import pytest
from tests.detect.behaviours.login_world import HONEST_STATUS, World
from tests.detect.behaviours.sightings import LOGIN, NOW, caller, reporter, sighting

from nightlatch.detect.behaviours.failures import FailureShare
from nightlatch.detect.behaviours.forced_browsing import ForcedBrowsing
from nightlatch.detect.behaviours.logins import LogIns
from nightlatch.detect.behaviours.run import VERSION, Behaviours, Kept, Lasting
from nightlatch.detect.behaviours.seasons import LEARNED, Scatter, Season, Surprise
from nightlatch.detect.behaviours.surges import BIN, Surges
from nightlatch.detect.suspicions import Suspicions

LASTING = (Surges, ForcedBrowsing, LogIns)


def test_a_season_goes_on_where_it_stood() -> None:
    season, other = Season(), Season()
    for hour in range(400):
        season.take(hour % 168, 10 + hour % 24)
    other.load(season.dump())
    assert [other.expected(hour) for hour in range(168)] == [
        season.expected(hour) for hour in range(168)
    ]


def test_surprise_and_scatter_judge_as_before() -> None:
    surprise, scatter = Surprise(), Scatter()
    for turn in range(LEARNED + 40):
        surprise.take(20 + turn % 5, 22)
        scatter.take(20 + turn % 5, 22)
    again, scattered = Surprise(), Scatter()
    again.load(surprise.dump())
    scattered.load(scatter.dump())
    for _ in range(5):
        surprise.take(90, 22)
        again.take(90, 22)
        assert scattered.take(90, 22) == scatter.take(90, 22)
    assert again.high == surprise.high > 1


def test_an_endpoint_s_weeks_outlive_the_process() -> None:
    first, second = Surges(reporter()), Surges(reporter())
    for turn in range(2_100):
        first.note(sighting(caller(turn % 9), NOW + turn * BIN / 2, "GET /news"))
    second.load(first.dump())
    assert second.dump() == first.dump()
    assert len(first.dump()) < 4_096


def test_a_log_in_s_honest_failures_outlive_the_process() -> None:
    first, second = LogIns(reporter()), LogIns(reporter())
    for one in World(3, HONEST_STATUS).days(0, 3):
        first.note(one)
    second.load(first.dump())
    learned, taken_up = first._door(LOGIN).failures, second._door(LOGIN).failures
    assert taken_up.learned
    assert [taken_up.bound(hour) for hour in range(24)] == [
        learned.bound(hour) for hour in range(24)
    ]


def test_failures_of_hours_that_do_not_exist_are_left_out() -> None:
    share = FailureShare()
    memory = msgspec.structs.replace(share.dump(), hours={3: (1.0, 0.5), 24: (9.0, 9.0)})
    share.load(memory)
    assert set(share.dump().hours) == {3}


def test_everything_lasting_is_handed_on_and_taken_up() -> None:
    behaviours = Behaviours(Suspicions())
    kept = msgspec.msgpack.decode(behaviours.dump(), type=Kept)
    assert set(kept.behaviours) == {each.__name__ for each in LASTING}
    assert all(isinstance(each(reporter()), Lasting) for each in LASTING)
    Behaviours(Suspicions()).load(behaviours.dump())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\x00",
        msgspec.msgpack.encode(Kept(VERSION, {each.__name__: b"\x91\xc0" for each in LASTING})),
        msgspec.msgpack.encode(Kept(VERSION, {"Surges": b"", "Gone": b"\x00"})),
        msgspec.msgpack.encode(Kept(VERSION + 1, {"Surges": b"of a later version"})),
    ],
)
def test_what_cannot_be_read_is_learned_anew(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)
    behaviours = Behaviours(Suspicions())
    empty = behaviours.dump()
    behaviours.load(data)
    assert behaviours.dump() == empty
