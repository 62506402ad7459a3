from tests.detect.books import ENDPOINT, NOW

from nightlatch.detect.alarms import REPEAT, Alarms
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

KIND = DetectionKind.ENUMERATION


def _detection(circle: str) -> Detection:
    return Detection(KIND, ENDPOINT, circle, Level.HIGH, NOW, "why", 1e-6, 3, 20)


def test_tells_once_and_again_while_it_lasts() -> None:
    alarms = Alarms()
    told = [now for now in range(0, 2_000, 10) if alarms.due(KIND, ENDPOINT, "a", NOW + now)]
    assert told == [0, int(REPEAT), int(2 * REPEAT)]


def test_matters_are_told_apart() -> None:
    alarms = Alarms()
    assert alarms.due(KIND, ENDPOINT, "a", NOW)
    assert alarms.due(KIND, ENDPOINT, "b", NOW)
    assert alarms.due(KIND, "GET /other", "a", NOW)
    assert alarms.due(DetectionKind.BUDGET_EXCEEDED, ENDPOINT, "a", NOW)
    assert not alarms.due(KIND, ENDPOINT, "a", NOW)


def test_hands_out_each_detection_once_in_order() -> None:
    alarms = Alarms()
    for circle in "abc":
        alarms.raise_(_detection(circle))
    assert [detection.circle for detection in alarms.take()] == ["a", "b", "c"]
    assert alarms.take() == ()


def test_loses_the_oldest_when_nobody_takes_them_and_says_so() -> None:
    alarms = Alarms()
    for number in range(2_000):
        alarms.raise_(_detection(str(number)))
    taken = alarms.take()
    assert len(taken) == 1_024
    assert taken[-1].circle == "1999"
    assert alarms.lost == 2_000 - 1_024


def test_a_million_matters_are_not_all_remembered() -> None:
    alarms = Alarms()
    for number in range(40_000):
        assert alarms.due(KIND, ENDPOINT, str(number), NOW)
    assert alarms.due(KIND, ENDPOINT, "0", NOW)
    assert not alarms.due(KIND, ENDPOINT, "39999", NOW)
