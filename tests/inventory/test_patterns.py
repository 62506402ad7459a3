import threading

from nightlatch.exchange.disclosure import DataClass
from nightlatch.inventory.patterns import PATTERNS, find, warm


def test_every_pattern_compiles_in_both_engines() -> None:
    warm()
    warm()  # a second time costs nothing
    assert len(PATTERNS) == 58
    assert all(pattern.regex.flags for pattern in PATTERNS)
    assert len({pattern.regex.pattern for pattern in PATTERNS}) == len(PATTERNS)


def test_each_pattern_is_reported_once() -> None:
    found = find(b"a@example.com b@example.com -----BEGIN PRIVATE KEY-----")
    assert {pattern.data_class for pattern in found} == {DataClass.EMAIL, DataClass.PRIVATE_KEY}
    assert len(found) == 2


def test_nothing_in_nothing() -> None:
    assert find(b"") == []
    assert find(bytes(range(256)) * 100) == []


def test_threads_scan_side_by_side() -> None:
    body = b"x" * 50_000 + b" alice@example.com"
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.extend(len(find(body)) for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [1] * 200
