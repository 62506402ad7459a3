"""What people order, carried out by all the real rooms together."""

from typing import Any

import pytest
from tests.conversations import LOOK_UP_KEY, NOW, Conversation, phone
from tests.measures import BLOCK, CHALLENGE, EXEMPT, PEOPLE, REQUESTS, SLOW, WITHHOLD, measure

from nightlatch.exchange.facts import Directives
from nightlatch.exchange.judgement import Action, DetectionKind
from nightlatch.exchange.measure import Measure
from nightlatch.exchange.record import Record


def talk(*measures: Measure, mode: str = "observe", pace: float = 0.2) -> Conversation:
    made = Conversation(mode, pace)
    made.apply(Directives(1, measures=measures))
    return made


def ordered(kind: Any, number: int = 0, **fields: Any) -> Measure:
    return measure(kind, number, **{"created": NOW, "expires": NOW + 1e6} | fields)


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_a_block_refuses_before_the_application_is_asked(mode: str) -> None:
    record = talk(ordered(BLOCK, circle="network:198.51.100.0/24"), mode=mode).look_up(1)
    assert record.refused
    assert (record.status, record.decision.rule) == (403, "measure:M0")
    assert record.disclosed == ()
    assert record.decision.reason == "Blocked by ida: it walks the list."


def test_off_is_off() -> None:
    assert not talk(ordered(BLOCK), mode="off").look_up(1).refused


def test_a_block_ends_when_it_is_undone() -> None:
    conversation = talk(ordered(BLOCK))
    assert conversation.look_up(1).refused
    conversation.apply(Directives(2))
    assert not conversation.look_up(1).refused


def test_a_limit_in_requests_refuses_with_a_time_to_wait_and_is_told_once() -> None:
    limit = ordered(REQUESTS, amount=5, seconds=60.0, each="address", endpoint=LOOK_UP_KEY)
    conversation = talk(limit)
    records = [conversation.look_up(number) for number in range(12)]
    assert [record.refused for record in records] == [False] * 5 + [True] * 7
    (allowance,) = records[0].decision.allowances
    assert (allowance.remaining, allowance.unit) == (4, "requests")
    refused = records[5]
    assert (refused.status, refused.decision.rule) == (429, "measure:M0")
    assert refused.decision.retry_after > 0
    found = [one for record in records for one in record.detections]
    assert [one.kind for one in found] == [DetectionKind.LIMIT_EXCEEDED]
    assert conversation.look_up(1, address="192.0.2.9").refused is False


def test_a_limit_in_people_lets_revisits_pass_until_it_is_used_up() -> None:
    limit = ordered(PEOPLE, amount=3, seconds=3_600.0, each="address")
    conversation = talk(limit)
    records = [conversation.look_up(number) for number in (1, 1, 2, 2, 2, 3)]
    assert not [record for record in records if record.refused]
    refused = conversation.look_up(1)
    assert refused.refused
    assert "3 different people to address:198.51.100.7" in refused.decision.reason
    assert conversation.look_up(99, hit=False).refused, "a miss is refused like a hit"


def test_one_answer_about_many_people_does_not_overrun_the_limit() -> None:
    limit = ordered(PEOPLE, amount=10, seconds=3_600.0, each="address")
    conversation = talk(limit)

    def listed(*numbers: int) -> Record:
        people = [{"phone": phone(n), "email": f"p{n}@example.com"} for n in numbers]
        return conversation.ask("/v1/partners/7/members", {"members": people})

    assert not listed(*range(8)).refused
    record = listed(*range(20, 40))
    assert record.refused
    assert record.disclosed == ()


def test_who_is_exempt_is_neither_judged_nor_counted() -> None:
    conversation = talk(ordered(EXEMPT, circle="address:198.51.100.7"), mode="enforce")
    records = [conversation.look_up(number, hit=number % 7 == 0) for number in range(1_500)]
    assert not [record for record in records if record.refused or record.detections]
    assert {record.decision.rule for record in records} == {"measure:M0"}
    assert records[0].disclosed, "what left is recorded all the same"
    assert conversation.pipeline._rooms.watch.histories == 0


def test_a_slow_answer_and_withheld_fields_are_decided_at_both_moments() -> None:
    conversation = talk(ordered(SLOW, 1, seconds=2.0), ordered(WITHHOLD, 2, fields=("account_id",)))
    record = conversation.look_up(1)
    assert record.decision.alters
    assert (record.decision.delay, record.decision.without) == (2.0, ("account_id",))
    assert record.decision.rule == "measure:M1"
    listed = conversation.ask("/v1/x", {"members": [{"phone": phone(1)}, {"phone": phone(2)}]})
    assert listed.decision.delay == 2.0


def test_newcomers_are_challenged_at_one_endpoint() -> None:
    conversation = talk(ordered(CHALLENGE, circle="strangers", endpoint=LOOK_UP_KEY))
    conversation.look_up(0)
    record = conversation.look_up(1)
    assert record.decision.action is Action.CHALLENGE
    assert record.refused
    assert not conversation.ask("/health", {"status": "ok"}).refused
