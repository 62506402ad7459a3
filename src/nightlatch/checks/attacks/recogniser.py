"""The recogniser contract: patterns that propose, and a function that decides."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Evidence, Verdict
from nightlatch.exchange.source import Part

if TYPE_CHECKING:
    from nightlatch.exchange.exchange import Request

SENT = frozenset({Part.QUERY, Part.REQUEST_HEADERS, Part.REQUEST_BODY})
"""Where a caller can put an attack, beside the path: that is always seen."""


class Recogniser(Struct, frozen=True, gc=False):
    """Knows one language that attacks are written in."""

    check: str
    """Id of the check it speaks for."""
    patterns: tuple[str, ...]
    """Hyperscan expressions over the UTF-8 text, case-insensitive, "." matches line ends. Texts
    that none of them matches are never shown to `recognise`: so they are generous, but quiet on
    ordinary traffic; a bare quote is too generous, a quote followed by an operator is not."""
    recognise: Callable[[str, Value], Clue | None]
    """Reads one decoded text (a window of at most 8 KB around what was proposed) that came from the
    value; linear in its length, and never raises. Called for each decoding of the value."""


class RequestRule(Struct, frozen=True, gc=False):
    """Judges a request as a whole: its framing, the number and relation of its parts."""

    check: str
    judge: Callable[["Request"], Clue | None]
    """Called for every request, so it begins with a test that costs next to nothing. Of one without
    query and body it judges method, version and headers only: a clean answer is remembered."""


class Found(Struct, frozen=True, gc=False):
    """The judge of a check that says what the engine found under its id: where it found nothing,
    there is nothing to ask."""

    check: str

    def __call__(self, evidence: Evidence) -> Verdict:
        for attack in evidence.attacks:
            if attack.check == self.check:
                return attack.evidence
        return None
