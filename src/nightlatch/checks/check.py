"""The check contract: a check is one file with its help, its level and one function."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from nightlatch.checks.attacks.value import Attack
from nightlatch.exchange.content import Content, Leaf
from nightlatch.exchange.disclosure import DataItem, Disclosure
from nightlatch.exchange.exchange import Exchange
from nightlatch.exchange.facts import EndpointFacts
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.signs import ALL
from nightlatch.exchange.source import Part


class Evidence(Struct, frozen=True, gc=False):
    """All that a check may look at: the exchange and what is known around it."""

    exchange: Exchange
    query: tuple[Leaf, ...]
    request: Content
    response: Content
    items: tuple[DataItem, ...]
    disclosure: Disclosure
    facts: EndpointFacts
    token_faults: tuple[str, ...] = ()
    """Faults of a JWT in the request that are visible without a key, in words."""
    weak_secret: str = ""
    """What was found out about the secret that signs the request's token, in words; never the
    secret."""
    reputation: str | None = None
    """What the lists say of the caller: "" when clean, None when no list is loaded."""
    attacks: tuple[Attack, ...] = ()
    """What the attack engine found in the request (`checks/attacks/`)."""
    unread: str = ""
    """What the engine left unread because a bound was reached, in words."""
    request_signs: int = ALL
    """What the request's body could hold (`exchange/signs.py`), so that a check need not look for
    what is not there. Without it, everything."""
    answer_signs: int = ALL
    """The same of the answer's body."""


class Skip:
    """A check's answer when it has nothing to judge by."""

    def __repr__(self) -> str:
        return "SKIP"


SKIP = Skip()

Verdict = str | Skip | None
"""Evidence in words when the check failed, SKIP when it cannot judge, None when all is well."""


class Scope(StrEnum):
    REQUEST = "request"
    """A property of this exchange."""
    ENDPOINT = "endpoint"
    """A property of the endpoint (a missing header): reported once per endpoint, and still counted
    in each request's list."""


class Check(Struct, frozen=True, gc=False):
    """One question about one exchange, with its help page."""

    id: str
    """Kebab-case, stable for ever: people write it into exceptions."""
    title: str
    level: Level
    scope: Scope
    what: str
    """What it looks at and when it fails. One paragraph."""
    why: str
    """What goes wrong in the world when it is ignored."""
    example: str
    """A failing exchange, a few lines of HTTP."""
    remedy: str
    owasp: str
    """OWASP API Security Top 10 (2023) id, e.g. "API2:2023"."""
    cwe: int
    references: tuple[str, ...]
    judge: Callable[[Evidence], Verdict]
    needs: frozenset[Part] = frozenset()
    """Without these it cannot judge at all: it concludes from what is absent there."""
    reads: frozenset[Part] = frozenset()
    """What it finds there counts, also when not all could be seen; that it found nothing then
    proves nothing."""
    treblle: str = ""
    """Name of the published Treblle check it corresponds to, where it does."""
