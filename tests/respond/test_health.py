"""Problems in words: each names the fault and what to do; none when all is well."""

from typing import Any

import msgspec
import pytest
from tests.records import NOW

from nightlatch.exchange.judgement import Outcome
from nightlatch.respond.agents import SILENT_AFTER, AgentSeen
from nightlatch.respond.health import Health
from nightlatch.respond.troubles import Trouble

WELL = Health(
    at=NOW,
    version="1.0",
    outcomes={outcome.value: 0 for outcome in Outcome} | {"recorded": 10},
    levels={},
    refused=0,
    detections={},
    incidents_open=2,
    faults={},
    rejected={},
    store=None,
    waiting=0,
    troubles=(),
    agents=(AgentSeen("api", "i1", "1.0", 1, 0, 0, NOW),),
    readers=1,
    missed=0,
    revision=1,
    mode=None,
)


def agent(**fields: Any) -> dict[str, Any]:
    return {"agents": (msgspec.structs.replace(WELL.agents[0], **fields),)}


def test_nothing_is_wrong_when_all_is_well() -> None:
    assert WELL.problems == ()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"troubles": (Trouble("The events store", NOW - 9, NOW, 3, "disk full"),)}, "9 s: disk"),
        (
            {"feeds": (Trouble("feed drop", NOW - 60, NOW, 2, "it answers 404"),)},
            "60 s: it answers",
        ),
        ({"faults": {"pipeline": 1_000}}, "failed in pipeline 1,000 times"),
        ({"rejected": {"wrong token": 3}}, "3 batches from applications were turned away"),
        (agent(last_seen=NOW - SILENT_AFTER - 1), "No word from api (i1) for 16 s"),
        (agent(version="0.9"), "runs Nightlatch 0.9, the collector 1.0"),
    ],
)
def test_a_problem_is_told(fields: dict[str, Any], words: str) -> None:
    (problem,) = msgspec.structs.replace(WELL, **fields).problems
    assert words in problem


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome.lost])
def test_every_kind_of_loss_is_told(outcome: Outcome) -> None:
    (problem,) = msgspec.structs.replace(WELL, outcomes={outcome.value: 5}).problems
    assert problem.startswith("5 exchanges were lost")
