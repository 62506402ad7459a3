"""Who is a stranger where credentials could not be seen."""

import pytest
from tests.records import record

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.record import Posture

UNKNOWN, NONE, ACCEPTED = CredentialState.UNKNOWN, CredentialState.NONE, CredentialState.ACCEPTED

CASES = [
    # state, posture, claimed to be a stranger, counted with the strangers
    (UNKNOWN, Posture.UNKNOWN, False, True),
    (UNKNOWN, Posture.MIXED, False, True),
    (UNKNOWN, Posture.OPEN, True, True),
    (UNKNOWN, Posture.PROTECTED, False, False),
    (NONE, Posture.UNKNOWN, True, True),
    (NONE, Posture.PROTECTED, True, True),
    (ACCEPTED, Posture.PROTECTED, False, False),
    (ACCEPTED, Posture.UNKNOWN, False, False),
    (ACCEPTED, Posture.OPEN, True, True),
    (CredentialState.REJECTED, Posture.PROTECTED, True, True),
    (CredentialState.PRESENT, Posture.UNKNOWN, True, True),
]


@pytest.mark.parametrize(("state", "posture", "claimed", "counted"), CASES)
def test_claims_need_proof_and_counting_does_not(
    state: CredentialState, posture: Posture, claimed: bool, counted: bool
) -> None:
    one = record(credential_state=state, posture=posture)
    assert (one.stranger, one.unproven) == (claimed, counted)
