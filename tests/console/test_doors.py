"""What matters first."""

import pytest
from msgspec.structs import replace
from tests.console.house import build_house

from nightlatch.console.doors import is_open_door, overview, personal_items
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.facts import Contract, EndpointSummary, Expectation
from nightlatch.exchange.judgement import Level, Mode
from nightlatch.exchange.record import Posture

NOW = 1_750_000_000.0
PHONE = DataItem(Side.RESPONSE, "$.phone", DataClass.PHONE, 0.9, "+1•••32")
DOOR = EndpointSummary(
    "GET /a", "s", 10, 0, NOW, Posture.OPEN, 0.0, Level.HIGH, "open", (PHONE,),
    exposure_day=3, exposure_month=9,
)  # fmt: skip


@pytest.mark.parametrize("posture", list(Posture))
def test_a_door_is_open_when_it_answers_strangers_with_personal_data(posture: Posture) -> None:
    answers = posture in (Posture.OPEN, Posture.MIXED)
    assert is_open_door(replace(DOOR, posture=posture), NOW) is answers


def test_without_personal_data_it_is_not_a_door() -> None:
    asked = replace(PHONE, side=Side.REQUEST)
    trace = replace(PHONE, data_class=DataClass.STACK_TRACE)
    bare = replace(DOOR, items=(asked, trace), exposure_day=0, exposure_month=0)
    assert personal_items(bare) == ()
    assert not is_open_door(bare, NOW)
    assert is_open_door(replace(bare, exposure_month=1), NOW)


def test_a_public_decision_closes_the_question_until_it_expires() -> None:
    public = Contract("GET /a", Expectation.PUBLIC, expires=NOW + 10)
    decided = replace(DOOR, contract=public)
    assert not is_open_door(decided, NOW)
    assert is_open_door(decided, NOW + 10)


def test_only_what_left_to_strangers_is_summed() -> None:
    shut = replace(DOOR, endpoint="GET /b", posture=Posture.PROTECTED)
    mixed = replace(DOOR, endpoint="GET /c", posture=Posture.MIXED, exposure_day=5)
    unseen = replace(DOOR, endpoint="GET /d", posture=Posture.UNKNOWN, exposure_day=7)
    view = overview([DOOR, shut, mixed, unseen], [], Mode.OBSERVE, NOW)
    assert (view.exposure_day, view.exposure_month) == (8, 18)
    assert view.unproven_day == 7, "a log of nginx does not say who showed a credential"
    assert [door.endpoint for door in view.doors] == ["GET /c", "GET /a"]


def test_closed_incidents_are_left_out() -> None:
    view = overview([], build_house().recorder.incidents(10), Mode.OBSERVE, NOW)
    assert (len(view.incidents), view.open_incidents) == (3, 2)
    assert view.worst is not None
    assert "addresses walk" in view.worst.title
