import pytest

from nightlatch.detect.behaviours import first_time
from nightlatch.detect.behaviours.first_time import FirstTime


def test_each_is_first_once() -> None:
    seen = FirstTime()
    firsts = sum(seen.is_first(("GET /", f"address:{number}")) for number in range(50_000))
    # A Bloom filter takes some newcomers for old acquaintances.
    assert 49_000 <= firsts <= 50_000
    assert not any(seen.is_first(("GET /", f"address:{number}")) for number in range(50_000))
    assert seen.is_first(("POST /", "address:1"))


def test_the_quiet_are_forgotten_and_the_others_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_time, "CAPACITY", 100)
    seen = FirstTime()
    assert seen.is_first(("GET /", "often"))
    assert seen.is_first(("GET /", "once"))
    for number in range(1_000):
        seen.is_first(("GET /", str(number)))
        assert not seen.is_first(("GET /", "often"))
    assert seen.is_first(("GET /", "once"))
