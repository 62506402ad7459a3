import logging

import pytest

from nightlatch import faults
from nightlatch.faults import FaultCounter, guarded


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> FaultCounter:
    counter = FaultCounter()
    monkeypatch.setattr(faults, "FAULTS", counter)
    return counter


def test_raises_under_test_and_counts(
    counter: FaultCounter, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ZeroDivisionError), guarded("here"):
        _fail()
    assert counter.counts() == {"here": 1}
    assert "Nightlatch failed in here" in caplog.text


def test_swallows_in_production(
    counter: FaultCounter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    with guarded("here"):
        _fail()
    assert counter.counts() == {"here": 1}
    assert "Your application is not affected" in caplog.text
    assert caplog.records[0].exc_info is not None


def test_lets_sound_code_and_interrupts_through(
    counter: FaultCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    with guarded("here"):
        pass
    with pytest.raises(KeyboardInterrupt), guarded("here"):
        raise KeyboardInterrupt
    assert counter.counts() == {}


def test_counts_every_fault_but_logs_a_place_once_in_a_while(
    counter: FaultCounter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="nightlatch"):
        for _ in range(5):
            counter.note("busy", ValueError())
        counter.note("other", ValueError())
    assert counter.counts() == {"busy": 5, "other": 1}
    logged = [record.message.partition(" (")[0] for record in caplog.records]
    assert logged == ["Nightlatch failed in busy", "Nightlatch failed in other"]


def test_logs_again_after_the_quiet_time(
    counter: FaultCounter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    moments = iter([0.0, 5.0, 11.0])
    monkeypatch.setattr("nightlatch.faults.time.monotonic", lambda: next(moments))
    for _ in range(3):
        counter.note("busy", ValueError())
    assert len(caplog.records) == 2
    assert "3 times so far" in caplog.records[1].message


def _fail() -> None:
    raise ZeroDivisionError
