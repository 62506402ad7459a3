"""The life of a measure, over stores in memory; and of closed doors."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from msgspec.structs import replace
from tests.measures import BLOCK, CHALLENGE, EXEMPT, REQUESTS
from tests.records import LOOK_UP, NOW, detection, record
from tests.respond.stores import FailingDocuments

from nightlatch.exchange.facts import Contract, Expectation, ServiceEndpoint
from nightlatch.exchange.judgement import Action, Decision, DetectionKind, Mode
from nightlatch.exchange.measure import EVERYONE, RULE, MeasureKind
from nightlatch.policy.orders import DAY, LONGEST, Order, OrderRefused
from nightlatch.respond import measures as module
from nightlatch.respond.decisions import Decisions
from nightlatch.respond.measures import CLOSED_FOR, Measures, MeasureState, UnknownMeasure, in_words
from nightlatch.respond.recorder import Recorder
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import AuditEntry, StoreFailed

ANYWHERE = ServiceEndpoint("", LOOK_UP)
ORDER = Order(BLOCK, "198.51.100.7", reason="it walks the list")


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments()


@pytest.fixture
def decisions(documents: MemoryDocuments) -> Decisions:
    return Decisions(documents)


@pytest.fixture
def measures(decisions: Decisions, documents: MemoryDocuments) -> Measures:
    return Measures(decisions, MemoryEvents(), documents)


def test_an_order_is_in_force_at_once_kept_and_audited(
    measures: Measures, decisions: Decisions, documents: MemoryDocuments
) -> None:
    made = measures.order(ORDER, "ida", NOW)
    assert (made.author, made.created, made.expires) == ("ida", NOW, NOW + DAY)
    assert decisions.directives.measures == (made,)
    assert documents.measures() == [made]
    (entry,) = documents.audit_log()
    assert (entry.actor, entry.action, entry.target) == ("ida", "order-block", made.id)
    assert entry.detail == "address:198.51.100.7, because it walks the list"
    again = Decisions(documents)
    assert again.directives == decisions.directives, "after a restart"


def test_what_cannot_stand_is_not_ordered(measures: Measures, documents: MemoryDocuments) -> None:
    with pytest.raises(OrderRefused):
        measures.order(Order(BLOCK, "adress = 1"), "ida", NOW)
    with pytest.raises(OrderRefused):
        measures.preview(Order(EXEMPT), NOW)
    assert documents.audit_log() == []


def test_undo_takes_it_back_and_says_who(
    measures: Measures, decisions: Decisions, documents: MemoryDocuments
) -> None:
    made = measures.order(ORDER, "ida", NOW)
    revision = decisions.directives.revision
    undone = measures.undo(made.id, "bo", NOW + 10)
    assert (undone.undone, undone.undone_by, undone.expires) == (NOW + 10, "bo", NOW + 10)
    assert decisions.directives.measures == ()
    assert decisions.directives.revision > revision
    (listed,) = measures.listed(NOW + 11)
    assert listed.state is MeasureState.UNDONE
    assert measures.undo(made.id, "bo", NOW + 20) == undone, "again changes nothing"
    assert [entry.action for entry in documents.audit_log()] == ["undo-measure", "order-block"]
    assert Decisions(documents).directives.measures == ()
    with pytest.raises(OrderRefused, match="order it anew"):
        measures.renew(made.id, "bo", NOW + 30)


def test_it_ends_by_itself_unless_it_is_renewed(measures: Measures, decisions: Decisions) -> None:
    made = measures.order(ORDER, "ida", NOW)
    assert measures.listed(NOW + DAY - 1)[0].state is MeasureState.IN_FORCE
    assert measures.listed(NOW + DAY)[0].state is MeasureState.EXPIRED
    renewed = measures.renew(made.id, "bo", NOW + DAY - 1)
    assert renewed.expires == NOW + 2 * DAY - 1
    assert measures.renew(made.id, "bo", NOW + DAY, 3_600).expires == NOW + DAY + 3_600
    assert len(decisions.directives.measures) == 1
    # What is over leaves the directives with the next change.
    measures.order(replace(ORDER, kind=CHALLENGE), "ida", NOW + 3 * DAY)
    assert [one.kind for one in decisions.directives.measures] == [CHALLENGE]
    with pytest.raises(OrderRefused, match="a year"):
        measures.renew(made.id, "bo", NOW, LONGEST + 1)


def test_the_unknown_are_said_to_be_unknown(measures: Measures) -> None:
    for act in (measures.undo, measures.renew):
        with pytest.raises(UnknownMeasure):
            act("nothing", "ida", NOW)
    with pytest.raises(UnknownMeasure, match="GET /none of shop"):
        measures.open_door(ServiceEndpoint("shop", "GET /none"), "ida", NOW)


def test_there_is_an_end_to_the_number_of_orders(
    measures: Measures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_MEASURES", 2)
    for _ in range(2):
        made = measures.order(ORDER, "ida", NOW)
    with pytest.raises(OrderRefused, match="2 measures are in force"):
        measures.order(ORDER, "ida", NOW)
    measures.undo(made.id, "ida", NOW)
    measures.order(ORDER, "ida", NOW)


def test_a_store_that_is_full_keeps_nobody_from_blocking(
    measures: Measures,
    decisions: Decisions,
    documents: MemoryDocuments,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise StoreFailed("disk full")

    monkeypatch.setattr(documents, "put_measure", full)
    with pytest.raises(StoreFailed):
        measures.order(ORDER, "ida", NOW)
    assert len(decisions.directives.measures) == 1, "in force, though not kept"
    with pytest.raises(StoreFailed):
        measures.order(Order(EXEMPT, "192.0.2.1"), "ida", NOW)
    assert len(decisions.directives.measures) == 1, "what trusts somebody waits until it is kept"


def test_what_another_process_orders_is_taken_over(documents: MemoryDocuments) -> None:
    """As the command line does it, over the same file."""
    ours, theirs = Decisions(documents), Decisions(documents)
    there = Measures(theirs, MemoryEvents(), documents)
    here = Measures(ours, MemoryEvents(), documents)
    made = there.order(ORDER, "ida", NOW)
    assert ours.directives != theirs.directives
    here.tick(NOW + 1)
    assert ours.directives == theirs.directives
    # What we decide next does not forget what they did meanwhile.
    second = there.order(replace(ORDER, whom="198.51.100.8"), "ida", NOW + 2)
    third = here.order(replace(ORDER, whom="198.51.100.9"), "bo", NOW + 3)
    assert ours.directives.measures == (made, second, third)
    there.undo(made.id, "ida", NOW + 4)
    here.tick(NOW + 5)
    assert list(ours.directives.measures) == [second, third]


def test_hits_are_counted_and_survive(documents: MemoryDocuments) -> None:
    recorder = Recorder(MemoryEvents(), documents, notifiers=())
    made = recorder.measures.order(ORDER, "ida", NOW)
    refused = Decision(Action.REFUSE, Mode.ENFORCE, made.rule, "blocked", 403)
    recorder.take([record(n, decision=refused) for n in range(3)])
    recorder.take([record(9)])
    assert recorder.measures.listed(NOW)[0].hits == 3
    recorder.close(NOW)
    again = Recorder(MemoryEvents(), documents, notifiers=())
    assert again.measures.listed(NOW)[0].hits == 3


def test_hits_of_two_processes_add_up(documents: MemoryDocuments) -> None:
    here, there = (Recorder(MemoryEvents(), documents, notifiers=()) for _ in range(2))
    made = here.measures.order(ORDER, "ida", NOW)
    refused = Decision(Action.REFUSE, Mode.ENFORCE, made.rule, "blocked", 403)
    for recorder, numbers in ((here, range(3)), (there, range(4)), (here, range(3, 8))):
        recorder.take([record(n, decision=refused) for n in numbers])
        recorder.measures.keep_hits()
        recorder.measures.keep_hits()
    assert here.measures.listed(NOW)[0].hits == 12


def test_hits_that_cannot_be_kept_wait() -> None:
    documents = FailingDocuments()
    recorder = Recorder(MemoryEvents(), documents, notifiers=())
    made = recorder.measures.order(ORDER, "ida", NOW)
    refused = Decision(Action.REFUSE, Mode.ENFORCE, made.rule, "blocked", 403)
    recorder.take([record(1, decision=refused)])
    documents.broken = "disk full"
    with pytest.raises(StoreFailed):
        recorder.measures.keep_hits()
    assert recorder.measures.listed(NOW)[0].hits == 1
    documents.broken = ""
    recorder.measures.keep_hits()
    again = Recorder(MemoryEvents(), documents, notifiers=())
    assert again.measures.listed(NOW)[0].hits == 1


def test_hits_are_kept_of_so_many_the_latest_orders(
    measures: Measures, documents: MemoryDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COUNTED", 3)
    rules = [f"{RULE}01JM{n}" for n in range(5)]
    refused = [Decision(Action.REFUSE, Mode.ENFORCE, rule, "blocked", 403) for rule in rules]
    measures.note(record(n, decision=one) for n, one in enumerate(refused))
    measures.keep_hits()
    kept = msgspec.msgpack.decode(documents.state("measure-hits") or b"")
    assert kept == {f"01JM{n}": 1 for n in (2, 3, 4)}


def test_a_limit_on_all_together_is_an_incident_that_concerns_them_all() -> None:
    recorder = Recorder(MemoryEvents(), MemoryDocuments(), notifiers=())
    over = detection(DetectionKind.LIMIT_EXCEEDED, EVERYONE)
    recorder.take([record(1, detections=(over,))])
    recorder.take([record(n, address=f"192.0.2.{n}") for n in range(2, 9)])
    (incident,) = recorder.incidents()
    assert (incident.kind, incident.attempts) == (DetectionKind.LIMIT_EXCEEDED, 8)


def test_words_for_the_audit_log(measures: Measures) -> None:
    limit = Order(REQUESTS, "", LOOK_UP, 60, 60.0, "address")
    assert in_words(measures.order(limit, "ida", NOW)) == (
        f"everyone, at {LOOK_UP}, 60 within 60 s for each address"
    )
    fields = Order(MeasureKind.WITHHOLD_FIELDS, "strangers", fields=("phone",))
    assert in_words(measures.order(fields, "ida", NOW)) == "strangers, fields phone"


# Doors


def test_a_door_closes_with_one_switch_and_opens_as_it_was(
    measures: Measures, decisions: Decisions, documents: MemoryDocuments
) -> None:
    door = measures.close_door(ANYWHERE, "ida", NOW, reason="its code forgot")
    contract = decisions.contracts()[ANYWHERE]
    assert (contract.expectation, contract.mode) == (Expectation.MUST_AUTHENTICATE, Mode.ENFORCE)
    assert contract.expires == door.until == NOW + CLOSED_FOR
    assert (contract.owner, contract.reason) == ("ida", "its code forgot")
    assert measures.closed_doors() == [door]
    measures.open_door(ANYWHERE, "bo", NOW + 60)
    contract = decisions.contracts()[ANYWHERE]
    assert (contract.expectation, contract.mode) == (Expectation.UNDECIDED, None)
    assert measures.closed_doors() == []
    assert [entry.action for entry in documents.audit_log()] == ["open-door", "close-door"]


def test_what_was_decided_before_holds_again_also_after_closing_twice(
    measures: Measures, decisions: Decisions
) -> None:
    before = Contract(LOOK_UP, Expectation.PUBLIC, "ida", "wanted", mode=Mode.OBSERVE)
    decisions.decide(before, _entry())
    measures.close_door(ANYWHERE, "ida", NOW)
    measures.close_door(ANYWHERE, "ida", NOW + 5, lasts=3_600)
    measures.open_door(ANYWHERE, "ida", NOW + 60)
    assert decisions.contracts()[ANYWHERE] == replace(before, decided_at=NOW + 60)


def test_a_door_opens_when_its_time_is_over(measures: Measures, decisions: Decisions) -> None:
    measures.close_door(ANYWHERE, "ida", NOW, lasts=3_600)
    measures.tick(NOW + 3_599)
    assert len(measures.closed_doors()) == 1
    measures.tick(NOW + 3_600)
    assert measures.closed_doors() == []
    assert decisions.contracts()[ANYWHERE].mode is None


def test_no_closing_of_two_processes_is_forgotten(documents: MemoryDocuments) -> None:
    def close(whose: str) -> None:
        own = Measures(Decisions(documents), MemoryEvents(), documents)
        for number in range(20):
            own.close_door(ServiceEndpoint("", f"GET /{whose}/{number}"), "ida", NOW)
            if number:
                own.open_door(ServiceEndpoint("", f"GET /{whose}/{number - 1}"), "ida", NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(close, ("a", "b")))
    left = Measures(Decisions(documents), MemoryEvents(), documents).closed_doors()
    assert sorted(door.endpoint for door in left) == ["GET /a/19", "GET /b/19"]
    contracts = Decisions(documents).contracts().values()
    assert len(contracts) == 40
    assert sum(one.mode is Mode.ENFORCE for one in contracts) == 2


def test_a_decision_of_another_kind_ends_the_closing() -> None:
    recorder = Recorder(MemoryEvents(), MemoryDocuments(), notifiers=())
    recorder.measures.close_door(ANYWHERE, "ida", NOW)
    decided = Contract(LOOK_UP, Expectation.MUST_AUTHENTICATE)
    recorder.decide(decided, "bo", NOW + 1)
    assert recorder.measures.closed_doors() == []
    recorder.tick(NOW + 40 * DAY)
    (contract,) = recorder.directives.contracts
    assert contract.expectation is Expectation.MUST_AUTHENTICATE


def test_who_would_stand_before_the_closed_door() -> None:
    recorder = Recorder(MemoryEvents(), MemoryDocuments(), notifiers=())
    recorder.take([record(n, at=NOW - n) for n in range(5)])
    recorder.take([record(9, at=NOW - 9, endpoint="GET /me")])
    seen = recorder.measures.preview_closing(ANYWHERE, NOW + 1)
    assert (seen.requests, seen.callers, seen.total) == (5, 1, 6)


def _entry() -> AuditEntry:
    return AuditEntry(NOW - 60, "ida", "decide", LOOK_UP)
