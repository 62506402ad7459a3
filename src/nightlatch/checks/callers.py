"""Who calls, and from where: strangers, developers, connections without TLS."""

from nightlatch.checks.check import Evidence
from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.record import Posture

_PROVES_NOTHING = frozenset({CredentialState.NONE, CredentialState.REJECTED})
# Bound once: to look a member up costs 60 ns until Python 3.12, and most checks ask for these.
_OPEN = Posture.OPEN
_UNDECIDED = Expectation.UNDECIDED
_UNENCRYPTED = frozenset({"http", "ws"})
_LOOPBACK_PEERS = frozenset({"127.0.0.1", "::1"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def stranger(evidence: Evidence) -> bool:
    """True when nothing shows that the answer was meant for this caller alone: no credential, a
    refused one, or any credential at an endpoint that is known to answer without."""
    if evidence.exchange.credential_state in _PROVES_NOTHING:
        return True
    return evidence.facts.posture is _OPEN


def expectation(evidence: Evidence) -> Expectation:
    """What a person decided about this endpoint, as it stood when the request came."""
    contract = evidence.facts.contract
    if contract is None:
        return _UNDECIDED
    return contract.expectation_at(evidence.exchange.at)


def unencrypted(request: Request) -> bool:
    """True when the client's own connection had no TLS, as far as trusted proxies tell."""
    return request.scheme in _UNENCRYPTED


def on_this_machine(request: Request) -> bool:
    """True for a developer's own traffic: from loopback, to a loopback name.

    The peer must agree because the client chooses the Host header."""
    if request.peer not in _LOOPBACK_PEERS:
        return False
    host = request.host
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in _LOOPBACK_NAMES
