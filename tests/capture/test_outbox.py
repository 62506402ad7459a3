"""The outbox: batches by number, size and patience; bounded; honest about what it drops."""

import time
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.outbox import BATCH_BYTES, BATCH_RECORDS, Outbox


def test_a_full_batch_goes_at_once_and_in_order() -> None:
    outbox = Outbox()
    outbox.put([b"%d" % number for number in range(BATCH_RECORDS + 5)])
    assert outbox.take(60.0) == [b"%d" % number for number in range(BATCH_RECORDS)]
    assert len(outbox) == 5


@pytest.mark.slow
def test_a_small_batch_lingers_and_then_goes() -> None:
    outbox = Outbox()
    outbox.put([b"a"])
    assert outbox.take(60.0) == [b"a"]


def test_patience_ends_without_records() -> None:
    assert Outbox().take(0.01) == []


def test_closing_wakes_who_waits() -> None:
    outbox = Outbox()
    taken: list[list[bytes]] = []
    waiting = Thread(target=lambda: taken.append(outbox.take(60.0)))
    waiting.start()
    outbox.close()
    waiting.join(10)
    assert taken == [[]]
    before = time.monotonic()
    outbox.wait(60.0)
    assert time.monotonic() - before < 30


def test_the_oldest_are_dropped_by_number() -> None:
    outbox = Outbox(max_records=3)
    assert outbox.put([b"a", b"b", b"c"]) == 0
    assert outbox.put([b"d", b"e"]) == 2
    outbox.close()
    assert outbox.take(0) == [b"c", b"d", b"e"]


def test_the_oldest_are_dropped_by_size() -> None:
    outbox = Outbox(max_bytes=10)
    assert outbox.put([b"a" * 6, b"b" * 6]) == 1
    assert outbox.put([b"c" * 11]) == 2
    assert len(outbox) == 0


def test_a_batch_has_a_size_and_a_giant_goes_alone() -> None:
    outbox = Outbox()
    half = b"x" * (BATCH_BYTES // 2)
    giant = b"y" * (BATCH_BYTES + 1)
    outbox.put([half, half, half, giant, half])
    outbox.close()
    sizes = [len(outbox.take(0)) for _ in range(4)]
    assert sizes == [2, 1, 1, 1]


@given(st.lists(st.lists(st.binary(max_size=5), max_size=5), max_size=20))
@settings(max_examples=60, deadline=None)
def test_nothing_is_lost_silently(puts: list[list[bytes]]) -> None:
    outbox = Outbox(max_records=7, max_bytes=20)
    lost = sum(outbox.put(one) for one in puts)
    assert len(outbox) <= 7
    outbox.close()
    taken = outbox.take(0)
    assert sum(map(len, taken)) <= 20
    assert len(taken) + lost == sum(map(len, puts))
    assert outbox.settle(len(taken)) == len(taken)
    assert outbox.give_up() == 0


def test_what_was_given_up_has_met_its_fate() -> None:
    outbox = Outbox()
    outbox.put([b"%d" % number for number in range(BATCH_RECORDS + 5)])
    taken = outbox.take(60.0)
    assert outbox.settle(1) == 1
    assert outbox.give_up() == BATCH_RECORDS + 4
    assert outbox.settle(len(taken) - 1) == 0
    assert outbox.give_up() == 0
