"""The record of an exchange: what is kept, sent and shown. Redacted; safe to store."""

from enum import StrEnum

from msgspec import Struct

from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.disclosure import DataItem
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Decision, Detection, Finding, Level
from nightlatch.exchange.source import Part, SourceKind


class Message(Struct, frozen=True, gc=False):
    """One side of the exchange, redacted."""

    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    """Redacted text of the captured prefix; empty for binary content."""
    size: int = 0
    truncated: bool = False
    fault: str = ""


class Posture(StrEnum):
    """An endpoint's authentication, as traffic shows it."""

    OPEN = "open"
    PROTECTED = "protected"
    MIXED = "mixed"
    UNKNOWN = "unknown"


_MAY_BE_PROVEN = frozenset({CredentialState.ACCEPTED, CredentialState.UNKNOWN})


class Record(Struct, frozen=True, gc=False):
    id: str
    at: float
    duration: float
    service: str
    """Name of the application that saw it."""
    endpoint: str
    """Endpoint key, e.g. `GET /users/{phone}`."""
    method: str
    scheme: str
    host: str
    path: str
    """Redacted: identifiers are replaced by their masked form."""
    query: str
    status: int
    """0 where there was no answer."""
    ending: Ending
    address: str
    circles: tuple[str, ...]
    credential_kind: CredentialKind | None
    credential_state: CredentialState
    level: Level
    reason: str
    """Why it has this level, in words."""
    decision: Decision
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()
    """Ids of checks that could not judge this exchange (nothing to read, no data loaded)."""
    detections: tuple[Detection, ...] = ()
    """Detections that this exchange raised (usually none)."""
    items: tuple[DataItem, ...] = ()
    asked: tuple[int, ...] = ()
    """Digests of the subjects asked for, as unsigned 64-bit numbers."""
    disclosed: tuple[int, ...] = ()
    """Digests of the subjects that left with this answer; empty when it was withheld."""
    hit: bool | None = None
    posture: Posture = Posture.UNKNOWN
    request: Message = Message()
    response: Message = Message()
    source: SourceKind = SourceKind.MIDDLEWARE
    source_name: str = ""
    """As its owner called it; empty for the application itself."""
    unseen: tuple[Part, ...] = ()
    """What could not be seen from there, sorted."""

    @property
    def refused(self) -> bool:
        """The caller did not get the application's whole answer; in observe mode that happens to
        those alone whom a person's measure names."""
        return self.ending is Ending.REFUSED

    @property
    def stranger(self) -> bool:
        """No proven credential: none accepted, or accepted by a door that answers anyone. Whose
        credentials could not be seen is a stranger at such a door alone."""
        return self.credential_state not in _MAY_BE_PROVEN or self.posture is Posture.OPEN
