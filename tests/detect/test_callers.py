import pytest
from tests.detect.books import NOW, digests

from nightlatch.detect.callers import Callers


@pytest.mark.slow
def test_histories_stay_within_both_bounds() -> None:
    callers = Callers(capacity=1_000, max_subjects=5_000)
    for number in range(20_000):
        history = callers.add(("GET /", f"address:{number}"), NOW)
        history.account.add(digests(range(number * 10, number * 10 + 9)), NOW)
        callers.charge(history)
        if number % 3 == 0:
            callers.keep(("GET /", f"address:{number}"))
        assert len(callers) <= 2_000
        assert callers.subjects <= 5_000 + 10
    assert callers.evicted > 18_000


def test_what_is_forgotten_is_no_longer_charged() -> None:
    callers = Callers(capacity=1, max_subjects=1_000)
    for number in range(100):
        history = callers.add(("GET /", f"address:{number}"), NOW)
        history.account.add(digests(range(5)), NOW)
        callers.charge(history)
    assert callers.subjects == 6


def test_the_last_history_is_kept_however_large() -> None:
    callers = Callers(capacity=10, max_subjects=10)
    history = callers.add(("GET /", "address:a"), NOW)
    history.account.add(digests(range(1_000)), NOW)
    callers.charge(history)
    assert callers.get(("GET /", "address:a")) is history
