import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.record import Posture
from nightlatch.inventory.posture import HALF_LIFE, MAX_ENDPOINTS, Postures

NONE, PRESENT = CredentialState.NONE, CredentialState.PRESENT
REJECTED, ACCEPTED = CredentialState.REJECTED, CredentialState.ACCEPTED
DOOR = "GET /users/{id}"

Story = list[tuple[int, CredentialState, int]]
"""How many exchanges, with which credentials, answered how."""


def after(story: Story, gap: float = 1.0) -> Postures:
    postures = Postures()
    now = 1_000_000.0
    for times, state, status in story:
        for _ in range(times):
            postures.note(DOOR, state, status, now)
            now += gap
    return postures


STORIES: list[tuple[str, Story, Posture]] = [
    ("nothing seen", [], Posture.UNKNOWN),
    ("one stranger served", [(1, NONE, 200)], Posture.OPEN),
    ("one stranger turned away", [(1, NONE, 401)], Posture.PROTECTED),
    ("a bad credential turned away", [(1, REJECTED, 403)], Posture.PROTECTED),
    ("credentials that any other would have passed with", [(500, ACCEPTED, 200)], Posture.UNKNOWN),
    (
        "accepted, and known to reject",
        [(500, ACCEPTED, 200), (1, REJECTED, 401)],
        Posture.PROTECTED,
    ),
    ("accepted, and open", [(500, ACCEPTED, 200), (1, NONE, 200)], Posture.OPEN),
    ("redirects say nothing", [(50, NONE, 302), (50, NONE, 307)], Posture.UNKNOWN),
    ("faults say nothing", [(50, NONE, 500), (50, NONE, 503), (9, NONE, 0)], Posture.UNKNOWN),
    ("not found says nothing", [(50, NONE, 404)], Posture.UNKNOWN),
    ("not found on an open door", [(1, NONE, 200), (50, NONE, 404)], Posture.OPEN),
    ("a credential the answer says nothing of", [(50, PRESENT, 302)], Posture.UNKNOWN),
    ("one slip in ten thousand", [(10_000, NONE, 401), (1, NONE, 200)], Posture.PROTECTED),
    ("the slip came first", [(1, NONE, 200), (10_000, NONE, 401)], Posture.PROTECTED),
    ("a slip among rejected", [(9_999, REJECTED, 401), (1, NONE, 200)], Posture.PROTECTED),
    (
        "a slip, then not found before authentication",
        [(1_000, NONE, 401), (1, NONE, 200), (500, NONE, 404)],
        Posture.PROTECTED,
    ),
    ("half and half", [(1, NONE, 200), (1, NONE, 401)] * 40, Posture.MIXED),
    ("nine of ten denied", [(9, NONE, 401), (1, NONE, 200)] * 20, Posture.MIXED),
    ("fixed", [(5_000, NONE, 200), (40, NONE, 401)], Posture.PROTECTED),
    ("fixed, seen by bad keys only", [(500, NONE, 200), (150, REJECTED, 401)], Posture.PROTECTED),
    ("broken open", [(5_000, NONE, 401), (25, NONE, 200)], Posture.OPEN),
    (
        "broken open among accepted",
        [(100, NONE, 401), (5_000, ACCEPTED, 200), (25, NONE, 200)],
        Posture.OPEN,
    ),
    (
        "strangers served, bad credentials rejected in a flood",
        [
            (100, NONE, 200),
            (100, REJECTED, 401),
            (10, NONE, 200),
            (5000, REJECTED, 401),
            (10, NONE, 200),
        ],
        Posture.MIXED,
    ),
    (
        "strangers served as often as not beside many accepted",
        [(900, ACCEPTED, 200), (1, REJECTED, 401), (15, NONE, 200)],
        Posture.MIXED,
    ),
]


@pytest.mark.parametrize(("name", "story", "posture"), STORIES, ids=[each[0] for each in STORIES])
def test_posture_after(name: str, story: Story, posture: Posture) -> None:
    assert after(story).posture(DOOR) is posture


def test_every_story_was_told() -> None:
    assert len(STORIES) == 24


def test_coverage_is_the_share_of_proof() -> None:
    postures = after([(3, NONE, 401), (1, NONE, 200)], gap=0.0)
    assert postures.coverage(DOOR) == 0.75
    assert postures.coverage("GET /elsewhere") == 0.0


def test_evidence_fades_and_is_forgotten() -> None:
    postures = after([(1, NONE, 200)])
    assert postures.posture(DOOR, 1_000_000.0 + HALF_LIFE) is Posture.OPEN
    assert postures.posture(DOOR, 1_000_000.0 + 6 * HALF_LIFE) is Posture.UNKNOWN


def test_new_evidence_outweighs_old() -> None:
    postures = after([(100, NONE, 401), (1, NONE, 200)] * 1)
    for _ in range(19):
        postures.note(DOOR, NONE, 200, 1_000_000.0 + 8 * HALF_LIFE)
    assert postures.posture(DOOR) is not Posture.PROTECTED


def test_a_clock_that_runs_backwards_changes_nothing() -> None:
    postures = after([(10, NONE, 401)])
    postures.note(DOOR, NONE, 401, 0.0)
    assert postures.posture(DOOR, -1.0) is Posture.PROTECTED


def test_the_endpoint_noted_longest_ago_goes_first() -> None:
    postures = Postures()
    postures.note("first", NONE, 200, 0.0)
    for number in range(MAX_ENDPOINTS - 1):
        postures.note(f"GET /{number}", NONE, 200, 1.0)
    postures.note("first", NONE, 200, 2.0)
    postures.note("one more", NONE, 200, 3.0)
    assert len(dict(postures.items())) == MAX_ENDPOINTS
    assert postures.posture("first") is Posture.OPEN
    assert postures.posture("GET /0") is Posture.UNKNOWN


@given(
    st.lists(
        st.tuples(
            st.sampled_from(CredentialState),
            st.sampled_from([0, 200, 204, 301, 401, 403, 404, 429, 500]),
            st.floats(0, 1e10),
        ),
        max_size=80,
    )
)
@settings(max_examples=100, deadline=None)
def test_coverage_is_always_a_share(exchanges: list[tuple[CredentialState, int, float]]) -> None:
    postures = Postures()
    for state, status, now in exchanges:
        postures.note(DOOR, state, status, now)
        assert 0.0 <= postures.coverage(DOOR) <= 1.0
        postures.posture(DOOR, now)
