"""Every record exactly one outcome, whatever the store does and in whatever order."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records import NOW, record
from tests.respond.stores import FailingEvents

from nightlatch.exchange.judgement import Outcome
from nightlatch.exchange.record import Message
from nightlatch.respond.counts import Counts
from nightlatch.respond.journal import Journal
from nightlatch.respond.troubles import Troubles


@given(st.lists(st.sampled_from(["write", "break", "mend", "retry"]), max_size=60))
@settings(max_examples=60, deadline=None)
def test_nothing_is_lost_silently(steps: list[str]) -> None:
    events, counts = FailingEvents(), Counts()
    journal = Journal(events, counts, Troubles(), max_waiting=10)
    written = 0
    for step in steps:
        if step == "write":
            journal.write([record(written + n) for n in range(3)])
            written += 3
        elif step == "retry":
            journal.retry(NOW)
        else:
            events.broken = "disk full" if step == "break" else ""
    journal.give_up()
    recorded = counts.outcomes[Outcome.RECORDED]
    assert recorded + counts.outcomes[Outcome.LOST_STORE_FAILED] == written
    events.broken = ""
    assert events.size().records == recorded


def test_large_bodies_wait_in_bounded_memory() -> None:
    events, counts = FailingEvents(), Counts()
    events.broken = "disk full"
    journal = Journal(events, counts, Troubles(), max_bytes=100_000)
    large = Message(body="x" * 40_000)
    for number in range(5):
        journal.write([record(number, response=large)])
    assert journal.waiting == 2
    assert counts.outcomes[Outcome.LOST_STORE_FAILED] == 3
    events.broken = ""
    journal.retry(NOW)
    journal.write([record(9, response=large)])
    assert counts.outcomes[Outcome.RECORDED] == 3


def test_a_long_queue_is_stored_in_batches() -> None:
    events, counts = FailingEvents(), Counts()
    events.broken = "disk full"
    journal = Journal(events, counts, Troubles())
    journal.write([record(number) for number in range(2500)])
    events.broken = ""
    events.appends = 0
    journal.retry(NOW)
    assert events.appends == 3
    assert journal.waiting == 0
