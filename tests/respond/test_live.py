"""The live feed: order, bounds, honest losses, writers in other threads."""

from threading import Thread

from tests.records import record

from nightlatch.exchange.record import Record
from nightlatch.respond.live import Feed


def test_a_reader_gets_what_came_since_it_subscribed_in_order() -> None:
    feed = Feed()
    feed.publish([record(0)])
    reader = feed.subscribe()
    feed.publish([record(1), record(2)])
    feed.publish([record(3)])
    records, missed = reader.take()
    assert [one.id[-1] for one in records] == ["1", "2", "3"]
    assert missed == 0
    assert reader.take() == ((), 0)


def test_a_slow_reader_loses_the_oldest_and_is_told() -> None:
    feed = Feed(capacity=3)
    slow, fast = feed.subscribe(), feed.subscribe()
    feed.publish([record(0), record(1)])
    assert len(fast.take()[0]) == 2
    feed.publish([record(2), record(3)])
    records, missed = slow.take()
    assert [one.id[-1] for one in records] == ["1", "2", "3"]
    assert missed == 1
    assert fast.take()[1] == 0
    assert slow.take() == ((), 0)
    assert feed.missed == 1


def test_a_batch_larger_than_the_capacity_is_counted_right() -> None:
    feed = Feed(capacity=3)
    reader = feed.subscribe()
    feed.publish([record(number) for number in range(10)])
    records, missed = reader.take()
    assert len(records) == 3
    assert missed == 7


def test_a_closed_reader_gets_nothing_more() -> None:
    feed = Feed()
    reader = feed.subscribe()
    feed.publish([record(1)])
    reader.close()
    reader.close()
    feed.publish([record(2)])
    assert [one.id[-1] for one in reader.take()[0]] == ["1"]
    assert feed.readers == 0


def test_too_many_readers_close_the_one_who_watched_longest() -> None:
    feed = Feed(max_readers=2)
    readers = [feed.subscribe() for _ in range(3)]
    assert [reader.closed for reader in readers] == [True, False, False]
    assert feed.readers == 2


def test_nothing_is_lost_or_doubled_between_threads() -> None:
    feed = Feed(capacity=500)
    reader = feed.subscribe()

    def write(start: int) -> None:
        for number in range(start, start + 1000):
            feed.publish([record(number)])

    writers = [Thread(target=write, args=(start,)) for start in (0, 1000, 2000)]
    for writer in writers:
        writer.start()
    seen: list[Record] = []
    missed = 0
    while any(writer.is_alive() for writer in writers):
        records, lost = reader.take()
        seen.extend(records)
        missed += lost
    records, lost = reader.take()
    seen.extend(records)
    assert len(seen) + missed + lost == 3000
    assert len({one.id for one in seen}) == len(seen)
