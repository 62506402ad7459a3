"""Ids that came before are known, within bounded memory."""

from tests.records import record

from nightlatch.respond.recent import Recent


def test_a_record_is_new_once() -> None:
    recent = Recent()
    assert len(recent.unseen([record(1), record(2), record(1)])) == 2
    assert recent.unseen([record(2), record(3)]) == [record(3)]


def test_the_oldest_are_forgotten() -> None:
    recent = Recent(capacity=10)
    recent.unseen([record(number) for number in range(100)])
    assert recent.unseen([record(number) for number in range(95, 100)]) == []
    assert len(recent.unseen([record(number) for number in range(50)])) == 50
