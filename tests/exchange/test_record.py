"""The properties of a record that other rooms judge by."""

import pytest
from tests.records import record

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.record import Posture


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
    assert record(credential_state=state, posture=posture).stranger is stranger
