"""Who counts as a stranger, and what stays on one machine."""

import pytest
from msgspec.structs import replace
from tests.checks.conversation import evidence_of

from nightlatch.checks.callers import expectation, on_this_machine, stranger, unencrypted
from nightlatch.exchange.facts import Expectation

REQUEST = evidence_of("GET http://api.example.com/\n").exchange.request


@pytest.mark.parametrize(
    ("state", "posture", "expected"),
    [
        ("none", "unknown", True),
        ("none", "protected", True),
        ("rejected", "protected", True),
        ("present", "unknown", False),
        ("accepted", "unknown", False),
        ("accepted", "protected", False),
        ("accepted", "mixed", False),
        ("accepted", "open", True),
    ],
)
def test_stranger(state: str, posture: str, *, expected: bool) -> None:
    assert stranger(evidence_of(f"# state: {state}\n# posture: {posture}\nGET /\n")) is expected


@pytest.mark.parametrize(
    ("peer", "host", "expected"),
    [
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "127.0.0.1:8000", True),
        ("::1", "[::1]:8000", True),
        ("::1", "[::1]", True),
        ("203.0.113.7", "localhost", False),
        ("127.0.0.1", "api.example.com", False),
        ("127.0.0.1", "localhost.example.com:80", False),
        ("127.0.0.1", "", False),
        ("", "localhost", False),
    ],
)
def test_on_this_machine(peer: str, host: str, *, expected: bool) -> None:
    assert on_this_machine(replace(REQUEST, peer=peer, host=host)) is expected


def test_unencrypted() -> None:
    schemes = ["http", "https", "ws", "wss", ""]
    assert [unencrypted(replace(REQUEST, scheme=scheme)) for scheme in schemes] == [
        True,
        False,
        True,
        False,
        False,
    ]


def test_an_expired_decision_is_none() -> None:
    assert expectation(evidence_of("GET /\n")) is Expectation.UNDECIDED
    assert expectation(evidence_of("# contract: public\nGET /\n")) is Expectation.PUBLIC
    assert expectation(evidence_of("# contract: public expired\nGET /\n")) is Expectation.UNDECIDED
