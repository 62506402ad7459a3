"""A record is matched as its request was."""

import pytest
from tests.conversations import Conversation
from tests.measures import NOW
from tests.records import record

from nightlatch.exchange.facts import Directives
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.policy.asking import FIELDS, Sources, asking_of
from nightlatch.policy.levers import Levers

PREDICATES = [
    'endpoint = "GET /v1/users/{phone}/status"',
    "method = GET",
    "path ~ /v1/users/*",
    "host = api.example",
    "address = 198.51.100.0/24",
    'user-agent ~ "okhttp*"',
    'credential = "bearer"',
    "stranger = yes",
    'country = ""',
    "asn = 0",
    "client = library",
    'network = ""',
    'client-name ~ "okhttp*"',
    'session = ""',
    'principal = ""',
    'not (headers = "")',
]


@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_record_is_matched_as_its_request_was(predicate: str) -> None:
    talk = Conversation()
    talk.apply(Directives(1, measures=(_slow(predicate),)))
    headers = (("user-agent", "okhttp/4"), ("authorization", "Bearer of-a-customer-0001"))
    told = [talk.look_up(number, headers=headers) for number in range(3)][-1]
    assert told.decision.rule == "measure:M1", "of the request"

    levers, sources = Levers(), Sources(talk.rooms.networks, talk.rooms.clients)
    levers.apply([_slow(predicate)])
    assert levers.judge(asking_of(told, sources)).delay == 1.0, "of the record"


def test_every_field_is_asked_about() -> None:
    assert {field for field in FIELDS if not any(field in one for one in PREDICATES)} == set()


def test_hostile_records_are_values() -> None:
    hostile = record(1, endpoint="nonsense", path="\ud800•", circles=("address:x",), address="x")
    asked = asking_of(hostile, Sources())
    assert asked.endpoint.method == "nonsense"
    assert all(field.get(asked) is not None for field in FIELDS.values())


def _slow(predicate: str) -> Measure:
    return Measure(
        "M1", MeasureKind.SLOW, "ida", "", NOW, NOW + 1e6, predicate=predicate, seconds=1.0
    )
