"""No exchange whatever makes a behaviour raise: faults of ours are raised in tests."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.behaviours.test_thirty_days import TRAFFIC
from tests.detect.behaviours.world import MONDAY, Call, World, caller, json, people

from nightlatch.detect.behaviour import Sighting
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.suspicions import Suspicions
from nightlatch.exchange.exchange import Ending, Exchange
from nightlatch.exchange.headers import Headers

_TEXT = st.text(max_size=30)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_CALLS = st.builds(
    Call,
    at=st.floats(MONDAY - 1e6, MONDAY + 1e7),
    caller=st.builds(
        caller,
        st.sampled_from(["203.0.113.1", "203.0.113.2", "unknown"]),
        principal=st.sampled_from(["", "p1"]),
        passed=st.sampled_from(["", "one"]),
    ),
    method=st.sampled_from(["GET", "POST", "OTHER"]),
    template=st.sampled_from(["/", "/{x}", "/login", "/{unmatched}", "/a/{b}/{c}"]),
    path=_TEXT,
    status=st.sampled_from([101, 200, 204, 302, 403, 404, 500, 999]),
    query=_TEXT | st.sampled_from(["page=1", "page=999999999999", "page=-1", "p=٣"]),
    asked=st.lists(st.integers(0, 50), max_size=20).map(people),
    disclosed=st.lists(st.integers(0, 50), max_size=20).map(people),
    size=st.integers(0, 2**40),
    duration=st.floats(0, 1e6),
    response=_VALUES.map(json),
    data=st.binary(max_size=50),
    answer_headers=st.lists(
        st.tuples(st.sampled_from([b"content-type", b"ratelimit-limit"]), st.binary(max_size=20)),
        max_size=3,
    ).map(Headers),
    ending=st.sampled_from(list(Ending)),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(_CALLS, max_size=25))
def test_no_exchange_whatever_raises(calls: list[Call]) -> None:
    world, behaviours = World(), Behaviours(Suspicions(), TRAFFIC)
    for call in calls:
        behaviours.note(world.sighting(call))


def test_exchanges_without_an_answer_are_taken() -> None:
    whole = World().sighting(Call(MONDAY, caller("203.0.113.1"), "POST", "/login"))
    behaviours = Behaviours(Suspicions(), TRAFFIC)
    for ending in Ending:
        fields = {name: getattr(whole.exchange, name) for name in Exchange.__struct_fields__}
        without = Exchange(**{**fields, "response": None, "ending": ending})
        assert not behaviours.note(Sighting(without))
