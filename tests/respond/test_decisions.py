"""What several processes decide over one store at the same time: all of it holds."""

from collections.abc import Callable

import pytest
from tests.measures import BLOCK
from tests.records import LOOK_UP, NOW

from nightlatch.exchange.facts import Contract, Directives, Expectation
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.measure import Measure
from nightlatch.respond.decisions import Decisions
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.ports import AuditEntry

ENTRY = AuditEntry(NOW, "ida", "decide", LOOK_UP)
PUBLIC = Contract(LOOK_UP, Expectation.PUBLIC)
MEASURE = Measure("01JM1", BLOCK, "bo", "it walks", NOW, NOW + 60)


class CrossedDocuments(MemoryDocuments):
    """Where somebody else decides between a contract of ours and the revision that tells of it."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    def put_contract(self, contract: Contract) -> None:
        super().put_contract(contract)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()


OTHERS: list[Callable[[Decisions], None]] = [
    lambda there: there.set_mode(Mode.ENFORCE, ENTRY),
    lambda there: there.put_measure(MEASURE, ENTRY),
    lambda there: there.decide(Contract("GET /me", Expectation.PUBLIC), ENTRY),
]


@pytest.mark.parametrize("other", OTHERS)
def test_decisions_of_one_moment_all_hold_everywhere(other: Callable[[Decisions], None]) -> None:
    documents = CrossedDocuments()
    here, there = Decisions(documents), Decisions(documents)
    documents.meanwhile = lambda: other(there)
    here.decide(PUBLIC, ENTRY)
    for one in (here, there):
        one.refresh()
    assert here.directives == there.directives == Decisions(documents).directives
    alone = Decisions(MemoryDocuments())
    other(alone)
    alone.decide(PUBLIC, ENTRY)
    assert _parts(here.directives) == _parts(alone.directives)


def test_of_two_modes_the_later_holds() -> None:
    documents = CrossedDocuments()
    here, there = Decisions(documents), Decisions(documents)
    here.decide(PUBLIC, ENTRY)
    there.set_mode(Mode.OBSERVE, ENTRY)
    here.set_mode(Mode.ENFORCE, ENTRY)
    there.refresh()
    assert here.directives == there.directives
    assert there.directives.mode is Mode.ENFORCE


def test_applications_hear_of_what_crossed() -> None:
    """They compare revisions with what they have: none may stand for two things."""
    documents = CrossedDocuments()
    here, there = Decisions(documents), Decisions(documents)
    documents.meanwhile = lambda: there.set_mode(Mode.ENFORCE, ENTRY)
    here.decide(PUBLIC, ENTRY)
    told = {one.directives.revision for one in (here, there)}
    here.refresh()
    assert here.directives.revision > max(told)


def _parts(directives: Directives) -> tuple[object, ...]:
    contracts = {one.endpoint: one for one in directives.contracts}
    return directives.mode, contracts, directives.measures
