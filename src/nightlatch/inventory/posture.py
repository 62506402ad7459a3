"""Authentication posture: does an endpoint turn strangers away, as its traffic shows?

Evidence, and what each exchange is evidence of:

    credentials   answer      evidence
    none          2xx         open
    none          404         open, where strangers are mostly served: "there is no such record"
    none          401, 403    protected
    rejected      401, 403    protected
    accepted      2xx         protected, but only on an endpoint known to turn others away
    anything else             none: redirects, 5xx and other errors say nothing

Coverage is the share of proof of protection among all evidence, each exchange counting half after
HALF_LIFE. So one stray answer neither condemns an endpoint for ever nor clears it, and a change of
behaviour shows within a few dozen exchanges: an unbroken run of the opposite evidence, too long to
be chance, makes the old evidence void.
"""

from collections.abc import Iterator

from msgspec import Struct

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.record import Posture

HALF_LIFE = 7 * 86_400.0
"""Seconds."""
PROTECTED_AT = 0.95
OPEN_BELOW = 0.05
MAX_ENDPOINTS = 4_000
_FADED = 0.02
"""Evidence that weighs less than this has been forgotten: five weeks after a single exchange."""
_SERVED_OFTEN = 5.0
"""Strangers served so many times are no slip."""
_CLOSED_RUN = 30.0
"""Denials in a row without a stranger served: with a fifth of strangers served, 0.1 % by chance."""
_OPENED_RUN = 20
"""Strangers served in a row without one turned away: with half of them served, 1e-6 by chance."""
_REJECTED_WEIGHT = 0.25
"""Of a rejected credential in the run of denials: an endpoint that serves strangers without any
credential may still reject bad ones, and a flood of those must not hide that it is open."""


class Evidence(Struct):
    """What is remembered of one endpoint; weights are exchanges, faded by age."""

    at: float
    """When the weights were last faded."""
    served: float = 0.0
    """Strangers that were answered."""
    turned_away: float = 0.0
    """Callers without a credential that were refused."""
    rejected: float = 0.0
    """Credentials that were refused."""
    accepted: float = 0.0
    """Credentials that were answered."""
    closed_run: float = 0.0
    opened_run: int = 0

    def fade(self, now: float) -> None:
        age = now - self.at
        if age <= 0.0:
            return
        self.at = now
        keep = 0.5 ** (age / HALF_LIFE)
        self.served *= keep
        self.turned_away *= keep
        self.rejected *= keep
        self.accepted *= keep

    @property
    def proof(self) -> float:
        """Evidence of protection. Accepted credentials are none where any would have passed."""
        denied = self.turned_away + self.rejected
        return denied + self.accepted if denied >= _FADED else 0.0

    @property
    def coverage(self) -> float:
        proof, served = self.proof, self.served
        return proof / (proof + served) if proof + served >= _FADED else 0.0

    @property
    def posture(self) -> Posture:
        proof = self.proof
        evidence = proof + self.served
        if evidence < _FADED:
            return Posture.UNKNOWN
        coverage = proof / evidence
        if coverage < OPEN_BELOW:
            return Posture.OPEN
        regularly_served = self.served >= _SERVED_OFTEN and self.served > self.turned_away
        return (
            Posture.PROTECTED
            if coverage >= PROTECTED_AT and not regularly_served
            else Posture.MIXED
        )

    def stranger_served(self) -> None:
        self.served += 1.0
        self.closed_run = 0.0
        self.opened_run += 1
        if self.opened_run == _OPENED_RUN:
            self.turned_away = self.rejected = self.accepted = 0.0

    def denied(self, *, rejected: bool) -> None:
        if rejected:
            self.rejected += 1.0
            self.closed_run += _REJECTED_WEIGHT
        else:
            self.turned_away += 1.0
            self.closed_run += 1.0
            self.opened_run = 0
        if self.closed_run >= _CLOSED_RUN:
            self.served = 0.0


class Postures:
    """Evidence by endpoint key; at most MAX_ENDPOINTS, the one noted longest ago goes first."""

    def __init__(self, evidence: dict[str, Evidence] | None = None) -> None:
        self._evidence = {} if evidence is None else evidence

    def note(self, endpoint_key: str, state: CredentialState, status: int, now: float) -> None:
        """Take one exchange as evidence; `status` is 0 where there was no answer."""
        if not _may_tell(state, status):
            return
        evidence = self._evidence.pop(endpoint_key, None) or self._begin(now)
        self._evidence[endpoint_key] = evidence
        evidence.fade(now)
        _weigh(evidence, state, status)

    def posture(self, endpoint_key: str, now: float | None = None) -> Posture:
        evidence = self._faded(endpoint_key, now)
        return Posture.UNKNOWN if evidence is None else evidence.posture

    def coverage(self, endpoint_key: str, now: float | None = None) -> float:
        """Share of conclusive exchanges that proved protection, 0 to 1; 0 when there was none."""
        evidence = self._faded(endpoint_key, now)
        return 0.0 if evidence is None else evidence.coverage

    def forget(self, endpoint_key: str) -> None:
        self._evidence.pop(endpoint_key, None)

    def items(self) -> Iterator[tuple[str, Evidence]]:
        return iter(self._evidence.items())

    def _faded(self, endpoint_key: str, now: float | None) -> Evidence | None:
        evidence = self._evidence.get(endpoint_key)
        if evidence is not None and now is not None:
            evidence.fade(now)
        return evidence

    def _begin(self, now: float) -> Evidence:
        if len(self._evidence) >= MAX_ENDPOINTS:
            del self._evidence[next(iter(self._evidence))]
        return Evidence(now)


def _may_tell(state: CredentialState, status: int) -> bool:
    if status in (401, 403):
        return True
    return state is not _UNKNOWN and (200 <= status < 300 or (status == 404 and state is _NONE))


_NONE = CredentialState.NONE
_UNKNOWN = CredentialState.UNKNOWN


def _weigh(evidence: Evidence, state: CredentialState, status: int) -> None:
    if status in (401, 403):
        evidence.denied(rejected=state is not _NONE)
    elif state is CredentialState.ACCEPTED:
        evidence.accepted += 1.0
    elif state is _NONE and (status != 404 or evidence.served > evidence.turned_away):
        evidence.stranger_served()
