"""The properties of a record that other rooms judge by."""

import pytest

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import ALLOW_OBSERVE, Level
from nightlatch.exchange.record import Posture, Record


def record(state: CredentialState, posture: Posture) -> Record:
    return Record(
        id="1",
        at=0.0,
        duration=0.0,
        service="s",
        endpoint="GET /",
        method="GET",
        scheme="https",
        host="h",
        path="/",
        query="",
        status=200,
        ending=Ending.ANSWERED,
        address="192.0.2.1",
        circles=("address:192.0.2.1",),
        credential_kind=None,
        credential_state=state,
        level=Level.LOW,
        reason="",
        decision=ALLOW_OBSERVE,
        posture=posture,
    )


@pytest.mark.parametrize(
    ("state", "posture", "stranger"),
    [
        (CredentialState.NONE, Posture.PROTECTED, True),
        (CredentialState.REJECTED, Posture.PROTECTED, True),
        (CredentialState.PRESENT, Posture.UNKNOWN, True),
        (CredentialState.ACCEPTED, Posture.PROTECTED, False),
        (CredentialState.ACCEPTED, Posture.UNKNOWN, False),
        # A key that any other key would have passed with proves nothing.
        (CredentialState.ACCEPTED, Posture.OPEN, True),
    ],
)
def test_who_is_a_stranger(state: CredentialState, posture: Posture, stranger: bool) -> None:
    assert record(state, posture).stranger is stranger
